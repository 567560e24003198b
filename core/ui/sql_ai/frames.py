"""A result as a data frame with the right column widgets."""

import datetime as dt
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from core.ui.sql_ai.downloads import json_text, unique

if TYPE_CHECKING:
    import pandas as pd

_IDENTIFIER = ("_ID", "_KEY", "_NO", "_NUMBER")  # what these end reads without thousands separators
_MAX_CATEGORIES = 30
_MAX_NUMBERS = 10
_ROWS_WORTH_NUMBERS = 20
_SMALLEST = 0.001  # numbers below it would lose all their digits
_TICKS_OF_A_DAY = dt.time(0, 0)


class Role(StrEnum):
    """What a column can be used for in a table, chart or facet."""

    NUMBER = "number"
    TIME = "time"
    FLAG = "flag"
    TEXT = "text"
    NESTED = "nested"
    EMPTY = "empty"


@dataclass(frozen=True)
class Grid:
    """Columns with unique names, and rows: a result, or what is left of it after facets."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> "Grid":
        """A grid of any result; a moment with an offset is text, as no widget or chart would show its offset."""
        return cls(tuple(unique(columns)), tuple(tuple(map(_with_offset, row)) for row in rows))

    def values(self, column: str) -> list[Any]:
        """The values of one column, top to bottom."""
        index = self.columns.index(column)
        return [row[index] for row in self.rows]

    @cached_property
    def roles(self) -> dict[str, Role]:
        """The role of every column, from its values."""
        return {column: role_of(self.values(column)) for column in self.columns}

    def having(self, role: Role) -> list[str]:
        """The columns with this role."""
        return [column for column, its in self.roles.items() if its is role]

    def categories(self, *also: Role, most: int = _MAX_CATEGORIES) -> list[str]:
        """Text and flag columns (and those of other roles) with 2 to ``most`` values that repeat."""
        roles = {Role.TEXT, Role.FLAG, *also}
        return [
            column for column in self.columns if self.roles[column] in roles and self._groups(column, most)
        ]

    def _groups(self, column: str, most: int) -> bool:
        distinct = len({label_of(value) for value in self.values(column)})
        return 2 <= distinct <= most and distinct < len(self.rows)

    def facets(self) -> list[str]:
        """The columns worth a facet: text, flags, days and small whole numbers with few values that repeat."""
        texts = self.categories(Role.TIME, Role.EMPTY, most=min(_MAX_CATEGORIES, len(self.rows) // 2))
        return texts + [column for column in self.having(Role.NUMBER) if self._is_scale(column)]

    def _is_scale(self, column: str) -> bool:
        whole = all(value is None or isinstance(value, int) for value in self.values(column))
        return whole and len(self.rows) >= _ROWS_WORTH_NUMBERS and self._groups(column, _MAX_NUMBERS)

    def counts(self, column: str) -> dict[str, int]:
        """How often each value of a column occurs, the most frequent first."""
        return dict(Counter(label_of(value) for value in self.values(column)).most_common())

    def where(self, wanted: Mapping[str, Sequence[str]]) -> "Grid":
        """The rows whose value, as `label_of` writes it, is one of those wanted in each named column."""
        indexes = {self.columns.index(column): set(labels) for column, labels in wanted.items() if labels}
        rows = tuple(
            row for row in self.rows if all(label_of(row[i]) in labels for i, labels in indexes.items())
        )
        return Grid(self.columns, rows)


def _with_offset(value: Any) -> Any:
    if not isinstance(value, dt.datetime) or value.tzinfo is None:
        return value
    return f"{value.replace(tzinfo=None).isoformat(' ', 'milliseconds')} {value:%z}"


def label_of(value: Any) -> str:
    """A value as text for legends, facets and axes; NULL, TRUE and FALSE as SQL writes them."""
    if value is None or isinstance(value, bool):
        return {None: "NULL", True: "TRUE", False: "FALSE"}[value]
    if isinstance(value, (dict, list)):
        return json_text(value)
    return str(value).removesuffix(" 00:00:00")


def role_of(values: list[Any]) -> Role:
    """What the values of a column have in common."""
    known = [value for value in values if value is not None]
    if not known:
        return Role.EMPTY
    if all(isinstance(value, bool) for value in known):
        return Role.FLAG
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in known):
        # No widget shows more digits than 64 bits have.
        return Role.NUMBER if not any(isinstance(v, int) and abs(v) >= 2**63 for v in known) else Role.TEXT
    if all(isinstance(value, dt.date) for value in known):
        return Role.TIME
    if any(isinstance(value, (dict, list)) for value in known):
        return Role.NESTED
    return Role.TEXT


def frame_of(grid: Grid) -> "pd.DataFrame":
    """The grid for st.dataframe: nested values as JSON text, the rest typed."""
    import pandas as pd

    data = {}
    for column in grid.columns:
        values: list[Any] = grid.values(column)
        if grid.roles[column] is Role.NESTED:
            values = [None if value is None else json_text(value) for value in values]
        elif grid.roles[column] is Role.TEXT:
            values = [None if value is None else str(value) for value in values]
        data[column] = pd.Series(values, dtype=_dtype(grid.roles[column], values))
    return pd.DataFrame(data)


def column_config(grid: Grid) -> dict[str, Any]:
    """Column widgets by role; names stay as the query gave them."""
    import streamlit as st

    kinds = st.column_config
    made: dict[str, Any] = {}
    for column, role in grid.roles.items():
        if role is Role.NESTED:
            made[column] = kinds.JsonColumn(column, width="large")
        elif role is Role.TIME:
            day = all(is_day(value) for value in grid.values(column))
            made[column] = kinds.DateColumn(column) if day else kinds.DatetimeColumn(column)
        elif role is Role.NUMBER:
            name_of_rows = f"_{column.upper()}".endswith(_IDENTIFIER)
            format_ = None if name_of_rows else _number_format(grid.values(column))
            made[column] = kinds.NumberColumn(column, format=format_)
        elif role is Role.TEXT:
            longest = max(
                (len(str(value)) for value in grid.values(column)[:200] if value is not None), default=0
            )
            made[column] = kinds.TextColumn(column, width="large" if longest > 60 else None)
    return made


def is_day(value: Any) -> bool:
    """Whether a date has no time of day."""
    return not isinstance(value, dt.datetime) or value.time() == _TICKS_OF_A_DAY


def _number_format(values: list[Any]) -> str | None:
    """As many decimals as the column's values need, the same for all: at most 2, and 4 where all are below 1."""
    known = [value for value in values if value is not None]
    if not all(isinstance(value, int) or math.isfinite(value) for value in known):
        return "%.4g"
    largest = max(map(abs, known))
    if 0 < largest < _SMALLEST:
        return "%.4g"
    most = 4 if largest < 1 else 2
    decimals = next(n for n in range(most + 1) if all(round(v, n) == round(v, most) for v in known))
    if decimals:
        return f"%.{decimals}f"
    return None if any(1900 <= value <= 2100 for value in known) else "localized"


def _dtype(role: Role, values: list[Any]) -> str | None:
    if role is Role.NUMBER:
        integers = all(value is None or isinstance(value, int) for value in values)
        return "Int64" if integers else "float64"
    kinds = {Role.FLAG: "boolean", Role.TIME: "datetime64[us]", Role.EMPTY: "object"}
    return kinds.get(role, "object")
