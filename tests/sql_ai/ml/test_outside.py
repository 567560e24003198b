"""Metrics on values a model has not seen."""

import math
from typing import Any

import pandas as pd
import pytest

from core.errors import BadInput
from core.sql_ai.ml.forecast import ForecastModel
from core.sql_ai.ml.outside import COLUMNS, outside_metrics


def _line(first: str, start: float, count: int, name: str = "a") -> pd.DataFrame:
    days = pd.date_range(first, periods=count)
    return pd.DataFrame({"S": name, "D": days, "Y": [start + 2 * step for step in range(count)]})


def _metrics(
    model: ForecastModel, frame: pd.DataFrame, series: str | None = None, **config: Any
) -> pd.DataFrame:
    return outside_metrics(model.parts, frame, "D", "Y", series, config)


def test_the_metrics_are_those_of_the_forecast_at_the_given_rows() -> None:
    model = ForecastModel.train(_line("2024-01-01", 10, 12)[["D", "Y"]], "D", "Y")
    off = _line("2024-01-13", 34 + 3, 4)[["D", "Y"]]  # three above the line everywhere
    found = _metrics(model, off, prediction_interval=0.9)
    values = dict(zip(found["ERROR_METRIC"], found["METRIC_VALUE"], strict=True))
    assert tuple(found.columns) == COLUMNS
    assert math.isclose(values["MAE"], 3)
    assert math.isclose(values["MSE"], 9)
    assert values["COVERAGE_INTERVAL=0.9"] == 0
    assert found["SERIES"].isna().all()


def test_each_series_has_its_own_metrics() -> None:
    past = pd.concat([_line("2024-01-01", 10, 12), _line("2024-01-01", 100, 12, "b")])
    model = ForecastModel.train(past, "D", "Y", "S")
    new = pd.concat([_line("2024-01-13", 34, 3), _line("2024-01-13", 125, 3, "b")])
    found = _metrics(model, new, "S")
    errors = found[found["ERROR_METRIC"] == "MAE"].set_index("SERIES")["METRIC_VALUE"]
    assert math.isclose(errors["a"], 0, abs_tol=1e-9)
    assert math.isclose(errors["b"], 1)


def test_rows_of_the_training_time_and_unknown_options_are_refused() -> None:
    model = ForecastModel.train(_line("2024-01-01", 10, 12)[["D", "Y"]], "D", "Y")
    with pytest.raises(BadInput, match="does not follow"):
        _metrics(model, _line("2024-01-05", 1, 2)[["D", "Y"]])
    with pytest.raises(BadInput, match="n_split"):
        _metrics(model, _line("2024-01-13", 1, 2)[["D", "Y"]], n_split=2)
