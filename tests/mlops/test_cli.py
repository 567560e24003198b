import json
import os
import shutil
import subprocess
import sys

import pytest

from core.mlops.__main__ import main
from core.mlops.workspace import Workspace

CUSTOMERS = "customers.csv"


@pytest.fixture
def run(capsys, set_settings):
    """Runs a command line on a folder; gives exit code and the JSON document."""
    set_settings(
        MLOPS__GATES__MIN_ROC_AUC="0.7", MLOPS__TRAINING__FOLDS="2", MLOPS__TRAINING__BUDGET_S="0.001"
    )

    def command(root, *arguments):
        code = main(["--root", str(root), *map(str, arguments)])
        return code, json.loads(capsys.readouterr().out)

    return command


@pytest.fixture
def call(ws, run):
    """A command line on the workspace of this test."""
    return lambda *arguments: run(ws.root, *arguments)


@pytest.fixture
def ask(still, run):
    """A command line on a workspace shared by all tests that change nothing."""
    return lambda *arguments: run(still, *arguments)


@pytest.fixture(scope="module")
def still(tmp_path_factory, three_versions):
    folder = tmp_path_factory.mktemp("still") / "ws"
    shutil.copytree(three_versions, folder)
    return folder


def test_the_whole_life_of_a_model_from_the_command_line(ws, call, customers, tmp_path):
    customers.to_csv(tmp_path / "c.csv", index=False)
    code, runs = call(
        "train", "--csv", tmp_path / "c.csv", "--target", "Churn", "--algorithms", "knn", "--json"
    )
    assert (code, runs[0]["algorithm"]) == (0, "knn")
    assert runs[0]["metrics"]["roc_auc"] > 0.7
    code, made = call("register", runs[0]["run_id"], "--json")
    assert (code, made["version"]) == (0, 4)
    code, report = call("gates", "1")
    assert code == 0
    assert {"name", "value", "limit", "passed", "why"} <= set(report["gates"][0])
    assert call("promote", 1, "--to", "Staging", "--reason", "r", "--override")[0] == 0
    assert call("promote", 1, "--to", "Production", "--reason", "r", "--override")[0] == 0
    assert call("promote", 2, "--to", "production", "--reason", "r", "--override", "--actor", "ada")[0] == 0
    assert call("rollback", "--reason", "r")[1]["version"] == 1
    assert call("stages")[1] == {"1": "Production", "2": "Archived", "3": "None", "4": "None"}
    history = call("history", "--json")[1]
    assert [d["action"] for d in history][:4] == ["rollback", "promote", "promote", "promote"]
    assert history[1]["actor"] == "ada"
    assert call("drift", "--csv", tmp_path / "c.csv")[1]["verdict"] == "stable"
    assert call("audit")[1]["intact"] is True


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["promote", "9", "--to", "Production", "--reason", "x"], "no version 9"),
        (["promote", "1", "--to", "Production"], "reason is needed"),
        (["promote", "1", "--to", "Prod", "--reason", "x"], "not a stage"),
        (["promote", "--reason", "x"], "Which version"),
        (["promote", "one"], "invalid int"),
        (["register", "nothing"], "No run"),
        (["rollback", "--reason", "x"], "no earlier"),
        (["drift", "--csv", "absent.csv"], "No version is in Production"),
        (["train", "--csv", "absent.csv"], "no file 'absent.csv'"),
        (["train", "--csv", __file__, "--role", "x"], "COLUMN=ROLE"),
        (["runs", "--filter", "metrics.roc_acu > 1"], "did you mean 'metrics.roc_auc'"),
        (["runs", "--filter", "x" * 6000], "the limit is 5,000"),
        (["train", "--csv", CUSTOMERS, "--role", "nope=numeric"], "'nope' is not in the table"),
        (["train", "--csv", CUSTOMERS, "--role", "gender=date"], "cannot be a date"),
        (["train", "--csv", CUSTOMERS, "--seed", 2**32], "seed"),
        (["train", "--csv", "x" * 5000], "cannot be read: File name too long"),
        (["generate", "--out", "absent/c.csv"], "cannot be written"),
        (["generate", "--out", "."], "cannot be written: Is a directory"),
        (["generate", "--out", "absent/c.csv", "--seed", "-1"], "seed is -1"),
        (["train", "--csv", os.fsdecode(b"\xff.csv")], "no file"),
        (["fly"], "invalid choice"),
        ([], "required"),
    ],
)
def test_wrong_input_is_answered_with_exit_code_two_and_what_to_do(ask, customers, tmp_path, arguments, told):
    if CUSTOMERS in arguments:
        customers.to_csv(tmp_path / CUSTOMERS, index=False)
        arguments = [tmp_path / CUSTOMERS if part == CUSTOMERS else part for part in arguments]
    code, answer = ask(*arguments)
    assert code == 2
    assert told in answer["error"]["message"]
    assert answer["error"]["hint"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "empty"),
        ("a,Churn\n1,Yes\n", "it needs exactly two"),
        ("a,b\n1,2\n3,4\n5,6\n", "looks like a target"),
        ("a,Churn\n" + "1,Yes\n2,No\n" * 10, "rows have a target"),
        (
            "x,Churn\n" + "".join(f"{i},{'Yes' if i % 2 else 'No'}\n" for i in range(100)),
            "left to learn from",
        ),
        ("a,Churn\n1,Yes,3\n2,No\n", "not a regular table"),
    ],
)
def test_a_file_that_cannot_be_trained_on_is_refused_in_words(ask, tmp_path, content, told):
    (tmp_path / "x.csv").write_text(content)
    target = [] if "b" in content.split("\n")[0] else ["--target", "Churn"]
    code, answer = ask("train", "--csv", tmp_path / "x.csv", *target)
    assert code == 2
    assert told in answer["error"]["message"]


@pytest.fixture
def twice_promoted(ws):
    """Version 2 in Production, version 1 to go back to."""
    for version in (1, 2):
        ws.promote(version, to="Production", reason="test", actor="test", override=True)
    return ws


def test_two_command_lines_that_roll_back_at_once_do_so_once(twice_promoted, call, monkeypatch):
    roll_back = Workspace.rollback

    def after_the_other(self, *given, **named):
        monkeypatch.setattr(Workspace, "rollback", roll_back)
        assert call("rollback", "--reason", "it is wrong")[0] == 0
        return roll_back(self, *given, **named)

    monkeypatch.setattr(Workspace, "rollback", after_the_other)
    code, answer = call("rollback", "--reason", "it is wrong")
    assert (code, twice_promoted.stages()["Production"]) == (2, 1)
    assert "version 2 then, version 1 now" in answer["error"]["message"]


def test_a_rollback_says_which_version_it_is_meant_for(twice_promoted, call):
    code, answer = call("rollback", "--reason", "r", "--instead-of", 1)
    assert (code, twice_promoted.stages()["Production"]) == (2, 2)
    assert "version 1 then, version 2 now" in answer["error"]["message"]
    assert call("rollback", "--reason", "r", "--instead-of", 2)[1]["version"] == 1


def test_runs_are_filtered_on_the_command_line(ask):
    rows = ask("runs", "--filter", "params.algorithm IN ('knn', 'mlp') OR NOT params.calibrated = 'False'")[1]
    assert {row["params.algorithm"] for row in rows} == {"knn", "mlp", "gradient_boosting"}


def test_a_real_process_prints_one_json_document_and_nothing_else(still):
    done = subprocess.run(
        [sys.executable, "-m", "core.mlops", "--root", str(still), "stages", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"1": "None", "2": "None", "3": "None"}
