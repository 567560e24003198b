"""One measured figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A figure with the baseline measured in the same run.

    ``ratio`` is value / baseline. ``limit`` bounds the ratio (or the value where there is no baseline):
    ``at_most`` unless ``higher_is_better``.
    """

    name: str
    value: float
    unit: str
    baseline: float | None
    ratio: float | None
    how: str
    limit: float | None = None
    higher_is_better: bool = False

    @property
    def passed(self) -> bool:
        """Whether the figure keeps its limit; a figure without one always does."""
        if self.limit is None:
            return True
        measured = self.value if self.ratio is None else self.ratio
        return measured >= self.limit if self.higher_is_better else measured <= self.limit
