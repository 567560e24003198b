"""Shifts one column of a frame by a chosen amount, so that a viewer sees drift detection fire."""

from typing import TYPE_CHECKING

from core.errors import BadInput
from core.mlops.drift_samples import as_labels, as_numbers, column_kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_MAX_ROWS = 20_000


def shift(
    frame: "pd.DataFrame", column: str, amount: float, *, to: str | None = None, seed: int = 0
) -> "pd.DataFrame":
    """A copy of ``frame`` with ``column`` shifted by ``amount``.

    Numbers grow by that share (0.1 is +10 %, -0.2 is -20 %). Of categories, that share of the rows which
    have another value takes the value ``to`` (the most frequent one when absent); then 0..1 is allowed.
    Raises BadInput for an unknown column, category or an amount out of range.
    """
    if column not in frame.columns:
        raise BadInput(
            f"There is no column '{column}' to shift", f"Choose one of: {', '.join(frame.columns[:8])}."
        )
    shifted = frame.copy()
    if column_kind(frame[column]) == "numeric":
        if not -1.0 <= amount <= 10.0:
            raise BadInput(
                f"A numeric shift of {amount:g} is out of range", "Use -1 (-100 %) to 10 (+1000 %)."
            )
        shifted[column] = as_numbers(frame[column]) * (1.0 + amount)
        return shifted
    shifted[column] = _move_rows(frame[column], amount, to, seed)
    return shifted


def window(frame: "pd.DataFrame", rows: int, *, seed: int = 0) -> "pd.DataFrame":
    """``rows`` rows drawn from ``frame`` with replacement: a batch of customers without drift."""
    import numpy as np

    if not 1 <= rows <= _MAX_ROWS:
        raise BadInput(f"A window of {rows} rows is out of range", f"Use 1 to {_MAX_ROWS}.")
    chosen = np.random.default_rng(seed).integers(0, len(frame), rows)
    return frame.iloc[chosen].reset_index(drop=True)


def _move_rows(column: "pd.Series", amount: float, to: str | None, seed: int) -> "pd.Series":
    if not 0.0 <= amount <= 1.0:
        raise BadInput(f"A share of {amount:g} is out of range", "Categories take a share from 0 to 1.")
    labels = as_labels(column)
    target = to if to is not None else str(labels.mode().iloc[0])
    matching = labels == target
    if not matching.any():
        known = ", ".join(map(str, labels.dropna().unique()[:8]))
        raise BadInput(f"'{target}' is not a value of this column", f"Choose one of: {known}.")
    value = column[matching].iloc[0]  # keeps the column's own type: 1, not "1"
    return column.mask(_chosen(~matching & labels.notna(), amount, seed), value)


def _chosen(eligible: "pd.Series", amount: float, seed: int) -> "np.ndarray":
    """A mask of exactly the rounded share of the eligible rows."""
    import numpy as np

    positions = np.flatnonzero(eligible.to_numpy())
    count = round(amount * len(positions))
    mask = np.zeros(len(eligible), dtype=bool)
    mask[np.random.default_rng(seed).choice(positions, size=count, replace=False)] = True
    return mask
