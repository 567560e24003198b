"""How good the forecasts are on real series: the error beside seasonal naive and exponential smoothing, and coverage.

The series ship with statsmodels, so the figures can be taken again without a network. The ends of each series are held
out; nothing is tuned on them.
"""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.cli import run_json
from core.sql_ai.ml import methods
from core.sql_ai.ml.forecast import ForecastModel
from core.sql_ai.ml.series import History, build_history

if TYPE_CHECKING:
    import pandas as pd

INTERVAL = 0.95
_HORIZONS = {"MS": 12, "QS": 8, "YS": 6, "W-SAT": 13}
_KNOWN = (1.0, 0.85)  # share of the series that a forecast may use, less the horizon at the first


@dataclass(frozen=True)
class Outcome:
    """One held-out stretch: mean absolute errors, and the share of true values inside the 95% interval."""

    series: str
    step: str
    known: int  # values the forecast was made from
    horizon: int
    error: float
    seasonal_naive: float
    exponential_smoothing: float
    ratio: float  # our error by the better one's of the two
    coverage: float
    prophet_share: float


def run() -> list[Outcome]:
    """Return the outcome on two stretches of every series; takes half a minute of processor time."""
    return [
        outcome(name, values, known)
        for name, values in real_series()
        for known in _cuts(len(values), _HORIZONS[_step(values)])
    ]


def main(arguments: Sequence[str]) -> int:
    """Print a line per stretch and one for all, or one JSON document with --json; the exit code is returned."""
    if "--json" in arguments:
        return run_json(run)
    found = run()
    for item in found:
        sys.stdout.write(_line(item))
    sys.stdout.write(summary(found) + "\n")
    return 0


def real_series() -> "Iterator[tuple[str, pd.Series[float]]]":
    """Yield (name, values by timestamp with a fixed frequency) of the real series that ship with statsmodels."""
    import numpy as np
    import pandas as pd
    from statsmodels.datasets import co2, elec_equip, elnino, macrodata, nile, sunspots

    def regular(values: object, start: str, step: str) -> "pd.Series[float]":
        numbers = np.asarray(values, dtype=float)
        return pd.Series(numbers, pd.date_range(start, periods=len(numbers), freq=step))

    weekly = co2.load_pandas().data["co2"].interpolate()
    yield "CO2 at Mauna Loa", weekly.resample("MS").mean()
    yield "CO2 at Mauna Loa, weekly", regular(weekly[-520:], str(weekly.index[-520]), "W-SAT")
    sea = elnino.load_pandas().data.drop(columns="YEAR").to_numpy().ravel()
    yield "El Nino, sea surface", regular(sea, "1950-01-01", "MS")
    yield (
        "Electrical equipment",
        regular(elec_equip.load_pandas().data.iloc[:, -1], "1996-01-01", "MS"),
    )
    yield "Nile, yearly flow", regular(nile.load_pandas().data["volume"], "1871-01-01", "YS")
    yield "Sunspots", regular(sunspots.load_pandas().data["SUNACTIVITY"], "1700-01-01", "YS")
    macro = macrodata.load_pandas().data
    for column, name in (
        ("realgdp", "GDP"),
        ("realcons", "consumption"),
        ("unemp", "unemployment"),
        ("m1", "M1"),
    ):
        yield f"US {name}", regular(macro[column], "1959-01-01", "QS")


def outcome(name: str, values: "pd.Series[float]", known: int) -> Outcome:
    """Forecast what follows the first `known` values, and compare it with what came."""
    import pandas as pd

    step = _step(values)
    horizon = _HORIZONS[step]
    frame = pd.DataFrame({"t": values.index[:known], "y": values.to_numpy()[:known]})
    truth = values.to_numpy()[known : known + horizon]
    model = ForecastModel.train(frame, "t", "y")
    table = model.forecast(horizon, config={"prediction_interval": INTERVAL})
    history = build_history(None, frame, "t", "y", [])
    ours = _error(table["FORECAST"].to_numpy(), truth)
    naive = _error(_ahead(methods.seasonal_naive, history, horizon), truth)
    smoothed = _error(_ahead(methods.exponential_smoothing, history, horizon), truth)
    inside = (table["LOWER_BOUND"].to_numpy() <= truth) & (truth <= table["UPPER_BOUND"].to_numpy())
    shares = model.methods().set_index("METHOD")["WEIGHT"]
    return Outcome(
        name,
        step,
        known,
        horizon,
        ours,
        naive,
        smoothed,
        ours / max(min(naive, smoothed), 1e-12),
        float(inside.mean()),
        float(shares.get("prophet", 0.0)),
    )


def summary(found: Sequence[Outcome]) -> str:
    """Return one sentence of figures over all stretches; raises ValueError for none."""
    if not found:
        raise ValueError("no stretch was forecast")

    def mean(rival: Callable[[Outcome], float]) -> float:
        return math.exp(
            sum(math.log(max(item.error, 1e-12) / max(rival(item), 1e-12)) for item in found) / len(found)
        )

    better = mean(lambda item: min(item.seasonal_naive, item.exponential_smoothing))
    return (
        f"{len(found)} stretches: error by the better of the two {better:.3f} (geometric mean), "
        f"by seasonal naive {mean(lambda item: item.seasonal_naive):.3f}, "
        f"by exponential smoothing {mean(lambda item: item.exponential_smoothing):.3f}; "
        f"worst {max(item.ratio for item in found):.2f}; "
        f"interval of 95% held {sum(item.coverage for item in found) / len(found):.1%}"
    )


def _step(values: "pd.Series[float]") -> str:
    """The frequency in pandas' spelling, without the month a year or quarter is counted from."""
    return str(getattr(values.index, "freqstr", "")).removesuffix("-JAN")


def _cuts(count: int, horizon: int) -> list[int]:
    return [min(count - horizon, round(count * share)) for share in _KNOWN]


def _ahead(method: methods.Method, history: History, horizon: int) -> "pd.Series[float]":
    import numpy as np
    import pandas as pd

    return pd.Series(method(history).predict(np.arange(1, horizon + 1), np.empty((horizon, 0))))


def _error(forecast: object, truth: object) -> float:
    import numpy as np

    return float(np.abs(np.asarray(forecast, dtype=float) - np.asarray(truth, dtype=float)).mean())


def _line(item: Outcome) -> str:
    return (
        f"FORECAST       {item.series:26} {item.known:4} known, {item.horizon:2} ahead   MAE {item.error:10.4g}   "
        f"seasonal naive {item.seasonal_naive:10.4g}   smoothing {item.exponential_smoothing:10.4g}   "
        f"ratio {item.ratio:5.2f}   inside {item.coverage:4.0%}   Prophet's share {item.prophet_share:4.0%}\n"
    )
