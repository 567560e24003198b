"""SNOWFLAKE.ML.FORECAST: training, forecasting and the administrative methods."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsInt

from core.errors import BadInput, HubError
from core.sql_ai.ml.columns import choice, find_column, interval, options, plain
from core.sql_ai.ml.series import build_history, split_series, steps_ahead, to_timestamps
from core.sql_ai.ml.trained import (
    TrainedSeries,
    TrainingConfig,
    evaluation_rows,
    read_training_config,
    train_series,
)

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("SERIES", "TS", "FORECAST", "LOWER_BOUND", "UPPER_BOUND")
MOST_PERIODS = 10_000
DEFAULT_INTERVAL = 0.95
FULL_BACKTEST_SERIES = 8  # more series than this are backtested on one cut each, to keep training short
_COMPONENT_TYPES = {
    "trend": "derived_from_timestamp",
    "yearly": "derived_from_timestamp",
    "weekly": "derived_from_timestamp",
    "daily": "derived_from_timestamp",
}


@dataclass(frozen=True)
class SeriesSet:
    """All trained series of a model, and what went wrong with those that could not be trained."""

    timestamp: str
    target: str
    series: str | None
    features: tuple[str, ...]
    config: TrainingConfig
    trained: dict[Any, TrainedSeries]
    errors: dict[Any, str]


class ForecastModel:
    """A trained forecasting model; immutable, as in Snowflake."""

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

    def evaluation_metrics(self) -> "pd.DataFrame":
        """Return SERIES, ERROR_METRIC, METRIC_VALUE, STANDARD_DEVIATION, LOGS from the backtest."""
        return evaluation_table(self._parts)

    def feature_importance(self) -> "pd.DataFrame":
        """Return SERIES, RANK, FEATURE_NAME, SCORE (shares that sum to 1), FEATURE_TYPE."""
        return importance_table(self._parts)

    def training_logs(self) -> "pd.DataFrame":
        """Return SERIES and LOGS: an object with the errors of a skipped series, None for a trained one."""
        return log_table(self._parts)

    def methods(self) -> "pd.DataFrame":
        """Return the methods that share each series' forecast (our addition); see `method_table`."""
        return method_table(self._parts)

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
            if own is not None:
                rows += _attempt(lambda t=trained, f=own: _at_rows(t, f, stamp_column, width), skip)  # type: ignore[misc]
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


def train_set(
    frame: "pd.DataFrame",
    timestamp: str,
    target: str,
    series: str | None,
    config: Mapping[str, Any],
    label: str | None = None,
) -> SeriesSet:
    """Train every series of a table; rows whose `label` is true are known anomalies and not learned from."""
    read = read_training_config(config)
    stamp, value = find_column(frame, timestamp, "timestamp"), find_column(frame, target, "target")
    by = find_column(frame, series, "series") if series else None
    mark = find_column(frame, label, "label") if label else None
    features = [str(column) for column in frame.columns if column not in (stamp, value, by, mark)]
    groups = split_series(frame, by)
    folds = None if len(groups) <= FULL_BACKTEST_SERIES else 1
    trained: dict[Any, TrainedSeries] = {}
    errors: dict[Any, str] = {}
    for name, rows in groups:
        try:
            excluded = rows[mark].map(_is_true) if mark else None
            history = build_history(
                name,
                rows,
                stamp,
                value,
                features,
                frequency=read.frequency,
                target_aggregation=read.aggregation,
                excluded=excluded,
            )
            trained[name] = train_series(history, read, folds=folds)
        except HubError as error:
            if read.on_error == "abort":
                raise
            errors[name] = error.message
    if not trained:
        raise BadInput(
            next(iter(errors.values()), "the input data has no rows"), "No series could be trained."
        )
    return SeriesSet(stamp, value, by, tuple(features), read, trained, errors)


def evaluation_table(parts: SeriesSet) -> "pd.DataFrame":
    """Return the documented evaluation table; raises `BadInput` when training ran with evaluate = FALSE."""
    import pandas as pd

    if not parts.config.evaluate:
        raise BadInput(
            "the model was trained with 'evaluate': FALSE, so there are no evaluation metrics",
            "Train it again without that option.",
        )
    rows: list[tuple[Any, ...]] = [
        (name, metric, mean, deviation, None)
        for name, trained in parts.trained.items()
        for metric, mean, deviation in evaluation_rows(trained)
    ]
    rows += [(name, None, None, None, {"Errors": [error]}) for name, error in parts.errors.items()]
    return pd.DataFrame(
        rows, columns=["SERIES", "ERROR_METRIC", "METRIC_VALUE", "STANDARD_DEVIATION", "LOGS"], dtype=object
    )


def importance_table(parts: SeriesSet) -> "pd.DataFrame":
    """Return the documented table of feature importance, most important first within each series."""
    import pandas as pd

    rows = []
    for name, trained in parts.trained.items():
        shares: dict[str, float] = {}
        for (fitted, _), own in zip(trained.fitted, trained.choice.shares.values(), strict=True):
            for part, share in fitted.parts.items():
                shares[part] = shares.get(part, 0.0) + own * share
        ranked = sorted(shares.items(), key=lambda pair: -pair[1])
        rows += [
            (name, rank, part.removeprefix("feature:"), share, _feature_type(part))
            for rank, (part, share) in enumerate(ranked, start=1)
        ]
    return pd.DataFrame(
        rows, columns=["SERIES", "RANK", "FEATURE_NAME", "SCORE", "FEATURE_TYPE"], dtype=object
    )


def log_table(parts: SeriesSet) -> "pd.DataFrame":
    """Return SERIES and LOGS for all series, failed ones first."""
    import pandas as pd

    rows: list[tuple[Any, Any]] = [(name, {"Errors": [error]}) for name, error in parts.errors.items()]
    rows += [(name, None) for name in parts.trained]
    return pd.DataFrame(rows, columns=["SERIES", "LOGS"], dtype=object)


def method_table(parts: SeriesSet) -> "pd.DataFrame":
    """Return SERIES, METHOD, WEIGHT, SHARE, BACKTEST_MAE: what shares each series' forecast, and how it did.

    WEIGHT is a method's say in which forecasts are in the middle at each step, SHARE the mean part it then had in the
    combined forecasts of the backtest; both sum to 1 over a series.
    """
    import pandas as pd

    rows = [
        (
            name,
            method,
            trained.choice.weights.get(method, 0.0),
            shares.get(method, 0.0),
            trained.choice.errors.get(method),
        )
        for name, trained in parts.trained.items()
        for shares in (trained.choice.shares,)
        for method in (trained.choice.errors or trained.choice.weights)
    ]
    columns = ["SERIES", "METHOD", "WEIGHT", "SHARE", "BACKTEST_MAE"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _ahead(trained: TrainedSeries, count: int, width: float) -> list[tuple[Any, ...]]:
    import numpy as np

    steps = np.arange(1, count + 1)
    stamps = trained.history.frequency.after(trained.history.last, count)
    return _rows(trained, steps, list(stamps), np.empty((count, 0)), width)


def _at_rows(
    trained: TrainedSeries, future: "pd.DataFrame", stamp_column: str, width: float
) -> list[tuple[Any, ...]]:
    import pandas as pd

    stamps = to_timestamps(future[stamp_column], stamp_column)
    order = stamps.argsort(kind="stable")
    ordered, sorted_stamps = future.iloc[order], pd.DatetimeIndex(stamps.iloc[order])
    steps = steps_ahead(trained.history, sorted_stamps)
    if len(steps) and steps.min() < 1:
        raise BadInput(
            f"timestamp {sorted_stamps[0]} does not follow the training data, which end at "
            f"{trained.history.last}",
            "Forecast only timestamps after the last one in the training data.",
        )
    return _rows(trained, steps, list(sorted_stamps), trained.feature_rows(ordered), width)


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


def _attempt(make: Callable[[], list[tuple[Any, ...]]], skip: bool) -> list[tuple[Any, ...]]:
    try:
        return make()
    except HubError:
        if skip:
            return []
        raise


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


def _is_true(value: Any) -> bool:
    known = plain(value)
    return known is not None and str(known).lower() in {"true", "1", "1.0", "yes", "t", "y"}


def _feature_type(part: str) -> str:
    if part.startswith("feature:"):
        return "user_provided"
    return _COMPONENT_TYPES.get(part, "derived_from_endogenous")
