"""SNOWFLAKE.ML.ANOMALY_DETECTION: which new values lie outside the interval a forecast expects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, HubError
from core.sql_ai.ml.columns import choice, find_column, interval, options
from core.sql_ai.ml.forecast import (
    SeriesSet,
    evaluation_table,
    importance_table,
    log_table,
    method_table,
    train_set,
)
from core.sql_ai.ml.series import split_series, steps_ahead, to_numbers, to_timestamps
from core.sql_ai.ml.trained import TrainedSeries, share_below

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "SERIES",
    "TS",
    "Y",
    "FORECAST",
    "LOWER_BOUND",
    "UPPER_BOUND",
    "IS_ANOMALY",
    "PERCENTILE",
    "DISTANCE",
)
DEFAULT_INTERVAL = 0.99


class AnomalyModel:
    """A trained detector; immutable, as in Snowflake."""

    def __init__(self, parts: SeriesSet) -> None:
        self._parts = parts

    @property
    def parts(self) -> SeriesSet:
        """The trained series and how they were trained."""
        return self._parts

    @classmethod
    def train(
        cls,
        frame: "pd.DataFrame",
        timestamp: str,
        target: str,
        series: str | None = None,
        label: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> "AnomalyModel":
        """Train on past values; rows whose `label` is true are known anomalies and not learned from.

        Raises `BadInput` as `ForecastModel.train` does. An unlabelled spike stays in and widens the interval.
        """
        return cls(train_set(frame, timestamp, target, series or None, config or {}, label=label or None))

    def detect(
        self,
        frame: "pd.DataFrame",
        timestamp: str,
        target: str,
        series: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> "pd.DataFrame":
        """Return one row per analysed value: the forecast, its interval, IS_ANOMALY, PERCENTILE and DISTANCE.

        PERCENTILE is where the value falls in the expected distribution (0..1), DISTANCE how many standard errors it
        lies from the forecast. Timestamps must follow the training data.
        """
        given = options(config, ("prediction_interval", "on_error"))
        width = interval(given.get("prediction_interval", DEFAULT_INTERVAL))
        skip = choice(given.get("on_error", "abort"), "on_error", ("abort", "skip")) == "skip"
        stamp, value = find_column(frame, timestamp, "timestamp"), find_column(frame, target, "target")
        by = self._series_column(frame, series)
        rows: list[tuple[Any, ...]] = []
        for name, part in split_series(frame, by):
            try:
                rows += _rows(self._trained(name), part, stamp, value, width)
            except HubError:
                if not skip:
                    raise
        return _table(rows)

    def evaluation_metrics(self) -> "pd.DataFrame":
        """Return the backtest's error measures, as `ForecastModel.evaluation_metrics` does."""
        return evaluation_table(self._parts)

    def feature_importance(self) -> "pd.DataFrame":
        """Return SERIES, RANK, FEATURE_NAME, SCORE, FEATURE_TYPE."""
        return importance_table(self._parts)

    def training_logs(self) -> "pd.DataFrame":
        """Return SERIES and LOGS."""
        return log_table(self._parts)

    def methods(self) -> "pd.DataFrame":
        """Return which methods share each series' forecast (our addition)."""
        return method_table(self._parts)

    def _series_column(self, frame: "pd.DataFrame", series: str | None) -> str | None:
        if self._parts.series is None:
            if series:
                raise BadInput("the model was trained without a series column", "Leave out SERIES_COLNAME.")
            return None
        return find_column(frame, series or self._parts.series, "series")

    def _trained(self, name: Any) -> TrainedSeries:
        if name in self._parts.trained:
            return self._parts.trained[name]
        raise BadInput(
            f"series '{name}' is not in the model",
            f"Trained series: {', '.join(str(value) for value in list(self._parts.trained)[:10])}.",
        )


def _rows(
    trained: TrainedSeries, part: "pd.DataFrame", stamp: str, value: str, width: float
) -> list[tuple[Any, ...]]:
    import numpy as np
    import pandas as pd

    stamps = to_timestamps(part[stamp], stamp)
    order = np.argsort(stamps.to_numpy(), kind="stable")
    ordered = part.iloc[order]
    index = pd.DatetimeIndex(stamps.iloc[order])
    steps = steps_ahead(trained.history, index)
    if len(steps) and steps.min() < 1:
        raise BadInput(
            f"timestamp {index[0]} does not follow the training data, which end at {trained.history.last}",
            "Analyse only timestamps after the last one in the training data.",
        )
    if not len(steps):
        return []
    actual = to_numbers(ordered[value], value).to_numpy()
    return _judged(trained, index, steps, actual, trained.feature_rows(ordered), width)


def _judged(
    trained: TrainedSeries, index: Any, steps: Any, actual: Any, features: Any, width: float
) -> list[tuple[Any, ...]]:
    expected = trained.forecast(steps, features)
    lower, upper = trained.bounds(steps, expected, width)
    exact = trained.tolerance()
    rows: list[tuple[Any, ...]] = []
    for place, spread in enumerate(trained.deviation(steps)):
        seen, guess = float(actual[place]), float(expected[place])
        low, high = float(lower[place]), float(upper[place])
        stamp = index[place]
        if seen != seen:  # a missing value cannot be judged
            rows.append((trained.history.series, stamp, None, guess, low, high, None, None, None))
            continue
        off = 0.0 if abs(seen - guess) <= exact else (seen - guess) / max(float(spread), exact)
        outside = seen < low - exact or seen > high + exact
        rows.append((trained.history.series, stamp, seen, guess, low, high, outside, share_below(off), off))
    return rows


def _table(rows: list[tuple[Any, ...]]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["SERIES"] = table["SERIES"].astype(object)
    table["TS"] = table["TS"].astype("datetime64[ns]")
    table["IS_ANOMALY"] = table["IS_ANOMALY"].astype(object)
    numeric = [name for name in COLUMNS if name not in ("SERIES", "TS", "IS_ANOMALY")]
    return table.astype(dict.fromkeys(numeric, float))
