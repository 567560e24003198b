import datetime as dt
import os

import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.sql_ai import open_session
from core.sql_ai.ml.forecast import COLUMNS, ForecastModel
from core.sql_ai.ml.selection import CANDIDATES

FIRST = pd.Timestamp("2024-01-01")


def _days(values, **more):
    return pd.DataFrame({"t": pd.date_range(FIRST, periods=len(values)), "y": list(values), **more})


def _weekly(count, seed=0, noise=2.0):
    noise = np.random.default_rng(seed).normal(0, noise, count)
    return 100 + 20 * np.sin(2 * np.pi * np.arange(count) / 7) + noise


@pytest.mark.parametrize(
    ("values", "expected"),
    [(range(2, 14), [14, 15, 16]), (range(10, 33, 2), [34, 36, 38]), ([5.0] * 20, [5, 5, 5])],
)
def test_a_line_goes_on_exactly_with_an_interval_of_no_width(values, expected):
    table = ForecastModel.train(_days(values), "t", "y").forecast(3)
    assert tuple(table.columns) == COLUMNS
    for column in ("FORECAST", "LOWER_BOUND", "UPPER_BOUND"):
        assert table[column].tolist() == expected
    assert table["TS"].tolist() == list(pd.date_range(FIRST, periods=len(list(values)) + 3)[-3:])
    assert table["SERIES"].tolist() == [None] * 3


def test_a_fit_leaves_no_files_behind(tmp_path, monkeypatch):
    import cmdstanpy

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(os.listdir(cmdstanpy._TMPDIR))
    (trained,) = ForecastModel.train(_days(_weekly(200)), "t", "y").parts.trained.values()
    assert "prophet" in [method.name for method, _weight in trained.fitted]
    assert set(os.listdir(cmdstanpy._TMPDIR)) == before
    assert list(tmp_path.iterdir()) == []


def test_fewer_than_twelve_rows_repeat_the_last_value():
    table = ForecastModel.train(_days([1, 5, 2, 8, 3]), "t", "y").forecast(4)
    assert table["FORECAST"].tolist() == [3] * 4
    widths = (table["UPPER_BOUND"] - table["LOWER_BOUND"]).tolist()
    assert widths == sorted(widths)
    assert widths[0] > 0


@pytest.mark.parametrize("stamps", [[], [FIRST], [FIRST] * 5, [FIRST, None]])
def test_fewer_than_two_timestamps_are_refused_in_snowflakes_words(stamps):
    frame = pd.DataFrame({"t": pd.to_datetime(stamps), "y": range(len(stamps))})
    with pytest.raises(BadInput, match="At least two unique timestamps are required"):
        ForecastModel.train(frame, "t", "y")


@pytest.mark.parametrize(
    ("frame", "config", "word"),
    [
        (_days(["a", "b", "c"]), {}, "not a number"),
        (pd.DataFrame({"t": ["soon", "later"], "y": [1, 2]}), {}, "not a timestamp"),
        (_days(range(20)).rename(columns={"y": "z"}), {}, "'y'"),
        (_days(range(20)), {"method": "magic"}, "method"),
        (_days(range(20)), {"no_such_option": 1}, "no_such_option"),
        (_days(range(20)), {"frequency": "fortnight"}, "frequency"),
        (_days([None] * 20), {}, "unique timestamps"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(frame, config, word):
    with pytest.raises(BadInput, match=word):
        ForecastModel.train(frame, "t", "y", config=config)


@pytest.mark.parametrize("periods", [0, -1, 10_001, "three", None, True])
def test_a_number_of_periods_that_cannot_be_forecast_is_refused(periods):
    with pytest.raises(BadInput):
        ForecastModel.train(_days(range(2, 14)), "t", "y").forecast(periods)


@pytest.fixture(scope="module")
def seasonal():
    return ForecastModel.train(_days(_weekly(120)), "t", "y")


def test_a_weekly_season_is_continued(seasonal):
    table = seasonal.forecast(14)
    truth = 100 + 20 * np.sin(2 * np.pi * np.arange(120, 134) / 7)
    assert np.abs(table["FORECAST"] - truth).mean() < 2.5
    inside = (table["LOWER_BOUND"] <= truth) & (truth <= table["UPPER_BOUND"])
    assert inside.mean() >= 0.85


def test_a_wider_interval_holds_a_narrower_one(seasonal):
    narrow, wide = (seasonal.forecast(5, config={"prediction_interval": level}) for level in (0.5, 0.99))
    assert narrow["FORECAST"].tolist() == wide["FORECAST"].tolist()
    assert (wide["LOWER_BOUND"] < narrow["LOWER_BOUND"]).all()
    assert (narrow["UPPER_BOUND"] < wide["UPPER_BOUND"]).all()


@pytest.mark.parametrize("level", [-0.1, 1.0, "much"])
def test_an_impossible_interval_is_refused(seasonal, level):
    with pytest.raises(BadInput):
        seasonal.forecast(5, config={"prediction_interval": level})


def test_the_evaluation_has_the_documented_measures(seasonal):
    table = seasonal.evaluation_metrics()
    assert list(table.columns) == ["SERIES", "ERROR_METRIC", "METRIC_VALUE", "STANDARD_DEVIATION", "LOGS"]
    values = dict(zip(table["ERROR_METRIC"], table["METRIC_VALUE"], strict=True))
    assert set(values) == {
        "MAE", "MAPE", "MDA", "MSE", "SMAPE", "WINKLER_ALPHA=0.05", "COVERAGE_INTERVAL=0.95",
    }  # fmt: skip
    assert 0 < values["MAE"] < 4
    assert 0 <= values["COVERAGE_INTERVAL=0.95"] <= 1
    assert values["MSE"] >= values["MAE"] ** 2


def test_shares_of_importance_sum_to_one_and_are_ranked(seasonal):
    table = seasonal.feature_importance()
    assert table["SCORE"].sum() == pytest.approx(1)
    assert table["RANK"].tolist() == list(range(1, len(table) + 1))
    assert table["SCORE"].is_monotonic_decreasing


def test_training_twice_gives_the_same_forecast(seasonal):
    again = ForecastModel.train(_days(_weekly(120)), "t", "y")
    pd.testing.assert_frame_equal(again.forecast(7), seasonal.forecast(7))


@pytest.fixture(scope="module")
def with_promotion():
    promo = (np.random.default_rng(3).random(100) < 0.3).astype(int)
    return ForecastModel.train(_days(_weekly(100, noise=1.0) + 30 * promo, promo=promo), "t", "y")


def test_a_feature_moves_the_forecast_of_its_rows_and_is_listed(with_promotion):
    ahead = pd.DataFrame({"t": pd.date_range("2024-04-10", periods=14), "promo": [0, 1] * 7})
    table = with_promotion.forecast(future=ahead)
    plain = with_promotion.forecast(future=ahead.assign(promo=0))
    lift = table["FORECAST"].to_numpy() - plain["FORECAST"].to_numpy()
    assert lift[::2] == pytest.approx(np.zeros(7), abs=1e-6)
    assert lift[1::2] == pytest.approx(np.full(7, 30), abs=4)
    importance = with_promotion.feature_importance().set_index("FEATURE_NAME")
    assert importance.loc["promo", "FEATURE_TYPE"] == "user_provided"
    assert importance.loc["promo", "SCORE"] > 0.2


def test_a_model_with_features_asks_for_their_future_values(with_promotion):
    with pytest.raises(BadInput, match="promo"):
        with_promotion.forecast(3)
    with pytest.raises(BadInput, match="promo"):
        with_promotion.forecast(future=pd.DataFrame({"t": pd.date_range("2024-04-10", periods=2)}))


def _several():
    stamps = list(pd.date_range(FIRST, periods=20))
    return pd.DataFrame(
        {
            "t": [*stamps, *stamps, FIRST],
            "s": ["b"] * 20 + ["a"] * 20 + ["short"],
            "y": [*range(20), *range(100, 60, -2), 1.0],
        }
    )


def test_each_series_is_forecast_apart_in_order_of_its_name():
    frame = _several().query("s != 'short'")
    model = ForecastModel.train(frame, "t", "y", "s")
    table = model.forecast(2)
    assert table["SERIES"].tolist() == ["a", "a", "b", "b"]
    assert table["FORECAST"].tolist() == [60, 58, 20, 21]
    assert model.forecast(1, series_value="b")["FORECAST"].tolist() == [20]
    with pytest.raises(BadInput, match="nowhere"):
        model.forecast(1, series_value="nowhere")


def test_a_series_that_cannot_be_trained_aborts_or_is_logged():
    with pytest.raises(BadInput, match="two unique timestamps"):
        ForecastModel.train(_several(), "t", "y", "s")
    model = ForecastModel.train(_several(), "t", "y", "s", {"on_error": "skip"})
    logs = model.training_logs().set_index("SERIES")["LOGS"]
    assert logs["short"] == {"Errors": ["At least two unique timestamps are required."]}
    assert logs["a"] is None
    assert set(model.forecast(1)["SERIES"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("how", "value"), [("mean", 15.0), ("sum", 30.0), ("min", 10.0), ("max", 20.0), ("count", 2.0)]
)
def test_rows_of_one_timestamp_are_aggregated_as_asked(how, value):
    frame = pd.concat([_days([10.0] * 14), _days([20.0] * 14)])
    model = ForecastModel.train(frame, "t", "y", config={"aggregation_target": how})
    assert model.forecast(1)["FORECAST"].tolist() == [value]


def test_missing_days_are_filled_and_the_grid_goes_on():
    frame = _days(range(30)).drop(index=[5, 6, 7, 20])
    table = ForecastModel.train(frame, "t", "y").forecast(2)
    assert table["FORECAST"].tolist() == [30, 31]
    assert table["TS"].tolist() == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]


@pytest.mark.parametrize(
    ("frequency", "expected"),
    [
        ("h", ["2024-01-01 20:00", "2024-01-01 21:00"]),
        ("W-MON", ["2024-05-20", "2024-05-27"]),
        ("MS", ["2025-09-01", "2025-10-01"]),
        ("ME", ["2025-09-30", "2025-10-31"]),
        ("QS", ["2029-01-01", "2029-04-01"]),
        ("YS", ["2044-01-01", "2045-01-01"]),
        ("B", ["2024-01-29", "2024-01-30"]),
        ("15min", ["2024-01-01 05:00", "2024-01-01 05:15"]),
    ],
)
def test_the_step_of_time_is_inferred(frequency, expected):
    stamps = pd.date_range(FIRST, periods=20, freq=frequency)
    table = ForecastModel.train(pd.DataFrame({"t": stamps, "y": range(20)}), "t", "y").forecast(2)
    assert table["TS"].tolist() == [pd.Timestamp(text) for text in expected]
    assert table["FORECAST"].tolist() == [20, 21]


def test_a_frequency_of_ones_own_regroups_the_rows():
    frame = pd.DataFrame({"t": pd.date_range(FIRST, periods=24 * 14, freq="h"), "y": 1.0})
    model = ForecastModel.train(frame, "t", "y", config={"frequency": "1 day", "aggregation_target": "sum"})
    table = model.forecast(1)
    assert table["TS"].tolist() == [pd.Timestamp("2024-01-15")]
    assert table["FORECAST"].tolist() == [24]


def test_rows_that_start_in_the_middle_of_a_day_are_grouped_by_calendar_day():
    frame = pd.DataFrame({"t": pd.date_range("2024-01-01 18:00", periods=24 * 14, freq="h"), "y": 1.0})
    model = ForecastModel.train(frame, "t", "y", config={"frequency": "1 day", "aggregation_target": "max"})
    assert model.forecast(1)["TS"].tolist() == [pd.Timestamp("2024-01-16")]


def test_rows_by_the_hour_are_grouped_into_calendar_months():
    frame = pd.DataFrame({"t": pd.date_range("2023-01-15 07:00", "2023-12-31", freq="6h"), "y": 1.0})
    table = ForecastModel.train(frame, "t", "y", config={"frequency": "1 month"}).forecast(1)
    assert table["TS"].tolist() == [pd.Timestamp("2024-01-01")]


def test_bounds_of_the_target_hold():
    frame = _days(np.maximum(0, 12.0 - np.arange(13)) + np.arange(13) % 2)
    table = ForecastModel.train(frame, "t", "y", config={"lower_bound": 0, "upper_bound": 5}).forecast(5)
    assert table[["FORECAST", "LOWER_BOUND"]].min().min() >= 0
    assert table["UPPER_BOUND"].max() <= 5


def test_dates_zones_and_text_are_timestamps_too():
    days = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(12)]
    for stamps in (days, [f"{day}" for day in days], pd.date_range(FIRST, periods=12, tz="UTC")):
        table = ForecastModel.train(pd.DataFrame({"t": stamps, "y": range(12)}), "t", "y").forecast(1)
        assert table["TS"].tolist() == [pd.Timestamp("2024-01-13")]


def test_a_history_of_three_centuries_is_read_and_a_forecast_past_the_calendar_refused():
    stamps = pd.date_range("1700-01-01", periods=310, freq="YS")
    model = ForecastModel.train(pd.DataFrame({"t": stamps, "y": range(310)}), "t", "y")
    assert model.forecast(1)["FORECAST"].tolist() == [310]
    with pytest.raises(BadInput, match="2262"):
        model.forecast(400)


def test_a_statement_lists_the_methods_that_share_a_forecast():
    days = [f"('{stamp.date()}', {value:.2f})" for stamp, value in _days(_weekly(40)).itertuples(index=False)]
    results = open_session(samples=False).run_script(
        "CREATE TABLE d (t DATE, y FLOAT);"
        f"INSERT INTO d VALUES {', '.join(days)};"
        "CREATE SNOWFLAKE.ML.FORECAST m(INPUT_DATA => TABLE(d), TIMESTAMP_COLNAME => 't', TARGET_COLNAME => 'y');"
        "CALL m!SHOW_METHODS();"
    )
    last = results[-1].to_dict()
    assert last["error"] is None
    assert last["columns"] == ["SERIES", "METHOD", "WEIGHT", "SHARE", "BACKTEST_MAE"]
    weights = {row[1]: row[2] for row in last["rows"]}
    assert set(weights) == set(CANDIDATES)
    assert sum(weights.values()) == pytest.approx(1.0)
    assert weights["prophet"] > 0
