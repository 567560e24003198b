"""Drift of a workspace, explanations, the first start, and training in the background."""

import time

import numpy as np
import pytest

from core.errors import BadInput, Cancelled, LimitReached
from core.mlops.generator import best_auc, generate
from core.mlops.jobs import JobBoard
from core.mlops.predictions import Scorer
from core.mlops.seeding import needs_seed, seed
from core.mlops.simulator import shift


@pytest.fixture
def live(ws):
    ws.promote(3, to="Production", reason="watch it", override=True)
    return ws


def test_new_customers_of_the_same_kind_do_not_alarm_and_shifted_ones_do(live):
    fresh = generate(600, seed=99)[0]
    calm = live.drift(fresh)
    assert (calm.verdict, calm.quality_ok) == ("stable", True)
    assert calm.prediction.name == "prediction"
    moved = live.drift(shift(fresh, "MonthlyCharges", 0.25))
    assert moved.verdict == "drift"
    assert "MonthlyCharges" in moved.drifted_columns


def test_an_overfitted_model_does_not_alarm_on_its_own_certainty(ws, customers):
    forest = ws.register(ws.runs("params.algorithm = 'random_forest'")["run_id"].iloc[0])
    ws.promote(forest, to="Production", reason="surer of its training rows", override=True)
    assert not ws.drift(generate(800, seed=123)[0]).prediction.drifted


def test_what_arrives_broken_is_told_by_column(live):
    rows = generate(600, seed=98)[0]
    rows["tenure"] = rows["tenure"].astype(object)
    rows.loc[:60, "tenure"] = "twelve"
    rows.loc[:120, "Contract"] = ""
    rows.loc[:30, "gender"] = "Robot"
    told = {(issue.column, issue.problem, issue.severity) for issue in live.drift(rows).quality}
    assert ("tenure", "wrong type", "alert") in told
    assert ("Contract", "missing values", "alert") in told
    assert ("gender", "new category", "alert") in told


def test_too_few_rows_give_no_verdict_and_a_missing_column_is_named(live):
    rows = generate(150, seed=97)[0]
    assert live.drift(rows).verdict == "not_enough_data"
    with pytest.raises(BadInput, match="'tenure'"):
        live.drift(rows.drop(columns="tenure"))


@pytest.mark.parametrize(
    "ask", [lambda ws, rows: ws.drift(rows), lambda ws, rows: Scorer(ws, 3).predict(rows)]
)
def test_a_table_with_nothing_below_its_header_is_refused(live, ask):
    with pytest.raises(BadInput, match="no records"):
        ask(live, generate(5, seed=97)[0].head(0))


@pytest.mark.parametrize(
    ("algorithm", "method"), [("logistic_regression", "exact linear"), ("knn", "interventional Shapley")]
)
def test_contributions_and_base_add_up_to_the_log_odds(zoo, algorithm, method):
    version = zoo.register(zoo.runs(f"params.algorithm = '{algorithm}'")["run_id"].min())
    record = zoo.holdout_data(version).iloc[3].to_dict()
    found = Scorer(zoo, version).explain(record)
    assert found.method == method
    total = found.base + sum(part.log_odds for part in found.contributions)
    if method == "exact linear":
        assert 1 / (1 + np.exp(-total)) == pytest.approx(found.probability)
    else:
        assert total == pytest.approx(np.log(found.probability / (1 - found.probability)))
    assert {part.column for part in found.contributions} == set(zoo.schema(version).names)


def test_a_what_if_passes_through_the_record_as_it_is(zoo):
    version = zoo.register(zoo.runs("params.algorithm = 'logistic_regression'")["run_id"].min())
    scorer = Scorer(zoo, version)
    record = zoo.holdout_data(version).iloc[0].to_dict()
    curve = scorer.what_if(record, "Contract")
    at = dict(zip(curve.values, curve.probabilities, strict=True))
    assert at[record["Contract"]] == pytest.approx(scorer.predict([record]).probabilities[0])
    assert at["Two year"] < at["Month-to-month"]


def test_the_generator_is_seeded_and_no_model_beats_its_true_probability(zoo):
    first, probability = generate(900, 7)
    again, _ = generate(900, 7)
    assert first.equals(again)
    assert not first.equals(generate(900, 8)[0])
    assert zoo.runs()["metrics.cv_roc_auc"].max() <= best_auc(first, probability) + 0.01


def test_the_first_start_leaves_a_production_version_and_happens_once(empty):
    empty.settings = empty.settings.model_copy(update={"seed_rows": 500})
    assert needs_seed(empty)
    assert seed(empty)
    assert empty.stages()["Production"] == 1
    assert len(empty.runs()) == 3
    assert not seed(empty)
    assert len(empty.runs()) == 3


def test_a_training_in_the_background_can_be_cancelled_and_keeps_what_was_complete(empty, customers):
    board = JobBoard()

    def work(on_event, cancel):
        names = ["logistic_regression_linear", "mlp", "random_forest"]
        return empty.train(customers, "Churn", "Yes", names, on_event=on_event, cancel=cancel)

    job = board.start(empty.root, "three algorithms", work)
    with pytest.raises(LimitReached, match="still running"):
        board.start(empty.root, "another", work)
    while not any(event.algorithm == "mlp" for event in job.events):
        time.sleep(0.01)
    job.cancel()
    assert job.wait(120).status == "cancelled"
    assert isinstance(job.error, Cancelled)
    assert list(empty.runs()["params.algorithm"]) == ["logistic_regression_linear"]
    assert job.progress["logistic_regression_linear"][2] > 0.7
