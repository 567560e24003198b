"""What the compiler works with: typed pieces of SQLite SQL, and the names they may use."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.collations import Collation, agreed
from core.sql_ai.kinds import SqlType

if TYPE_CHECKING:
    from core.sql_ai.dialect.compilation import Compilation

NOTHING: frozenset[int] = frozenset()
# SQLite reads "true" and "false" as constants even between quotes, the others as the row's id.
_RESERVED = frozenset({"true", "false", "rowid", "oid", "_rowid_"})
DRAWING = "sf_draw_"  # what begins the name of a function in SQLite that gives another value at each call
_SITE = re.compile(r"\b(ai_call|ai_gather)\((\d+),")


@dataclass(frozen=True)
class Piece:
    """A compiled expression: SQLite text, type, and the AI call sites that its value depends on."""

    sql: str
    type: SqlType
    sites: frozenset[int] = NOTHING
    literal: Any = None  # the value of a constant, for units, formats and options

    @property
    def identity(self) -> str:
        """Text that is equal for equal expressions, whatever the numbers of their call sites."""
        return _SITE.sub(r"\1(", _bare(self.sql))


def binary(operator: str, left: Piece, right: Piece, result: SqlType) -> Piece:
    """Two pieces with one of SQLite's operators between them."""
    return Piece(f"({left.sql} {operator} {right.sql})", result, left.sites | right.sites)


def collation_of(pieces: Sequence[Piece]) -> Collation | None:
    """The collation that pieces have together; raises BadInput when theirs differ."""
    return agreed([piece.type.collation for piece in pieces])


def _bare(sql: str) -> str:
    """``sql`` without parentheses around the whole of it."""
    while sql.startswith("(") and sql.endswith(")") and _closes_at_end(sql):
        sql = sql[1:-1]
    return sql


def _closes_at_end(sql: str) -> bool:
    depth, quoted = 0, ""
    for index, char in enumerate(sql):
        if quoted:
            quoted = "" if char == quoted else quoted
        elif char in "'\"":
            quoted = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return index == len(sql) - 1
    return False


def sites_in(sql: str) -> frozenset[int]:
    """The AI call sites that compiled text calls."""
    return frozenset(int(number) for _name, number in _SITE.findall(sql))


@dataclass(frozen=True)
class Column:
    """A column of a relation: its name for the user, its type, and its name in SQLite."""

    name: str
    type: SqlType
    physical: str
    sites: frozenset[int] = NOTHING


@dataclass(frozen=True)
class Relation:
    """A compiled query: SQL text, columns, and the call sites inside."""

    sql: str
    columns: tuple[Column, ...]
    sites: frozenset[int] = NOTHING


def evaluated_once(sql: str) -> str:
    """A query for FROM; its random numbers and sequences are drawn once for each row, however often they are read.

    SQLite puts the text of a column wherever the column is named; a query with OFFSET it leaves as it is.
    """
    return f"SELECT * FROM ({sql}) LIMIT -1 OFFSET 0" if draws(sql) else sql  # noqa: S608 - compiled text


def draws(sql: str) -> bool:
    """Whether compiled text draws a random number or the next one of a sequence."""
    return DRAWING in sql


@dataclass(frozen=True)
class Source:
    """Something in FROM: an alias and the columns it offers, each with the text that reads it."""

    alias: str
    columns: tuple[tuple[str, Piece], ...]
    hidden: frozenset[str] = frozenset()  # USING columns that `*` shows only once
    rowid: str | None = None  # text that reads the row's id, for tables
    sequence: str | None = None  # text of SEQ4(), for GENERATOR

    def find(self, name: str) -> list[Piece]:
        """The columns called ``name``; two of them are ambiguous."""
        return [piece for column, piece in self.columns if column == name]


@dataclass(frozen=True)
class Grouping:
    """The keys of a grouped SELECT, by the identity of their text.

    With ROLLUP and its kin, ``sets`` holds the identities of each grouping and ``number`` reads which one a row is of.
    """

    keys: dict[str, Piece]
    sets: tuple[frozenset[str], ...] = ()
    number: Piece | None = None


@dataclass(frozen=True)
class Stop:
    """A query inside another one that is read only until it has given ``rows``: EXISTS, or LIMIT without a sort."""

    number: int
    rows: int


@dataclass
class Scope:
    """What an expression may name, and where it stands."""

    state: "Compilation"
    parent: "Scope | None" = None
    sources: list[Source] = field(default_factory=list)
    ctes: dict[str, Relation] = field(default_factory=dict)
    merged: dict[str, Piece] = field(default_factory=dict)
    aliases: dict[str, exp.Expression] = field(default_factory=dict)
    open_aliases: frozenset[str] = frozenset()
    aliases_first: bool = False
    outputs: dict[str, Piece] | None = None
    guards: frozenset[int] = NOTHING
    clause: str = "SELECT"
    grouping: Grouping | None = None
    aggregates: bool = False
    windows: bool = False
    titled: bool = False  # the outermost SELECT, whose columns are named as written
    lambdas: dict[str, Piece] = field(default_factory=dict)
    stop: "Stop | None" = None  # set where a row-by-row evaluation ends at the first rows that pass

    def stops(self) -> "tuple[Stop, ...]":
        """The queries around this place that end as soon as they have their rows, innermost first."""
        outer = self.parent.stops() if self.parent else ()
        return (self.stop, *outer) if self.stop and self.stop.rows else outer

    def at(self, **changes: Any) -> "Scope":
        """The same names, seen from another place."""
        return replace(self, **changes)

    def guarded(self, *pieces: Piece) -> "Scope":
        """The scope of what is evaluated only after (and depending on) ``pieces``."""
        sites = frozenset().union(*(piece.sites for piece in pieces))
        return self if sites <= self.guards else replace(self, guards=self.guards | sites)

    def cte(self, name: str) -> Relation | None:
        """The WITH query called ``name`` here or further out."""
        if name in self.ctes:
            return self.ctes[name]
        return self.parent.cte(name) if self.parent else None

    def column(self, name: str, table: str | None) -> tuple[Piece, "Scope"] | None:
        """The column and the scope it belongs to; raises BadInput when it is ambiguous."""
        if table is None and name in self.merged:
            return self.merged[name], self
        found: list[Piece] = []
        for source in self.sources:
            if table is None or source.alias == table:
                found += source.find(name)
        if len(found) > 1:
            raise BadInput(f"The column name {name} is ambiguous", "Write it with its table: alias.column.")
        if found:
            return found[0], self
        return self.parent.column(name, table) if self.parent else None

    def names(self) -> list[str]:
        """Every name in sight, for suggestions."""
        own = [name for source in self.sources for name, _piece in source.columns]
        return own + list(self.aliases) + (self.parent.names() if self.parent else [])


def reads(piece: Piece, scope: Scope) -> bool:
    """Whether the text of a piece names a column of the query that ``scope`` is of, not counting those further out."""
    return any(column.sql in piece.sql for source in scope.sources for _name, column in source.columns)


def expression(node: exp.Expr) -> exp.Expression:
    """``node`` as the class that all concrete nodes have; sqlglot's builders promise less."""
    assert isinstance(node, exp.Expression)
    return node


def quote(name: str) -> str:
    """A name for SQLite."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(value: str) -> str:
    """A string literal for SQLite."""
    return "'" + value.replace("'", "''") + "'"


def unique_names(names: list[str]) -> list[str]:
    """Names that SQLite, which ignores case, can tell apart from each other and from its own words."""
    taken: set[str] = set()
    result = []
    for name in names:
        candidate, number = name or "_", 2
        if candidate.lower() in _RESERVED:
            candidate += "_"
        while candidate.lower() in taken:
            candidate, number = f"{name}_{number}", number + 1
        taken.add(candidate.lower())
        result.append(candidate)
    return result


Handler = Callable[[Any, Scope], Piece]
