"""One trained series: its history, the methods that share its forecast, and intervals around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.columns import choice, flag, interval, options
from core.sql_ai.ml.methods import Fitted
from core.sql_ai.ml.metrics import measure, metric_names
from core.sql_ai.ml.selection import (
    CANDIDATES,
    FAST,
    Choice,
    Plan,
    blended,
    choose,
    combine,
    default_plan,
    fit_chosen,
    spread,
    weights_of,
)
from core.sql_ai.ml.series import History

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

TRAINING_OPTIONS = frozenset(
    (
        "evaluate",
        "evaluation_config",
        "frequency",
        "method",
        "on_error",
        "lower_bound",
        "upper_bound",
        "aggregation_target",
        "aggregation_numeric",
        "aggregation_categorical",
        "aggregation_column",
    )
)
EVALUATION_OPTIONS = frozenset(("n_splits", "max_train_size", "test_size", "gap", "prediction_interval"))
AGGREGATIONS = {
    "mean": "mean",
    "sum": "sum",
    "median": "median",
    "min": "min",
    "max": "max",
    "count": "count",
    "first": "first",
    "last": "last",
}
# Degrees of freedom of the errors; intervals of 95 % held 95 % of the truth on the tuning series.
_FREEDOM = 10.0
EXACT = 1e-6  # tolerance, relative to the series' scale, of an interval without width


@dataclass(frozen=True)
class TrainingConfig:
    """The options of CREATE SNOWFLAKE.ML.FORECAST and ANOMALY_DETECTION, checked."""

    evaluate: bool
    on_error: str
    method: str
    frequency: str | None
    aggregation: str
    lower_bound: float | None
    upper_bound: float | None
    n_splits: int
    test_size: int | None
    gap: int
    max_train_size: int | None
    evaluation_interval: float


def read_training_config(config: Mapping[str, Any] | None) -> TrainingConfig:
    """Check a CONFIG_OBJECT; raises `BadInput` for unknown options and impossible values."""
    given = options(config, TRAINING_OPTIONS)
    nested = options(given.get("evaluation_config"), EVALUATION_OPTIONS)
    return TrainingConfig(
        evaluate=flag(given.get("evaluate", True), "evaluate"),
        on_error=choice(given.get("on_error", "abort"), "on_error", ("abort", "skip")),
        method=choice(given.get("method", "best"), "method", ("best", "fast")),
        frequency=given.get("frequency"),
        aggregation=AGGREGATIONS[
            choice(given.get("aggregation_target", "mean"), "aggregation_target", tuple(AGGREGATIONS))
        ],
        lower_bound=_number(given.get("lower_bound"), "lower_bound"),
        upper_bound=_number(given.get("upper_bound"), "upper_bound"),
        n_splits=_count(nested.get("n_splits", 1), "n_splits", least=1) or 1,
        test_size=_count(nested.get("test_size"), "test_size", least=1),
        gap=_count(nested.get("gap", 0), "gap", least=0) or 0,
        max_train_size=_count(nested.get("max_train_size"), "max_train_size", least=4),
        evaluation_interval=interval(nested.get("prediction_interval", 0.95)),
    )


@dataclass(frozen=True)
class TrainedSeries:
    """A fitted series that can forecast any number of steps with intervals of any width."""

    history: History
    config: TrainingConfig
    choice: Choice
    fitted: "list[tuple[Fitted, float]]"
    variance: tuple[float, float]

    def forecast(self, steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """Return the expected value at each step after the end of the history."""
        import numpy as np

        paths = np.array([method.predict(steps, features) for method, _ in self.fitted], dtype=float)
        return self._within(combine(paths, [weight for _, weight in self.fitted]))

    def deviation(self, steps: "NDArray[np.int64]") -> "NDArray[np.float64]":
        """Return the standard error of the forecast at each step; 0 for an exact continuation."""
        import numpy as np

        first, second = self.variance
        return np.asarray(np.sqrt(first + second * steps.astype(float)))

    def bounds(
        self, steps: "NDArray[np.int64]", forecast: "NDArray[np.float64]", width: float
    ) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        """Return the lower and upper end of the prediction interval."""
        reach = self.deviation(steps) * reach_of(width)
        return self._within(forecast - reach), self._within(forecast + reach)

    def tolerance(self) -> float:
        """Return the deviation that still counts as lying on an exact line."""
        import numpy as np

        return EXACT * max(1.0, float(np.abs(self.history.values).max()))

    def feature_rows(self, frame: "pd.DataFrame") -> "NDArray[np.float64]":
        """Encode the feature columns of rows to be forecast; raises `BadInput` when a column is missing."""
        import numpy as np

        from core.sql_ai.ml.columns import find_column

        if not self.history.encoders:
            return np.empty((len(frame), 0))
        columns = [
            encoder.encode(frame[find_column(frame, encoder.column, "feature")])
            for encoder in self.history.encoders
        ]
        return np.column_stack(columns)

    def metrics(self) -> "list[dict[str, float | None]]":
        """Return the error measures of the last `n_splits` cuts, each weighted by the other cuts' errors."""
        folds = self.choice.folds[-self.config.n_splits :]
        return [
            self._measure_fold(index)
            for index in range(len(self.choice.folds) - len(folds), len(self.choice.folds))
        ]

    def _measure_fold(self, index: int) -> "dict[str, float | None]":
        import numpy as np

        fold = self.choice.folds[index]
        others = tuple(other for place, other in enumerate(self.choice.folds) if place != index)
        forecast = self._within(blended(fold, weights_of(others or (fold,))))
        steps = np.arange(1, len(forecast) + 1)
        lower, upper = self.bounds(steps, forecast, self.config.evaluation_interval)
        return measure(fold.actual, forecast, lower, upper, fold.previous, self.config.evaluation_interval)

    def _within(self, values: "NDArray[np.float64]") -> "NDArray[np.float64]":
        import numpy as np

        if self.config.lower_bound is None and self.config.upper_bound is None:
            return values
        return np.clip(values, self.config.lower_bound, self.config.upper_bound)


def train_series(history: History, config: TrainingConfig, *, folds: int | None = None) -> TrainedSeries:
    """Choose and fit the methods for one series."""
    plan = _plan(history, config, folds)
    chosen = choose(history, plan, FAST if config.method == "fast" else tuple(CANDIDATES))
    fitted = fit_chosen(history, chosen)
    return TrainedSeries(history, config, chosen, fitted, spread(history, chosen, fitted))


def evaluation_rows(trained: TrainedSeries) -> "list[tuple[str, float | None, float | None]]":
    """Return (metric, mean over the splits, standard deviation or None for one split) for one series."""
    import numpy as np

    splits = trained.metrics() or [dict(_exact(trained))]
    rows: list[tuple[str, float | None, float | None]] = []
    for name in metric_names(trained.config.evaluation_interval):
        values = [split[name] for split in splits]
        present = [value for value in values if value is not None]
        mean = float(np.mean(present)) if present else None
        rows.append((name, mean, float(np.std(present, ddof=1)) if len(present) > 1 else None))
    return rows


def reach_of(width: float) -> float:
    """Return how many standard errors hold the central `width` of the forecast errors; 0 for a width of 0.

    By Student's distribution: the standard error itself is an estimate from a few cuts.
    """
    from scipy.special import stdtrit

    return float(stdtrit(_FREEDOM, 0.5 + width / 2)) if width > 0 else 0.0


def share_below(errors: float) -> float:
    """Return the share of forecast errors below this many standard errors, by the distribution of `reach_of`."""
    from scipy.special import stdtr

    return float(stdtr(_FREEDOM, errors))


def _exact(trained: TrainedSeries) -> "dict[str, float | None]":
    """One-step errors of a series too short or too regular to be backtested."""
    import numpy as np

    seen = trained.history.values[trained.history.observed]
    guess = seen[1:] if trained.choice.kind == "linear" else seen[:-1]
    reach = trained.deviation(np.ones(len(guess), dtype=np.int64)) * reach_of(
        trained.config.evaluation_interval
    )
    return measure(
        seen[1:], guess, guess - reach, guess + reach, float(seen[0]), trained.config.evaluation_interval
    )


def _plan(history: History, config: TrainingConfig, folds: int | None) -> Plan:
    usual = default_plan(history)
    horizon = min(config.test_size or usual.horizon, max(1, len(history.values) // 2))
    room = max(1, (len(history.values) - config.gap - 4) // horizon - 1)
    count = max(config.n_splits, folds or usual.folds) if config.evaluate else folds or usual.folds
    return Plan(horizon, min(count, room), config.gap, config.max_train_size)


def _number(value: Any, name: str) -> float | None:
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        raise BadInput(f"CONFIG_OBJECT option '{name}' must be a number, not {value!r}") from None


def _count(value: Any, name: str, least: int) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not str(value).lstrip("-").isdigit() or int(value) < least:
        raise BadInput(
            f"evaluation_config option '{name}' must be a whole number of at least {least}, not {value!r}"
        )
    return int(value)
