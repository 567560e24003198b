import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config_serving import DriftSettings
from core.errors import BadInput
from core.mlops import drift_measures as measures
from core.mlops.drift import compare
from core.mlops.simulator import shift, window
from tests.mlops.drift.conftest import IMPORTANCE, draw

counts = st.lists(st.integers(0, 500), min_size=2, max_size=12).filter(lambda c: sum(c) > 0)


@given(data=st.data(), first=counts)
@settings(max_examples=60)
def test_distances_are_zero_for_equal_counts_and_symmetric_and_never_negative(data, first):
    second = data.draw(st.lists(st.integers(0, 500), min_size=len(first), max_size=len(first)).filter(any))
    p, q = np.array(first), np.array(second)
    assert measures.psi(p, p) == 0
    assert measures.psi(p, q) >= 0
    assert measures.psi(p, q) == pytest.approx(measures.psi(q, p))
    assert 0 <= measures.jensen_shannon(p, q) <= 1
    assert measures.jensen_shannon(p, p) == pytest.approx(0, abs=1e-7)


def test_psi_matches_the_formula_worked_by_hand():
    reference, current = np.array([5000, 5000]), np.array([6000, 4000])
    expected = 0.1 * np.log(0.6 / 0.5) - 0.1 * np.log(0.4 / 0.5)
    assert measures.psi(reference, current) == pytest.approx(expected, rel=1e-3)


def test_wasserstein_of_a_moved_sample_is_the_move_in_reference_deviations():
    sample = np.random.default_rng(0).normal(50, 10, 2000)
    assert measures.wasserstein(sample, sample + 5) == pytest.approx(5 / sample.std())


def test_a_constant_reference_has_no_scale_to_measure_with():
    constant = np.full(300, 3.0)
    assert measures.wasserstein(constant, constant) == 0
    assert measures.wasserstein(constant, constant + 1) == float("inf")


def test_chi_squared_pools_categories_that_are_too_rare_for_the_test():
    reference, current = np.array([500, 500, 1, 1]), np.array([50, 50, 0, 1])
    _, p_value = measures.chi_squared(reference, current)
    assert p_value > 0.5
    assert measures.chi_squared(np.array([100]), np.array([50])) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("rows", "resamples"),
    [(200, 60), (500, 60), *(pytest.param(rows, 300, marks=pytest.mark.soak) for rows in (200, 500, 1000))],
)
def test_false_alarms_without_drift_stay_at_five_percent_or_less(reference, rows, resamples):
    verdicts = [
        compare(reference, draw(rows, seed=10_000 + n), importance=IMPORTANCE).verdict
        for n in range(resamples)
    ]
    alarms = sum(verdict in ("warning", "drift") for verdict in verdicts)
    assert alarms / resamples <= 0.05


def test_the_false_alarm_rate_holds_without_importance_and_with_predictions(reference):
    scores = np.random.default_rng(5).beta(2, 5, 4000)
    alarms = sum(
        compare(
            reference,
            draw(500, seed=50_000 + n),
            reference_predictions=scores,
            current_predictions=np.random.default_rng(90_000 + n).beta(2, 5, 500),
        ).verdict
        != "stable"
        for n in range(60)
    )
    assert alarms / 60 <= 0.05


@pytest.mark.parametrize("rows", [200, 500, 1000])
def test_ten_percent_higher_monthly_charges_are_always_seen(reference, rows):
    for n in range(20):
        report = compare(reference, shift(draw(rows, 300 + n), "MonthlyCharges", 0.10), importance=IMPORTANCE)
        assert report.verdict == "drift"
        assert "MonthlyCharges" in report.drifted_columns


def test_more_monthly_contracts_are_seen_although_their_psi_is_small(reference):
    reports = [
        compare(
            reference,
            shift(draw(500, 700 + n), "Contract", 0.25, to="Month-to-month", seed=n),
            importance=IMPORTANCE,
        )
        for n in range(30)
    ]
    seen = sum("Contract" in report.drifted_columns for report in reports)
    contract = [next(c for c in report.columns if c.name == "Contract") for report in reports]
    assert seen >= 25
    assert np.median([column.psi for column in contract]) < 0.1
    assert all(report.drifted for report in reports if "Contract" in report.drifted_columns)


def test_importance_turns_the_same_shift_from_a_warning_into_drift(reference):
    current = shift(draw(1000, 42), "flag_3", 0.3, to="Yes")
    careless = compare(reference, current, importance={"tenure": 1.0})
    careful = compare(reference, current, importance={"flag_3": 1.0})
    assert careful.verdict == "drift"
    assert "flag_3" in careful.drifted_columns
    assert careless.verdict == "warning"
    assert careless.impact < 0.05


def test_too_few_rows_give_no_verdict_and_some_rows_a_preliminary_one(reference):
    shifted = shift(draw(600, 8), "MonthlyCharges", 0.5)
    few, some, many = (compare(reference, shifted.head(n), importance=IMPORTANCE) for n in (199, 200, 500))
    assert (few.verdict, few.confidence) == ("not_enough_data", "none")
    assert "199" in few.why
    assert "200" in few.why
    assert all(column.status == "unknown" and not column.drifted for column in few.columns)
    assert (some.verdict, some.confidence) == ("drift", "preliminary")
    assert many.confidence == "full"


def test_moved_predictions_alone_are_drift(reference):
    rng = np.random.default_rng(3)
    report = compare(
        reference,
        draw(1000, 12),
        reference_predictions=rng.beta(2, 5, 4000),
        current_predictions=rng.beta(3, 5, 1000),
    )
    assert report.verdict == "drift"
    assert report.prediction is not None
    assert report.prediction.drifted
    assert "predictions" in report.why


def test_data_quality_names_column_problem_and_examples(reference):
    current = draw(1000, 9).astype({"tenure": object, "MonthlyCharges": object})
    current.loc[:99, "MonthlyCharges"] = "n/a"
    current.loc[:99, "tenure"] = 500
    current.loc[:199, "Contract"] = "Weekly"
    current.loc[:299, "InternetService"] = None
    current["colour"] = "red"
    report = compare(reference, current.drop(columns="flag_0"), importance=IMPORTANCE)
    issues = {(issue.column, issue.problem): issue for issue in report.quality}
    assert issues["MonthlyCharges", "wrong type"].share == pytest.approx(0.1)
    assert "'n/a'" in issues["MonthlyCharges", "wrong type"].why
    assert issues["tenure", "out of range"].severity == "alert"
    assert "'Weekly'" in issues["Contract", "new category"].why
    assert issues["InternetService", "missing values"].share == pytest.approx(0.3)
    assert issues["flag_0", "missing column"].severity == "alert"
    assert issues["colour", "extra column"].severity == "info"
    assert not report.quality_ok


def test_fresh_rows_of_the_same_population_have_no_quality_alert(reference):
    assert compare(reference, draw(1000, 77)).quality_ok


def test_codes_written_as_text_number_or_float_are_the_same_category(reference):
    as_text = draw(1000, 5)
    as_text["SeniorCitizen"] = as_text["SeniorCitizen"].map({0: "0", 1: "1.0"})
    report = compare(reference, as_text)
    assert not [issue for issue in report.quality if issue.column == "SeniorCitizen"]
    assert next(c for c in report.columns if c.name == "SeniorCitizen").status == "stable"


def test_identifiers_and_empty_columns_are_skipped_with_a_reason():
    frame = pd.DataFrame({"id": [f"c{n}" for n in range(400)], "x": np.arange(400.0), "empty": [None] * 400})
    report = compare(frame, frame)
    assert {name for name, _ in report.skipped} == {"id", "empty"}
    assert [column.name for column in report.columns] == ["x"]


@pytest.mark.parametrize("name", ["flag_3", "TotalCharges"])
@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_column_that_arrives_empty_is_drift_not_a_column_less_to_look_at(reference, name, share):
    current = draw(600, seed=11)
    current[name] = current[name].astype(object).mask(np.arange(600) < 600 * share, None)
    report = compare(reference, current, importance=IMPORTANCE)
    assert report.verdict == "drift"
    assert report.drifted_columns == (name,)
    assert not report.skipped


def test_frames_that_share_no_column_are_refused_with_the_expected_names(reference):
    with pytest.raises(BadInput) as caught:
        compare(reference, pd.DataFrame({"other": [1, 2, 3]}))
    assert "tenure" in caught.value.hint
    with pytest.raises(BadInput, match="no rows"):
        compare(reference.head(0), reference)
    with pytest.raises(BadInput, match="current data has no rows"):
        compare(reference, reference.head(0))


@given(seed=st.integers(0, 10_000), rows=st.integers(200, 900))
@settings(max_examples=15)
def test_the_order_of_rows_never_matters(reference, seed, rows):
    current = draw(rows, seed)
    shuffled = current.sample(frac=1, random_state=seed)
    assert compare(reference, current) == compare(reference, shuffled)


def test_a_stricter_alpha_never_flags_more(reference):
    current = shift(draw(400, 2), "Contract", 0.2, to="Month-to-month")
    strict, loose = (compare(reference, current, settings=DriftSettings(alpha=a)) for a in (0.001, 0.2))
    assert set(strict.drifted_columns) <= set(loose.drifted_columns)


def test_the_simulator_moves_exactly_the_asked_share_and_nothing_else(reference):
    moved = shift(reference, "Contract", 0.25, to="Month-to-month")
    others = int((reference["Contract"] != "Month-to-month").sum())
    changed = (moved["Contract"] != reference["Contract"]).sum()
    assert changed == round(0.25 * others)
    pd.testing.assert_frame_equal(moved.drop(columns="Contract"), reference.drop(columns="Contract"))
    codes = shift(reference, "SeniorCitizen", 1.0, to="1")["SeniorCitizen"]
    assert set(codes) == {1}


@pytest.mark.parametrize(
    ("column", "amount", "to"), [("nope", 0.1, None), ("Contract", 1.5, None), ("Contract", 0.1, "Weekly")]
)
def test_the_simulator_refuses_what_it_cannot_shift(reference, column, amount, to):
    with pytest.raises(BadInput):
        shift(reference, column, amount, to=to)


def test_a_window_is_reproducible_and_has_the_asked_size(reference):
    pd.testing.assert_frame_equal(window(reference, 300, seed=4), window(reference, 300, seed=4))
    assert len(window(reference, 5000)) == 5000
