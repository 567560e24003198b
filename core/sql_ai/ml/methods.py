"""The methods that share a forecast: Prophet, exponential smoothing, Theta, autoregression and seasonal naive."""

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.lean import import_prophet, import_statsmodels
from core.sql_ai.functions.pauses import checkpoint
from core.sql_ai.ml.series import History
from core.stores import told_as

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PROPHET_POINTS = 3_000  # of recent history; older points cost time and rarely change a forecast
PROPHET_DAYS = 90_000  # Prophet measures time in 64-bit nanoseconds, which hold 292 years
SMOOTHING_POINTS = 500
AUTOREGRESSION_POINTS = 1_000
LINEAR_TOLERANCE = 1e-9  # largest deviation from a line, relative to the series' scale
LONGEST_SMOOTHED_SEASON = 60  # steps; exponential smoothing has one state per step of the season
CHANGEPOINT_RANGE = 0.95  # of the history; Prophet's own 0.8 is blind to a break in the last fifth
LEVEL_KEPT = 0.98  # per step, of what the level of a series has last been off Prophet's curve
SLOW_SEASON = 30  # steps; beyond it a trend without damping is not tried: each form takes a second to fit
_SEASON_SIGNIFICANCE = 1.645  # deviations of the autocorrelation at the season's lag (Fiorucci et al. 2016)
_LOG_ABOVE = 4.0  # times the smallest value; a positive series that spans more is modelled by its logarithm
_UNIT_ROOT = 0.05  # Dickey-Fuller p-value above which a series is taken to wander, and is differenced


@dataclass(frozen=True)
class Fitted:
    """A method fitted to one history. `predict(steps, features)` gives the value `steps` after its end."""

    name: str
    predict: "Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.float64]]"
    residuals: "NDArray[np.float64]"
    parts: dict[str, float]  # share of the explained movement by component
    growth: float = 0.0  # error variance that each further step adds by the method's own theory
    again: "Callable[[History], Fitted] | None" = None  # the same form fitted to another history


Method = Callable[[History], Fitted]


def last_value(history: History) -> Fitted:
    """Naive forecast: the last observed value for every step."""
    import numpy as np

    seen = history.values[history.observed]
    level = float(seen[-1])
    residuals = np.diff(seen) if len(seen) > 1 else np.zeros(1)
    return Fitted("naive", lambda steps, _: np.full(len(steps), level), residuals, {"lag_1": 1.0})


def straight_line(history: History) -> Fitted | None:
    """Return an exact continuation when all observed values lie on one line, else None."""
    import numpy as np

    places = np.flatnonzero(history.observed)
    seen = history.values[places]
    slope = float(seen[-1] - seen[0]) / float(places[-1] - places[0]) if len(places) > 1 else 0.0
    line = seen[0] + slope * (places - places[0])
    scale = max(1.0, float(np.abs(seen).max()))
    if float(np.abs(seen - line).max()) > LINEAR_TOLERANCE * scale:
        return None
    start = float(seen[-1]) + slope * float(len(history.values) - 1 - places[-1])
    return Fitted(
        "linear", lambda steps, _: start + slope * steps.astype(float), np.zeros(len(seen)), {"trend": 1.0}
    )


def seasonal_naive(history: History) -> Fitted:
    """Repeat the last full season; without a season, the last value."""
    import numpy as np

    season = history.frequency.season
    if season < 2 or len(history.values) < 2 * season:
        return last_value(history)
    adjusted = _without_features(history)
    cycle = adjusted.values[-season:]

    def predict(steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        return np.asarray(cycle[(steps - 1) % season] + adjusted.effect(features))

    residuals = adjusted.values[season:] - adjusted.values[:-season]
    return Fitted("seasonal_naive", predict, residuals, adjusted.with_shares(f"season_{season}"))


@dataclass(frozen=True)
class Form:
    """A form of exponential smoothing; trend and season are 'add', 'mul' or None as statsmodels spells them."""

    trend: str | None
    damped: bool
    season: str | None


def exponential_smoothing(history: History, form: Form | None = None) -> Fitted:
    """Holt-Winters in the given form, or in the one with the lowest AICc of those that suit the series.

    `again` of the result keeps the chosen form: trying them all again on each cut of a backtest would cost most of its
    time.
    """
    import numpy as np

    adjusted = _without_features(history)
    recent = adjusted.values[-SMOOTHING_POINTS:]
    season = history.frequency.season
    with _quiet():
        found = _smoothed(recent, [form], season) if form else _best_smoothed(recent, season)
    if found is None:
        return seasonal_naive(history)
    chosen, best = found

    def predict(steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        path = np.asarray(best.forecast(int(steps.max())), dtype=float)
        return path[steps - 1] + adjusted.effect(features)

    return Fitted(
        "exponential_smoothing",
        predict,
        np.asarray(best.resid, dtype=float),
        adjusted.with_shares("level_and_trend"),
        again=lambda other: exponential_smoothing(other, chosen),
    )


def theta(history: History) -> Fitted:
    """Theta: the seasonally adjusted series smoothed to its latest level, with half the slope of its straight line.

    Assimakopoulos and Nikolopoulos (2000), in the form of Hyndman and Billah (2003). The smoothing constant has the
    least one-step squared error; a series that wanders gets 1, and then the error variance grows with each step.
    """
    import numpy as np

    adjusted = _without_features(history)
    recent = adjusted.values[-SMOOTHING_POINTS:]
    count, season = len(recent), history.frequency.season
    multiplied = grows_with_level(history) and float(recent.min()) > 0
    cycle = _seasonal_indices(recent, season, multiplied=multiplied)
    period = len(cycle)
    pattern = cycle[np.arange(count) % period]
    plain = recent / pattern if multiplied else recent - pattern
    level, pace, residuals = _smoothed_level(plain, season)
    slope = float(np.polyfit(np.arange(count), plain, 1)[0]) / 2

    def predict(steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        path = level + slope * (steps - 1 + min(1 / pace, count))
        own = cycle[(count + steps - 1) % period]
        return np.asarray((path * own if multiplied else path + own) + adjusted.effect(features))

    growth = pace**2 * float(np.mean(residuals**2))
    return Fitted("theta", predict, residuals, adjusted.with_shares("level_and_trend"), growth)


def autoregression(history: History) -> Fitted:
    """Each value from the ones before it: differenced by the season if there is one, and once more if it wanders.

    The number of lags has the lowest AIC. A positive series whose swings grow with its level, or that spans a wide
    range, is modelled by its logarithm.
    """
    import numpy as np

    adjusted = _without_features(history)
    recent = adjusted.values[-AUTOREGRESSION_POINTS:]
    season = history.frequency.season if _is_seasonal(recent, history.frequency.season) else 0
    logged = float(recent.min()) > 0 and (
        grows_with_level(history) or float(recent.max()) > _LOG_ABOVE * float(recent.min())
    )
    values = np.log(recent) if logged else recent
    changes = values[season:] - values[:-season] if season else values
    with _quiet():
        wanders = _wanders(changes)
        modelled = np.diff(changes) if wanders else changes
        fit = _lagged(modelled, history.frequency.season, not wanders or (not season and _drifts(modelled)))

    def predict(steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        path = np.asarray(fit.forecast(int(steps.max())), dtype=float)
        if wanders:
            path = changes[-1] + np.cumsum(path)
        path = _undo_season(path, values, season)
        # Its lags may add up to more than one: no forecast leaves the past by more than twice its range.
        path = np.clip(path, values.min() - 2 * np.ptp(values), values.max() + 2 * np.ptp(values))
        return np.asarray((np.exp(path) if logged else path)[steps - 1] + adjusted.effect(features))

    residuals = np.asarray(fit.resid, dtype=float)
    if logged:
        residuals = residuals * recent[-len(residuals) :]
    return Fitted("autoregression", predict, residuals, adjusted.with_shares("recent_values"))


def prophet(history: History) -> Fitted:
    """Prophet with the seasons the history is long enough for, moved to the latest level of the series.

    Prophet fits the whole history at once and can start a forecast away from the last observed level. Its residuals,
    smoothed at the pace with the least one-step squared error, say how far; what they say fades slowly (`LEVEL_KEPT`).
    """
    import numpy as np
    import pandas as pd

    longest = min(PROPHET_POINTS, int(PROPHET_DAYS * 86_400 / history.frequency.seconds))
    start = max(0, len(history.values) - longest)
    table = _prophet_table(history.stamps[start:], history.features[start:])
    table["y"] = np.where(history.observed[start:], history.values[start:], np.nan)
    # Stan's files of a fit would otherwise stay until the process ends.
    with (
        _quiet(),
        told_as("The folder for temporary files"),
        tempfile.TemporaryDirectory(prefix="hub-prophet-") as folder,
    ):
        model = _new_prophet(history, start)
        try:
            model.fit(table, output_dir=folder)
        except RuntimeError as error:  # cmdstanpy wraps what the file system reports
            if isinstance(error.__cause__, OSError):
                raise error.__cause__ from None
            raise
        inside = model.predict(table)
    residuals = (table["y"] - inside["yhat"]).dropna().to_numpy()
    shift, _, _ = _smoothed_level(residuals, history.frequency.season)

    def predict(steps: "NDArray[np.int64]", features: "NDArray[np.float64]") -> "NDArray[np.float64]":
        stamps = history.frequency.after(history.last, int(steps.max()))[steps - 1]
        with _quiet():
            ahead = model.predict(_prophet_table(pd.DatetimeIndex(stamps), features))
        return ahead["yhat"].to_numpy() + shift * LEVEL_KEPT ** steps.astype(float)

    return Fitted("prophet", predict, residuals, _shares(inside, history))


def _new_prophet(history: History, start: int) -> Any:
    step_days = history.frequency.seconds / 86_400.0
    span_days = (len(history.values) - start) * step_days
    model = import_prophet().Prophet(
        growth="linear",
        yearly_seasonality=_yearly_order(span_days, step_days),
        weekly_seasonality=3 if step_days <= 1.01 and span_days >= 14 else False,
        daily_seasonality=4 if step_days < 0.3 and span_days >= 2 else False,
        seasonality_mode="multiplicative" if grows_with_level(history) else "additive",
        uncertainty_samples=0,
        n_changepoints=min(25, max(1, len(history.values) // 4)),
        changepoint_range=CHANGEPOINT_RANGE,
    )
    for index in range(history.features.shape[1]):
        model.add_regressor(f"x{index}", standardize=False, mode="additive")
    return model


def _yearly_order(span_days: float, step_days: float) -> int | bool:
    """Fourier terms for the year: two full years are needed, and fewer terms than steps in half a year."""
    if span_days < 1.9 * 365.25 or step_days > 100:
        return False
    return int(min(10, max(1, 365.25 / step_days / 2 - 1)))


def grows_with_level(history: History) -> bool:
    """Tell whether the swings of a positive series grow with its level, so that effects multiply."""
    import numpy as np

    values = history.values
    window = max(history.frequency.season, 6)
    blocks = len(values) // window
    if blocks < 4 or float(values.min()) <= 0:
        return False
    table = values[-blocks * window :].reshape(blocks, window)
    level, swing = table.mean(axis=1), table.std(axis=1)
    if float(level.std()) < 0.1 * float(level.mean()) or float(swing.std()) == 0:
        return False
    return bool(np.corrcoef(level, swing)[0, 1] > 0.6)


def _prophet_table(stamps: Any, features: "NDArray[np.float64]") -> Any:
    import pandas as pd

    table = pd.DataFrame({"ds": stamps})
    for index in range(features.shape[1]):
        table[f"x{index}"] = features[:, index]
    return table


def _shares(inside: Any, history: History) -> dict[str, float]:
    """Return the standard deviation of each component of Prophet's fit as a share of their sum."""
    names = [name for name in ("trend", "yearly", "weekly", "daily") if name in inside]
    spread = {name: float(inside[name].std(ddof=0)) for name in names}
    level = float(inside["trend"].abs().mean())
    if history.features.shape[1] == 0 and grows_with_level(history):
        spread = {name: value if name == "trend" else value * level for name, value in spread.items()}
    index = 0
    for encoder in history.encoders:
        own = [f"x{index + offset}" for offset in range(len(encoder.names))]
        index += len(own)
        spread[f"feature:{encoder.column}"] = float(sum(inside[name] for name in own).std(ddof=0))
    total = sum(spread.values()) or 1.0
    return {name: value / total for name, value in spread.items()}


@dataclass(frozen=True)
class _Adjusted:
    """A history less the linear effect of its features: the values left, the effect, and each feature's share."""

    values: "NDArray[np.float64]"
    effect: "Callable[[NDArray[np.float64]], NDArray[np.float64]]"
    shares: dict[str, float]

    def with_shares(self, own: str) -> dict[str, float]:
        """The features' shares and, as `own`, what is left for the method itself."""
        return {own: 1.0 - sum(self.shares.values()), **self.shares}


def _without_features(history: History) -> _Adjusted:
    """Take the effect of the features out of a history.

    It is estimated beside trend and season, by ridge regression, so that a promotion every Friday is not taken for
    Friday itself.
    """
    import numpy as np

    width = history.features.shape[1]
    if width == 0:
        return _Adjusted(history.values, lambda features: np.zeros(len(features)), {})
    base = _trend_and_season(history)
    design = np.column_stack([history.features, base])
    weight = np.diag([0.1] * width + [1e-6] * base.shape[1])
    effect = np.linalg.solve(design.T @ design + weight, design.T @ history.values)[:width]
    adjusted = history.values - history.features @ effect
    spread = _feature_spread(history, effect)
    total = float(adjusted.std()) + sum(spread.values()) or 1.0
    shares = {name: value / total for name, value in spread.items()}
    return _Adjusted(adjusted, lambda features: features @ effect, shares)


def _feature_spread(history: History, effect: "NDArray[np.float64]") -> dict[str, float]:
    """Return the standard deviation that each feature column adds to the series."""
    spread: dict[str, float] = {}
    start = 0
    for encoder in history.encoders:
        end = start + len(encoder.names)
        spread[f"feature:{encoder.column}"] = float(
            (history.features[:, start:end] @ effect[start:end]).std()
        )
        start = end
    return spread


def _trend_and_season(history: History) -> "NDArray[np.float64]":
    import numpy as np

    count, season = len(history.values), history.frequency.season
    time = np.arange(count, dtype=float)
    columns = [np.ones(count), time / count, (time / count) ** 2]
    for order in range(1, min(3, season // 2) + 1):
        columns += [np.sin(2 * np.pi * order * time / season), np.cos(2 * np.pi * order * time / season)]
    return np.column_stack(columns)


def _seasonal_indices(
    values: "NDArray[np.float64]", season: int, *, multiplied: bool
) -> "NDArray[np.float64]":
    """Return one index for each step of the season, by classical decomposition; a single neutral one without season."""
    import numpy as np

    if not _is_seasonal(values, season):
        return np.full(1, 1.0 if multiplied else 0.0)
    window = np.ones(season) / season
    if season % 2 == 0:
        window = np.concatenate([[0.5], np.ones(season - 1), [0.5]]) / season
    trend = np.convolve(values, window, mode="valid")
    start = (len(values) - len(trend)) // 2
    middle = values[start : start + len(trend)]
    swing = middle / trend if multiplied else middle - trend
    place = np.arange(start, start + len(trend)) % season
    indices = np.array([swing[place == step].mean() for step in range(season)])
    return np.asarray(indices / indices.mean() if multiplied else indices - indices.mean())


def _is_seasonal(values: "NDArray[np.float64]", season: int) -> bool:
    """Tell whether the changes from step to step repeat with the season, by their autocorrelation at its lag."""
    import numpy as np

    if season < 2 or len(values) < 3 * season:
        return False
    change = np.diff(values) - np.diff(values).mean()
    power = float(change @ change)
    if power <= 0:
        return False
    kept = np.array([float(change[lag:] @ change[:-lag]) / power for lag in range(1, season + 1)])
    limit = _SEASON_SIGNIFICANCE * np.sqrt((1 + 2 * float(kept[:-1] @ kept[:-1])) / len(change))
    return bool(kept[-1] > limit)


def _smoothed_level(values: "NDArray[np.float64]", start: int) -> "tuple[float, float, NDArray[np.float64]]":
    """Return the last level, the smoothing constant with the least squared error, and the one-step errors."""
    import numpy as np

    paces = np.linspace(0.02, 1.0, 25)
    levels = np.full(len(paces), values[: max(2, min(start, 8))].mean())
    errors = np.empty((len(values), len(paces)))
    for place, value in enumerate(values):
        errors[place] = value - levels
        levels = levels + paces * errors[place]
    best = int((errors**2).sum(axis=0).argmin())
    return float(levels[best]), float(paces[best]), errors[:, best]


def _best_smoothed(recent: "NDArray[np.float64]", season: int) -> tuple[Form, Any] | None:
    """Choose the season beside a damped trend, then the trend beside that season: five fits instead of nine."""
    kinds: list[str | None] = [None]
    if 2 <= season <= LONGEST_SMOOTHED_SEASON and len(recent) >= 2 * season + 2:
        kinds += ["add", "mul"] if float(recent.min()) > 0 else ["add"]
    damped = _smoothed(recent, [Form("add", True, kind) for kind in kinds], season)
    if damped is None:
        return _smoothed(recent, [Form(None, False, None)], season)
    kind = damped[0].season
    others = [Form(None, False, kind)]
    if kind is None or season <= SLOW_SEASON:
        others.append(Form("add", False, kind))
    plain = _smoothed(recent, others, season)
    return plain if plain is not None and plain[1].aicc < damped[1].aicc else damped


def _smoothed(values: "NDArray[np.float64]", forms: list[Form], season: int) -> tuple[Form, Any] | None:
    """Return the form with the lowest AICc and its fit; None where none can be fitted."""
    fits = [(form, fit) for form in forms if (fit := _smooth(values, form, season)) is not None]
    return min(fits, key=lambda pair: float(pair[1].aicc), default=None)


def _smooth(values: "NDArray[np.float64]", form: Form, season: int) -> Any:
    """Fit one form; None where the series is too short or too degenerate for it."""
    import math

    checkpoint()
    try:
        model = import_statsmodels("tsa.holtwinters").ExponentialSmoothing(
            values,
            trend=form.trend,
            damped_trend=form.damped,
            seasonal=form.season,
            seasonal_periods=season if form.season else None,
            initialization_method="heuristic",
        )
        fit = model.fit(optimized=True)
    except (ValueError, FloatingPointError, ArithmeticError):
        return None
    return fit if math.isfinite(fit.aicc) else None


def _wanders(values: "NDArray[np.float64]") -> bool:
    """Tell whether a series has no level it returns to, by the test of Dickey and Fuller."""
    import numpy as np

    if len(values) < 12 or float(np.ptp(values)) == 0:
        return False
    try:
        test = import_statsmodels("tsa.stattools").adfuller(
            values, maxlag=min(4, len(values) // 10), autolag=None, result_object=True
        )
    except (ValueError, np.linalg.LinAlgError):
        return False  # too regular to be tested, as when every step is the same
    return float(test.pvalue) > _UNIT_ROOT


def _drifts(steps: "NDArray[np.float64]") -> bool:
    """Tell whether the mean of the steps is clear of zero, by two standard errors."""
    return abs(float(steps.mean())) > 2 * float(steps.std()) / len(steps) ** 0.5


def _lagged(values: "NDArray[np.float64]", season: int, constant: bool) -> Any:
    """Return the fitted autoregression with the number of lags that has the lowest AIC."""
    autoregression = import_statsmodels("tsa.ar_model")
    longest = min(season + 2 if 1 < season <= 24 else 8, len(values) // (6 if season > 1 else 8))
    if longest < 1 or float(values.std()) == 0:
        return autoregression.AutoReg(values, lags=0, trend="c").fit()
    trend = "c" if constant else "n"
    lags = autoregression.ar_select_order(values, longest, ic="aic", trend=trend).ar_lags
    # Neither lags nor a constant is no model at all: one lag, whose weight is then about 0, stands for it.
    return autoregression.AutoReg(values, lags=lags or (0 if constant else 1), trend=trend).fit()


def _undo_season(
    changes: "NDArray[np.float64]", values: "NDArray[np.float64]", season: int
) -> "NDArray[np.float64]":
    """Add changes from season to season up to values; without a season they are the values."""
    import numpy as np

    if not season:
        return changes
    path = list(values[-season:])
    for change in changes:
        path.append(path[-season] + change)
    return np.asarray(path[season:])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' progress lines and convergence warnings out of the log."""
    for name in ("cmdstanpy", "prophet", "prophet.models", "prophet.plot", "stan"):
        logging.getLogger(name).disabled = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
