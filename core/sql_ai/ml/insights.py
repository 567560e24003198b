"""SNOWFLAKE.ML.TOP_INSIGHTS: which segments drove the change of a metric between a control and a test group."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.columns import find_column, options, plain
from core.sql_ai.ml.series import to_numbers

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

COLUMNS = (
    "CONTRIBUTOR",
    "METRIC_CONTROL",
    "METRIC_TEST",
    "CONTRIBUTION",
    "RELATIVE_CONTRIBUTION",
    "GROWTH_RATE",
)
OVERALL = ["Overall"]
BINS = 4  # of a numeric dimension with more distinct values than this
MOST_LEVELS = 30  # of a categorical dimension; rarer values appear only as part of negations
MOST_ROWS = 200
_MOST_PAIRED = 60  # conditions that are combined in pairs, the largest contributions first


@dataclass(frozen=True)
class Condition:
    """One condition of a segment, such as 'COUNTRY = usa' or 'not VERTICAL = auto'."""

    text: str
    column: str
    mask: "NDArray[np.bool_]"


def get_drivers(
    frame: "pd.DataFrame", label: str, metric: str, config: Mapping[str, Any] | None = None
) -> "pd.DataFrame":
    """Return segments with their metric in both groups, largest contribution first; the first row is ["Overall"].

    Label FALSE marks the control, TRUE the test rows; the metric is summed. CONTRIBUTION is the segment's difference
    between test and control, RELATIVE_CONTRIBUTION its share of the overall difference, GROWTH_RATE the difference
    relative to the segment's control. Raises `BadInput` for missing columns or a group without rows.
    """
    import numpy as np

    options(config, ("max_rows",))
    mark, value = find_column(frame, label, "label"), find_column(frame, metric, "metric")
    known = frame[frame[mark].map(plain).notna()].reset_index(drop=True)
    test = known[mark].map(_truth).to_numpy(dtype=bool)
    if not len(known) or test.all() or not test.any():
        raise BadInput(
            f"the label column '{label}' marks no {'control' if len(known) and test.all() else 'test'} rows",
            "TRUE marks the rows to explain, FALSE the rows they are compared with.",
        )
    amounts = np.asarray(to_numbers(known[value], value).fillna(0.0), dtype=np.float64)
    conditions = [
        condition
        for name in known.columns
        if name not in (mark, value)
        for condition in _conditions(str(name), known[name])
    ]
    return _table(_segments(conditions, amounts), test, amounts)


def _truth(value: Any) -> bool:
    known = plain(value)
    if isinstance(known, bool | int | float) and known in (0, 1):
        return bool(known)
    if str(known).lower() in ("true", "false"):
        return str(known).lower() == "true"
    raise BadInput(
        f"the label column holds {known!r}", "The label must be TRUE for test and FALSE for control rows."
    )


def _conditions(name: str, values: "pd.Series[Any]") -> list[Condition]:
    present = values.map(plain)
    numeric = [value for value in present if value is not None]
    are_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in numeric)
    if are_numbers and len(set(numeric)) > BINS:
        return _binned(name, present)
    return _by_level(name, present)


def _by_level(name: str, values: "pd.Series[Any]") -> list[Condition]:
    text = values.map(lambda value: "NULL" if value is None else str(value))
    levels = list(text.value_counts().index[:MOST_LEVELS])
    if len(levels) < 2:
        return []
    equal = [Condition(f"{name} = {level}", name, (text == level).to_numpy()) for level in levels]
    if len(levels) == 2:
        return equal
    return equal + [Condition(f"not {condition.text}", name, ~condition.mask) for condition in equal]


def _binned(name: str, values: "pd.Series[Any]") -> list[Condition]:
    """Cut a number into quarters: 'AGE <= 23.0', '23.0 < AGE <= 40.0', 'AGE > 61.0'."""
    import numpy as np

    numbers = values.map(lambda value: float("nan") if value is None else float(value)).to_numpy(dtype=float)
    edges = list(dict.fromkeys(np.nanquantile(numbers, np.linspace(0, 1, BINS + 1)[1:-1]).tolist()))
    conditions = []
    for low, high in zip([None, *edges], [*edges, None], strict=True):
        mask = np.ones(len(numbers), dtype=bool)
        mask &= np.isfinite(numbers) if low is None else numbers > low
        mask &= np.isfinite(numbers) if high is None else numbers <= high
        text = (
            f"{name} <= {high}"
            if low is None
            else f"{name} > {low}"
            if high is None
            else f"{low} < {name} <= {high}"
        )
        if mask.any() and not mask.all():
            conditions.append(Condition(text, name, mask))
    return conditions


def _segments(
    conditions: list[Condition], amounts: "NDArray[np.float64]"
) -> list[tuple[list[str], "NDArray[np.bool_]"]]:
    """Return single conditions and pairs of different columns; of segments with the same rows the simplest stays."""
    import numpy as np

    seen: set[bytes] = {np.ones(len(amounts), dtype=bool).tobytes()}
    found: list[tuple[list[str], NDArray[np.bool_]]] = []
    ranked = sorted(
        conditions,
        key=lambda condition: (
            condition.text.startswith("not "),
            -float(np.abs(amounts[condition.mask]).sum()),
        ),
    )
    pairs = [
        (first, second)
        for first, second in combinations(ranked[:_MOST_PAIRED], 2)
        if first.column != second.column
    ]
    for parts in [(condition,) for condition in ranked] + pairs:
        mask = np.logical_and.reduce([condition.mask for condition in parts])
        if mask.any() and mask.tobytes() not in seen:
            seen.add(mask.tobytes())
            found.append(([condition.text for condition in parts], mask))
    return found


def _table(
    segments: list[tuple[list[str], "NDArray[np.bool_]"]],
    test: "NDArray[np.bool_]",
    amounts: "NDArray[np.float64]",
) -> "pd.DataFrame":
    import numpy as np
    import pandas as pd

    everything = np.ones(len(amounts), dtype=bool)
    overall = _measured(OVERALL, everything, test, amounts, None)
    rows = [_measured(names, mask, test, amounts, overall[3]) for names, mask in segments]
    rows.sort(key=lambda row: (-row[3], len(row[0]), row[0]))
    return pd.DataFrame([overall, *_both_ends(rows)], columns=list(COLUMNS))


def _both_ends(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Keep the largest rises and the largest falls when there are too many."""
    return rows if len(rows) <= MOST_ROWS else rows[: MOST_ROWS // 2] + rows[-MOST_ROWS // 2 :]


def _measured(
    names: list[str],
    mask: "NDArray[np.bool_]",
    test: "NDArray[np.bool_]",
    amounts: "NDArray[np.float64]",
    overall: float | None,
) -> tuple[Any, ...]:
    control, tested = float(amounts[mask & ~test].sum()), float(amounts[mask & test].sum())
    change = tested - control
    whole = change if overall is None else overall
    relative = change / whole if whole else (1.0 if overall is None else 0.0)
    growth = change / abs(control) if control else None
    return list(names), control, tested, change, relative, growth
