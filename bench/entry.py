"""One measured figure."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Entry:
    """A figure with the baseline measured in the same run.

    ``ratio`` is value / baseline. ``limit`` bounds the ratio, or the value where there is no ratio or
    ``limit_on`` says so: ``at most`` unless ``higher_is_better``.
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

    @property
    def passed(self) -> bool:
        """Whether the figure keeps its limit; a figure without one always does."""
        if self.limit is None:
            return True
        measured = self.value if self.ratio is None or self.limit_on == "value" else self.ratio
        return measured >= self.limit if self.higher_is_better else measured <= self.limit


def against(
    name: str, value: float, unit: str, baseline: float, how: str, limit: float | None = None, **options: bool
) -> Entry:
    """A figure in absolute terms, held against ``limit`` as a value, with the baseline told beside it."""
    return Entry(name, value, unit, baseline, value / baseline, how, limit, limit_on="value", **options)
