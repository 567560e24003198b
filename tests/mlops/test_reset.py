"""A workspace goes back to its first start, and the log tells of it."""

import pytest

from core.config_mlops import MlopsSettings
from core.errors import BadInput
from core.mlops import open_workspace
from core.mlops.seeding import reset, seed


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    ws = open_workspace(tmp_path_factory.mktemp("reset"), settings=MlopsSettings(seed_rows=400))
    assert seed(ws)
    yield ws
    ws.close()


def test_later_versions_runs_and_stages_go_and_the_log_stays(workspace):
    first = workspace.stages()["Production"]
    before = set(workspace.runs()["run_id"])
    other = next(run for run in before if workspace.version(first).run_id != run)
    later = workspace.register(other, reason="try", actor="visitor")
    workspace.promote(later, to="Production", reason="try", actor="visitor", override=True)
    records = len(workspace.history())

    assert reset(workspace, "the demo is over", "presenter") == [later]

    assert workspace.stages() == {first: "Production"}
    assert workspace.resolve("previous") is None
    assert set(workspace.runs()["run_id"]) == before
    told = workspace.history()[: len(workspace.history()) - records]
    assert [(d.action, d.version, d.actor) for d in told] == [
        ("delete", later, "presenter"),
        ("reset", first, "presenter"),
    ]
    assert workspace.audit_status().intact


def test_runs_of_visitors_are_hidden_and_running_ones_left_alone(workspace):
    before = set(workspace.runs()["run_id"])
    finished = workspace.store.start_run("finished", {})
    workspace.store.finish(finished)
    running = workspace.store.start_run("running", {})
    reset(workspace, "the demo is over", "presenter")
    assert set(workspace.runs()["run_id"]) == before | {running}
    assert workspace.store.client.get_run(finished).info.lifecycle_stage == "deleted"


def test_a_workspace_of_others_is_not_touched(tmp_path):
    ws = open_workspace(tmp_path, settings=MlopsSettings())
    run = ws.store.start_run("theirs", {})
    ws.store.finish(run)
    with pytest.raises(BadInput, match="no first start") as caught:
        reset(ws, "why not", "visitor")
    assert caught.value.hint
    assert set(ws.runs()["run_id"]) == {run}
    ws.close()
