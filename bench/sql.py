"""The SQL engine: model inputs against the ideal, throughput against the bare model, overhead without one.

Counts are exact and must be equal. Throughput is in wall-clock seconds, each way of doing the same thing measured in
turn, best of several: it needs a machine with two free cores, as batches use both and single calls cannot. Overhead
without a model is in CPU seconds.
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
_FEW = 40  # of the texts are enough row by row: each takes the same time
_SCALE = _SIMILAR / _FEW
_PLAIN_ROWS = 100_000
_CALL = "SNOWFLAKE.CORTEX.SENTIMENT(x)"
_PAIR = "AI_FILTER(PROMPT('{0} fits {1}', a.x, b.x))"
_WANTED = "The parcel arrived late and broken."
_ALIKE = f"AI_SIMILARITY(x, '{_WANTED}')"
_ONCE = f"SELECT {_ALIKE} FROM {{}}"
_SEARCH = (
    f"SELECT x, {_ALIKE} AS s, IFF(s > 0.5, 'close', 'far') AS band FROM {{}} WHERE s > -1 ORDER BY s DESC"
)
_RAW = "one encode of the texts without SQL, Embedder's or SentenceTransformer's, whichever is faster"
_BY_ROW = f"optimize=False over {_FEW} of them: every call embeds both of its texts, one model call a text"
_SIDES = "(SELECT * FROM t WHERE id < 100) a JOIN (SELECT * FROM t WHERE id < 100) b"


def entries() -> list[Entry]:
    """Model inputs of 22 query shapes, AI_SIMILARITY against encode and row by row, 100,000 rows without a model."""
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
        "limit with an offset": (f"SELECT id FROM t WHERE {_CALL} > 0 LIMIT 10 OFFSET 40", distinct(_read_for(50, texts))),
        "limit over a common table expression": (f"WITH q AS (SELECT id, {_CALL} s FROM t) SELECT id FROM q WHERE s > 0 LIMIT 50", distinct(_read_for(50, texts))),
        "limit over a derived table": (f"SELECT id FROM (SELECT id, {_CALL} s FROM t) WHERE s > 0 LIMIT 50", distinct(_read_for(50, texts))),
        "limit of UNION ALL": (f"SELECT id FROM t WHERE {_CALL} > 0 UNION ALL SELECT id FROM t WHERE {_CALL} > 0 LIMIT 50", distinct(_read_for(50, texts))),
        "limit behind a CASE guard": (f"SELECT id FROM t WHERE CASE WHEN cat = 'a' THEN {_CALL} > 0 ELSE FALSE END LIMIT 10", len(set(texts[::5][: len(_read_for(10, texts[::5]))]))),
        "scalar subquery with LIMIT 1": (f"SELECT (SELECT id FROM t WHERE {_CALL} > 0 LIMIT 1)", distinct(_read_for(1, texts))),
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
        f"sql: inputs, {name}", inputs, "inputs", ideal, max(inputs, ideal) / min(inputs, ideal), how, 1.0
    )


# -- throughput ------------------------------------------------------------------------------------------


def _similarity() -> list[Entry]:
    """The same query batched, row by row, and as UDFs that anyone would write; in wall-clock seconds."""
    short, long = _Race(_sentences(_SIMILAR, 2)), _Race(_sentences(_SIMILAR, 4))
    return [*_short_entries(short), *_long_entries(long)]


def _short_entries(race: "_Race") -> list[Entry]:
    batched, raw, plain_raw, rows, two_calls, one_call, search, search_rows = _best_wall_of(
        3,
        lambda: race.query(_ONCE, "t"),
        lambda: race.embedder.encode(race.texts),
        lambda: race.model.encode(race.texts),
        lambda: race.query(_ONCE, "few", optimize=False),
        lambda: race.plain_udf(lambda a, b: race.model.encode(a) @ race.model.encode(b)),
        lambda: race.plain_udf(lambda a, b: _dot(race.model.encode([a, b]))),
        lambda: race.query(_SEARCH, "twice"),
        lambda: race.query(_SEARCH, "few_twice", optimize=False),
    )
    texts = f"{_SIMILAR:,} distinct texts of about {race.words:.0f} words, one call a row; baseline: "
    udf = f"a plain sqlite3 UDF over {_FEW} of them that calls SentenceTransformer.encode "
    return [
        _rate("sql: AI_SIMILARITY against one raw encode", batched, min(raw, plain_raw), texts + _RAW, 0.9),
        _rate("sql: AI_SIMILARITY against row by row", batched, rows * _SCALE, texts + _BY_ROW, 15.0, 20.0),
        _rate("sql: AI_SIMILARITY against an ordinary UDF", batched, two_calls * _SCALE, texts + udf + "for each text", 15.0, 20.0),
        _rate("sql: AI_SIMILARITY against a UDF that encodes both texts at once", batched, one_call * _SCALE, texts + udf + "once for both", 8.0),
        _rate("sql: AI_SIMILARITY named three times, each text twice", search, search_rows * _SCALE, "the score in SELECT, WHERE and ORDER BY; baseline: " + _BY_ROW, 40.0),
    ]  # fmt: skip


def _long_entries(race: "_Race") -> list[Entry]:
    batched, raw, plain_raw, rows = _best_wall_of(
        2,
        lambda: race.query(_ONCE, "t"),
        lambda: race.embedder.encode(race.texts),
        lambda: race.model.encode(race.texts),
        lambda: race.query(_ONCE, "few", optimize=False),
    )
    texts = f"{_SIMILAR:,} distinct texts of about {race.words:.0f} words, one call a row; baseline: "
    return [
        _rate("sql: AI_SIMILARITY of long texts against one raw encode", batched, min(raw, plain_raw), texts + _RAW, 0.9),
        _rate("sql: AI_SIMILARITY of long texts against row by row", batched, rows * _SCALE, texts + _BY_ROW, 8.0),
    ]  # fmt: skip


def _rate(
    name: str, ours: float, theirs: float, how: str, limit: float, target: float | None = None
) -> Entry:
    """Texts a second, from the seconds that all texts take."""
    value, baseline = _SIMILAR / ours, _SIMILAR / theirs
    return Entry(name, value, "texts/s", baseline, value / baseline, how, limit, True, target=target)


class _Race:
    """One set of texts in the tables of a session, and the bare model beside it."""

    def __init__(self, texts: list[str]) -> None:
        from core.embedder import get_embedder

        self.texts, self.few = texts, texts[:: _SIMILAR // _FEW][:_FEW]
        self.words = sum(len(text.split()) for text in texts) / len(texts)
        self.session = open_session(samples=False, limits=SqlSettings(time_limit_s=900))
        tables = {"t": texts, "few": self.few, "twice": texts * 2, "few_twice": self.few * 2}
        for name, rows in tables.items():
            self.session.load_table(name, pd.DataFrame({"x": rows}))
        self.embedder = get_embedder()
        self.model = self.embedder._model
        self.embedder.encode(texts[:64])

    def query(self, sql: str, table: str, optimize: bool = True) -> None:
        """Run the query with nothing remembered from before."""
        self.session.memo.clear()
        self.session.execute(sql.format(table), optimize=optimize)

    def plain_udf(self, similarity: Callable[[str, str], Any]) -> None:
        """What anyone would write: `similarity` as a UDF, over the few texts."""
        plain = sqlite3.connect(":memory:")
        plain.create_function("similarity", 2, lambda a, b: float(similarity(a, b)))
        plain.execute("CREATE TABLE few (x)")
        plain.executemany("INSERT INTO few VALUES (?)", [(text,) for text in self.few])
        plain.execute(f"SELECT similarity(x, '{_WANTED}') FROM few").fetchall()
        plain.close()


def _dot(pair: Any) -> Any:
    return pair[0] @ pair[1]


def _sentences(count: int, parts: int) -> list[str]:
    """Different review sentences of so many parts after a number: 2 make about 8 words, 4 about 17."""
    bank = [
        ["The lamp", "My new desk", "The blue kettle", "This chair", "The second parcel", "Their support", "The manual"],
        ["arrived two days early", "broke after a week", "looks better than in the picture", "was never delivered",
         "works without a sound", "came in a torn box", "costs more than it should"],
        ["", "", "this spring", "as promised", "to my regret"],
        ["and I am happy with it", "so I asked for a refund", "but nobody answered my letters", "which surprised us all",
         "although the price was fair"],
        ["in our small kitchen", "for the third time in a row", "after a long and friendly talk on the telephone"],
        ["and that is all I have to say", "as my neighbour can tell you", "whatever the advertisement promises"],
    ]  # fmt: skip
    found = []
    for index in range(count):
        words, rest = [], index
        for part in bank[:parts]:
            rest, place = divmod(rest, len(part))
            words.append(part[place])
        found.append(" ".join([str(index), *(word for word in words if word)]))
    return found


def _best_wall_of(times: int, *works: Callable[[], Any]) -> list[float]:
    """The least seconds of each, measured in turn."""
    return _best(time.perf_counter, times, works)


def _best_of(times: int, *works: Callable[[], Any]) -> list[float]:
    """The least CPU seconds of each, all threads together, measured in turn."""
    return _best(time.process_time, times, works)


def _best(clock: Callable[[], float], times: int, works: Sequence[Callable[[], Any]]) -> list[float]:
    best = [float("inf")] * len(works)
    for _ in range(times):
        for index, work in enumerate(works):
            started = clock()
            work()
            best[index] = min(best[index], clock() - started)
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
    return Entry(f"sql: without a model, {name}", ours * 1000, "ms", theirs * 1000, ours / theirs, how, limit)
