"""How times grow from 100 to 100,000 rows, runs and chunks: exponents of a power law through the measured points.

An exponent of 1 means that ten times as much takes ten times as long. The limit is on the last decade, where constants
no longer hide the growth.
"""

import math
import sqlite3
import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bench.entry import Entry, times_ms

_SIZES = (100, 1_000, 10_000, 100_000)
_REPEATS = 5
_STEEPEST = 1.3  # n log n is 1.08 from 10,000 to 100,000; a cache that no longer fits adds some
_DISTINCT = 500
_Timed = tuple[Callable[[], Any], Callable[[], Any]]  # ours, and the same in the plainest way


def entries() -> list[Entry]:
    """One curve for each demo, with the curve of a plain baseline beside it."""
    return [*_curves(_rows), *_curves(_runs), *_curves(_chunks)]


def _curves(build: Callable[[int], Iterator[tuple[str, str, _Timed]]]) -> Iterator[Entry]:
    """``build`` yields (name, what is measured, (ours, plain)) for one size."""
    measured: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for size in _SIZES:
        for name, how, works in build(size):
            measured.setdefault((name, how), []).append((_median_ms(works[0]), _median_ms(works[1])))
    for (name, how), points in measured.items():
        ours, plain = zip(*points, strict=True)
        last = exponent(_SIZES[-2:], ours[-2:])
        told = ", ".join(f"{size:,}: {ms:.3g} ms" for size, ms in zip(_SIZES, ours, strict=True))
        how = f"{how}; {told}; last decade {last:.2f}; baseline: exponent of the plain way"
        whole, baseline = exponent(_SIZES, ours), exponent(_SIZES, plain)
        yield Entry(f"scaling: {name}", whole, "", baseline, None, how, _STEEPEST)
        name, baseline = f"{name}, last decade", exponent(_SIZES[-2:], plain[-2:])
        yield Entry(f"scaling: {name}", last, "", baseline, None, "from 10,000 to 100,000", _STEEPEST)


def exponent(sizes: tuple[int, ...], times: tuple[float, ...]) -> float:
    """The slope of log(time) over log(size), by least squares."""
    line = statistics.linear_regression([math.log(n) for n in sizes], [math.log(t) for t in times])
    return float(line.slope)


def _median_ms(work: Callable[[], Any]) -> float:
    work()
    return statistics.median(times_ms(work, _REPEATS))


def _rows(size: int) -> Iterator[tuple[str, str, _Timed]]:
    """A table: grouped without a model, and with a model that is asked about 500 distinct texts at most."""
    import pandas as pd

    from core.config_sql import SqlSettings
    from core.sql_ai import open_session

    frame = pd.DataFrame({"id": range(size), "x": [f"text {index % _DISTINCT}" for index in range(size)]})
    models = {"SENTIMENT": lambda requests: [len(text) % 3 - 1.0 for (text,) in requests]}
    session = open_session(samples=False, limits=SqlSettings(max_rows=size), overrides=models)
    session.load_table("t", frame)
    plain = sqlite3.connect(":memory:")
    plain.execute("CREATE TABLE t (id, x)")
    plain.executemany("INSERT INTO t VALUES (?, ?)", list(frame.itertuples(index=False, name=None)))
    plain.create_function("score", 1, lambda text: len(text) % 3 - 1.0)
    grouped = "SELECT x, COUNT(*), MAX(id) FROM t GROUP BY x"
    asked = "SELECT AVG({}(x)) FROM t"

    def ask() -> None:
        session.memo.clear()
        session.execute(asked.format("SNOWFLAKE.CORTEX.SENTIMENT"))

    yield (
        "rows, grouped without a model",
        "SQL rows; plain: the same in sqlite3",
        (lambda: session.execute(grouped), lambda: plain.execute(grouped).fetchall()),
    )
    yield (
        "rows, scored by a model",
        f"SQL rows with at most {_DISTINCT} texts, a model that costs nothing; plain: a Python function in sqlite3",
        (ask, lambda: plain.execute(asked.format("score")).fetchall()),
    )
    plain.close()


def _runs(size: int) -> Iterator[tuple[str, str, _Timed]]:
    """The runs table of the Experiment Browser, read anew and filtered again."""
    from bench.mlops import few_values, multiply
    from core.mlops import open_workspace
    from core.mlops.generator import generate

    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(Path(folder, "ws"))
        workspace.train(generate(300, 7)[0], "Churn", "Yes", ["logistic_regression"], budget_s=0.001)
        database = workspace.store.database
        assert database is not None
        few_values(database)
        multiply(workspace, size)
        with closing(sqlite3.connect(database)) as plain:

            def touch() -> int:
                with plain:
                    plain.execute("UPDATE runs SET start_time = start_time + 1 WHERE rowid = 1")
                return len(workspace.runs())

            def search() -> int:
                return len(plain.execute("SELECT run_uuid, key, value FROM latest_metrics").fetchall())

            yield (
                "runs, table read anew",
                "runs of 9 values; plain: their metrics read by sqlite3",
                (touch, search),
            )
            yield (
                "runs, filtered again",
                "runs; plain: their metrics read by sqlite3",
                (lambda: workspace.runs("metrics.roc_auc > 0.7"), search),
            )
        workspace.close()


def _chunks(size: int) -> Iterator[tuple[str, str, _Timed]]:
    """Hybrid search of a question whose vector is known, against one product with all vectors."""
    from bench.rag import knowledge_base_of
    from core.embedder import get_embedder

    knowledge_base = knowledge_base_of(size)
    vectors = knowledge_base.vectors()[1]
    question = "Who approves travel to the northern site?"
    vector = get_embedder().encode([question])[0]
    yield (
        "chunks, hybrid search",
        "passages, embedding the question included; plain: one product with every vector",
        (lambda: knowledge_base.search(question), lambda: (vectors @ vector).argmax()),
    )
    knowledge_base.close()
