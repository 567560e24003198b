"""The SQL engine: model inputs against the ideal, throughput against the bare model, overhead without one.

Counts are exact and must be equal. Times are CPU seconds of this process, all threads together, two ways of doing the
same thing measured in turn, best of several: neighbours on the machine would decide a comparison of wall-clock times.
"""
# ruff: noqa: E501
# Its table of queries reads best with one query a line.

import hashlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from bench.entry import Entry
from core.config_sql import SqlSettings
from core.sql_ai import Session, open_session

_ROWS, _TEXTS = 20_000, 500
_SIMILAR = 2_000
_ROW_BY_ROW = 40  # texts are enough: each row takes the same time
_PLAIN_ROWS = 100_000
_CALL = "SNOWFLAKE.CORTEX.SENTIMENT(x)"
_PAIR = "AI_FILTER(PROMPT('{0} fits {1}', a.x, b.x))"
_ALIKE = "AI_SIMILARITY(x, 'The parcel arrived late and broken.')"
_SEARCH = (
    f"SELECT x, {_ALIKE} AS s, IFF(s > 0.5, 'close', 'far') AS band FROM {{}} WHERE s > -1 ORDER BY s DESC"
)
_SIDES = "(SELECT * FROM t WHERE id < 100) a JOIN (SELECT * FROM t WHERE id < 100) b"


def entries() -> list[Entry]:
    """Model inputs of 14 query shapes, AI_SIMILARITY against encode and row by row, 100,000 rows without a model."""
    return [*_inputs(), *_similarity(), *_overhead()]


# -- model inputs ----------------------------------------------------------------------------------------


def _inputs() -> list[Entry]:
    texts = [f"text {index * 7 % _TEXTS}" for index in range(_ROWS)]
    frame = pd.DataFrame({"id": range(_ROWS), "x": texts, "cat": ["abcde"[i % 5] for i in range(_ROWS)]})
    return [_counted(name, sql, ideal, frame) for name, (sql, ideal) in _shapes(texts).items()]


def _shapes(texts: list[str]) -> dict[str, tuple[str, int]]:
    """Queries of the reference's section 8 and their ideal: distinct texts of the rows that have to be asked about."""

    def distinct(rows: Sequence[int]) -> int:
        return len({texts[index] for index in rows})

    everything, tail, head = distinct(range(_ROWS)), range(_ROWS - 10, _ROWS), range(10)
    return {
        "three calls in the select list": (f"SELECT {_CALL}, {_CALL} + 1, {_CALL} * 2 FROM t", everything),
        "select, where, order by": (f"SELECT {_CALL} FROM t WHERE {_CALL} > 0 ORDER BY {_CALL}", everything),
        "derived table": (f"SELECT s, s + 1 FROM (SELECT {_CALL} s FROM t) WHERE s > 0", everything),
        "common table expression": (f"WITH q AS (SELECT {_CALL} s FROM t) SELECT s, s + 1 FROM q WHERE s > 0", everything),
        "AI condition before a cheap one": (f"SELECT id FROM t WHERE {_CALL} > 0 AND id < 100", distinct(range(100))),
        "cheap condition before an AI one": (f"SELECT id FROM t WHERE id < 100 AND {_CALL} > 0", distinct(range(100))),
        "OR beside a cheap condition": (f"SELECT id FROM t WHERE ({_CALL} > 0 OR id < 0) AND cat = 'a'", distinct(range(0, _ROWS, 5))),
        "order by .. limit": (f"SELECT id, {_CALL} FROM t ORDER BY id DESC LIMIT 10", distinct(tail)),
        "limit": (f"SELECT {_CALL} FROM t LIMIT 10", distinct(head)),
        "limit behind an AI condition": (f"SELECT id FROM t WHERE {_CALL} > 0 LIMIT 50", distinct(_read_for(50, texts))),
        "semantic join, 100 x 100": (f"SELECT a.id FROM {_SIDES} ON {_PAIR}", 100 * 100),
        "semantic join with an equality": (f"SELECT a.id FROM {_SIDES} ON {_PAIR} AND a.cat = b.cat", 100 * 20),
        "CASE guard": (f"SELECT CASE WHEN id < 50 THEN {_CALL} END FROM t", distinct(range(50))),
        "select distinct": (f"SELECT {_CALL} FROM (SELECT DISTINCT x FROM t)", everything),
        "exists": (f"SELECT id FROM t WHERE EXISTS (SELECT 1 WHERE {_CALL} > 0)", everything),
        "qualify": (f"SELECT {_CALL} FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY cat ORDER BY id) <= 2", distinct(head)),
    }  # fmt: skip


def _read_for(wanted: int, texts: list[str]) -> range:
    """The rows that a scan reads until so many have a positive score."""
    passed = 0
    for index, text in enumerate(texts):
        passed += _score(text) > 0
        if passed == wanted:
            return range(index + 1)
    return range(len(texts))


def _score(text: str) -> float:
    return hashlib.blake2b(text.encode(), digest_size=1).digest()[0] / 127.5 - 1


def _counted(name: str, sql: str, ideal: int, frame: pd.DataFrame) -> Entry:
    models: dict[str, Callable[[list[tuple[Any, ...]]], Sequence[Any]]] = {
        "SENTIMENT": lambda requests: [_score(text) for (text,) in requests],
        "AI_FILTER": lambda requests: [_score(text) > 0 for (text,) in requests],
    }
    session = open_session(samples=False, overrides=models)
    session.load_table("t", frame)
    inputs = session.execute(sql).meter.model_inputs
    how = f"{len(frame):,} rows, {_TEXTS} distinct texts; ideal: distinct texts of the rows that must be asked about"
    # Fewer than the ideal would mean wrong rows: both ways are a failure.
    return Entry(
        f"sql inputs: {name}", inputs, "inputs", ideal, max(inputs, ideal) / min(inputs, ideal), how, 1.0
    )


# -- throughput ------------------------------------------------------------------------------------------


def _similarity() -> list[Entry]:
    from core.embedder import get_embedder

    texts = _sentences(_SIMILAR)
    session = open_session(samples=False)
    few = texts[:: _SIMILAR // _ROW_BY_ROW][:_ROW_BY_ROW]
    session.load_table("t", pd.DataFrame({"x": texts * 2}))
    session.load_table("few", pd.DataFrame({"x": few * 2}))
    embedder = get_embedder()
    embedder.encode(texts[:64])
    batch_s, raw_s, search_s, once_s = _best_of(
        2,
        lambda: _fresh(session, _SEARCH.format("t")),
        lambda: embedder.encode(texts),
        lambda: session.execute(_SEARCH.format("few"), optimize=False),
        lambda: session.execute(f"SELECT {_ALIKE} FROM few LIMIT {_ROW_BY_ROW}", optimize=False),
    )
    rate, raw, search, once = (
        _SIMILAR / batch_s,
        _SIMILAR / raw_s,
        _ROW_BY_ROW / search_s,
        _ROW_BY_ROW / once_s,
    )
    how = f"{_SIMILAR:,} distinct texts in twice as many rows, a query that names the score three times; baseline: "
    by_row = f"row by row (optimize=False) over {_ROW_BY_ROW} of the texts"
    return [
        Entry("AI_SIMILARITY against one raw encode", rate, "texts/s", raw, rate / raw, how + "Embedder.encode of the texts", 0.9, higher_is_better=True),
        Entry("AI_SIMILARITY against row by row", rate, "texts/s", search, rate / search, how + "the same query " + by_row, 20.0, higher_is_better=True),
        Entry("AI_SIMILARITY, no text twice, one call a row", rate, "texts/s", once, rate / once, "baseline: the least favourable query, " + by_row, 5.0, higher_is_better=True),
    ]  # fmt: skip


def _fresh(session: Session, sql: str) -> None:
    session.memo.clear()
    session.execute(sql)


def _sentences(count: int) -> list[str]:
    """Different review sentences of 6 to 20 words."""
    parts = [
        ["The lamp", "My new desk", "The blue kettle", "This chair", "The second parcel", "Their support", "The manual"],
        ["arrived two days early", "broke after a week", "looks better than in the picture", "was never delivered",
         "works without a sound", "came in a torn box", "costs more than it should"],
        ["and I am happy with it", "so I asked for a refund", "but nobody answered my letters", "which surprised us all",
         "although the price was fair"],
        ["", "this spring", "in our small kitchen", "for the third time", "after a long and friendly talk on the telephone"],
        ["", "as promised", "to my regret"],
    ]  # fmt: skip
    found = []
    for index in range(count):
        words, rest = [], index
        for part in parts:
            rest, place = divmod(rest, len(part))
            words.append(part[place])
        found.append(" ".join(word for word in [*words, f"(order {1_000 + index})"] if word))
    return found


def _best_of(times: int, *works: Callable[[], Any]) -> list[float]:
    """The least CPU time of each in seconds, measured in turn."""
    best = [float("inf")] * len(works)
    for _ in range(times):
        for index, work in enumerate(works):
            started = time.process_time()
            work()
            best[index] = min(best[index], time.process_time() - started)
    return best


# -- overhead --------------------------------------------------------------------------------------------


def _overhead() -> list[Entry]:
    rows = range(_PLAIN_ROWS)
    frame = pd.DataFrame({"id": rows, "n": [i % 97 for i in rows], "cat": [f"c{i % 20}" for i in rows]})
    session = open_session(samples=False, limits=SqlSettings(max_rows=_PLAIN_ROWS))
    session.load_table("t", frame)
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE TABLE t (id, n, cat)")
    plain.executemany("INSERT INTO t VALUES (?, ?, ?)", list(frame.itertuples(index=False, name=None)))
    return [
        _plain_entry(
            "group by", "SELECT cat, COUNT(*), SUM(n) FROM t WHERE n > 10 GROUP BY cat", session, plain, 2.0
        ),
        _plain_entry("every row returned", "SELECT id, n + 1, cat FROM t", session, plain, 2.5),
    ]


def _plain_entry(name: str, sql: str, session: Session, plain: sqlite3.Connection, limit: float) -> Entry:
    ours, theirs = _best_of(5, lambda: session.execute(sql), lambda: plain.execute(sql).fetchall())
    how = f"{_PLAIN_ROWS:,} rows, no model; baseline: the same SQL in sqlite3"
    return Entry(f"sql without a model: {name}", ours * 1000, "ms", theirs * 1000, ours / theirs, how, limit)
