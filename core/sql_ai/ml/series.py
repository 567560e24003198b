"""Turns a table into regular series: one history per series value, with a fixed step and encoded features."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.columns import plain
from core.sql_ai.ml.frequency import TOO_FEW_TIMESTAMPS, Frequency, infer_frequency, parse_frequency

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MOST_LEVELS = 24  # distinct values of a text feature that get a column each; the rest share none


@dataclass(frozen=True)
class Encoder:
    """How one feature column becomes numbers: scaled by centre and spread, or one column per level."""

    column: str
    levels: tuple[str, ...] = ()
    centre: float = 0.0
    spread: float = 1.0

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the encoded columns."""
        return tuple(f"{self.column}={level}" for level in self.levels) or (self.column,)

    def encode(self, values: "pd.Series[Any]") -> "NDArray[np.float64]":
        """Return (n, number of names) numbers; a missing or unseen value counts as the average or as no level."""
        import numpy as np

        if self.levels:
            text = values.map(_as_text)
            table = np.column_stack([(text == level).to_numpy(dtype=float) for level in self.levels])
            return np.asarray(table, dtype=np.float64)
        numbers = to_numbers(values).fillna(self.centre)
        scaled = (numbers.to_numpy(dtype=float) - self.centre) / self.spread
        return np.asarray(scaled.reshape(-1, 1), dtype=np.float64)


@dataclass(frozen=True)
class History:
    """One regular series: value per step (gaps filled by interpolation) and feature rows of the same length."""

    series: Any
    stamps: "pd.DatetimeIndex"
    values: "NDArray[np.float64]"
    observed: "NDArray[np.bool_]"
    frequency: Frequency
    rows: int
    encoders: tuple[Encoder, ...] = ()
    features: "NDArray[np.float64]" = field(default_factory=lambda: _no_features())

    @property
    def last(self) -> "pd.Timestamp":
        """The last timestamp of the regular grid."""
        return self.stamps[-1]

    def head(self, count: int) -> "History":
        """Return the first `count` steps as a history of their own."""
        rows = int(self.observed[:count].sum())
        return History(
            self.series,
            self.stamps[:count],
            self.values[:count],
            self.observed[:count],
            self.frequency,
            rows,
            self.encoders,
            self.features[:count],
        )


def split_series(frame: "pd.DataFrame", series: str | None) -> list[tuple[Any, "pd.DataFrame"]]:
    """Return (series value, its rows) in order of the value; one pair with None without a series column."""
    if series is None:
        return [(None, frame)]
    groups = frame.dropna(subset=[series]).groupby(series, sort=True)
    return [(plain(value), group) for value, group in groups]


def to_timestamps(values: "pd.Series[Any]", column: str) -> "pd.Series[pd.Timestamp]":
    """Return the column as timestamps without a zone; raises `BadInput` naming the first value that is none."""
    import pandas as pd

    # 'mixed' only where it is text: it reads each value by itself, and does not guess from the first one.
    form = "mixed" if any(isinstance(value, str) for value in values) else None
    parsed = pd.to_datetime(values, errors="coerce", utc=bool(_has_zone(values)), format=form)
    if getattr(parsed.dtype, "tz", None) is not None:
        parsed = parsed.dt.tz_localize(None)
    bad = values[parsed.isna() & values.notna()]
    if len(bad):
        raise BadInput(
            f"column '{column}' holds {bad.iloc[0]!r}, which is not a timestamp",
            "Cast the timestamp column with ::TIMESTAMP_NTZ.",
        )
    return parsed.astype("datetime64[ns]")


def build_history(
    value: Any,
    frame: "pd.DataFrame",
    timestamp: str,
    target: str,
    features: list[str],
    *,
    frequency: str | None = None,
    target_aggregation: str = "mean",
    excluded: "pd.Series[bool] | None" = None,
) -> History:
    """Return the regular history of one series; rows marked in `excluded` keep their place but not their value.

    Raises `BadInput` when fewer than two distinct timestamps or no value at all remain.
    """
    import pandas as pd

    table = pd.DataFrame(
        {"ts": to_timestamps(frame[timestamp], timestamp), "y": to_numbers(frame[target], target)}
    )
    table[[f"x{i}" for i in range(len(features))]] = frame[features].to_numpy(dtype=object)
    if excluded is not None:
        table.loc[excluded.to_numpy(dtype=bool), "y"] = float("nan")
        table["seen"] = table["y"].notna() | excluded.to_numpy(dtype=bool)
    else:
        table["seen"] = table["y"].notna()
    table = table[table["ts"].notna() & table["seen"]].sort_values("ts", kind="stable")
    if table["ts"].nunique() < 2:
        raise BadInput(
            TOO_FEW_TIMESTAMPS, "" if value is None else f"Series '{value}' has {table['ts'].nunique()}."
        )
    return _regular(value, table, features, frequency, target_aggregation)


def _regular(
    value: Any, table: "pd.DataFrame", features: list[str], frequency: str | None, how: str
) -> History:
    import numpy as np
    import pandas as pd

    stamps = pd.DatetimeIndex(table["ts"].unique())
    step = parse_frequency(frequency) if frequency else infer_frequency(stamps)
    grid, place = _placed(stamps, pd.DatetimeIndex(table["ts"]), step)
    by_step = table.groupby(place)
    target = by_step["y"].agg(how).reindex(range(len(grid)))
    if how == "sum":
        target[by_step["y"].count().reindex(range(len(grid))).fillna(0) == 0] = float("nan")
    observed = target.notna().to_numpy()
    if not observed.any():
        raise BadInput(
            "the target has no values to learn from", "Rows labelled as anomalies are left out of training."
        )
    values = np.asarray(target.astype(float).interpolate(limit_direction="both"), dtype=np.float64)
    rows = {
        f"x{i}": by_step[f"x{i}"].last().reindex(range(len(grid))).ffill().bfill()
        for i in range(len(features))
    }
    encoders = tuple(
        encoder
        for i, name in enumerate(features)
        if (encoder := _fit_encoder(name, rows[f"x{i}"])) is not None
    )
    columns = [encoder.encode(rows[f"x{features.index(encoder.column)}"]) for encoder in encoders]
    matrix = np.asarray(np.column_stack(columns) if columns else np.empty((len(grid), 0)), dtype=np.float64)
    return History(value, grid, values, observed, step, len(table), encoders, matrix)


def steps_ahead(history: History, stamps: "pd.DatetimeIndex") -> "NDArray[np.int64]":
    """Return how many steps each timestamp lies after the end of the history (0 or less: not after it)."""
    if not len(stamps):
        return _nearest(history.stamps[:1], stamps)
    beyond = history.frequency.grid(history.last, max(stamps.max(), history.last))
    near = _nearest(beyond, stamps)
    before = stamps <= history.last
    near = near.clip(min=1)
    near[before] = 0
    return near


def _placed(
    stamps: "pd.DatetimeIndex", rows: "pd.DatetimeIndex", step: Frequency
) -> "tuple[pd.DatetimeIndex, NDArray[np.int64]]":
    """Return the regular grid and each row's place on it.

    Rows closer together than the step belong to the step they fall into; otherwise each goes to the nearest one.
    """
    import numpy as np

    gaps = np.diff(stamps.to_numpy().astype("datetime64[ns]").astype("int64")) / 1e9
    if float(np.median(gaps)) > 0.9 * step.seconds:
        grid = step.grid(stamps[0], stamps[-1])
        return grid, _nearest(grid, rows)
    grid = step.grid(step.start(stamps[0]), stamps[-1])
    place = np.asarray(np.searchsorted(grid.to_numpy(), rows.to_numpy(), side="right") - 1, dtype=np.int64)
    return grid[: int(place.max()) + 1], place


def _nearest(grid: "pd.DatetimeIndex", stamps: "pd.DatetimeIndex") -> "NDArray[np.int64]":
    import numpy as np

    points = grid.to_numpy().astype("datetime64[ns]").astype("int64")
    wanted = stamps.to_numpy().astype("datetime64[ns]").astype("int64")
    right = np.searchsorted(points, wanted).clip(0, len(points) - 1)
    left = (right - 1).clip(0)
    closer_left = np.abs(points[left] - wanted) <= np.abs(points[right] - wanted)
    return np.asarray(np.where(closer_left, left, right), dtype=np.int64)


def _fit_encoder(column: str, values: "pd.Series[Any]") -> Encoder | None:
    """Return an encoder, or None for a column that never changes and so cannot explain anything."""
    present = values.dropna()
    if present.map(_as_text).nunique() < 2:
        return None
    if present.map(lambda value: isinstance(value, str)).any():
        levels = present.map(_as_text).value_counts().index[:MOST_LEVELS]
        return Encoder(column, levels=tuple(sorted(levels)))
    numbers = to_numbers(present)
    return Encoder(column, centre=float(numbers.mean()), spread=float(numbers.std(ddof=0)) or 1.0)


def to_numbers(values: "pd.Series[Any]", column: str | None = None) -> "pd.Series[float]":
    """Return the column as floats; with a column name, raises `BadInput` for the first value that is no number."""
    import pandas as pd

    numbers = pd.to_numeric(values.map(plain).astype(object), errors="coerce").astype(float)
    if column is not None:
        bad = values[numbers.isna() & values.map(plain).notna()]
        if len(bad):
            raise BadInput(
                f"column '{column}' holds {bad.iloc[0]!r}, which is not a number",
                "The target of a forecast must be numeric.",
            )
    return numbers


def _as_text(value: Any) -> str:
    plain_value = plain(value)
    return "" if plain_value is None else str(plain_value)


def _has_zone(values: "pd.Series[Any]") -> bool:
    return any(getattr(value, "tzinfo", None) is not None for value in values.head(50))


def _no_features() -> "NDArray[np.float64]":
    import numpy as np

    return np.empty((0, 0))
