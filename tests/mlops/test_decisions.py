import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.config_mlops import GateSettings
from core.errors import BadInput, StoreError
from core.mlops import open_workspace, registry
from core.mlops.gates import GateRefused, GateReport
from tests.mlops.conftest import SMALL, run_of


def go(ws, version, to="Production", *, judge=False, **more):
    """Promote; unless told to judge, with a passing report at hand (judging takes a second)."""
    if not judge and not more:
        more["report"] = GateReport(version, ws.stages()["Production"], True, (), "not judged", 0, "")
    return ws.promote(version, to=to, reason="because", actor="ada", **more)


def strict(ws):
    """The same folder, opened with a floor that nothing reaches."""
    return open_workspace(ws.root, SMALL.model_copy(update={"gates": GateSettings(min_roc_auc=0.999)}))


def test_a_version_goes_through_staging_to_production_and_back_by_one_call(ws):
    go(ws, 1, "Staging")
    assert ws.stages() == {1: "Staging", 2: "None", 3: "None"}
    go(ws, 1)
    assert ws.stages() == {1: "Production", 2: "None", 3: "None"}
    go(ws, 2)
    assert ws.stages() == {1: "Archived", 2: "Production", 3: "None"}
    assert ws.resolve("previous").version == 1
    back = ws.rollback(reason="too many calls", actor="bob")
    assert (back.version, back.from_version) == (1, 2)
    assert ws.stages() == {1: "Production", 2: "Archived", 3: "None"}
    ws.rollback(reason="it was not the model", actor="bob")
    assert ws.stages()["Production"] == 2


def test_there_is_never_more_than_one_production_version(ws):
    for version in (1, 2, 3, 1):
        go(ws, version)
        assert list(ws.stages().values()).count("Production") == 1


def test_history_tells_who_what_from_where_and_why_newest_first(ws):
    go(ws, 1)
    go(ws, 2, "Staging")
    newest = ws.history()[0]
    assert (newest.actor, newest.action, newest.version, newest.to_stage) == ("ada", "promote", 2, "Staging")
    assert (newest.reason, newest.gates_passed, newest.completed) == ("because", True, True)
    assert [d.action for d in ws.history()] == ["promote", "promote", "register", "register", "register"]
    again = open_workspace(ws.root, SMALL).history()
    assert again == ws.history()


def test_a_failed_gate_refuses_and_says_which(ws):
    with pytest.raises(GateRefused, match="roc_auc_floor"):
        go(strict(ws), 1, judge=True)
    assert ws.stages()[1] == "None"
    assert [d.action for d in ws.history()] == ["register"] * 3


def test_an_override_needs_a_reason_and_stays_on_the_version_for_ever(ws):
    hard = strict(ws)
    with pytest.raises(BadInput, match="reason"):
        hard.promote(1, to="Production", reason="  ", override=True)
    decision = go(hard, 1, override=True)
    assert decision.override
    assert "roc_auc_floor" in decision.failed_gates
    go(ws, 2)
    assert "roc_auc_floor" in dict(ws.version(1).tags)["hub.override"]
    assert [d.override for d in ws.history() if d.action == "promote"] == [False, True]


def test_an_override_that_was_not_needed_leaves_no_mark(ws):
    assert not go(ws, 1, override=True).override
    assert "hub.override" not in dict(ws.version(1).tags)


@pytest.mark.parametrize("alias", ["production", "staging", "previous", "challenger"])
def test_a_version_in_use_cannot_be_deleted(ws, alias):
    go(ws, 3)
    go(ws, 1)  # 3 is previous now
    go(ws, 2, "Staging")
    ws.set_challenger(2, reason="compare", actor="ada")
    held = ws.resolve(alias).version
    with pytest.raises(BadInput, match=f"in use as .*{alias}"):
        ws.delete_version(held, reason="tidy", actor="ada")
    assert held in ws.stages()


def test_an_unused_version_is_deleted_and_its_record_stays(ws):
    ws.delete_version(3, reason="tidy", actor="ada")
    assert 3 not in ws.stages()
    assert ws.history()[0].action == "delete"
    with pytest.raises(BadInput, match="no version 3"):
        ws.version(3)


def test_rolling_back_needs_an_earlier_version_that_still_loads(ws):
    with pytest.raises(BadInput, match="no earlier"):
        ws.rollback(reason="x", actor="y")
    go(ws, 1)
    go(ws, 2)
    (ws.store.model_folder(ws.version(1).model_id) / "model.skops").write_bytes(b"broken")
    with pytest.raises(StoreError, match="damaged"):
        ws.rollback(reason="x", actor="y")
    assert ws.stages()["Production"] == 2


@pytest.mark.parametrize(
    ("version", "to", "told"),
    [(9, "Production", "no version 9"), (1, "Live", "not a stage"), (1, "Archived", "not in Staging")],
)
def test_impossible_promotions_are_refused_in_words(ws, version, to, told):
    with pytest.raises(BadInput, match=told):
        go(ws, version, to)


def test_promoting_what_is_already_there_is_refused(ws):
    go(ws, 1)
    for stage in ("Production", "Staging"):
        with pytest.raises(BadInput, match=r"already in|is in Production"):
            go(ws, 1, stage)


def test_registering_a_run_twice_gives_the_same_version(ws):
    assert ws.register(run_of(ws, "logistic_regression")) == 1
    assert ws.register(run_of(ws, "knn")) == 4
    assert len(ws.versions()) == 4


def test_a_run_registered_by_many_at_once_becomes_one_version_with_one_record(ws):
    run = run_of(ws, "knn")
    others = [open_workspace(ws.root, settings=SMALL) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        versions = set(pool.map(lambda other: other.register(run), others))
    assert versions == {4}
    assert [info.version for info in ws.versions()] == [4, 3, 2, 1]
    assert [d.version for d in ws.history() if d.action == "register"] == [4, 3, 2, 1]


@pytest.mark.fault(
    "a process that dies between making a version and its record",
    sees="the version, not yet in the history",
    kept="the version and its model",
    heals="registering the same run again: the version keeps its number and gets its record",
)
def test_a_version_whose_maker_died_before_its_record_gets_it_when_registered_again(ws, monkeypatch):
    def die(*arguments):
        raise KeyboardInterrupt

    run = run_of(ws, "knn")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ws._decisions, "registered", die)
        ws.register(run)
    assert ws.history()[0].version == 3
    assert ws.register(run) == 4
    assert (ws.history()[0].action, ws.history()[0].version) == ("register", 4)
    assert ws.run(run).tags["hub.version"] == "4"


@pytest.mark.fault(
    "a process that dies between the record and the change of a stage",
    sees="the decision, marked as finished after a crash",
    kept="the record",
    heals="on the next opening",
)
def test_a_decision_cut_off_before_the_alias_moved_is_carried_through_on_opening(ws, monkeypatch):
    go(ws, 1)

    def die(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(ws._decisions, "_apply", die)
    with pytest.raises(KeyboardInterrupt):
        go(ws, 2)
    assert ws.stages()["Production"] == 1
    again = open_workspace(ws.root, SMALL)
    assert again.stages() == {1: "Archived", 2: "Production", 3: "None"}
    assert again.history()[0].recovered
    assert again.audit_status().intact


def test_a_log_that_was_tampered_with_stops_decisions_and_the_workspace_still_opens(ws):
    go(ws, 1)
    path = ws.root / "audit.jsonl"
    path.write_text(path.read_text().replace('"ada"', '"eve"'))
    again = open_workspace(ws.root, SMALL)
    assert not again.audit_status().intact
    with pytest.raises(StoreError, match="damaged"):
        go(again, 2)
    assert again.stages()["Production"] == 1


def test_a_log_whose_end_was_cut_off_is_noticed_through_the_anchor_in_the_store(ws):
    go(ws, 1)
    path = ws.root / "audit.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    status = open_workspace(ws.root, SMALL).audit_status()
    assert not status.intact
    assert "2 record(s) at the end are missing" in status.problem


@pytest.mark.fault(
    "a half-done decision whose version was deleted meanwhile with MLflow's own client",
    sees="the decision, marked as not carried out",
    kept="the record, and the stages as they were",
    heals="on the next opening",
)
def test_a_decision_left_half_done_about_a_version_that_is_gone_locks_nobody_out(ws, monkeypatch):
    go(ws, 1)

    def die(after):
        raise KeyboardInterrupt

    monkeypatch.setattr(ws._registry, "move", die)
    with pytest.raises(KeyboardInterrupt):
        go(ws, 2)
    ws.store.client.delete_model_version(ws.settings.model_name, 2)  # by somebody with MLflow's own client
    again = open_workspace(ws.root, SMALL)
    assert again.stages() == {1: "Production", 3: "None"}
    assert [(d.version, d.completed, d.recovered) for d in again.history()[:2]] == [
        (2, False, False),
        (1, True, False),
    ]
    go(again, 3)
    assert again.audit_status().intact


@pytest.mark.fault(
    "the experiment is deleted with MLflow's own client",
    sees="that it is deleted, and the command that restores it",
    kept="runs, versions, the audit log; a running service goes on",
    heals="when the experiment is restored; a decision on record is carried through then",
)
def test_an_experiment_deleted_with_mlflow_is_told_and_nothing_is_lost_once_it_is_restored(ws):
    client, experiment = ws.store.client, ws.store.experiment_id
    client.delete_experiment(experiment)
    with pytest.raises(StoreError, match="Current state is deleted") as caught:
        go(ws, 1)
    assert "mlflow experiments restore" in caught.value.hint
    with pytest.raises(StoreError, match="Current state is deleted"):
        open_workspace(ws.root, SMALL)
    client.restore_experiment(experiment)
    again = open_workspace(ws.root, SMALL)
    assert again.stages()["Production"] == 1, "the decision was on record before the store refused"
    assert again.audit_status().intact


def test_a_stored_report_matches_what_was_decided_on(ws):
    report = ws.check_gates(1)
    stored = json.loads(ws.store.read_artifact(ws.version(1).run_id, "gates/latest.json"))
    assert stored["passed"] is report.passed
    assert [gate["name"] for gate in stored["gates"]] == [gate.name for gate in report.gates]
    assert dict(ws.version(1).tags)["gate"] == "passed"


def test_a_report_made_against_another_champion_is_judged_again(ws):
    old = ws.check_gates(2)  # there was no champion then
    go(ws, 3)
    assert go(ws, 2, report=old).gates_passed
    assert json.loads(ws.store.read_artifact(ws.version(2).run_id, "gates/latest.json"))["champion"] == 3


def test_who_was_judged_against_a_champion_that_is_gone_by_now_is_not_promoted(ws, monkeypatch):
    go(ws, 1)
    judge = ws.check_gates

    def judge_slowly(version):
        report = judge(version)
        go(open_workspace(ws.root, SMALL), 3)  # another process is faster
        return report

    monkeypatch.setattr(ws, "check_gates", judge_slowly)
    with pytest.raises(BadInput, match="version 1 then, version 3 now"):
        go(ws, 2, judge=True)
    assert ws.stages()["Production"] == 3


def test_a_champion_whose_files_are_gone_can_be_replaced_by_override_only(ws):
    go(ws, 1)
    (ws.store.model_folder(ws.version(1).model_id) / "MLmodel").unlink()
    report = ws.check_gates(2)
    assert {gate.name for gate in report.failed} >= {"signature", "non_inferiority"}
    with pytest.raises(GateRefused, match="cannot be"):
        go(ws, 2, judge=True)
    assert go(ws, 2, override=True).override
    assert ws.stages()["Production"] == 2


def test_versions_beyond_one_page_of_the_store_are_there_too(ws, monkeypatch):
    monkeypatch.setattr(registry, "_PAGE", 2)
    assert [info.version for info in ws.versions()] == [3, 2, 1]
    assert ws.version(1).version == 1
    assert set(ws.stages()) == {1, 2, 3}


@pytest.mark.parametrize("version", ["1", "one", None, 1.5])
def test_what_is_no_version_number_is_no_version(ws, version):
    with pytest.raises(BadInput, match="There is no version"):
        ws.promote(version, reason="r", override=True)


@pytest.mark.parametrize("to", [None, 5, ""])
def test_what_is_no_stage_is_refused(ws, to):
    with pytest.raises(BadInput, match="not a stage"):
        ws.promote(1, to=to, reason="r")


def test_any_text_can_be_the_reason_and_the_actor(ws):
    ws.promote(1, reason="because\0 of \ud800 \n\n名", actor="\ud800" * 1000, override=True)
    decision = ws.history()[0]
    assert decision.reason == "because\0 of ? \n\n名"
    assert decision.actor == "?" * 200
    assert ws.audit_status().intact


@pytest.mark.parametrize("missing", ["", "   ", None])
def test_a_decision_without_a_reason_is_refused_and_one_without_an_actor_has_the_user(ws, missing):
    with pytest.raises(BadInput, match="reason is needed"):
        ws.promote(1, reason=missing, override=True)
    assert ws.promote(1, reason="r", actor=missing, override=True).actor.strip()


def test_a_description_without_the_model_s_inputs_is_told(ws):
    path = ws.store.model_folder(ws.version(1).model_id) / "MLmodel"
    path.write_text(path.read_text().replace("input_schema", "other"))
    assert ws.versions()[-1].sklearn_version == ""
    with pytest.raises(StoreError, match="MLmodel cannot be read"):
        ws.check_gates(1)
