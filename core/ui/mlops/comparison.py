"""Comparing runs: which way a metric counts, what differs, who is best, and the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
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


HOLDOUT = "params.holdout_digest"
_MANY_VALUES = 8


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of this metric is the better one (errors, times, sizes)."""
    return any(part in metric for part in _LOWER_IS_BETTER)


def in_order(frame: "pd.DataFrame", metric: str, order: str) -> "pd.DataFrame":
    """The runs ``best``, ``worst``, ``newest`` or ``oldest`` first, numbered anew; those without the metric last."""
    if order in ("newest", "oldest"):
        return frame.sort_values("start_time", ascending=order == "oldest", kind="stable", ignore_index=True)
    upwards = lower_is_better(metric) == (order == "best")
    return frame.sort_values(metric, ascending=upwards, na_position="last", kind="stable", ignore_index=True)


def differing(frame: "pd.DataFrame", columns: Sequence[str]) -> list[str]:
    """The columns in which the rows are not all the same (a missing value counts as a value)."""
    return [column for column in columns if frame[column].astype("string").fillna("").nunique() > 1]


def with_progress(
    frame: "pd.DataFrame", metric: str, baseline: float | None, holdout: str | None = None
) -> "pd.DataFrame":
    """The runs with two more columns: ``best_so_far`` up to then, and ``delta`` to the baseline.

    Both compare runs on one hold-out only (column params.holdout_digest): scores on other rows say nothing
    about better or worse. Runs on another hold-out than the baseline's have no delta.
    """
    import numpy as np

    values = frame[metric].to_numpy(dtype=float)
    order = frame["start_time"].to_numpy(dtype="datetime64[ns]").argsort(kind="stable")
    scored_on = _scored_on(frame)
    better = np.fmin if lower_is_better(metric) else np.fmax
    best = np.full(len(frame), np.nan)
    for rows_of in np.unique(scored_on):
        rows = order[scored_on[order] == rows_of]
        best[rows] = better.accumulate(values[rows])
    best[np.isnan(values)] = np.nan
    delta = values - (np.nan if baseline is None else baseline)
    if holdout is not None:
        delta[scored_on != holdout] = np.nan
    return frame.assign(best_so_far=best, delta=delta)


def _scored_on(frame: "pd.DataFrame") -> "np.ndarray":
    """The digest of each run's hold-out; "" where there is none."""
    import numpy as np

    if HOLDOUT not in frame.columns:
        return np.full(len(frame), "", dtype=object)
    return frame[HOLDOUT].to_numpy(dtype=object, na_value="")


def holdouts(frame: "pd.DataFrame") -> int:
    """On how many different hold-outs the runs were scored."""
    return int(frame[HOLDOUT].dropna().nunique()) if HOLDOUT in frame.columns else 1


@dataclass(frozen=True)
class Effect:
    """How far one parameter goes with a metric: ``share`` (0 to 1) of the metric's variance over ``runs`` runs.

    ``best`` is the value, or the range of values, with the best mean.
    """

    parameter: str
    share: float
    runs: int
    best: str


def effects(frame: "pd.DataFrame", parameters: Sequence[str], metric: str) -> list[Effect]:
    """Omega squared of each parameter's values for a metric, largest first (Hays, 1963).

    Each parameter is judged on the runs that have it; numbers with many values are cut into quarters.
    Parameters with one value, or with fewer than two runs more than values, are left out. It is a fact
    about these runs, not a cause: parameters that change together share the credit.
    """
    found = [_effect(frame, name, metric) for name in parameters]
    return sorted((effect for effect in found if effect), key=lambda effect: -effect.share)


def _effect(frame: "pd.DataFrame", parameter: str, metric: str) -> Effect | None:
    known = frame[[parameter, metric]].dropna()
    groups = _grouped(known[parameter])
    count, runs = groups.nunique(), len(known)
    if count < 2 or runs < count + 2:
        return None
    scores = known[metric].astype(float)
    total = float(((scores - scores.mean()) ** 2).sum())
    if total <= 0:
        return None
    means = scores.groupby(groups.to_numpy()).transform("mean")
    within = float(((scores - means) ** 2).sum()) / (runs - count)
    share = (total - within * (runs - count) - (count - 1) * within) / (total + within)
    best = scores.groupby(groups.to_numpy()).mean()
    name = str(best.idxmin() if lower_is_better(metric) else best.idxmax())
    return Effect(parameter, min(1.0, max(0.0, share)), runs, name)


def _grouped(values: "pd.Series") -> "pd.Series":
    """The values as groups: themselves, or the quarters of a number with many values."""
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all() and numbers.nunique() > _MANY_VALUES:
        return (
            pd.qcut(numbers, 4, duplicates="drop")
            .map(lambda cut: f"{cut.left:g} to {cut.right:g}")
            .astype(str)
        )
    return values.astype(str)


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
