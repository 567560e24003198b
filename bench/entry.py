"""One measured figure, and how long a piece of work takes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Entry:
    """A figure with the baseline measured in the same run.

    ``ratio`` is value / baseline. ``limit`` bounds the ratio, or the value where there is no ratio or
    ``limit_on`` says so: ``at most`` unless ``higher_is_better``. ``target`` is what was promised where that is
    stricter than what is reached; missing it is told, passing the limit fails.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    how: str
    limit: float | None = None
    higher_is_better: bool = False
    limit_on: Literal["ratio", "value"] = "ratio"
    target: float | None = None

    @property
    def passed(self) -> bool:
        """Whether the figure keeps its limit; a figure without one always does."""
        return self.limit is None or self._keeps(self.limit)

    @property
    def on_target(self) -> bool:
        """Whether the figure keeps its target; a figure without one always does."""
        return self.target is None or self._keeps(self.target)

    def _keeps(self, bound: float) -> bool:
        measured = self.value if self.ratio is None or self.limit_on == "value" else self.ratio
        return measured >= bound if self.higher_is_better else measured <= bound


def against(
    name: str,
    value: float,
    unit: str,
    baseline: float,
    how: str,
    limit: float | None = None,
    *,
    higher_is_better: bool = False,
    target: float | None = None,
) -> Entry:
    """A figure in absolute terms, held against ``limit`` as a value, with the baseline told beside it."""
    ratio = value / baseline
    return Entry(name, value, unit, baseline, ratio, how, limit, higher_is_better, "value", target)


def times_ms(work: Callable[[], Any], repeats: int) -> list[float]:
    """Wall-clock milliseconds of each of so many runs, in the order they were made."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begin))
    return times
