"""From a node of the tree to what compiles it: one handler for each kind; a node without one is refused by name."""

from functools import cache

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.compilation import excerpt, refuse
from core.sql_ai.dialect.foreign import OPERATORS
from core.sql_ai.dialect.pieces import Handler, Piece, Scope


def compile_expression(node: exp.Expression, scope: Scope) -> Piece:
    """The piece for ``node``; inside a grouped SELECT only keys and aggregates are allowed."""
    scope.state.tick()
    if scope.grouping is not None and scope.grouping.keys:
        key = _as_group_key(node, scope)
        if key is not None:
            return key
    handler = _handlers().get(type(node))
    if handler is None:
        if type(node) in OPERATORS:
            what, form = OPERATORS[type(node)]
            raise refuse(what, f"In Snowflake write {form}.")
        raise refuse(f"{type(node).__name__} ({excerpt(node)})")
    return handler(node, scope)


def _as_group_key(node: exp.Expression, scope: Scope) -> Piece | None:
    if isinstance(node, exp.Literal | exp.Null | exp.Boolean | exp.Star) or scope.grouping is None:
        return None
    try:
        free = compile_expression(node, scope.at(grouping=None))
    except BadInput:
        return None  # the strict compilation that follows reports it
    return scope.grouping.keys.get(free.identity)


@cache
def _handlers() -> dict[type, Handler]:
    from core.sql_ai.dialect import arithmetic, conditions, expressions, literals, structures

    return {
        **literals.HANDLERS,
        **conditions.HANDLERS,
        **arithmetic.HANDLERS,
        **structures.HANDLERS,
        **expressions.HANDLERS,
    }
