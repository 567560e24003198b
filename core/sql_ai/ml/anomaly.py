"""SNOWFLAKE.ML.ANOMALY_DETECTION: which new values lie outside the interval a forecast expects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, HubError
from core.sql_ai.ml.columns import choice, find_column, interval, options
from core.sql_ai.ml.series import split_series, to_numbers
from core.sql_ai.ml.series_model import SeriesModel, after_training, train_set
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


class AnomalyModel(SeriesModel):
    """A trained detector."""

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
    ordered, index, steps = after_training(trained, part, stamp, "Analyse")
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
