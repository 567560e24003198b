"""The error measures of SHOW_EVALUATION_METRICS, computed on backtested forecasts."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BASIC = ("MAE", "MAPE", "MDA", "MSE", "SMAPE")


def metric_names(interval: float) -> tuple[str, ...]:
    """Return the documented metric names in order; the last two carry the prediction interval."""
    return (*BASIC, f"WINKLER_ALPHA={_short(1.0 - interval)}", f"COVERAGE_INTERVAL={_short(interval)}")


def measure(
    actual: "NDArray[np.float64]",
    forecast: "NDArray[np.float64]",
    lower: "NDArray[np.float64]",
    upper: "NDArray[np.float64]",
    previous: float,
    interval: float,
) -> dict[str, float | None]:
    """Return each metric of one hold-out stretch; MAPE is None when a true value is 0, MDA without a direction.

    Winkler score: width of the interval plus 2/alpha times the distance of values outside it (Winkler 1972).
    """
    import numpy as np

    error = actual - forecast
    alpha = 1.0 - interval
    both = np.abs(actual) + np.abs(forecast)
    outside = np.maximum(lower - actual, 0.0) + np.maximum(actual - upper, 0.0)
    turns = np.sign(np.diff(np.concatenate([[previous], actual]))) == np.sign(
        np.diff(np.concatenate([[previous], forecast]))
    )
    values: tuple[float | None, ...] = (
        float(np.abs(error).mean()),
        float(np.abs(error / actual).mean()) if bool((actual != 0).all()) else None,
        float(turns.mean()),
        float((error**2).mean()),
        float(np.where(both > 0, 2 * np.abs(error) / np.where(both > 0, both, 1.0), 0.0).mean()),
        float(((upper - lower) + 2.0 / alpha * outside).mean()),
        float(((actual >= lower) & (actual <= upper)).mean()),
    )
    return dict(zip(metric_names(interval), values, strict=True))


def _short(number: float) -> str:
    return f"{number:.4f}".rstrip("0").rstrip(".") or "0"
