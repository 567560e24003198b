"""Data quality of a frame against the reference: columns, types, missing values, ranges, categories."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.config_serving import DriftSettings
from core.mlops.drift_samples import as_labels, as_numbers, by_distinct_value, column_kind, unusable

if TYPE_CHECKING:
    import pandas as pd

Problem = Literal[
    "missing column", "extra column", "wrong type", "missing values", "out of range", "new category"
]
Severity = Literal["info", "alert"]

_SHARE_LIMIT = 0.01  # up to here unreadable, out-of-range or new values are told, above it they are an alert
_EXAMPLES = 3
_MAX_LENGTH = 40


@dataclass(frozen=True)
class QualityIssue:
    """One problem of one column; ``share`` is the part of the current rows that has it."""

    column: str
    problem: Problem
    severity: Severity
    share: float
    why: str


def check_quality(
    reference: "pd.DataFrame", current: "pd.DataFrame", limits: DriftSettings
) -> Iterator[QualityIssue]:
    """Every problem found, in the order of the reference's columns."""
    for name in map(str, reference.columns):
        if name not in current.columns:
            yield QualityIssue(
                name, "missing column", "alert", 1.0, "the current data does not have this column"
            )
        elif len(current):
            yield from _check_column(name, reference[name], current[name], limits)
    for name in map(str, current.columns):
        if name not in reference.columns:
            yield QualityIssue(name, "extra column", "info", 1.0, "the reference does not have this column")


def _check_column(
    name: str, reference: "pd.Series", current: "pd.Series", limits: DriftSettings
) -> Iterator[QualityIssue]:
    yield from _missing_values(name, reference, current, limits)
    if column_kind(reference) == "numeric":
        yield from _numbers(name, reference, current)
    elif not unusable(reference):
        yield from _categories(name, reference, current)


def _missing_values(
    name: str, reference: "pd.Series", current: "pd.Series", limits: DriftSettings
) -> Iterator[QualityIssue]:
    before, now = float(_blank(reference).mean()), float(_blank(current).mean())
    if now > before + 1e-12 and now - before > 1.0 / len(current):
        severity: Severity = "alert" if now - before >= limits.null_rate_jump else "info"
        yield QualityIssue(
            name, "missing values", severity, now, f"{now:.1%} missing, {before:.1%} in the reference"
        )


def _numbers(name: str, reference: "pd.Series", current: "pd.Series") -> Iterator[QualityIssue]:
    numbers = as_numbers(current)
    unreadable = numbers.isna() & ~_blank(current)
    if unreadable.any():
        examples = _quote(current[unreadable])
        yield _issue(name, "wrong type", float(unreadable.mean()), f"not a number: {examples}")
    known = as_numbers(reference)
    low, high = float(known.min()), float(known.max())
    outside = (numbers < low) | (numbers > high)
    if outside.any():
        seen = f"{float(numbers.min()):g} to {float(numbers.max()):g}"
        yield _issue(
            name, "out of range", float(outside.mean()), f"{seen}; the reference has {low:g} to {high:g}"
        )


def _categories(name: str, reference: "pd.Series", current: "pd.Series") -> Iterator[QualityIssue]:
    known = set(as_labels(reference).dropna())
    labels = as_labels(current)
    new = labels.notna() & ~labels.isin(known) & ~_blank(current)
    if new.any():
        yield _issue(
            name, "new category", float(new.mean()), f"never seen in the reference: {_quote(labels[new])}"
        )


def _issue(name: str, problem: Problem, share: float, why: str) -> QualityIssue:
    return QualityIssue(name, problem, "alert" if share > _SHARE_LIMIT else "info", share, why)


def _blank(column: "pd.Series") -> "pd.Series":
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column):
        return column.isna()
    empty_text = by_distinct_value(column, lambda value: isinstance(value, str) and not value.strip())
    return column.isna() | empty_text.eq(True)


def _quote(values: "pd.Series") -> str:
    distinct = list(dict.fromkeys(map(str, values)))
    shown = ", ".join(f"'{text[:_MAX_LENGTH]}'" for text in distinct[:_EXAMPLES])
    return shown + (f" and {len(distinct) - _EXAMPLES} more" if len(distinct) > _EXAMPLES else "")
