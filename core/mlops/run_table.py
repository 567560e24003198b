"""All runs of an experiment as one table, read again only when the store has changed."""

import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from core.mlops.tracking import OWNER_TAG, STORE, STORE_REMEDY, TrackingStore
from core.stores import OpenFile, open_existing, told_as

if TYPE_CHECKING:
    import pandas as pd

_SERVER_AGE_S = 5.0  # a server does not tell that it changed; its answer is kept this long
_HIDDEN_TAGS = ("mlflow.", OWNER_TAG)
_FACTS = ["run_id", "name", "status", "start_time", "end_time"]


class RunTable:
    """The runs of one experiment, newest first: facts, ``metrics.x``, ``params.x``, ``tags.x``.

    The local SQLite file is read with four plain queries (MLflow's search needs 3 ms a run; a test holds
    that both give the same rows); a server is asked through MLflow, page by page.
    """

    def __init__(self, store: TrackingStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: OpenFile
        self._cached: tuple[object, pd.DataFrame] | None = None

    def read(self) -> "pd.DataFrame":
        """A copy of the table."""
        with self._lock, told_as(STORE, STORE_REMEDY):
            mark = self._changes()
            if self._cached is None or self._cached[0] != mark:
                rows = self._local_rows() if self._store.database else self._server_rows()
                self._cached = (mark, _frame(rows))
            return self._cached[1].copy(deep=False)

    def close(self) -> None:
        """Let go of the database file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def mark(self) -> object | None:
        """Something that differs once anybody has written to a local store; None for a server."""
        if self._store.database is None:
            return None
        with self._lock, told_as(STORE, STORE_REMEDY):
            return self._changes()

    def _changes(self) -> object:
        database = self._store.database
        if database is None:
            return int(time.monotonic() / _SERVER_AGE_S)
        if self._connection is None:
            self._file, self._connection = (
                OpenFile(database),
                open_existing(database, self._store.lock_timeout_s, any_thread=True),
            )
        self._file.require(STORE, STORE_REMEDY)
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def _local_rows(self) -> dict[str, dict[str, Any]]:
        connection = self._connection
        assert connection is not None
        experiment = (int(self._store.experiment_id),)
        query = "SELECT run_uuid, name, status, start_time, end_time FROM runs WHERE experiment_id = ? "
        query += "AND lifecycle_stage = 'active' ORDER BY start_time DESC, run_uuid"
        rows = {row[0]: dict(zip(_FACTS, row, strict=True)) for row in connection.execute(query, experiment)}
        for group, table, value in _PARTS:
            found = connection.execute(f"SELECT run_uuid, key, {value} FROM {table}")  # noqa: S608 - constants
            for run_id, key, content in found:
                if run_id in rows and not (group == "tags" and key.startswith(_HIDDEN_TAGS)):
                    rows[run_id][f"{group}.{key}"] = content
        return rows

    def _server_rows(self) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}
        token: str | None = None
        while True:
            page = self._store.client.search_runs(
                [self._store.experiment_id], max_results=1000, page_token=token
            )
            for run in page:
                info = run.info
                facts = (info.run_id, info.run_name, info.status, info.start_time, info.end_time)
                row: dict[str, Any] = dict(zip(_FACTS, facts, strict=True))
                row |= {f"metrics.{key}": value for key, value in run.data.metrics.items()}
                row |= {f"params.{key}": value for key, value in run.data.params.items()}
                shown = {k: v for k, v in run.data.tags.items() if not k.startswith(_HIDDEN_TAGS)}
                rows[info.run_id] = row | {f"tags.{key}": value for key, value in shown.items()}
            token = page.token
            if not token:
                return rows


_PARTS = (
    ("metrics", "latest_metrics", "CASE WHEN is_nan THEN NULL ELSE value END"),
    ("params", "params", "value"),
    ("tags", "tags", "value"),
)


def _frame(rows: dict[str, dict[str, Any]]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame(list(rows.values()))
    if frame.empty:
        return pd.DataFrame(columns=[*_FACTS, "duration_s"])
    order = {name: index for index, name in enumerate(_FACTS)}
    names = sorted(frame.columns, key=lambda name: (order.get(name, 99), name))
    frame = frame[names]
    for name in ("start_time", "end_time"):
        frame[name] = pd.to_datetime(frame[name], unit="ms", utc=True)
    seconds = (frame["end_time"] - frame["start_time"]).dt.total_seconds()
    known = seconds.where(seconds >= 0)  # the machine's clock was set back meanwhile
    frame.insert(len(_FACTS), "duration_s", known)
    return frame.sort_values("start_time", ascending=False, kind="stable").reset_index(drop=True)
