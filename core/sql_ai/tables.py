"""The tables and views of a session."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai import kinds
from core.sql_ai.comments import Comments
from core.sql_ai.dialect.compilation import Table, View, unknown
from core.sql_ai.dialect.pieces import Column, quote, unique_names
from core.sql_ai.kinds import SqlType
from core.sql_ai.sandbox import Sandbox
from core.sql_ai.values import dumps, from_python
from core.sql_ai.zoned import zoned_text

if TYPE_CHECKING:
    import pandas as pd

    from core.sql_ai.sequences import Sequence as Counter

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class TableInfo:
    """A table or view for the schema browser; ``row_count`` is None for views."""

    name: str
    kind: str
    columns: list[tuple[str, str]]
    row_count: int | None
    sample: list[tuple[Any, ...]]


class Tables:
    """Names, columns and storage of tables and views."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._known: dict[str, Table | View] = {}
        self._views: dict[str, tuple[Column, ...]] = {}
        self._created: dict[str, datetime] = {}
        self._temporary: list[Table] = []
        self._number = 0
        self.comments = Comments(sandbox.limits.max_value_bytes)

    def find(self, name: str) -> Table | View | None:
        """The table or view called ``name``."""
        return self._known.get(name)

    def table(self, name: str) -> Table:
        """The table called ``name``; raises BadInput when there is none or it is a view."""
        found = self._known.get(name)
        if found is None:
            raise unknown("Table", name, self.names())
        if isinstance(found, View):
            raise BadInput(f"{name} is a view; only tables can be changed", "Change the tables it reads.")
        return found

    def view(self, name: str) -> View:
        """The view called ``name``; raises BadInput when there is none."""
        found = self._known.get(name)
        if not isinstance(found, View):
            views = [one for one in self.names() if isinstance(self._known[one], View)]
            raise unknown("View", name, views)
        return found

    def names(self) -> list[str]:
        """Names in alphabetical order."""
        return sorted(self._known)

    def created(self, name: str) -> datetime | None:
        """When the table or view was made, in UTC."""
        return self._created.get(name)

    def columns_of(self, name: str) -> tuple[Column, ...]:
        """The columns of a table, or those a view had when it was created."""
        found = self._known.get(name)
        return found.columns if isinstance(found, Table) else self._views.get(name, ())

    def create(
        self,
        name: str,
        columns: Sequence[tuple[str, SqlType]],
        defaults: Mapping[str, exp.Expression] | None = None,
        required: frozenset[str] = frozenset(),
        counters: "Mapping[str, Counter] | None" = None,
    ) -> Table:
        """Make an empty table, not yet known by its name (see ``publish``)."""
        titles = [title for title, _type in columns]
        if len(set(titles)) != len(titles):
            twice = next(title for title in titles if titles.count(title) > 1)
            raise BadInput(
                f"Duplicate column name {twice}", "Give each column its own name: expression AS name."
            )
        self._check_room()
        physical = self._physical(name)
        names = unique_names(titles)
        shown = tuple(
            Column(title, _of_column(kind), alias)
            for (title, kind), alias in zip(columns, names, strict=True)
        )
        with self._sandbox.writing():
            self._sandbox.run(
                f"CREATE TABLE {quote(physical)} ({', '.join(quote(alias) for alias in names)})"
            )
        return Table(name, physical, shown, defaults or {}, required, counters or {})

    def publish(self, table: Table, created: datetime | None = None) -> None:
        """Give a table its name; the one that had it is dropped, and an open transaction is committed.

        ``created`` is when a table that is only changed was made, in UTC.
        """
        self._sandbox.commit()
        self.drop(table.name, missing_ok=True, comments=created is None)
        self._known[table.name] = table
        self._created[table.name] = created or datetime.now(UTC).replace(tzinfo=None)

    def replace(self, table: Table) -> None:
        """Exchange what is known about a table for ``table`` (renamed or added columns)."""
        self._sandbox.commit()
        self._known[table.name] = table

    def create_view(self, view: View, columns: tuple[Column, ...]) -> None:
        """Make or replace a view."""
        self._sandbox.commit()
        self.drop(view.name, missing_ok=True)
        self._check_room()
        self._known[view.name] = view
        self._views[view.name] = columns
        self._created[view.name] = datetime.now(UTC).replace(tzinfo=None)

    def rename(self, old: str, new: str) -> None:
        """Give a table or a view another name."""
        self._sandbox.commit()
        if new in self._known:
            raise BadInput(f"{new} already exists", "Choose another name.")
        self._known[new] = replace(self._known.pop(old), name=new)
        self._created[new] = self._created.pop(old)
        self.comments.move({old: new})
        if old in self._views:
            self._views[new] = self._views.pop(old)

    def swap(self, one: str, other: str) -> None:
        """Exchange the names of two tables."""
        self._sandbox.commit()
        first, second = self.table(one), self.table(other)
        self._known |= {other: replace(first, name=other), one: replace(second, name=one)}
        self._created[one], self._created[other] = self._created[other], self._created[one]
        self.comments.move({one: other, other: one})

    def drop(self, name: str, missing_ok: bool = False, comments: bool = True) -> None:
        """Remove a table or view; as in Snowflake, a change of the schema commits an open transaction.

        ``comments`` says whether the comments on it go too.
        """
        self._sandbox.commit()
        found = self._known.pop(name, None)
        if found is None and not missing_ok:
            raise unknown("Table or view", name, self.names())
        self._views.pop(name, None)
        self._created.pop(name, None)
        if comments:
            self.comments.drop(name)
        if isinstance(found, Table):
            self.discard(found)

    def discard(self, table: Table) -> None:
        """Free the storage of a table."""
        with self._sandbox.writing():
            self._sandbox.run(f"DROP TABLE IF EXISTS {quote(table.physical)}")

    def load(self, name: str, frame: "pd.DataFrame") -> None:
        """Make a table from a DataFrame."""
        self.check_length(len(frame))
        if not len(frame.columns):
            raise BadInput("The table has no columns", "Load a file with a header.")
        columns = frame_columns(frame)
        kinds_in_order = [kind for _title, kind in columns]
        # All at once, each cell would be an object of its own.
        starts = range(0, len(frame), _ROWS_AT_ONCE)
        self.make(
            name, columns, (frame_rows(frame.iloc[at : at + _ROWS_AT_ONCE], kinds_in_order) for at in starts)
        )

    def check_length(self, rows: int) -> None:
        """Raise LimitReached for more rows than a table may be loaded with."""
        limit = self._sandbox.limits.max_table_rows
        if rows > limit:
            raise LimitReached(
                f"{rows:,} rows are more than the limit max_table_rows = {limit:,}", "Load a part of them."
            )

    def make(
        self, name: str, columns: Sequence[tuple[str, SqlType]], pieces: Iterable[Sequence[tuple[Any, ...]]]
    ) -> None:
        """Make a table of these titles and types, and put rows of SQLite values into it piece by piece."""
        titles = unique_names([title for title, _type in columns])
        table = self.create(name, [(title, kind) for title, (_t, kind) in zip(titles, columns, strict=True)])
        for rows in pieces:
            self.fill(table, rows)
        self.publish(table)

    def fill(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put rows of SQLite values into a table."""
        marks = ", ".join("?" for _column in table.columns)
        with self._sandbox.writing():
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                self._sandbox.run_many(
                    f"INSERT INTO {quote(table.physical)} VALUES ({marks})",
                    rows[start : start + _ROWS_AT_ONCE],
                )

    def temporary(self, columns: list[str], types: list[SqlType], rows: list[tuple[Any, ...]]) -> Table:
        """A table that lasts for the running statement, from typed Python rows."""
        names = unique_names(columns)
        table = self.create("scan", list(zip(names, types, strict=True)))
        table = replace(
            table,
            columns=tuple(replace(c, name=title) for c, title in zip(table.columns, columns, strict=True)),
        )
        self.fill(
            table, [tuple(_stored(item, kind) for item, kind in zip(row, types, strict=True)) for row in rows]
        )
        self._temporary.append(table)
        return table

    def drop_temporary(self) -> None:
        """Free what ``temporary`` made."""
        while self._temporary:
            self.discard(self._temporary.pop())

    def check_rows(self, table: Table) -> None:
        """Raise LimitReached when a table has become too long."""
        limit = self._sandbox.limits.max_table_rows
        count = self._sandbox.run(f"SELECT COUNT(*) FROM {quote(table.physical)}").fetchone()[0]
        if count > limit:
            raise LimitReached(
                f"{table.name} would exceed the limit max_table_rows = {limit:,}", "Insert fewer rows."
            )

    def _physical(self, name: str) -> str:
        self._number += 1
        return f"{name[:60]}#{self._number}"

    def _check_room(self) -> None:
        limit = self._sandbox.limits.max_tables
        if len(self._known) >= limit:
            raise LimitReached(
                f"The session reached the limit max_tables = {limit}", "Drop some, or reset the sandbox."
            )


def _of_column(kind: SqlType) -> SqlType:
    """The type as a column has it: its collation gives way to one that COLLATE names in a query."""
    if kind.collation is None:
        return kind
    return replace(kind, collation=replace(kind.collation, explicit=False))


def frame_columns(frame: "pd.DataFrame") -> list[tuple[str, SqlType]]:
    """Title and SQL type of each column."""
    return [(str(title).upper(), column_type(frame[title])) for title in frame.columns]


def frame_rows(frame: "pd.DataFrame", types: Sequence[SqlType]) -> list[tuple[Any, ...]]:
    """The rows as SQLite values of these types."""
    cells = [[_stored(item, kind) for item in frame.iloc[:, i].tolist()] for i, kind in enumerate(types)]
    return list(zip(*cells, strict=True))


def column_type(column: "pd.Series[Any]") -> SqlType:
    """The SQL type for a pandas column, by its dtype or by the values of an object column."""
    from pandas.api import types as dtypes

    if dtypes.is_bool_dtype(column.dtype):
        return kinds.BOOLEAN
    if dtypes.is_integer_dtype(column.dtype):
        return kinds.INTEGER
    if dtypes.is_float_dtype(column.dtype):
        return kinds.FLOAT
    if dtypes.is_datetime64_any_dtype(column.dtype):
        return kinds.TIMESTAMP
    return _value_type([item for item in column.tolist() if item is not None and item == item])


def _value_type(items: list[Any]) -> SqlType:
    found = {type(item) for item in items}
    if not found:
        return kinds.VARCHAR
    for types, kind in (
        ((bool,), kinds.BOOLEAN), ((int,), kinds.INTEGER), ((int, float, Decimal), kinds.FLOAT),
        ((dict,), kinds.OBJECT),
        ((list,), kinds.ARRAY), ((dict, list), kinds.VARIANT),
    ):  # fmt: skip
        if found <= set(types):
            return kind
    if all(issubclass(kind, datetime) for kind in found):
        return kinds.TIMESTAMP
    if all(issubclass(kind, date) for kind in found):
        return kinds.DATE
    return kinds.VARCHAR


def _stored(value: Any, kind: SqlType) -> Any:
    if value is None or (isinstance(value, float) and value != value):
        return None
    if kind.kind in kinds.JSON_KINDS:
        return dumps(value)
    if kind.kind is kinds.Kind.ZONED and isinstance(value, datetime):
        return zoned_text(value)
    plain = from_python(value)
    if kind.kind is kinds.Kind.VARCHAR and not isinstance(plain, str) and plain is not None:
        return str(value)
    if kind.kind is kinds.Kind.TIMESTAMP and isinstance(plain, str) and len(plain) == 10:
        return plain + " 00:00:00"
    return plain
