"""Two processes on one workspace: two hubs, a container beside a hub, a command line while the hub runs."""

import os
import signal
import subprocess
import sys

import pandas as pd
import pytest

from core.config import ROOT
from core.errors import BadInput
from core.mlops import open_workspace
from core.mlops.dataset import load_rows, prepare
from core.mlops.seeding import SEED_TAG, reset
from core.mlops.serving.holder import Slots
from core.mlops.serving.loaded import load
from core.mlops.serving.service import ScoringService
from core.mlops.tables import read_table
from core.mlops.tracking import TrackingStore
from tests.mlops.conftest import SMALL
from tests.support.other_process import in_another_process

OTHER = """
import sys
from pathlib import Path
from tests.mlops.conftest import SMALL
"""
OPENED = f"""{OTHER}
from core.mlops import open_workspace
ws = open_workspace(Path(sys.argv[1]), SMALL)
"""
FETCH = """
from core.mlops.tracking import TrackingStore
TrackingStore(Path(sys.argv[1]), sys.argv[2], SMALL.experiment).model_folder(sys.argv[3])
"""
PREPARE = """
import os
from core.mlops.dataset import prepare
from core.mlops.generator import generate
from core.mlops.tables import read_table
os.getpid = lambda: 1
frame = generate(900, seed=7)[0].iloc[:600]
prepare(read_table(frame, SMALL.training), SMALL.training, Path(sys.argv[1]) / "datasets", "Churn")
"""


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
    in_another_process(OPENED, "assert ws.stages()['Production'] == 1", elsewhere)
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
    in_another_process(OPENED, "ws.rollback(reason='it is wrong', instead_of=2)", ws.root)
    with pytest.raises(BadInput, match="version 2 then, version 1 now"):
        ws.rollback(reason="it is wrong", actor="test", instead_of=2)
    assert ws.stages()["Production"] == 1


def test_two_services_that_find_the_same_version_bad_roll_it_back_once(version_2_serves, monkeypatch):
    ws = version_2_serves
    service = ScoringService(ws, ws.settings.serving, ws.settings.drift)
    service.holder._slots = Slots(load(ws, ws.version(2)), load(ws, ws.version(1)))

    def the_other_was_faster():
        in_another_process(OPENED, "ws.rollback(reason='errors')", ws.root)
        return 2  # as it was read before

    monkeypatch.setattr(service.holder, "registry_version", the_other_was_faster)
    service._roll_back(2, "errors")
    assert service.holder.current.version == 1
    assert ws.stages()["Production"] == 1


@pytest.mark.fault(
    "a version is deleted by another hub while its gates are checked",
    sees="that there is no such version, and which ones there are",
    kept="everything else",
    heals="by choosing another version",
)
def test_a_version_that_is_deleted_while_its_gates_are_checked_is_told(open_copy, monkeypatch):
    ws = open_copy()
    load_model = ws.load_model

    def after_the_other(version):
        monkeypatch.setattr(ws, "load_model", load_model)
        in_another_process(OPENED, "ws.delete_version(2, reason='tidy')", ws.root)
        return load_model(version)

    monkeypatch.setattr(ws, "load_model", after_the_other)
    with pytest.raises(BadInput, match="no version 2"):
        ws.check_gates(2)


@pytest.mark.fault(
    "two hubs with one MLflow server fetch the same model into a shared folder at once",
    sees="nothing",
    kept="the files of the one that was faster",
    heals="nothing to heal",
)
def test_two_hubs_that_fetch_the_same_model_at_once_share_its_files(open_copy, tmp_path, monkeypatch):
    import mlflow.artifacts

    address = f"sqlite:///{open_copy().root}/mlflow.db"  # to the hub all addresses are those of a server
    store = TrackingStore(tmp_path / "shared", address, SMALL.experiment)
    model_id = store.client.search_logged_models([store.experiment_id])[0].model_id
    download = mlflow.artifacts.download_artifacts

    def after_the_other(*given, **named):
        in_another_process(OTHER, FETCH, store.root, address, model_id)
        return download(*given, **named)

    monkeypatch.setattr(mlflow.artifacts, "download_artifacts", after_the_other)
    assert (store.model_folder(model_id) / "model.skops").is_file()
    assert [folder.name for folder in (store.root / "model_cache").iterdir()] == [model_id]


@pytest.mark.fault(
    "hubs in two containers, each with process number 1, store the rows of the same file at once",
    sees="nothing",
    kept="the rows, whole",
    heals="nothing to heal",
)
def test_two_containers_that_store_the_same_rows_at_once_keep_them_whole(open_copy, customers, monkeypatch):
    ws, frame = open_copy(), customers.iloc[:600]
    monkeypatch.setattr(os, "getpid", lambda: 1)
    write = pd.DataFrame.to_parquet

    def after_the_other(table, path, **options):
        monkeypatch.setattr(pd.DataFrame, "to_parquet", write)
        write(table, path, **options)
        in_another_process(OTHER, PREPARE, ws.root)

    monkeypatch.setattr(pd.DataFrame, "to_parquet", after_the_other)
    digest = prepare(read_table(frame, SMALL.training), SMALL.training, ws.root / "datasets", "Churn").digest
    assert load_rows(ws.root / "datasets", digest) is not None
    assert not list((ws.root / "datasets").glob(".*"))


@pytest.fixture
def seeded(open_copy, customers):
    """Version 1 in Production as by the first start, and versions 2 and 3 of later runs."""
    ws = open_copy()
    ws.promote(2, to="Production", reason="test", actor="test", override=True)
    ws.promote(1, to="Production", reason="seed", actor="seed", override=True)
    ws.store.log(ws.version(1).run_id, tags={SEED_TAG: "true"})
    (run,) = ws.train(customers, "Churn", "Yes", ["logistic_regression_linear"], budget_s=0.001)
    ws.register(run.run_id)
    return ws


@pytest.mark.fault(
    "a version is promoted by another hub while this one resets the workspace",
    sees="that version in Production",
    kept="the version that was promoted, with its run: the later decision holds",
    heals="with another reset",
)
def test_a_reset_leaves_what_another_hub_promotes_meanwhile(seeded, monkeypatch):
    ws = seeded
    reset_stages = ws.reset_stages

    def before_the_other(*given, **named):
        reset_stages(*given, **named)
        in_another_process(OPENED, "ws.promote(2, to='Production', reason='better', override=True)", ws.root)

    monkeypatch.setattr(ws, "reset_stages", before_the_other)
    assert reset(ws, reason="test", actor="test") == [3]
    assert ws.stages() == {1: "Archived", 2: "Production"}
    assert ws.run(ws.version(2).run_id).status == "FINISHED"
    monkeypatch.undo()
    assert reset(ws, reason="test", actor="test") == [2]
    assert ws.stages() == {1: "Production"}


KILLED = "import os, signal\nkill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"


@pytest.mark.fault(
    "kill -9 of one hub in the middle of a promotion, while another runs on",
    sees="the promotion as not carried out, then as finished after a crash",
    kept="both decisions, in their order",
    heals="by itself, with the next decision of any hub",
)
def test_a_promotion_cut_off_in_one_hub_is_carried_through_by_the_next_decision_of_another(open_copy):
    ws = open_copy()
    body = KILLED + "ws._registry.move = kill\nws.promote(2, to='Production', reason='x', override=True)"
    in_another_process(OPENED, body, ws.root, ends=-signal.SIGKILL)
    assert ws.stages()["Production"] == 1
    assert not ws.history()[0].completed
    ws.set_challenger(1, reason="the old one in the shadow", actor="test")
    assert ws.stages()["Production"] == 2
    assert [(d.action, d.completed, d.recovered) for d in ws.history()[:2]] == [
        ("challenger", True, False),
        ("promote", True, True),
    ]


@pytest.mark.fault(
    "kill -9 of one hub while it trains, and a reset of the workspace in another",
    sees="that run as killed, then hidden with the others",
    kept="the first start",
    heals="by itself, with the reset or the next start of a hub",
)
def test_a_reset_ends_the_run_of_a_hub_that_was_killed(seeded):
    ws = seeded
    in_another_process(
        OPENED, KILLED + "ws.store.start_run('cut off', {})\nkill()", ws.root, ends=-signal.SIGKILL
    )
    assert "RUNNING" in set(ws.runs()["status"])
    reset(ws, reason="test", actor="test")
    assert set(ws.runs()["run_id"]) == {ws.version(1).run_id}


AS_A_CONTAINER = """
import socket
socket.gethostname = lambda: "1f2e3d4c5b6a"
"""


def status_of(ws, name):
    runs = ws.runs()
    return runs.loc[runs["name"] == name, "status"].item()


@pytest.mark.fault(
    "kill -9 of a container in the middle of a training; it comes back under another host name",
    sees="that run as killed",
    kept="everything that was finished",
    heals="by itself, with the next start of a hub",
)
def test_a_run_of_a_container_that_was_killed_is_ended_by_the_next_one(open_copy):
    folder = open_copy().root
    body = AS_A_CONTAINER + KILLED + "ws.store.start_run('cut off', {})\nkill()"
    in_another_process(OPENED, body, folder, ends=-signal.SIGKILL)
    again = open_workspace(folder, SMALL)
    assert status_of(again, "cut off") == "KILLED"
    again.close()


@pytest.mark.fault(
    "a hub starts on the folder in which another container trains",
    sees="nothing",
    kept="the run that is being written",
    heals="nothing to heal",
)
def test_a_run_that_a_container_is_writing_is_left_alone_by_a_hub_that_starts(open_copy):
    ws = open_copy()
    body = (
        f"{OPENED}{AS_A_CONTAINER}run = ws.store.start_run('going on', {{}})\nprint(run, flush=True)\ninput()"
    )
    command = [sys.executable, "-c", body, str(ws.root)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline(), "it did not begin"
        assert ws.store.close_abandoned() == []
        assert status_of(ws, "going on") == "RUNNING"
        other.kill()
    assert len(ws.store.close_abandoned()) == 1
    assert status_of(ws, "going on") == "KILLED"
