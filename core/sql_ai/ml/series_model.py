"""What SNOWFLAKE.ML's models over time series share: training every series of a table, and what they tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput, HubError
from core.sql_ai.ml.columns import find_column, plain
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


class SeriesModel:
    """A trained model over series; immutable, as in Snowflake."""

    def __init__(self, parts: SeriesSet) -> None:
        self._parts = parts

    @property
    def parts(self) -> SeriesSet:
        """The trained series and how they were trained."""
        return self._parts

    def evaluation_metrics(self) -> "pd.DataFrame":
        """Return SERIES, ERROR_METRIC, METRIC_VALUE, STANDARD_DEVIATION, LOGS from the backtest.

        Raises `BadInput` when the model was trained with evaluate = FALSE.
        """
        return _evaluation_table(self._parts)

    def feature_importance(self) -> "pd.DataFrame":
        """Return SERIES, RANK, FEATURE_NAME, SCORE (shares that sum to 1), FEATURE_TYPE."""
        return _importance_table(self._parts)

    def training_logs(self) -> "pd.DataFrame":
        """Return SERIES and LOGS: an object with the errors of a skipped series, None for a trained one."""
        return _log_table(self._parts)

    def methods(self) -> "pd.DataFrame":
        """Return SERIES, METHOD, WEIGHT, SHARE, BACKTEST_MAE (our addition): what shares each series' forecast.

        WEIGHT is a method's say in which forecasts are in the middle at each step, SHARE the mean part it then had in
        the combined forecasts of the backtest; both sum to 1 over a series.
        """
        return _method_table(self._parts)


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


def after_training(
    trained: TrainedSeries, rows: "pd.DataFrame", timestamp: str, doing: str
) -> tuple["pd.DataFrame", "pd.DatetimeIndex", Any]:
    """The rows in the order of their timestamps, the timestamps, and how many steps they lie after the training data.

    Raises BadInput when one does not; `doing` says in the hint what is done with the rows.
    """
    import numpy as np
    import pandas as pd

    stamps = to_timestamps(rows[timestamp], timestamp)
    order = np.argsort(stamps.to_numpy(), kind="stable")
    index = pd.DatetimeIndex(stamps.iloc[order])
    steps = steps_ahead(trained.history, index)
    if len(steps) and steps.min() < 1:
        raise BadInput(
            f"timestamp {index[0]} does not follow the training data, which end at {trained.history.last}",
            f"{doing} only timestamps after the last one in the training data.",
        )
    return rows.iloc[order], index, steps


def _evaluation_table(parts: SeriesSet) -> "pd.DataFrame":
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


def _importance_table(parts: SeriesSet) -> "pd.DataFrame":
    """Most important first within each series."""
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


def _log_table(parts: SeriesSet) -> "pd.DataFrame":
    """Failed series first."""
    import pandas as pd

    rows: list[tuple[Any, Any]] = [(name, {"Errors": [error]}) for name, error in parts.errors.items()]
    rows += [(name, None) for name in parts.trained]
    return pd.DataFrame(rows, columns=["SERIES", "LOGS"], dtype=object)


def _method_table(parts: SeriesSet) -> "pd.DataFrame":
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


def _is_true(value: Any) -> bool:
    known = plain(value)
    return known is not None and str(known).lower() in {"true", "1", "1.0", "yes", "t", "y"}


def _feature_type(part: str) -> str:
    if part.startswith("feature:"):
        return "user_provided"
    return _COMPONENT_TYPES.get(part, "derived_from_endogenous")
