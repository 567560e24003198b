"""The file behind the tracking store, before MLflow opens it."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from core.errors import StoreError
from core.mlops import open_workspace, tracking


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
