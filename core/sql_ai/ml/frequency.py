"""The time step of a series: inferred from its timestamps or given as '1 day', and the seasons that go with it."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

TOO_FEW_TIMESTAMPS = "At least two unique timestamps are required."
LONGEST_GRID = 200_000  # steps between the first and last timestamp

_DAY = 86_400.0
_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": _DAY, "week": 7 * _DAY}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MONTH_DAYS = 30.4369
# Season length in steps, by steps of so many seconds; the first one is the season the rivals of Prophet use.
_SEASONS = (
    (3600.0, 24),
    (1800.0, 48),
    (900.0, 96),
    (_DAY, 7),
    (7 * _DAY, 52),
    (2 * 3600.0, 12),
    (4 * 3600.0, 6),
    (6 * 3600.0, 4),
    (8 * 3600.0, 3),
    (12 * 3600.0, 14),
)


@dataclass(frozen=True)
class Frequency:
    """One step of time. `months` is set for calendar steps, `business` for steps that skip week-ends."""

    seconds: float
    months: int = 0
    month_end: bool = False
    business: bool = False

    @property
    def offset(self) -> Any:
        """The step as a pandas offset that can be multiplied and added to a timestamp."""
        import pandas as pd

        if self.months and self.month_end:
            return pd.offsets.MonthEnd(self.months)
        if self.months:
            return pd.DateOffset(months=self.months)
        return pd.offsets.BDay() if self.business else pd.Timedelta(seconds=self.seconds)

    @property
    def season(self) -> int:
        """Steps in the shortest natural season, 1 when there is none."""
        if self.months:
            return 12 // self.months if self.months in (1, 2, 3, 4, 6) else 1
        if self.business:
            return 5
        return next(
            (length for seconds, length in _SEASONS if abs(self.seconds - seconds) < 0.02 * seconds), 1
        )

    def after(self, start: "pd.Timestamp", count: int) -> "pd.DatetimeIndex":
        """Return the `count` timestamps that follow `start`."""
        import pandas as pd

        try:
            return pd.DatetimeIndex([start + self.offset * step for step in range(1, count + 1)])
        except (pd.errors.OutOfBoundsDatetime, OverflowError) as error:
            raise BadInput(
                f"{count} steps after {start} go beyond the year 2262", "Ask for fewer periods."
            ) from error

    def start(self, stamp: "pd.Timestamp") -> "pd.Timestamp":
        """Return the beginning of the month, day, hour or minute a timestamp lies in, by the size of the step."""
        if self.months:
            return stamp.normalize().replace(day=1)
        unit = next(
            (unit for size, unit in ((_DAY, "D"), (3_600, "h"), (60, "min")) if self.seconds >= size), "s"
        )
        return stamp.floor(unit)

    def grid(self, first: "pd.Timestamp", last: "pd.Timestamp") -> "pd.DatetimeIndex":
        """Return all steps from `first` up to at least `last`."""
        import pandas as pd

        # Plain datetimes: a pandas Timedelta ends at 292 years.
        seconds = (last.to_pydatetime() - first.to_pydatetime()).total_seconds()
        steps = round(seconds / (self.months * _MONTH_DAYS * _DAY if self.months else self.seconds))
        if self.business:
            steps = len(pd.bdate_range(first, last)) - 1
        if steps > LONGEST_GRID:
            raise BadInput(
                f"the timestamps span {steps} steps; {LONGEST_GRID} is the limit",
                "Aggregate the data, or give a longer 'frequency' in CONFIG_OBJECT.",
            )
        return pd.DatetimeIndex([first, *self.after(first, steps)])


def parse_frequency(text: str) -> Frequency:
    """Read '1 day', '2 hours' or '3 months'; raises `BadInput` for anything else."""
    match = re.fullmatch(r"\s*(\d+)?\s*([a-z]+?)s?\s*", str(text).lower())
    amount, unit = (int(match.group(1) or 1), match.group(2)) if match else (0, "")
    if amount and unit in _UNITS:
        return Frequency(amount * _UNITS[unit])
    if amount and unit in _MONTHS:
        months = amount * _MONTHS[unit]
        return Frequency(months * _MONTH_DAYS * _DAY, months=months)
    raise BadInput(
        f"frequency '{text}' cannot be read",
        "Write a number and a unit: '1 day'.",
    )


def infer_frequency(stamps: "pd.DatetimeIndex") -> Frequency:
    """Infer the step from sorted distinct timestamps; raises `BadInput` when there are fewer than two."""
    import numpy as np
    import pandas as pd

    if len(stamps) < 2:
        raise BadInput(TOO_FEW_TIMESTAMPS)
    gaps = np.diff(stamps.to_numpy().astype("datetime64[ns]").astype("int64")) / 1e9
    median = float(np.median(gaps))
    for months, low, high in (
        (1, 27.5, 31.5),
        (2, 58.5, 62.5),
        (3, 89.5, 92.5),
        (6, 180.5, 184.5),
        (12, 364.5, 366.5),
    ):
        if low * _DAY <= median <= high * _DAY and (stamps.day.nunique() <= 2 or stamps.is_month_end.all()):
            ends = bool(stamps.is_month_end.all())
            return Frequency(median, months=months, month_end=ends and bool((stamps.day > 27).all()))
    weekdays_only = len(stamps) >= 10 and bool((stamps.day_of_week < 5).all())
    if weekdays_only and abs(median - _DAY) < 1 and stamps.equals(pd.DatetimeIndex(stamps.normalize())):
        return Frequency(median, business=True)
    return Frequency(median)
