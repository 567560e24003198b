"""Comparing runs: which way a metric counts, what differs, who is best, and the Pareto front."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_LOWER_IS_BETTER = (
    "brier",
    "log_loss",
    "calibration_error",
    "seconds",
    "_ms",
    "ms_per",
    "size_mb",
    "latency",
)


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of this metric is the better one (errors, times, sizes)."""
    return any(part in metric for part in _LOWER_IS_BETTER)


def ranked(frame: "pd.DataFrame", metric: str) -> "pd.DataFrame":
    """The runs, best first by a metric; runs without it come last."""
    return frame.sort_values(metric, ascending=lower_is_better(metric), na_position="last", kind="stable")


def differing(frame: "pd.DataFrame", columns: Sequence[str]) -> list[str]:
    """The columns in which the rows are not all the same (a missing value counts as a value)."""
    return [column for column in columns if frame[column].astype("string").fillna("").nunique() > 1]


def with_progress(frame: "pd.DataFrame", metric: str, started: str, baseline: float | None) -> "pd.DataFrame":
    """The runs with two more columns: the best value up to then, and the difference to the baseline."""
    in_order = frame.sort_values(started, kind="stable")[metric]
    best = in_order.cummin() if lower_is_better(metric) else in_order.cummax()
    return frame.assign(
        best_so_far=best.reindex(frame.index),
        delta=frame[metric] - baseline if baseline is not None else float("nan"),
    )


def pareto(frame: "pd.DataFrame", first: str, second: str) -> list[int]:
    """Positions of the runs that no other run beats in both metrics, along the first one.

    Equal runs do not beat each other; runs that lack a value are left out.
    """
    costs = []
    for position, (a, b) in enumerate(zip(frame[first], frame[second], strict=True)):
        if a == a and b == b:
            costs.append((_cost(first, a), _cost(second, b), position))
    front: list[tuple[float, float, int]] = []
    best = float("inf")
    for a, b, position in sorted(costs):
        if b < best or any((a, b) == (x, y) for x, y, _ in front):
            front.append((a, b, position))
            best = min(best, b)
    return [position for *_, position in front]


def _cost(metric: str, value: float) -> float:
    return float(value) if lower_is_better(metric) else -float(value)
