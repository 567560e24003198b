"""The file behind the tracking store, before MLflow opens it."""

import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from core.errors import StoreError
from core.mlops import open_workspace, tracking
from core.mlops.tracking import OWNER_TAG, TrackingStore


def test_a_store_whose_last_write_was_cut_off_is_no_locked_one(tmp_path):
    writing, left = tmp_path / "writing.db", tmp_path / "left.db"
    with closing(sqlite3.connect(writing, isolation_level=None)) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("PRAGMA cache_size = 1")  # so that the file is changed before the transaction ends
        db.execute("BEGIN")
        db.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,) for _ in range(500)])
        shutil.copy(writing, left)
        shutil.copy(f"{writing}-journal", f"{left}-journal")
    tracking.require_unlocked(left, 1.0)
    with closing(sqlite3.connect(left)) as db:
        assert db.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("name", ["\udcff", "a\0b"])
def test_a_folder_whose_name_is_no_text_is_refused_before_anything_is_made(tmp_path, name):
    with pytest.raises(StoreError, match="not text"):
        open_workspace(tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def store(tmp_path, migrated):
    shutil.copy(migrated, tmp_path / "mlflow.db")
    return TrackingStore(tmp_path, None, "runs")


@pytest.mark.parametrize(
    ("tags", "minutes", "status"),
    [
        ({OWNER_TAG: "of-another-folder"}, 30, "RUNNING"),
        ({OWNER_TAG: "of-another-folder"}, 90, "KILLED"),
        ({OWNER_TAG: "1f2e3d4c5b6a:1:17"}, 90, "KILLED"),  # as earlier versions named the owner
        ({OWNER_TAG: "../../elsewhere"}, 30, "RUNNING"),
        ({}, 90, "RUNNING"),
    ],
)
def test_a_run_whose_writer_is_unknown_here_is_closed_after_an_hour_if_a_hub_made_it(
    store, tags, minutes, status
):
    started = int(time.time() * 1000) - minutes * 60_000
    run = store.client.create_run(store.experiment_id, start_time=started, tags=tags).info.run_id
    store.close_abandoned()
    assert store.client.get_run(run).info.status == status


def test_a_run_that_was_closed_too_early_ends_as_its_writer_says(store):
    run = store.start_run("slow", {})
    store.finish(run, "KILLED")
    store.log(run, metrics={"roc_auc": 0.9})
    store.finish(run)
    assert store.client.get_run(run).info.status == "FINISHED"
