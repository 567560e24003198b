"""The Experiment Browser's stores on broken disks: MLflow's SQLite file, artifacts, data sets, the audit log."""

import shutil
import sqlite3
import threading
import time
from contextlib import ExitStack

import pytest

from core.errors import StoreError
from core.mlops import audit as audit_module
from core.mlops import locks
from tests.faults.conftest import damage, locked
from tests.mlops.conftest import SMALL

IMPATIENT = SMALL.model_copy(update={"lock_timeout_s": 0.2})


def promote(ws, version=2):
    return ws.promote(version, to="Production", reason="fault test", actor="test", override=True)


def in_production(ws):
    return ws.stages()["Production"]


def as_a_new_process(folder):
    """MLflow keeps its stores by address for the life of a process; a restart has none of them."""
    from mlflow.tracking._model_registry import utils as registry
    from mlflow.tracking._tracking_service import utils as tracking

    from core.mlops import open_workspace

    tracking._tracking_store_registry._get_store_with_resolved_uri.cache_clear()
    registry._get_store_registry()._get_store_with_resolved_uri.cache_clear()
    return open_workspace(folder, SMALL)


@pytest.mark.fault(
    "the store of runs and versions is locked by another program",
    sees="that it is locked, and to try again; the history of decisions",
    kept="runs, versions, decisions",
    heals="by itself, when the other program ends",
)
def test_a_locked_store_is_told_and_heals(open_copy):
    ws = open_copy(settings=IMPATIENT)
    with locked(ws.root / "mlflow.db"):
        for look in (ws.runs, ws.versions, ws.stages, ws.audit_status, lambda: promote(ws)):
            with pytest.raises(StoreError, match="locked by another process") as caught:
                look()
            assert "try again" in caught.value.hint
        assert len(ws.history()) == 3
    assert len(ws.runs()) == 2
    assert promote(ws).version == 2


@pytest.mark.fault(
    "the store of runs and versions is locked by another program while the hub starts",
    sees="that it is locked, after the same short wait, and to try again",
    kept="runs, versions, decisions",
    heals="with the button, once the other program ends",
)
def test_a_store_that_is_locked_while_it_is_opened_is_told_and_heals(workspace_template, tmp_path):
    from core.mlops import open_workspace

    shutil.copytree(workspace_template, tmp_path / "ws")
    with (
        locked(tmp_path / "ws" / "mlflow.db"),
        pytest.raises(StoreError, match="locked by another process") as caught,
    ):
        open_workspace(tmp_path / "ws", IMPATIENT)
    assert "try again" in caught.value.hint
    healed = open_workspace(tmp_path / "ws", IMPATIENT)
    assert in_production(healed) == 1
    healed.close()


@pytest.mark.fault(
    "another program starts a long write while the hub opens a workspace whose folder was moved",
    sees="that the store is locked, after the same short wait, and to try again",
    kept="runs, versions, decisions",
    heals="with the button, once the other program ends",
)
def test_a_moved_store_that_is_locked_before_its_addresses_are_changed_is_told_and_heals(
    workspace_template, tmp_path, monkeypatch
):
    from core.mlops import open_workspace
    from core.mlops.tracking import TrackingStore

    shutil.copytree(workspace_template, tmp_path / "moved")
    relocate, other = TrackingStore._relocate, ExitStack()

    def after_the_other(*given):
        other.enter_context(locked(tmp_path / "moved" / "mlflow.db"))
        relocate(*given)

    monkeypatch.setattr(TrackingStore, "_relocate", after_the_other)
    began = time.monotonic()
    with other, pytest.raises(StoreError, match="locked by another process") as caught:
        open_workspace(tmp_path / "moved", IMPATIENT)
    assert "try again" in caught.value.hint
    assert time.monotonic() - began < 10
    monkeypatch.undo()
    healed = open_workspace(tmp_path / "moved", IMPATIENT)
    assert promote(healed).version == 2
    healed.close()


@pytest.mark.fault(
    "other programs write to the store of runs and versions again and again",
    sees="nothing: short locks are waited for",
    kept="all",
    heals="nothing to heal",
)
def test_short_locks_are_waited_for(open_copy, customers):
    ws, done = open_copy(), threading.Event()

    def write_often() -> None:
        database = sqlite3.connect(ws.root / "mlflow.db", isolation_level=None, timeout=30)
        while not done.is_set():
            database.execute("BEGIN EXCLUSIVE")  # nobody else reads or writes meanwhile
            time.sleep(0.2)
            database.execute("COMMIT")
            time.sleep(0.05)
        database.close()

    other = threading.Thread(target=write_often)
    other.start()
    try:
        runs = ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001, name="generated")
        assert promote(ws).version == 2
    finally:
        done.set()
        other.join()
    assert [run.status for run in runs] == ["FINISHED"]
    assert in_production(ws) == 2


def test_the_wait_is_that_of_the_settings_on_every_connection(open_copy):
    """MLflow would tell SQLite 20 s; reads of a page, its registry and its runs have to end before that."""
    from sqlalchemy import Engine, event

    told: list[str] = []
    ws = open_copy(settings=IMPATIENT)

    def note(connection, cursor, statement, *rest):
        told.append(statement)

    event.listen(Engine, "after_cursor_execute", note)
    try:
        ws.versions()
        ws.store.close_abandoned()
    finally:
        event.remove(Engine, "after_cursor_execute", note)
    waits = {text for text in told if "busy_timeout" in text}
    assert waits == {"PRAGMA busy_timeout = 200"}


@pytest.mark.fault(
    "the store of runs and versions is damaged under the running app",
    sees="that it is damaged, and to put a copy back or start with an empty folder",
    kept="the audit log, artifacts; a running service answers on",
    heals="with the copy, or a new first start in an empty folder",
)
def test_a_damaged_store_is_told_by_every_view(open_copy):
    ws = open_copy()
    copy = ws.root.with_name("copy.db")
    shutil.copy(ws.root / "mlflow.db", copy)
    damage(ws.root / "mlflow.db")
    for look in (ws.versions, ws.stages, ws.audit_status, lambda: promote(ws), lambda: ws.check_gates(2)):
        with pytest.raises(StoreError, match=r"is damaged|cannot be read") as caught:
            look()
        assert "copy" in caught.value.hint
    assert len(ws.history()) == 3
    ws.close()
    shutil.copy(copy, ws.root / "mlflow.db")
    healed = as_a_new_process(ws.root)
    assert in_production(healed) == 1
    healed.close()


@pytest.mark.fault(
    "the store of runs and versions is deleted under the running app",
    sees="that it is gone, and to put a copy back or move the folder away",
    kept="the audit log, artifacts; no write is lost silently",
    heals="with the copy after a restart, or a new first start in an empty folder",
)
def test_a_deleted_store_takes_no_write_that_would_be_lost(open_copy):
    ws = open_copy()
    ws.runs()
    copy = ws.root.with_name("copy.db")
    shutil.move(ws.root / "mlflow.db", copy)
    for look in (ws.runs, ws.versions, lambda: promote(ws)):
        with pytest.raises(StoreError, match="not there any more") as caught:
            look()
        assert "copy" in caught.value.hint
    ws.close()
    shutil.move(copy, ws.root / "mlflow.db")
    healed = as_a_new_process(ws.root)
    assert in_production(healed) == 1
    assert promote(healed).version == 2
    healed.close()


@pytest.mark.fault(
    "the disk of the workspace is full",
    sees="that the disk is full, and to free space; runs, versions, history and predictions go on",
    kept="stages and the audit log, whole: no decision by halves",
    heals="at the next try, once there is space",
)
def test_a_full_disk_changes_nothing_by_halves(disk, open_copy, customers):
    ws = open_copy(disk.path / "ws")
    ws.check_gates(2)
    before = (ws.root / "audit.jsonl").read_bytes()
    disk.fill()
    for change in (
        lambda: promote(ws),
        lambda: ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001),
    ):
        with pytest.raises(StoreError, match="disk is full") as caught:
            change()
        assert "Free some space" in caught.value.hint
    assert (ws.root / "audit.jsonl").read_bytes() == before
    assert in_production(ws) == 1
    assert len(ws.runs()) == 2
    assert ws.load_model(1) is not None
    disk.free()
    assert promote(ws).version == 2
    assert ws.audit_status().intact


@pytest.mark.fault(
    "the disk becomes full while a trained model is stored",
    sees="that the disk is full, and to free space",
    kept="the runs that were complete; the failed one takes no room and is marked as failed",
    heals="at the next try, once there is space",
)
def test_a_run_that_fills_the_disk_gives_the_room_back(disk, open_copy, customers, monkeypatch):
    ws = open_copy(disk.path / "ws")
    log_json = ws.store.log_json

    def fill_first(*given):  # the model is stored; figures and curves are not
        disk.fill()
        log_json(*given)

    monkeypatch.setattr(ws.store, "log_json", fill_first)
    kept = sorted(path for path in (ws.root / "artifacts").rglob("*"))
    with pytest.raises(StoreError, match="disk is full"):
        ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001)
    assert sorted(path for path in (ws.root / "artifacts").rglob("*")) == kept
    assert sorted(ws.runs()["status"]) == ["FAILED", "FINISHED", "FINISHED"]
    monkeypatch.undo()
    disk.free()
    (run,) = ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001)
    assert ws.register(run.run_id) == 3


@pytest.mark.fault(
    "the workspace lies on a read-only disk",
    sees="that it is read-only, and to make the data folder writable",
    kept="all",
    heals="with a writable disk, at the next try",
)
def test_a_read_only_workspace_is_told_and_heals(disk, workspace_template):
    from core.mlops import open_workspace

    shutil.copytree(workspace_template, disk.path / "ws")
    disk.make_read_only()
    with pytest.raises(StoreError, match="read-only") as caught:
        open_workspace(disk.path / "ws", SMALL)
    assert "writable" in caught.value.hint
    disk.make_writable()
    healed = open_workspace(disk.path / "ws", SMALL)
    assert promote(healed).version == 2
    healed.close()


@pytest.mark.fault(
    "model files are deleted or damaged under the running app",
    sees="which model, and to put it back or roll back; every other view",
    kept="runs, metrics, decisions; a running service answers on with the loaded model",
    heals="putting the files back, rolling back, or training again",
)
@pytest.mark.parametrize("how", ["deleted", "damaged"])
def test_a_model_without_its_files_is_refused_and_the_rest_stands(open_copy, how):
    ws = open_copy()
    folder = ws.store.model_folder(ws.version(2).model_id)
    if how == "deleted":
        shutil.rmtree(folder)
    else:
        damage(folder / "model.skops")
    with pytest.raises(StoreError, match=r"gone|damaged|cannot be read") as caught:
        ws.load_model(2)
    assert "roll back" in caught.value.hint.lower()
    with pytest.raises(StoreError):
        promote(ws)
    assert in_production(ws) == 1
    assert len(ws.versions()) == 2
    assert ws.load_model(1) is not None


@pytest.mark.fault(
    "figures and curves of a run are deleted",
    sees="which run lacks what, and to train again; the table with its metrics",
    kept="metrics, parameters, the model",
    heals="training again",
)
def test_a_run_without_its_artifacts_is_told(open_copy):
    ws = open_copy()
    run_id = ws.runs()["run_id"].iloc[0]
    shutil.rmtree(ws.root / "artifacts" / run_id)
    with pytest.raises(StoreError, match=r"has no artifact 'evaluation/roc\.json'") as caught:
        ws.evaluation(run_id, "roc")
    assert "train again" in caught.value.hint
    assert str(ws.root) not in caught.value.hint
    assert len(ws.runs()) == 2


@pytest.mark.fault(
    "the stored training data are deleted",
    sees="that gates cannot be checked, and how the data come back",
    kept="models, stages, predictions",
    heals="training on the same file once",
)
def test_gates_without_their_hold_out_promote_nothing(open_copy, customers):
    ws = open_copy()
    shutil.rmtree(ws.root / "datasets")
    with pytest.raises(StoreError, match="not in this workspace") as caught:
        promote(ws)
    assert "same file" in caught.value.hint
    assert in_production(ws) == 1
    ws.train(customers, "Churn", "Yes", ["logistic_regression"], budget_s=0.001, name="generated")
    assert promote(ws).version == 2


@pytest.mark.fault(
    "the audit log is deleted under the running app",
    sees="that records are missing, and that no decision is taken until the log is restored",
    kept="runs, versions, stages; a restart trains and promotes nothing of its own",
    heals="restoring the log",
)
def test_a_deleted_audit_log_stops_decisions_not_the_app(open_copy):
    from core.mlops.seeding import needs_seed

    ws = open_copy()
    log = (ws.root / "audit.jsonl").read_bytes()
    (ws.root / "audit.jsonl").unlink()
    with pytest.raises(StoreError, match=r"at the end are missing") as caught:
        promote(ws)
    assert "restored" in caught.value.hint
    ws.close()
    again = as_a_new_process(ws.root)
    assert not needs_seed(again)
    assert in_production(again) == 1
    (ws.root / "audit.jsonl").write_bytes(log)
    assert promote(again).version == 2
    again.close()


@pytest.mark.fault(
    "the disk takes only a part of an audit record",
    sees="that the disk is full, and to free space",
    kept="every whole record; the part is taken back",
    heals="at the next try, once there is space",
)
def test_a_part_of_a_record_is_taken_back(tmp_path, monkeypatch):
    log = audit_module.AuditLog(tmp_path / "audit.jsonl")
    log.append("intent", {"version": 1})
    before = log._path.read_bytes()
    whole = audit_module.os.write
    monkeypatch.setattr(audit_module.os, "write", lambda descriptor, line: whole(descriptor, line[:20]))
    with pytest.raises(StoreError, match="disk is full"):
        log.append("intent", {"version": 2})
    assert log._path.read_bytes() == before
    monkeypatch.undo()
    log.append("intent", {"version": 2})
    assert log.verify().intact


@pytest.mark.fault(
    "the audit log lies on a full or a read-only disk",
    sees="that it cannot be written, and what to do",
    kept="every record",
    heals="at the next try, once it can be written",
)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_log_that_cannot_be_written_takes_no_record_and_heals(disk, how):
    log = audit_module.AuditLog(disk.path / "audit.jsonl")
    log.append("intent", {"version": 1})
    (disk.fill if how == "full" else disk.make_read_only)()
    with pytest.raises(StoreError, match=how) as caught:
        for _ in range(100):  # the last page of the file may have room for some
            log.append("intent", {"version": 2, "reason": "x" * 400})
    assert caught.value.hint
    assert log.verify().intact
    (disk.free if how == "full" else disk.make_writable)()
    log.append("intent", {"version": 3})
    assert log.verify().intact
    assert log.records()[-1].content["version"] == 3


@pytest.mark.fault(
    "the audit log is held by another process",
    sees="that another process holds it, and to try again",
    kept="every record",
    heals="by itself, when the other process ends",
)
def test_a_log_that_somebody_holds_is_waited_for_and_then_told(tmp_path, monkeypatch):
    from filelock import FileLock

    monkeypatch.setattr(audit_module, "file_lock", lambda path: locks.file_lock(path, timeout_s=0.2))
    log = audit_module.AuditLog(tmp_path / "audit.jsonl")
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with FileLock(tmp_path / "audit.lock"):
            held.set()
            free.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    with pytest.raises(StoreError, match="Another process has held") as caught:
        log.append("intent", {"version": 1})
    assert "Try again" in caught.value.hint
    free.set()
    other.join()
    log.append("intent", {"version": 1})
    assert len(log.records()) == 1
