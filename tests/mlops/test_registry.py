import shutil

import pytest

from core.errors import StoreError
from core.mlops import open_workspace
from tests.mlops.conftest import SMALL


def counted(ws, monkeypatch):
    asked, ask = [], ws._registry._ask_for
    monkeypatch.setattr(ws._registry, "_ask_for", lambda alias: asked.append(alias) or ask(alias))
    return asked


def test_an_alias_is_looked_up_again_only_when_the_store_was_written_to(ws, monkeypatch):
    ws.promote(1, to="Staging", reason="first", actor="a")
    asked = counted(ws, monkeypatch)
    assert [ws.resolve("staging").version for _ in range(3)] == [1, 1, 1]
    assert asked == ["staging"]
    ws.promote(2, to="Staging", reason="second", actor="a")
    assert [ws.resolve("staging").version for _ in range(3)] == [2, 2, 2]
    assert asked.count("staging") == 2


def test_a_promotion_of_another_process_is_seen_at_once_also_after_there_was_none(ws):
    assert ws.resolve("staging") is None
    other = open_workspace(ws.root, SMALL)
    other.promote(3, to="Staging", reason="elsewhere", actor="b")
    assert ws.resolve("staging").version == 3


def test_an_alias_of_a_store_that_was_deleted_meanwhile_is_an_error_not_a_memory(ws):
    ws.promote(1, to="Staging", reason="first", actor="a")
    assert ws.resolve("staging").version == 1
    shutil.move(ws.store.database, ws.store.database.with_name("gone"))
    with pytest.raises(StoreError):
        ws.resolve("staging")
