"""How good the forecasts are on real series: the error beside simple methods and plain averages, and coverage.

The series ship with statsmodels, so the figures can be taken again without a network; a folder of CSV files adds more.
Whole families of series belong to one half: what was chosen on the tuning half is told by the report half.
"""

import argparse
import hashlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import run_json
from core.errors import BadInput, HubError
from core.sql_ai.ml import methods
from core.sql_ai.ml.forecast import ForecastModel
from core.sql_ai.ml.selection import CANDIDATES
from core.sql_ai.ml.trained import TrainedSeries

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

INTERVAL = 0.95
MOST_KNOWN = 1_000  # values that a forecast is made from
TUNING, REPORT = "tuning", "report"
_HORIZONS = {"D": (7, 28), "B": (5, 20), "W": (4, 13), "MS": (6, 12), "QS": (4, 8), "YS": (3, 6)}
_KNOWN = (1.0, 0.8, 0.6)  # share of the series before each cut, less the longest horizon at the first
_LEAST_KNOWN = 24
_TINY = 1e-12
_METHODS = (
    ("FORECAST", "error"),
    ("seasonal naive", "seasonal_naive"),
    ("exponential smoothing", "exponential_smoothing"),
    ("average of the two", "average"),
    ("average of the two and Prophet", "average_with_prophet"),
)
_FAMILY_END = "--"  # in a file's name: what stands before it names the family


@dataclass(frozen=True)
class Outcome:
    """One held-out stretch: mean absolute errors, and the share of true values inside the 95% interval."""

    series: str
    half: str  # 'tuning' or 'report'
    step: str
    known: int  # values the forecast was made from
    horizon: int
    error: float
    seasonal_naive: float
    exponential_smoothing: float
    average: float  # of the plain average of these two
    average_with_prophet: float  # of the plain average of these two and Prophet
    change: float  # mean absolute change from season to season in the known values
    scaled: float  # our error by that change (MASE)
    relative: float  # our error by the mean absolute true value
    ratio: float  # our error by that of the better of seasonal naive and exponential smoothing
    coverage: float
    prophet_share: float

    @property
    def better(self) -> float:
        """The error of the better one of seasonal naive and exponential smoothing, known only in hindsight."""
        return _better(self.seasonal_naive, self.exponential_smoothing)


def run(folder: Path | None = None, half: str | None = None) -> list[Outcome]:
    """Return the outcomes on every cut and horizon of the shipped series, or of a folder's, or of one half of them.

    Takes about two seconds a cut. Raises `BadInput` for a folder without series.
    """
    return [
        found
        for name, values in (real_series() if folder is None else folder_series(folder))
        if half in (None, half_of(name))
        for known in cuts(len(values), max(_horizons(values)))
        for found in outcomes(name, values, known)
    ]


def main(arguments: Sequence[str]) -> int:
    """Print a line per stretch and a summary, or one JSON document with --json; the exit code is returned."""
    given = _parser().parse_args([argument for argument in arguments if argument != "forecast"])
    if given.json:
        return run_json(lambda: run(given.series, given.half))
    try:
        found = run(given.series, given.half)
    except HubError as error:
        sys.stderr.write(f"{error.message} {error.hint}\n")
        return 2
    for item in found:
        sys.stdout.write(_line(item))
    sys.stdout.write(summary(found) + "\n")
    return 0


def half_of(name: str) -> str:
    """Return the half a series belongs to: by its family, so that two of one kind are never in both halves."""
    family = name.split(_FAMILY_END)[0].split(",")[0].strip()
    return TUNING if hashlib.sha256(family.encode()).digest()[0] % 2 else REPORT


def cuts(count: int, horizon: int) -> list[int]:
    """Return how many values are known at each cut; none where the series is too short to be cut."""
    places = {min(count - horizon, round(count * share)) for share in _KNOWN}
    return sorted((place for place in places if place >= _LEAST_KNOWN), reverse=True)


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


def folder_series(folder: Path) -> "Iterator[tuple[str, pd.Series[float]]]":
    """Yield (file's name without .csv, values by timestamp) of files with a column of timestamps and one of values.

    Raises `BadInput` for a folder without such files and for timestamps that do not follow a daily, working-daily,
    weekly, monthly, quarterly or yearly step.
    """
    import pandas as pd

    files = sorted(folder.glob("*.csv"))
    if not files:
        raise BadInput(
            f"{folder} holds no .csv files", "Give a folder of files with two columns, time and value."
        )
    for file in files:
        table = pd.read_csv(file)
        index = pd.DatetimeIndex(pd.to_datetime(table.iloc[:, 0]), freq="infer")
        values = pd.Series(table.iloc[:, 1].to_numpy(dtype=float), index)
        if index.freq is None or values.isna().any():
            raise BadInput(f"{file.name} has gaps or an uneven step", "Fill them, or leave the file out.")
        yield file.stem, values


def outcomes(name: str, values: "pd.Series[float]", known: int) -> list[Outcome]:
    """Forecast what follows the first `known` values, and compare it with what came, at each horizon of the step."""
    import numpy as np
    import pandas as pd

    start = max(0, known - MOST_KNOWN)
    frame = pd.DataFrame({"t": values.index[start:known], "y": values.to_numpy()[start:known]})
    model = ForecastModel.train(frame, "t", "y")
    horizons = _horizons(values)
    table = model.forecast(max(horizons), config={"prediction_interval": INTERVAL})
    trained = model.parts.trained[None]
    paths = {"": table["FORECAST"].to_numpy(), **_rivals(trained, max(horizons))}
    truth = np.asarray(values, dtype=np.float64)[known : known + max(horizons)]
    inside = (table["LOWER_BOUND"].to_numpy() <= truth) & (truth <= table["UPPER_BOUND"].to_numpy())
    share = trained.choice.shares.get("prophet", 0.0)
    return [
        _outcome(
            name,
            _step(values),
            trained,
            {key: path[:count] for key, path in paths.items()},
            truth[:count],
            float(inside[:count].mean()),
            share,
        )
        for count in horizons
    ]


def summary(found: Sequence[Outcome]) -> str:
    """Return a line of figures each for our forecast and its rivals; raises ValueError for none."""
    if not found:
        raise ValueError("no stretch was forecast")
    series = by_series(found)
    return "\n".join(
        [
            f"{len(found)} stretches; error by the better of seasonal naive and exponential smoothing in hindsight:",
            *(
                _spread(name, [getattr(item, field) / item.better for item in found])
                for name, field in _METHODS
            ),
            f"{len(series)} series, the stretches of each together; error by the better of the two on that series:",
            *(
                _spread(name, [series_ratio(own, field) for own in series.values()])
                for name, field in _METHODS
            ),
            f"FORECAST: mean scaled error {_mean(item.scaled for item in found):.3f}, error by the mean value "
            f"{_mean(item.relative for item in found):.1%}; interval of 95% held "
            f"{_mean(item.coverage for item in found):.1%}; "
            f"Prophet's share {_mean(item.prophet_share for item in found):.0%}",
        ]
    )


def by_series(found: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Return the outcomes of each series, by its name."""
    series: dict[str, list[Outcome]] = {}
    for item in found:
        series.setdefault(item.series, []).append(item)
    return series


def series_ratio(found: Sequence[Outcome], field: str = "error") -> float:
    """Return the error on all stretches of one series by that of the better of seasonal naive and exponential smoothing
    on them all; each stretch counts in units of its own `change`. `field` names the error of an `Outcome`."""

    def total(name: str) -> float:
        return sum(float(getattr(item, name)) / max(item.change, _TINY) for item in found)

    return total(field) / _better(total("seasonal_naive"), total("exponential_smoothing"))


def _spread(name: str, ratios: Sequence[float]) -> str:
    import numpy as np

    ratio = np.asarray(ratios)
    mean = float(np.exp(np.log(np.maximum(ratio, _TINY)).mean()))
    return (
        f"  {name:32}median {np.median(ratio):.3f}   geometric mean {mean:.3f}   "
        f"above 1.2: {(ratio > 1.2).mean():5.1%}   above 1.5: {(ratio > 1.5).mean():5.1%}   worst {ratio.max():.2f}"
    )


def _rivals(trained: TrainedSeries, count: int) -> "dict[str, NDArray[np.float64]]":
    """Return the path of each simple method and of the plain averages; a method that was fitted is not fitted again."""
    import numpy as np

    steps, none = np.arange(1, count + 1), np.empty((count, 0))
    fitted = dict(zip(trained.choice.weights, trained.choice.fits, strict=False))
    names = ("seasonal_naive", "exponential_smoothing", "prophet")
    paths = {
        name: (fitted.get(name) or CANDIDATES[name](trained.history)).predict(steps, none) for name in names
    }
    both = (paths["seasonal_naive"] + paths["exponential_smoothing"]) / 2
    return {**paths, "average": both, "average_with_prophet": (2 * both + paths["prophet"]) / 3}


def _outcome(
    name: str,
    step: str,
    trained: TrainedSeries,
    paths: "Mapping[str, NDArray[np.float64]]",
    truth: "NDArray[np.float64]",
    coverage: float,
    prophet_share: float,
) -> Outcome:
    import numpy as np

    error = {key: float(np.abs(path - truth).mean()) for key, path in paths.items()}
    better = _better(error["seasonal_naive"], error["exponential_smoothing"])
    change = float(np.abs(methods.seasonal_naive(trained.history).residuals).mean())
    return Outcome(
        series=name,
        half=half_of(name),
        step=step,
        known=len(trained.history.values),
        horizon=len(truth),
        error=error[""],
        seasonal_naive=error["seasonal_naive"],
        exponential_smoothing=error["exponential_smoothing"],
        average=error["average"],
        average_with_prophet=error["average_with_prophet"],
        change=change,
        scaled=error[""] / max(change, _TINY),
        relative=error[""] / max(float(np.abs(truth).mean()), _TINY),
        ratio=error[""] / better,
        coverage=coverage,
        prophet_share=prophet_share,
    )


def _better(seasonal_naive: float, exponential_smoothing: float) -> float:
    return max(min(seasonal_naive, exponential_smoothing), _TINY)


def _horizons(values: "pd.Series[float]") -> tuple[int, ...]:
    return _HORIZONS[_step(values)]


def _step(values: "pd.Series[float]") -> str:
    """The frequency in pandas' spelling, without the day or month that a week, quarter or year is counted from."""
    step = str(getattr(values.index, "freqstr", "")).split("-")[0]
    if step not in _HORIZONS:
        raise BadInput(
            f"a series with the step '{step}' cannot be measured", f"Known steps: {', '.join(_HORIZONS)}."
        )
    return step


def _mean(values: Iterator[float]) -> float:
    import numpy as np

    return float(np.mean(list(values)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.sql_ai evaluate forecast")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument(
        "--series", type=Path, metavar="FOLDER", help="measure the .csv files of a folder instead"
    )
    parser.add_argument("--half", choices=(TUNING, REPORT), help="measure one half of the series only")
    return parser


def _line(item: Outcome) -> str:
    return (
        f"FORECAST       {item.series:26} {item.known:4} known, {item.horizon:2} ahead   MAE {item.error:10.4g}   "
        f"seasonal naive {item.seasonal_naive:10.4g}   smoothing {item.exponential_smoothing:10.4g}   "
        f"ratio {item.ratio:5.2f}   inside {item.coverage:4.0%}   Prophet's share {item.prophet_share:4.0%}\n"
    )
