"""Each gate on contenders made for the purpose: models that answer what they are told."""

import numpy as np
import pandas as pd
import pytest

from core.config_mlops import BehaviourRule, GateSettings
from core.errors import StoreError
from core.mlops.gates import Contender, Holdout, judge
from core.mlops.models import ModelFacts
from core.mlops.schema import InputColumn, InputSchema
from core.mlops.versions import check, runtime_versions

N = 1400
SCHEMA = InputSchema(
    (
        InputColumn("risk", "number", low=0.0, high=1.0),
        InputColumn("gender", "category", categories=("F", "M")),
    ),
    "Churn",
    "Yes",
    "No",
)
LIMITS = GateSettings(rules=(), resamples=300)


class Told:
    """Answers with a function of the records."""

    classes_ = np.array([0, 1])

    def __init__(self, answer):
        self.answer = answer

    def predict_proba(self, frame):
        p = np.clip(np.asarray(self.answer(frame), dtype=float), 0.001, 0.999)
        return np.column_stack([1 - p, p])


def facts(schema=SCHEMA, sklearn_version=None, **metadata):
    now = runtime_versions()
    version = sklearn_version or now["scikit-learn"]
    return ModelFacts("m-1", "r-1", version, now["python"], (), "skops", {}, schema, metadata)


@pytest.fixture(scope="module")
def holdout():
    rng = np.random.default_rng(0)
    risk = rng.random(N)
    gender = rng.choice(["F", "M"], N)
    y = (rng.random(N) < risk**2).astype(int)
    cells = pd.DataFrame({"risk": [f"{value:.6f}" for value in risk], "gender": gender}, dtype=object)
    return Holdout(cells, y, "digest")


def good(frame):
    return frame["risk"].fillna(0.5) ** 2


def contender(answer, version=2, **more):
    frame = pd.DataFrame({"risk": [0.5], "gender": ["F"]})
    given = {"facts": facts(), "load": lambda: Told(answer), "example": lambda: frame, "size_mb": 1.0} | more
    return Contender(version=version, **given)


def verdicts(candidate, champion, holdout, limits=LIMITS):
    return {gate.name: gate for gate in judge(candidate, champion, holdout, limits)}


def failed(gates):
    return {name for name, gate in gates.items() if not gate.passed}


def test_a_sound_candidate_passes_every_gate_and_each_says_why(holdout):
    gates = verdicts(contender(good), contender(good, 1), holdout)
    assert failed(gates) == set()
    assert all(gate.why for gate in gates.values())
    assert list(gates) == [
        "versions", "loads_and_predicts", "signature", "roc_auc_floor", "non_inferiority", "brier", "calibration",
        "worst_slice", "slice_calibration", "behaviour", "latency_p95_ms", "size_mb", "no_leak",
    ]  # fmt: skip


def test_equal_models_are_not_inferior_and_a_worse_one_is(holdout):
    steady = lambda frame: good(frame) + 0.35 * np.sin(999 * frame["risk"])  # noqa: E731 - worse, but order-free
    equal = verdicts(contender(good), contender(good, 1), holdout)["non_inferiority"]
    worse = verdicts(contender(steady), contender(good, 1), holdout)["non_inferiority"]
    better = verdicts(contender(good), contender(steady, 1), holdout)["non_inferiority"]
    assert (equal.passed, worse.passed, better.passed) == (True, False, True)
    assert equal.value == 0
    assert worse.value < -LIMITS.margin < better.value
    assert "SE" in worse.why


def test_a_wider_margin_lets_the_worse_model_pass(holdout):
    steady = lambda frame: good(frame) + 0.1 * np.sin(999 * frame["risk"])  # noqa: E731
    at = {m: LIMITS.model_copy(update={"margin": m}) for m in (0.0, 0.2)}
    found = {
        m: verdicts(contender(steady), contender(good, 1), holdout, limits)["non_inferiority"].passed
        for m, limits in at.items()
    }
    assert found == {0.0: False, 0.2: True}


def test_a_model_below_the_floor_or_badly_calibrated_is_stopped(holdout):
    assert "roc_auc_floor" in failed(verdicts(contender(lambda f: f["risk"] * 0 + 0.3), None, holdout))
    assert "calibration" in failed(verdicts(contender(lambda f: good(f) ** 0.2), None, holdout))
    assert "brier" in failed(verdicts(contender(lambda f: 0.9 + good(f) / 20), None, holdout))


def test_the_slice_gate_finds_the_group_that_the_model_fails(holdout):
    unfair = lambda frame: np.where(frame["gender"] == "M", (7919 * frame["risk"]) % 1, good(frame))  # noqa: E731
    gate = verdicts(contender(unfair), None, holdout)["worst_slice"]
    assert not gate.passed
    assert "gender = M" in gate.why
    assert "95% interval" in gate.why


def test_a_slice_that_is_promised_too_much_fails_on_calibration(holdout):
    skewed = lambda frame: good(frame) + 0.25 * (frame["gender"] == "F")  # noqa: E731
    gate = verdicts(contender(skewed), None, holdout)["slice_calibration"]
    assert not gate.passed
    assert "gender = F" in gate.why


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        (
            BehaviourRule(kind="direction", base={"risk": "0.2"}, changes={"risk": "0.9"}, effect="higher"),
            True,
        ),
        (
            BehaviourRule(kind="direction", base={"risk": "0.2"}, changes={"risk": "0.9"}, effect="lower"),
            False,
        ),
        (
            BehaviourRule(kind="invariance", base={"gender": "F"}, changes={"gender": "M"}, tolerance=0.01),
            True,
        ),
        (
            BehaviourRule(kind="invariance", base={"risk": "0.2"}, changes={"risk": "0.9"}, tolerance=0.01),
            False,
        ),
        (BehaviourRule(kind="minimum", changes={"risk": "0.9"}, above=0.6), True),
        (BehaviourRule(kind="minimum", changes={"risk": "0.1"}, above=0.6), False),
        (BehaviourRule(kind="minimum", changes={"no such column": "0.1"}, above=0.6), True),  # does not apply
    ],
)
def test_expectations_on_behaviour_are_data(holdout, rule, passed):
    gates = verdicts(
        contender(lambda f: good(f)), None, holdout, LIMITS.model_copy(update={"rules": (rule,)})
    )
    assert gates["behaviour"].passed is passed


def test_a_model_whose_answer_depends_on_its_neighbours_fails(holdout):
    gates = verdicts(contender(lambda f: good(f) * len(f) / 1400), None, holdout)
    assert "behaviour" in failed(gates)


def test_a_model_that_cannot_be_loaded_fails_with_the_reason_and_nothing_else_is_claimed(holdout):
    def broken():
        raise StoreError("the file is damaged")

    gates = verdicts(contender(good, load=broken), contender(good, 1), holdout)
    assert list(gates) == ["versions", "loads_and_predicts"]
    assert gates["loads_and_predicts"].why == "the file is damaged"


def test_another_signature_is_told_column_by_column(holdout):
    wider = InputSchema((*SCHEMA.columns, InputColumn("age", "number")), "Churn", "Yes", "No")
    gates = verdicts(contender(good), contender(good, 1, facts=facts(wider)), holdout)
    assert {"signature", "non_inferiority"} <= failed(gates)
    assert "missing: age" in gates["signature"].why


def test_size_and_leaks_are_held_to_their_limits(holdout):
    gates = verdicts(contender(good, size_mb=51.0, leak_columns=("ChurnScore",)), None, holdout)
    assert {"size_mb", "no_leak"} <= failed(gates)
    assert "ChurnScore" in gates["no_leak"].why


@pytest.mark.parametrize(
    ("change", "status"), [("patch", "ok"), ("minor", "degraded"), ("major", "refused"), ("none", "ok")]
)
def test_a_patch_is_fine_a_minor_version_warns_and_a_major_one_is_refused(change, status):
    major, minor, *rest = runtime_versions()["scikit-learn"].split(".")
    saved = {
        "patch": f"{major}.{minor}.99",
        "minor": f"{major}.{int(minor) + 1}.0",
        "major": f"{int(major) + 1}.{minor}.0",
        "none": ".".join([major, minor, *rest]),
    }[change]
    assert check(saved, runtime_versions()["python"]).status == status


def test_a_minor_difference_warns_without_stopping(holdout):
    major, minor, *_ = runtime_versions()["scikit-learn"].split(".")
    older = facts(sklearn_version=f"{major}.{int(minor) - 1}.0")
    gate = verdicts(contender(good, facts=older), None, holdout)["versions"]
    assert (gate.passed, gate.warning) == (True, True)
