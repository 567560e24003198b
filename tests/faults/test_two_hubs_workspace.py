"""Two processes on one workspace: two hubs, a container beside a hub, a command line while the hub runs."""

import subprocess
import sys
import textwrap

import pytest

from core.config import ROOT
from core.errors import BadInput
from core.mlops.serving.holder import Slots
from core.mlops.serving.loaded import load
from core.mlops.serving.service import ScoringService

OTHER = """
import sys
from pathlib import Path
from core.mlops import open_workspace
from tests.mlops.conftest import SMALL
ws = open_workspace(Path(sys.argv[1]), SMALL)
"""


def in_another_process(body, *arguments):
    done = subprocess.run(
        [sys.executable, "-c", OTHER + textwrap.dedent(body), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.fault(
    "another hub has the workspace under another path, as a container that shares the volume",
    sees="nothing",
    kept="runs, versions and the models of both",
    heals="nothing to heal: a hub reads and writes files where it has the folder itself",
)
def test_a_hub_that_sees_the_folder_under_another_name_takes_no_model_away(open_copy, customers, tmp_path):
    ws = open_copy()
    elsewhere = tmp_path / "as-a-container-sees-it"
    elsewhere.symlink_to(ws.root)
    in_another_process("assert ws.stages()['Production'] == 1", elsewhere)
    elsewhere.unlink()  # that name means nothing to this hub
    (run,) = ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001)
    assert not elsewhere.exists()
    assert ws.load_model(ws.register(run.run_id)) is not None


@pytest.fixture
def version_2_serves(open_copy):
    ws = open_copy()
    ws.promote(2, to="Production", reason="test", actor="test", override=True)
    return ws


@pytest.mark.fault(
    "two hubs roll the same version back at once",
    sees="the second, that Production has changed, and by which versions",
    kept="the version that was rolled back to",
    heals="nothing to heal: the second would have undone the first",
)
def test_two_hubs_that_roll_the_same_version_back_do_so_once(version_2_serves):
    ws = version_2_serves
    in_another_process("ws.rollback(reason='it is wrong', instead_of=2)", ws.root)
    with pytest.raises(BadInput, match="version 2 then, version 1 now"):
        ws.rollback(reason="it is wrong", actor="test", instead_of=2)
    assert ws.stages()["Production"] == 1


def test_two_services_that_find_the_same_version_bad_roll_it_back_once(version_2_serves, monkeypatch):
    ws = version_2_serves
    service = ScoringService(ws, ws.settings.serving, ws.settings.drift)
    service.holder._slots = Slots(load(ws, ws.version(2)), load(ws, ws.version(1)))

    def the_other_was_faster():
        in_another_process("ws.rollback(reason='errors')", ws.root)
        return 2  # as it was read before

    monkeypatch.setattr(service.holder, "registry_version", the_other_was_faster)
    service._roll_back(2, "errors")
    assert service.holder.current.version == 1
    assert ws.stages()["Production"] == 1
