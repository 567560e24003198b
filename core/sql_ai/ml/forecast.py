"""SNOWFLAKE.ML.FORECAST: training and forecasting."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, SupportsInt

from core.errors import BadInput, HubError
from core.sql_ai.ml.columns import choice, find_column, interval, options
from core.sql_ai.ml.series import split_series
from core.sql_ai.ml.series_model import SeriesModel, after_training, train_set
from core.sql_ai.ml.trained import TrainedSeries

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("SERIES", "TS", "FORECAST", "LOWER_BOUND", "UPPER_BOUND")
MOST_PERIODS = 10_000
DEFAULT_INTERVAL = 0.95


class ForecastModel(SeriesModel):
    """A trained forecasting model."""

    @classmethod
    def train(
        cls,
        frame: "pd.DataFrame",
        timestamp: str,
        target: str,
        series: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> "ForecastModel":
        """Train on a table; columns other than timestamp, target and series are features.

        Raises `BadInput` for missing columns, values that are not numbers or timestamps, fewer than two distinct
        timestamps (with on_error 'skip' such a series is only logged, unless it is the only one).
        """
        return cls(train_set(frame, timestamp, target, series or None, config or {}))

    def forecast(
        self,
        periods: int | None = None,
        future: "pd.DataFrame | None" = None,
        series_value: Any = None,
        config: Mapping[str, Any] | None = None,
        *,
        timestamp: str | None = None,
        series: str | None = None,
    ) -> "pd.DataFrame":
        """Return SERIES, TS, FORECAST, LOWER_BOUND, UPPER_BOUND for coming periods or for the rows of `future`."""
        given = options(config, ("prediction_interval", "on_error"))
        width = interval(given.get("prediction_interval", DEFAULT_INTERVAL))
        skip = choice(given.get("on_error", "abort"), "on_error", ("abort", "skip")) == "skip"
        chosen = self._chosen(series_value)
        if future is not None:
            return self._from_rows(chosen, future, width, skip, timestamp, series)
        count = _periods(periods)
        _refuse_missing_features(chosen)
        return _table([row for trained in chosen for row in _ahead(trained, count, width)])

    def _chosen(self, series_value: Any) -> list[TrainedSeries]:
        trained = self._parts.trained
        if series_value is None:
            return list(trained.values())
        for value, item in trained.items():
            if value == series_value or str(value) == str(series_value):
                return [item]
        known = ", ".join(f"'{value}'" for value in list(trained)[:10])
        raise BadInput(f"series '{series_value}' is not in the model", f"Trained series: {known}.")

    def _from_rows(
        self,
        chosen: list[TrainedSeries],
        future: "pd.DataFrame",
        width: float,
        skip: bool,
        timestamp: str | None,
        series: str | None,
    ) -> "pd.DataFrame":
        stamp_column = find_column(future, timestamp or self._parts.timestamp, "timestamp")
        by_value = dict(split_series(future, self._series_column(future, series)))
        rows: list[tuple[Any, ...]] = []
        for trained in chosen:
            own = by_value.get(trained.history.series)
            try:
                rows += _at_rows(trained, own, stamp_column, width) if own is not None else []
            except HubError:
                if not skip:
                    raise
        unknown = [value for value in by_value if value not in self._parts.trained]
        if (
            unknown
            and not skip
            and self._parts.series is not None
            and len(chosen) == len(self._parts.trained)
        ):
            raise BadInput(
                f"series '{unknown[0]}' is not in the model", "Train the model on this series first."
            )
        return _table(rows)

    def _series_column(self, future: "pd.DataFrame", series: str | None) -> str | None:
        if self._parts.series is None:
            return None
        return find_column(future, series or self._parts.series, "series")


def _ahead(trained: TrainedSeries, count: int, width: float) -> list[tuple[Any, ...]]:
    import numpy as np

    steps = np.arange(1, count + 1)
    stamps = trained.history.frequency.after(trained.history.last, count)
    return _rows(trained, steps, list(stamps), np.empty((count, 0)), width)


def _at_rows(
    trained: TrainedSeries, future: "pd.DataFrame", stamp_column: str, width: float
) -> list[tuple[Any, ...]]:
    ordered, stamps, steps = after_training(trained, future, stamp_column, "Forecast")
    return _rows(trained, steps, list(stamps), trained.feature_rows(ordered), width)


def _rows(
    trained: TrainedSeries, steps: Any, stamps: list[Any], features: Any, width: float
) -> list[tuple[Any, ...]]:
    if not len(steps):
        return []
    values = trained.forecast(steps, features)
    lower, upper = trained.bounds(steps, values, width)
    name = trained.history.series
    return [
        (name, stamp, float(value), float(low), float(high))
        for stamp, value, low, high in zip(stamps, values, lower, upper, strict=True)
    ]


def _table(rows: list[tuple[Any, ...]]) -> "pd.DataFrame":
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(COLUMNS))
    table["SERIES"] = table["SERIES"].astype(object)
    table["TS"] = table["TS"].astype("datetime64[ns]")
    return table.astype(dict.fromkeys(COLUMNS[2:], float))


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool | str) and isinstance(value, SupportsInt) and int(value) == value


def _periods(periods: Any) -> int:
    if periods is None:
        raise BadInput(
            "FORECASTING_PERIODS is missing", "Give FORECASTING_PERIODS, or INPUT_DATA with future rows."
        )
    if not _is_whole(periods) or not 1 <= int(periods) <= MOST_PERIODS:
        raise BadInput(
            f"FORECASTING_PERIODS must be a whole number from 1 to {MOST_PERIODS}, not {periods!r}"
        )
    return int(periods)


def _refuse_missing_features(chosen: list[TrainedSeries]) -> None:
    for trained in chosen:
        if trained.history.encoders:
            names = ", ".join(encoder.column for encoder in trained.history.encoders)
            raise BadInput(
                f"the model was trained with features ({names}), whose future values are needed",
                "Call FORECAST(INPUT_DATA => TABLE(...), TIMESTAMP_COLNAME => ...) with these columns.",
            )
