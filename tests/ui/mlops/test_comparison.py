"""The laws behind the runs table and the comparison of runs."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ui.mlops import comparison

VALUES = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 2))
POINTS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=25)
SCORES = st.lists(VALUES, min_size=2, max_size=25)


def runs(**columns: list) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    return pd.DataFrame(
        {"run_id": [f"run-{row}" for row in range(rows)], "start_time": range(rows), **columns}
    )


@pytest.mark.parametrize(
    ("metric", "lower"),
    [
        ("metrics.roc_auc", False),
        ("metrics.cv_f1", False),
        ("metrics.brier", True),
        ("metrics.train_log_loss", True),
        ("metrics.latency_p95_ms", True),
        ("metrics.predict_ms_per_1000", True),
    ],
)
def test_errors_times_and_sizes_count_downwards(metric, lower):
    assert comparison.lower_is_better(metric) is lower


@given(POINTS)
def test_nothing_beats_a_run_on_the_pareto_front_and_something_beats_the_others(points):
    frame = pd.DataFrame(points, columns=["metrics.latency_p95_ms", "metrics.roc_auc"])
    front = set(comparison.pareto(frame, "metrics.latency_p95_ms", "metrics.roc_auc"))
    for position, (slow, good) in enumerate(points):
        beaten = any(a <= slow and b >= good and (a, b) != (slow, good) for a, b in points)
        assert (position in front) is not beaten


def test_a_run_without_a_value_is_not_on_the_front():
    frame = pd.DataFrame({"metrics.roc_auc": [0.8, None], "metrics.f1": [0.5, 0.9]})
    assert comparison.pareto(frame, "metrics.roc_auc", "metrics.f1") == [0]


@given(SCORES)
def test_best_so_far_never_gets_worse_and_is_reached_by_a_run(scores):
    frame = comparison.with_progress(runs(**{"metrics.brier": scores}), "metrics.brier", None)
    best = list(frame["best_so_far"])
    assert best == sorted(best, reverse=True)
    assert best[-1] == min(scores)
    assert frame["delta"].isna().all()


def test_scores_on_another_hold_out_are_compared_with_neither_the_best_nor_production():
    frame = runs(**{"metrics.roc_auc": [0.7, 0.9, 0.8], "params.holdout_digest": ["a", "b", "a"]})
    told = comparison.with_progress(frame, "metrics.roc_auc", 0.75, "a")
    assert list(told["best_so_far"]) == [0.7, 0.9, 0.8]
    assert told["delta"].round(2).fillna(9).to_list() == [-0.05, 9, 0.05]
    assert comparison.holdouts(frame) == 2


def test_best_so_far_follows_time_and_knows_nothing_of_runs_without_the_measure_or_the_hold_out():
    frame = runs(
        **{"metrics.roc_auc": [0.8, None, 0.9, 0.7], "params.holdout_digest": ["a", "a", None, "a"]}
    ).assign(start_time=pd.to_datetime([4, 3, 2, 1], utc=True))
    told = comparison.with_progress(frame, "metrics.roc_auc", 0.7, "b")
    assert told["best_so_far"].fillna(9).to_list() == [0.8, 9, 0.9, 0.7]
    assert told["delta"].isna().all(), "Production's hold-out is not among these runs"
    told = comparison.with_progress(frame, "metrics.roc_auc", 0.7, "a")
    assert told["delta"].round(2).fillna(9).to_list() == [0.1, 9, 9, 0.0]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("best", [1, 0, 2]), ("worst", [0, 1, 2]), ("newest", [2, 1, 0]), ("oldest", [0, 1, 2])],
)
def test_runs_without_the_measure_come_last_unless_time_decides(order, expected):
    frame = runs(**{"metrics.brier": [0.2, 0.1, None]})
    frame["row"] = frame.index
    assert list(comparison.in_order(frame, "metrics.brier", order)["row"]) == expected


def test_only_columns_that_differ_are_named_and_a_missing_value_is_a_difference():
    frame = pd.DataFrame(
        {"same": ["1", "1"], "other": ["1", "2"], "missing": ["1", None], "empty": [None, None]}
    )
    assert comparison.differing(frame, list(frame.columns)) == ["other", "missing"]


def test_a_parameter_that_decides_the_metric_explains_it_and_a_constant_says_nothing():
    frame = runs(
        **{
            "params.depth": ["2", "3"] * 6,
            "params.noise": ["a", "a", "b", "b"] * 3,
            "params.same": ["1"] * 12,
            "metrics.roc_auc": [0.8, 0.9] * 6,
        }
    )
    found = comparison.effects(frame, ["params.noise", "params.same", "params.depth"], "metrics.roc_auc")
    assert [effect.parameter for effect in found] == ["params.depth", "params.noise"]
    assert found[0].share == pytest.approx(1.0)
    assert found[0].best == "3"
    assert found[1].share == 0.0


def test_a_number_with_many_values_is_judged_in_quarters():
    frame = runs(
        **{"params.C": [str(number) for number in range(40)], "metrics.brier": [n / 40 for n in range(40)]}
    )
    (effect,) = comparison.effects(frame, ["params.C"], "metrics.brier")
    assert effect.share > 0.85
    assert effect.best.endswith("to 9.75")


@given(SCORES, st.randoms())
def test_the_share_of_a_parameter_stays_between_zero_and_one_in_any_order(scores, random):
    values = [random.choice("ab") for _ in scores]
    frame = runs(**{"params.p": values, "metrics.roc_auc": scores})
    found = comparison.effects(frame, ["params.p"], "metrics.roc_auc")
    mixed = comparison.effects(frame.sample(frac=1, random_state=1), ["params.p"], "metrics.roc_auc")
    assert all(0 <= effect.share <= 1 for effect in found)
    assert [effect.share for effect in mixed] == pytest.approx([effect.share for effect in found])
