"""The state of compiling one statement, and the way from a module of the compiler to the others."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlglot import exp

from core.errors import BadInput, LimitReached, NotAvailable
from core.sql_ai.collations import Collation
from core.sql_ai.dialect.pieces import Column, Piece, Relation, Scope, Source, Stop
from core.sql_ai.kinds import SqlType

if TYPE_CHECKING:
    from core.sql_ai.dialect.routines import Routine
    from core.sql_ai.sequences import Sequence


T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """A table of the session; ``physical`` is its name in SQLite."""

    name: str
    physical: str
    columns: tuple[Column, ...]
    defaults: Mapping[str, exp.Expression] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    counters: Mapping[str, "Sequence"] = field(default_factory=dict)  # of AUTOINCREMENT columns
    durability: str = "TABLE"  # or TEMPORARY, TRANSIENT: shown only, all end with the session
    primary: frozenset[str] = frozenset()  # columns of PRIMARY KEY and of UNIQUE, which nobody enforces
    unique: frozenset[str] = frozenset()

    def place(self, name: str) -> int:
        """Where the column called ``name`` stands, from 0; raises BadInput when there is none."""
        names = [column.name for column in self.columns]
        if name not in names:
            raise unknown("Column", name, names)
        return names.index(name)


@dataclass(frozen=True)
class View:
    """A view: the query it stands for, compiled anew wherever it is used."""

    name: str
    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """One AI call in the statement.

    ``parameters`` names the compiled arguments in order, ``types`` says how to read them. The call waits
    for ``guards``: sites whose answers decide whether it runs at all, or make up its arguments.
    """

    number: int
    function: str
    parameters: tuple[str, ...]
    types: tuple[SqlType, ...]
    guards: frozenset[int]
    clause: str
    text: str
    model: str | None = None  # for m!PREDICT
    stops: tuple[Stop, ...] = ()  # queries around the call that may end before they reach it


class Catalogue(Protocol):
    """What the compiler asks the session."""

    variables: dict[str, Any]
    parameters: dict[str, Any]
    now: datetime

    def relation(self, name: str) -> Table | View | None:
        """The table or view called ``name``."""

    def names(self) -> list[str]:
        """Names of all tables and views."""

    def table_function(self, node: exp.Expression, scope: Scope) -> Table:
        """The rows of ``TABLE(m!X(..))`` or ``TABLE(RESULT_SCAN(..))`` as a table."""

    def model(self, name: str) -> object:
        """The SNOWFLAKE.ML model called ``name``; raises BadInput when there is none."""

    def column_values(self, relation: Relation, state: "Compilation") -> list[Any]:
        """The first column of a compiled query that asks no model: what PIVOT makes columns of."""

    def routine(self, kind: str, name: str, count: int) -> "Routine | None":
        """The user's FUNCTION of that name which takes ``count`` arguments."""

    def ddl(self, kind: str, written: str) -> str:
        """The statement that makes the object of that kind and name anew."""

    def has_sequence(self, name: str) -> bool:
        """Whether there is a sequence called ``name``."""

    def last_query_id(self, position: int) -> str | None:
        """The id of an earlier statement of the session."""

    def collation(self, written: str) -> Collation:
        """The collation called ``written``, made known to SQLite; raises BadInput when there is none."""

    def check_time(self) -> None:
        """Raise LimitReached when the statement's time is over."""


@dataclass
class Compilation:
    """Everything that the compilation of one statement collects."""

    catalogue: Catalogue
    values: Mapping[str, Any]
    optimize: bool = True
    max_generated_rows: int = 200_000
    max_depth: int = 200
    texts: list[str] = field(default_factory=list)  # the outermost select list as written
    sites: dict[int, Site] = field(default_factory=dict)
    site_numbers: dict[tuple[Any, ...], int] = field(default_factory=dict)
    optimisations: list[str] = field(default_factory=list)
    counter: int = 0
    ticks: int = 0
    open_views: tuple[str, ...] = ()  # views that are being compiled
    expansions: int = 0  # calls of user functions so far
    unfolded: int = 0  # .. and the nodes of the arguments in their bodies
    asking: dict[str, bool] = field(default_factory=dict)  # by the text of a function or view
    drawn: dict[Hashable, str] = field(default_factory=dict)  # the place of what draws numbers, by its mark
    streams: bool = False  # rows come out one by one: no sorting, grouping or DISTINCT at the top
    stream_limit: int | None = None  # LIMIT of such a query
    skipped_rows: int = 0  # OFFSET of such a query, where the session leaves the rows out
    ai_decides_rows: bool = False  # .. and whether AI answers decide which rows come

    def tick(self) -> None:
        """Check the time now and then: a long statement takes seconds to compile."""
        self.ticks += 1
        if self.ticks % 512 == 0:
            self.catalogue.check_time()

    def check_generated(self, rows: int) -> None:
        """Raise LimitReached when GENERATOR asks for too many rows."""
        if rows > self.max_generated_rows:
            raise LimitReached(
                f"GENERATOR asks for {rows:,} rows, more than the limit "
                f"max_recursion_rows = {self.max_generated_rows:,}",
                "Ask for fewer rows.",
            )

    def fresh(self, prefix: str) -> str:
        """A name that nothing else in the statement has."""
        self.counter += 1
        return f"{prefix}{self.counter}"

    def place(self, node: exp.Expression) -> str:
        """Two numbers, as text, for what draws a number for each row: its own, which copies share, and this use's."""
        from core.sql_ai.dialect.parse import DRAWN_MARK

        mark = node.meta.get(DRAWN_MARK)
        own = self.fresh("") if mark is None else self.drawn.setdefault(mark, self.fresh(""))
        return f"{own}, {self.fresh('')}"

    def expression(self, node: exp.Expression, scope: Scope) -> Piece:
        """The compiled expression."""
        from core.sql_ai.dialect.dispatch import compile_expression

        return compile_expression(node, scope)

    def query(
        self,
        node: exp.Expression,
        scope: Scope | None,
        guards: frozenset[int] = frozenset(),
        titled: bool = False,
        stop: Stop | None = None,
    ) -> Relation:
        """The compiled query, which may refer to names of ``scope``; ``titled`` for the outermost one."""
        from core.sql_ai.dialect.queries import compile_query

        return compile_query(node, Scope(self, scope, guards=guards, titled=titled, stop=stop))

    def source(self, node: exp.Expression, scope: Scope) -> tuple[str, Source, frozenset[int]]:
        """The FROM text, the names and the call sites of one table expression."""
        from core.sql_ai.dialect.sources import compile_source

        return compile_source(node, scope)

    def site(
        self, function: str, pieces: Mapping[str, Piece], scope: Scope, text: str, model: str | None = None
    ) -> Site:
        """The call site for ``function`` with these arguments; the same call twice is one site."""
        guards = scope.guards.union(*(piece.sites for piece in pieces.values()))
        stops = scope.stops() if self.optimize else ()
        key = (
            function,
            tuple((name, piece.sql) for name, piece in pieces.items()),
            guards,
            model,
            scope.clause,
            stops,
        )
        number = self.site_numbers.setdefault(key, len(self.site_numbers))
        if number not in self.sites:
            self.sites[number] = Site(
                number,
                function,
                tuple(pieces),
                tuple(piece.type for piece in pieces.values()),
                guards,
                scope.clause,
                text,
                model,
                stops,
            )
        return self.sites[number]

    def first_mistake_first(self, compiled: Callable[[], T]) -> T:
        """What ``compiled`` gives; when it fails, the error for what is wrong first in the order written.

        The optimised order may meet another mistake before that one: a statement that fails is compiled again as it
        stands.
        """
        try:
            return compiled()
        except (BadInput, NotAvailable):
            if self.optimize:
                self.optimize = False
                compiled()
            raise

    def stop(self, rows: int) -> Stop:
        """A new mark for a query that is read until it has given ``rows``."""
        self.counter += 1
        return Stop(self.counter, rows)

    def note(self, optimisation: str) -> None:
        """Remember, for EXPLAIN AI, what was done to the query."""
        if optimisation not in self.optimisations:
            self.optimisations.append(optimisation)


def refuse(what: str, hint: str = "") -> NotAvailable:
    """The error for SQL that this engine does not translate: named, never changed silently."""
    return NotAvailable(
        f"{what} is not supported here",
        hint or "The catalogue (help panel) lists what is; the statement was not run.",
    )


def excerpt(node: exp.Expression) -> str:
    """The beginning of an expression as SQL, for messages."""
    written = node.sql("snowflake")
    return written if len(written) <= 60 else written[:57] + "..."


def check_count(name: str, given: int, least: int, most: int | None) -> None:
    """Raise BadInput unless the number of arguments fits."""
    if given < least or (most is not None and given > most):
        wanted = (
            str(least) if most == least else f"{least} to {most}" if most is not None else f"at least {least}"
        )
        raise BadInput(f"{name} takes {wanted} argument(s), {given} given", "See the function help.")


def unknown(kind: str, name: str, known: list[str]) -> BadInput:
    """The error for a name that does not exist, with the nearest one that does."""
    import difflib

    same = [item for item in known if item.upper() == name.upper()]
    near = difflib.get_close_matches(name.upper(), [item.upper() for item in known], 1, 0.6)
    hint = f'Did you mean "{same[0]}", in quotes?' if same and same[0] != same[0].upper() else ""
    hint = (
        hint or f"Did you mean {near[0]}?"
        if near or hint
        else f"Known: {', '.join(sorted(set(known))[:12]) or 'none'}."
    )
    return BadInput(f"{kind} {name} does not exist", hint)
