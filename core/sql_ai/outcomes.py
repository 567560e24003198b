"""What a statement gives, and the queries inside of it: compiled, or evaluated to one value."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import LimitReached
from core.sql_ai.dialect.compilation import Compilation
from core.sql_ai.dialect.pieces import Relation
from core.sql_ai.kinds import VARCHAR, SqlType

if TYPE_CHECKING:
    from core.sql_ai.session import Session


@dataclass(frozen=True)
class Outcome:
    """Columns, types and typed rows of one statement."""

    columns: list[str]
    types: list[SqlType]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    truncated: bool = False


def status(message: str) -> Outcome:
    """The one-row answer of a statement that gives no rows."""
    return Outcome(["status"], [VARCHAR], [(message,)])


def compile_top(session: "Session", tree: exp.Expression, text: str = "") -> tuple[Relation, Compilation]:
    """A query of the statement, compiled."""
    selects = 1 + sum(1 for _node in tree.find_all(exp.SetOperation))
    if selects > session.limits.max_compound_selects:
        raise LimitReached(
            f"{selects} SELECTs in set operations are more than the limit "
            f"max_compound_selects = {session.limits.max_compound_selects}",
            "Split the statement, or use VALUES.",
        )
    state = session.compilation(text)
    return state.first_mistake_first(lambda: state.query(tree, None, titled=bool(text))), state


def evaluated(session: "Session", node: exp.Expression) -> tuple[Any, SqlType]:
    """The value and the type of an expression; a query in it stands for its one value."""
    relation, state = compile_top(session, exp.Select(expressions=[node]))
    rows, _cut = session.select(relation, state)
    return (rows[0][0] if rows else None), relation.columns[0].type
