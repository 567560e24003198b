"""kill -9 at a moment nobody chose: the store opens, the chain verifies, the stages are consistent."""

import random

import pytest

from core.mlops import open_workspace
from core.mlops.serving.service import ScoringService
from tests.mlops.conftest import SMALL
from tests.mlops.processes import kill_while, promote_forever, reload_forever, train_forever

SHORT = ["promote", "promote", "train", "reload"]
LONG = ["promote", "train", "reload"] * 10


def consistent(folder):
    """The workspace as a new process finds it, after everything that must hold has been checked."""
    ws = open_workspace(folder, SMALL)
    assert ws.audit_status().intact
    history = ws.history()
    assert all(decision.completed for decision in history)
    aliases = dict(history[-1].aliases_before)
    for decision in reversed(history):
        assert decision.aliases_before in ({}, aliases)
        for alias, version in decision.aliases_after.items():
            aliases.pop(alias, None)
            if version is not None:
                aliases[alias] = version
    held = {alias: info.version for info in ws.versions() for alias in info.aliases}
    assert held == aliases  # the registry is what the log says
    assert list(ws.stages().values()).count("Production") == 1
    runs = ws.runs()
    assert "RUNNING" not in set(runs["status"])
    for run_id in runs[runs["status"] == "FINISHED"].head(3)["run_id"]:
        assert ws.evaluation(run_id, "confusion")
        assert ws.store.model_folder(ws.run(run_id).model_id).is_dir()
    return ws


def begin(ws):
    for version in (1, 2):
        ws.promote(version, to="Production", reason="start", actor="test", override=True)
    ws.close()


def strike(folder, what, customers, after_s):
    if what == "train":
        kill_while(train_forever, folder, SMALL, customers, after_s=after_s)
    else:
        work = promote_forever if what == "promote" else reload_forever
        kill_while(work, folder, SMALL, after_s=after_s)
    ws = consistent(folder)
    service = ScoringService(ws, SMALL.serving, SMALL.drift)
    assert service.reload().version == ws.stages()["Production"]
    ws.close()


@pytest.mark.fault(
    "kill -9 during train, promote and reload",
    sees="after the restart consistent stages",
    kept="every recorded decision",
    heals="half-done decisions are carried through on opening",
)
@pytest.mark.timeout(600)
def test_four_kills_leave_a_store_that_opens_and_agrees_with_its_log(ws, customers):
    begin(ws)
    chance = random.Random(11)
    for what in SHORT:
        strike(ws.root, what, customers, chance.uniform(0.05, 0.8))
    after = open_workspace(ws.root, SMALL)
    assert after.rollback(reason="it still decides", actor="test").completed


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_thirty_kills_leave_a_store_that_opens_and_agrees_with_its_log(ws, customers):
    begin(ws)
    chance = random.Random(12)
    for what in LONG:
        strike(ws.root, what, customers, chance.uniform(0.0, 1.5))
    after = open_workspace(ws.root, SMALL)
    assert after.rollback(reason="it still decides", actor="test").completed
    assert after.train(customers, "Churn", "Yes", ["logistic_regression_linear"], budget_s=0.001)
