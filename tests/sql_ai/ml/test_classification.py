import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.sql_ai.ml.classification import ClassificationModel


def _customers(count=240, seed=1):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "AGE": draw.integers(18, 80, count),
            "CITY": draw.choice(["Rome", "Oslo", "Kyiv"], count),
            "NOISE": draw.normal(0, 1, count),
        }
    )
    frame["CHURN"] = (frame["AGE"] > 50) & (frame["CITY"] != "Rome")
    return frame


@pytest.fixture(scope="module")
def model():
    return ClassificationModel.train(_customers(), "CHURN")


def test_a_prediction_has_the_documented_shape(model):
    found = model.predict([{"AGE": 70, "CITY": "Oslo", "NOISE": 0}, {"AGE": 20, "CITY": "Oslo", "NOISE": 0}])
    assert [answer["class"] for answer in found] == ["True", "False"]
    for answer in found:
        assert set(answer) == {"class", "logs", "probability"}
        assert set(answer["probability"]) == {"True", "False"}
        assert sum(answer["probability"].values()) == pytest.approx(1, abs=1e-5)
        assert answer["probability"][answer["class"]] >= 0.5


def test_missing_unseen_and_spare_fields_are_borne(model):
    records = [{}, {"AGE": None, "CITY": "Nowhere", "EXTRA": 1}, {"AGE": "70", "CITY": "Oslo"}]
    assert len(model.predict(records)) == 3
    assert model.predict([]) == []


def test_rows_it_never_saw_are_classified(model):
    fresh = _customers(200, seed=2)
    found = model.predict(fresh.drop(columns="CHURN").to_dict("records"))
    right = [answer["class"] == str(truth) for answer, truth in zip(found, fresh["CHURN"], strict=True)]
    assert np.mean(right) > 0.9


def test_the_evaluation_tables_agree_with_each_other(model):
    confusion = model.confusion_matrix()
    assert list(confusion.columns) == ["DATASET_TYPE", "ACTUAL_CLASS", "PREDICTED_CLASS", "COUNT", "LOGS"]
    assert len(confusion) == 4
    by_class = model.evaluation_metrics()
    assert list(by_class.columns) == ["DATASET_TYPE", "CLASS", "ERROR_METRIC", "METRIC_VALUE", "LOGS"]
    support = by_class[by_class["ERROR_METRIC"] == "support"]["METRIC_VALUE"].sum()
    assert support == confusion["COUNT"].sum() == pytest.approx(48, abs=1)
    overall = model.global_evaluation_metrics()
    accuracy = overall[overall["ERROR_METRIC"] == "accuracy"]["METRIC_VALUE"].iloc[0]
    diagonal = confusion[confusion["ACTUAL_CLASS"] == confusion["PREDICTED_CLASS"]]["COUNT"].sum()
    assert accuracy == pytest.approx(diagonal / confusion["COUNT"].sum())


def test_thresholds_run_from_all_to_none(model):
    table = model.threshold_metrics()
    assert {
        "THRESHOLD",
        "PRECISION",
        "RECALL",
        "TPR",
        "FPR",
        "TP",
        "FP",
        "TN",
        "FN",
        "ACCURACY",
        "SUPPORT",
    } <= set(table.columns)
    own = table[table["CLASS"] == "True"]
    assert own["TPR"].iloc[0] == 1
    assert own["TPR"].is_monotonic_decreasing
    assert (own["TP"] + own["FN"] == own["SUPPORT"]).all()


def test_importance_finds_the_columns_that_decide(model):
    table = model.feature_importance()
    assert list(table.columns) == ["RANK", "FEATURE", "SCORE", "FEATURE_TYPE"]
    assert set(table["FEATURE"][:2]) == {"AGE", "CITY"}
    assert table["SCORE"].sum() == pytest.approx(1)


def test_without_evaluation_there_is_nothing_to_show():
    model = ClassificationModel.train(_customers(60), "CHURN", {"evaluate": False})
    for show in (model.evaluation_metrics, model.global_evaluation_metrics, model.confusion_matrix):
        with pytest.raises(BadInput, match="evaluate"):
            show()
    assert model.predict([{"AGE": 30}])[0]["class"] in ("True", "False")


def test_three_classes_of_text_are_told_apart():
    draw = np.random.default_rng(4)
    size = draw.uniform(0, 30, 150)
    frame = pd.DataFrame(
        {"size": size, "kind": np.select([size < 10, size < 20], ["small", "medium"], "large")}
    )
    model = ClassificationModel.train(frame, "kind")
    found = model.predict([{"size": value} for value in (3, 15, 27)])
    assert [answer["class"] for answer in found] == ["small", "medium", "large"]
    assert len(model.confusion_matrix()) == 9


def test_a_target_of_one_class_gives_that_class_and_says_so():
    model = ClassificationModel.train(pd.DataFrame({"x": range(20), "y": ["only"] * 20}), "y")
    assert model.predict([{"x": 1}])[0] == {"class": "only", "logs": None, "probability": {"only": 1.0}}
    assert "one class" in str(model.training_logs()["LOGS"].tolist())


@pytest.mark.parametrize(
    ("frame", "target", "word"),
    [
        (pd.DataFrame({"x": [1]}), "y", "'y'"),
        (pd.DataFrame({"x": [1, 2], "y": [None, None]}), "y", "no values"),
        (pd.DataFrame({"x": range(300), "y": range(300)}), "y", "255"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(frame, target, word):
    with pytest.raises(BadInput, match=word):
        ClassificationModel.train(frame, target)


def test_training_twice_gives_the_same_probabilities(model):
    record = [{"AGE": 49, "CITY": "Kyiv", "NOISE": 0.3}]
    assert ClassificationModel.train(_customers(), "CHURN").predict(record) == model.predict(record)
