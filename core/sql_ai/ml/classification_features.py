"""Turns mixed columns into numbers for a classifier: numbers, dates, booleans and words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.sql_ai.ml.columns import plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

MOST_LEVELS = 40  # distinct words of a column that get a column of their own
MOST_FEATURES = 1_000  # Snowflake's limit


@dataclass(frozen=True)
class Column:
    """One input column: 'number' with the value for missing ones, or 'words' with the levels that count."""

    name: str
    kind: str
    middle: float = 0.0
    levels: tuple[str, ...] = ()
    has_missing: bool = False

    @property
    def encoded(self) -> tuple[str, ...]:
        """Names of the numbers this column becomes."""
        names = (
            tuple(f"{self.name}={level}" for level in self.levels) if self.kind == "words" else (self.name,)
        )
        return (*names, f"{self.name} missing") if self.has_missing and self.kind == "number" else names

    def encode(self, values: list[Any]) -> "NDArray[np.float64]":
        """Return (rows, encoded) numbers."""
        import numpy as np

        if self.kind == "words":
            return np.array(
                [[float(_word(value) == level) for level in self.levels] for value in values]
            ).reshape(len(values), len(self.levels))
        numbers = [_number(value) for value in values]
        table = [[self.middle if number is None else number] for number in numbers]
        if self.has_missing:
            table = [[*row, float(number is None)] for row, number in zip(table, numbers, strict=True)]
        return np.array(table, dtype=float)


@dataclass(frozen=True)
class FeatureTable:
    """All columns a model looks at."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all encoded numbers in order."""
        return tuple(name for column in self.columns for name in column.encoded)

    def encode(self, frame: "pd.DataFrame") -> "NDArray[np.float64]":
        """Return (rows, names) numbers for a table that has the columns."""
        return self._stack([frame[column.name].tolist() for column in self.columns], len(frame))

    def encode_records(self, records: list[dict[str, Any]]) -> "NDArray[np.float64]":
        """Return (records, names) numbers; names match without regard to case, absent fields count as missing."""
        lowered = [{str(key).upper(): value for key, value in record.items()} for record in records]
        values = [[record.get(column.name.upper()) for record in lowered] for column in self.columns]
        return self._stack(values, len(records))

    def by_column(self, weights: "NDArray[np.float64]") -> dict[str, float]:
        """Return each input column's share of the weights of its numbers."""
        total = float(weights.sum()) or 1.0
        shares: dict[str, float] = {}
        start = 0
        for column in self.columns:
            width = len(column.encoded)
            shares[column.name] = float(weights[start : start + width].sum()) / total
            start += width
        return shares

    def _stack(self, values: list[list[Any]], rows: int) -> "NDArray[np.float64]":
        import numpy as np

        blocks = [column.encode(cells) for column, cells in zip(self.columns, values, strict=True)]
        return np.hstack(blocks) if blocks else np.empty((rows, 0))


def fit_features(frame: "pd.DataFrame") -> FeatureTable:
    """Decide how each column is read; columns that never change are left out. Raises `BadInput` without columns."""
    if not len(frame.columns):
        raise BadInput("the input data has no column besides the target", "Add columns to learn from.")
    if len(frame.columns) > MOST_FEATURES:
        raise BadInput(
            f"the input data has {len(frame.columns)} feature columns; {MOST_FEATURES} is the limit"
        )
    columns = [_column(str(name), frame[name].tolist()) for name in frame.columns]
    return FeatureTable(tuple(column for column in columns if column is not None))


def _column(name: str, values: list[Any]) -> Column | None:
    from statistics import median

    present = [value for value in map(plain, values) if value is not None]
    missing = len(present) < len(values)
    if len({str(value) for value in present}) < 2 and not (present and missing):
        return None
    numbers = [_number(value) for value in present]
    if all(number is not None for number in numbers) and not any(isinstance(value, str) for value in present):
        return Column(
            name, "number", middle=median([n for n in numbers if n is not None]), has_missing=missing
        )
    counts: dict[str, int] = {}
    for value in present:
        counts[_word(value)] = counts.get(_word(value), 0) + 1
    common = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_LEVELS]
    return Column(name, "words", levels=tuple(sorted(common)))


def _number(value: Any) -> float | None:
    """Return a number, a boolean as 0 or 1, a date as days since 1970; None for anything else."""
    import datetime as dt

    known = plain(value)
    if isinstance(known, dt.datetime):
        return known.replace(tzinfo=dt.UTC).timestamp() / 86_400
    if isinstance(known, dt.date):
        return float(known.toordinal() - dt.date(1970, 1, 1).toordinal())
    try:
        return None if known is None or isinstance(known, str) else float(known)
    except (TypeError, ValueError):
        return None


def _word(value: Any) -> str:
    known = plain(value)
    return "" if known is None else str(known)
