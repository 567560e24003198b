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
