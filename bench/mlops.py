"""The Experiment Browser: a table of 1,000 runs, scoring over HTTP, reload, gates, and quality on the Telco file."""

import shutil
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.entry import Entry, against, times_ms

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.workspace import Workspace

_RUNS = 1000
_TELCO = Path(__file__).resolve().parents[2] / "shared" / "data" / "telco_customer_churn.csv"
_TABLE_LIMIT_MS = 300.0  # a page rerun with 1,000 runs after the first load
_GATES_LIMIT, _RELOAD_LIMIT = 5.0, 4.0  # times loading the model
_PREDICTIONS = (
    (1, 100, 3.0),
    (1_000, 20, 8.0),
)  # rows, repeats, at most so many times calling the model directly
_TRAINING_LIMIT_S = 60.0
_COPIED = ("latest_metrics", "metrics", "params", "tags")
_COPY = {  # of a run: an id and a time of its own
    "run_uuid": "printf('%032x', i)",
    "start_time": "start_time - i",
}
_FILTER = "metrics.roc_auc > 0.7 OR params.algorithm = 'knn'"


def entries() -> list[Entry]:
    """Costs on generated customers; quality on the Telco file when it is there."""
    from core.mlops import open_workspace
    from core.mlops.generator import generate

    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(Path(folder, "ws"))
        data = generate(2000, 7)[0]
        runs = workspace.train(
            data, "Churn", "Yes", ["logistic_regression", "gradient_boosting"], budget_s=0.001
        )
        for run in runs:
            workspace.register(run.run_id)
        workspace.promote(1, to="Production", reason="bench", override=True)
        found = [*_gates(workspace), *_serving(workspace), *_table(workspace)]
        workspace.close()
    return found + (_telco() if _TELCO.is_file() else [])


def _table(workspace: "Workspace") -> list[Entry]:
    """The runs table; the baseline is MLflow's own search over the same store."""
    multiply(workspace)
    search = times_ms(lambda: _search(workspace), 1)[0]
    first = times_ms(lambda: workspace.runs(_FILTER), 1)[0]
    again = statistics.median(times_ms(lambda: workspace.runs(_FILTER), 20))
    told = f"{_RUNS:,} runs of 50 metrics and 30 parameters and tags; against MLflow's search_runs"
    return [
        Entry("mlops: runs table, first read", first, "ms", search, first / search, told, 1.0),
        against(
            "mlops: runs table, filtered again",
            again,
            "ms",
            first,
            "median of 20; against the first read",
            _TABLE_LIMIT_MS,
        ),
    ]


def _search(workspace: "Workspace") -> int:
    store, found, token = workspace.store, 0, None
    while True:
        page = store.client.search_runs([store.experiment_id], max_results=100, page_token=token)
        found, token = found + len(page), page.token
        if not token:
            return found


def multiply(workspace: "Workspace", runs: int = _RUNS) -> None:
    """Copy the first run's rows until the experiment has so many (MLflow's client needs 0.1 s a run)."""
    database = workspace.store.database
    assert database is not None
    original = workspace.runs()["run_id"].iloc[0]
    copies = runs - len(workspace.runs())
    numbers = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        for table in ("runs", *_COPIED):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            statement = f"{numbers} INSERT INTO {table} ({', '.join(names)}) SELECT "
            statement += (
                ", ".join(_COPY.get(name, name) for name in names) + f" FROM n, {table} WHERE run_uuid = ?"
            )
            connection.execute(statement, (copies, original))
        spread = "UPDATE latest_metrics SET value = 0.5 + rowid % 1000 / 2500.0 WHERE key = 'roc_auc'"
        connection.execute(spread)  # so that the filter keeps some runs and drops others


def few_values(database: Path) -> None:
    """Leave each run three metrics, three parameters and three tags, so that 100,000 fit into memory."""
    with closing(sqlite3.connect(database, timeout=20)) as connection, connection:
        for table in _COPIED:
            kept = f"key = 'roc_auc' OR key IN (SELECT DISTINCT key FROM {table} ORDER BY key LIMIT 3)"
            connection.execute(f"DELETE FROM {table} WHERE NOT ({kept})")


def _gates(workspace: "Workspace") -> list[Entry]:
    seconds = min(times_ms(lambda: workspace.check_gates(2), 3)) / 1000
    load = min(times_ms(lambda: workspace.load_model(2), 3)) / 1000
    told = "all gates of a version against the champion, best of 3; against loading the model"
    return [Entry("mlops: gates", seconds, "s", load, seconds / load, told, _GATES_LIMIT)]


def _serving(workspace: "Workspace") -> list[Entry]:
    """One row and 1,000 rows over HTTP; the baseline is the model called in this process."""
    import requests

    from core.mlops.predictions import Scorer

    rows = workspace.reference_data(1)
    rows = rows.sample(1000, random_state=0).reset_index(drop=True)
    records = [{k: (None if v != v else v) for k, v in row.items()} for row in rows.to_dict("records")]
    model = Scorer(workspace, 1).model
    found = []
    with _served(workspace) as url, requests.Session() as session:
        for count, repeats, limit in _PREDICTIONS:
            times, direct = _scored(session, url, records[:count], rows[:count], model, repeats)
            p50, p95 = statistics.median(times), times[int(0.95 * len(times)) - 1]
            told = f"POST /predict over HTTP, p50 of {repeats}; p95 {p95:.1f} ms; against the model called directly"
            found.append(
                Entry(f"mlops: predict {count:,} row(s)", p50, "ms", direct, p50 / direct, told, limit)
            )
        found.append(_reload(workspace, url))
    return found


def _scored(
    session: Any, url: str, records: list[Any], rows: "pd.DataFrame", model: Any, repeats: int
) -> tuple[list[float], float]:
    """Sorted times over HTTP, and the median time of the model itself; ms."""
    payload = records if len(records) > 1 else records[0]

    def ask() -> None:
        session.post(f"{url}/predict", json=payload).raise_for_status()

    times = sorted(times_ms(ask, repeats))
    return times, statistics.median(times_ms(lambda: model.predict_proba(rows), repeats))


def _reload(workspace: "Workspace", url: str) -> Entry:
    import requests

    workspace.promote(2, to="Production", reason="bench", override=True)
    answer = requests.post(f"{url}/model/reload", timeout=60).json()
    load = times_ms(lambda: workspace.load_model(2), 1)[0]
    told = "POST /model/reload to another version: check, load, warm up, swap; against loading the model"
    value = float(answer["elapsed_ms"])
    return Entry("mlops: reload", value, "ms", load, value / load, told, _RELOAD_LIMIT)


@contextmanager
def _served(workspace: "Workspace") -> Iterator[str]:
    import requests
    import uvicorn

    from core.mlops.serving import create_app

    config = uvicorn.Config(
        create_app(workspace.settings.serving, workspace), host="127.0.0.1", port=0, log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    while requests.get(f"{url}/health/ready", timeout=10).status_code != 200:
        time.sleep(0.02)
    yield url
    server.should_exit = True
    thread.join(10)


def _telco() -> list[Entry]:
    """Hold-out and cross-validated ROC-AUC of the default set's best; the baseline is a plain logistic regression."""
    from core.mlops import open_workspace

    folder = Path(tempfile.mkdtemp())
    try:
        workspace = open_workspace(folder)
        begin = time.perf_counter()
        runs = workspace.train(_TELCO, "Churn", "Yes")
        seconds = time.perf_counter() - begin
        begin = time.perf_counter()
        plain = workspace.train(_TELCO, "Churn", "Yes", ["logistic_regression_linear"])[0].metrics
        plain_seconds = time.perf_counter() - begin
        workspace.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    best = max(runs, key=lambda run: run.metrics["cv_roc_auc"])
    how = "Telco, 7,043 rows, four algorithms; against a plain logistic regression"
    found = [against("mlops: training the default set", seconds, "s", plain_seconds, how, _TRAINING_LIMIT_S)]
    for key, told in (("roc_auc", "frozen hold-out"), ("cv_roc_auc", "5-fold mean on the training rows")):
        value, base = best.metrics[key], plain[key]
        how = f"{best.algorithm}, {told}; against logistic regression without splines"
        found.append(Entry(f"mlops: Telco {key}", value, "", base, value / base, how, 1.0, True))
    return found
