import subprocess
import sys

import pandas as pd

from core.mlops import open_workspace
from core.mlops.run_table import RunTable
from tests.mlops.conftest import SMALL


def test_reading_the_file_gives_the_same_rows_as_mlflows_own_search(zoo):
    table = RunTable(zoo.store)
    own = table.read()
    from core.mlops.run_table import _frame

    searched = _frame(table._server_rows())
    table.close()
    assert list(own["run_id"]) == list(searched["run_id"])
    shared = [column for column in searched.columns if column in set(own.columns)]
    assert set(searched.columns) == set(own.columns)
    pd.testing.assert_frame_equal(own[shared], searched[shared], check_dtype=False)


def test_a_run_of_another_process_is_seen_and_an_unchanged_store_is_not_read_again(ws, monkeypatch):
    before = ws.runs()
    read = ws._table._local_rows
    calls = []
    monkeypatch.setattr(ws._table, "_local_rows", lambda: calls.append(1) or read())
    assert ws.runs()["run_id"].tolist() == before["run_id"].tolist()
    assert calls == []
    other = open_workspace(ws.root, SMALL)
    other.store.finish(other.store.start_run("from elsewhere", {}))
    assert ws.runs()["name"].iloc[0] == "from elsewhere"
    assert calls == [1]


def test_a_change_that_a_caller_makes_to_the_table_stays_with_the_caller(ws):
    frame = ws.runs()
    frame["name"] = "changed"
    assert "changed" not in set(ws.runs()["name"])


def test_a_run_that_ended_before_it_began_by_a_clock_set_back_has_no_duration(ws):
    run_id = ws.store.start_run("clock set back", {})
    began = ws.store.client.get_run(run_id).info.start_time
    ws.store.client.set_terminated(run_id, end_time=began - 3_600_000)
    durations = ws.runs().set_index("run_id")["duration_s"]
    assert pd.isna(durations[run_id])
    assert (durations.dropna() >= 0).all()
    assert durations.notna().sum() == len(durations) - 1


_KILLED_IN_THE_MIDDLE_OF_A_WRITE = """
import os, signal, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA cache_size = 1")  # so that the file itself changes before the transaction ends
db.execute("BEGIN")
db.execute("UPDATE runs SET name = 'half written'")
db.executemany("INSERT INTO tags SELECT ?, ?, run_uuid FROM runs LIMIT 1", [(f"k{i}", "x" * 900) for i in range(300)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_half_written_is_undone_by_the_next_read(ws):
    before = ws.runs()["name"].tolist()
    database = ws.store.database
    killed = subprocess.run([sys.executable, "-c", _KILLED_IN_THE_MIDDLE_OF_A_WRITE, database], check=False)
    assert killed.returncode < 0
    assert database.with_name(f"{database.name}-journal").stat().st_size > 0
    assert ws.runs()["name"].tolist() == before
    table = RunTable(ws.store)
    assert table.read()["name"].tolist() == before
    table.close()
