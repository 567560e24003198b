import numpy as np
import pandas as pd
import pytest

from core.errors import BadInput
from core.sql_ai.ml.anomaly import COLUMNS, AnomalyModel


def _days(values, start="2024-01-01", **more):
    return pd.DataFrame({"t": pd.date_range(start, periods=len(values)), "y": list(values), **more})


@pytest.fixture(scope="module")
def line():
    return AnomalyModel.train(_days(range(10, 33, 2)), "t", "y")


def test_on_a_line_the_next_value_is_normal_and_ninety_is_not(line):
    table = line.detect(_days([34, 90], "2024-01-13"), "t", "y")
    assert tuple(table.columns) == COLUMNS
    assert table["IS_ANOMALY"].tolist() == [False, True]
    assert table["FORECAST"].tolist() == [34, 36]
    assert table["PERCENTILE"].tolist() == [0.5, 1.0]
    assert table["DISTANCE"].iloc[0] == 0
    assert table["DISTANCE"].iloc[1] > 100


def test_rounding_noise_on_a_line_is_no_anomaly(line):
    noisy = _days([34 + 1e-7, 36 - 1e-7], "2024-01-13")
    assert line.detect(noisy, "t", "y")["IS_ANOMALY"].tolist() == [False, False]


def test_timestamps_of_the_training_data_are_refused(line):
    with pytest.raises(BadInput, match="does not follow"):
        line.detect(_days([1], "2024-01-12"), "t", "y")


def test_a_missing_value_is_reported_without_a_verdict(line):
    table = line.detect(_days([None, 36], "2024-01-13"), "t", "y")
    assert table["IS_ANOMALY"].tolist() == [None, False]
    assert np.isnan(table["Y"].iloc[0])


def _spiked():
    values = 100 + 10 * np.sin(2 * np.pi * np.arange(90) / 7) + np.random.default_rng(0).normal(0, 1, 90)
    values[60] = 400
    return _days(values, spike=np.arange(90) == 60)


def test_a_spike_widens_the_interval_until_it_is_labelled():
    new = _days([150], "2024-03-31")
    plain = AnomalyModel.train(_spiked().drop(columns="spike"), "t", "y").detect(new, "t", "y")
    labelled = AnomalyModel.train(_spiked(), "t", "y", label="spike").detect(new, "t", "y")
    assert plain["IS_ANOMALY"].tolist() == [False]
    assert labelled["IS_ANOMALY"].tolist() == [True]
    widths = [float((table["UPPER_BOUND"] - table["LOWER_BOUND"]).iloc[0]) for table in (plain, labelled)]
    assert widths[0] > 5 * widths[1]


def test_a_narrower_interval_flags_more():
    values = 50 + np.random.default_rng(1).normal(0, 2, 60)
    model = AnomalyModel.train(_days(values), "t", "y")
    new = _days(50 + np.linspace(-9, 9, 13), "2024-03-01")
    flagged = [
        int(model.detect(new, "t", "y", config={"prediction_interval": level})["IS_ANOMALY"].sum())
        for level in (0.5, 0.9, 0.9999)
    ]
    assert flagged == sorted(flagged, reverse=True)
    assert flagged[0] > flagged[-1]
    table = model.detect(new, "t", "y")
    assert table["PERCENTILE"].is_monotonic_increasing
    assert table["PERCENTILE"].between(0, 1).all()


def test_each_series_is_judged_by_its_own_past():
    frame = pd.concat([_days(range(12), s="up"), _days(range(50, 38, -1), s="down")])
    model = AnomalyModel.train(frame, "t", "y", "s")
    new = pd.concat([_days([12], "2024-01-13", s="up"), _days([12], "2024-01-13", s="down")])
    table = model.detect(new, "t", "y", "s").set_index("SERIES")
    assert not table.loc["up", "IS_ANOMALY"]
    assert table.loc["down", "IS_ANOMALY"]
    with pytest.raises(BadInput, match="new"):
        model.detect(_days([1], "2024-01-13", s="new"), "t", "y", "s")
    skipped = pd.concat([new, _days([1], "2024-01-13", s="new")])
    assert len(model.detect(skipped, "t", "y", "s", {"on_error": "skip"})) == 2
