"""Expanding ``*`` with EXCLUDE, RENAME, REPLACE and ILIKE, and the spread operator ``**``."""

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.pieces import Piece, Scope, expression
from core.sql_ai.udfs.text import like


def is_star(node: exp.Expression) -> bool:
    """Whether a node is ``*`` or ``t.*``, whatever stands behind it."""
    return isinstance(node.this if isinstance(node, exp.Column) else node, exp.Star)


def is_spread(node: exp.Expression) -> bool:
    """Whether a node is ``** array``, which sqlglot reads as a star that is multiplied."""
    return isinstance(node, exp.Mul) and isinstance(node.this, exp.Star)


def values_of(arguments: list[exp.Expression], scope: Scope) -> list[Piece]:
    """The values of a list of arguments, in which ``*`` stands for all columns."""
    found: list[Piece] = []
    for node in arguments:
        if is_star(node):
            found += [piece for _name, piece in expand_star(node, None, scope)]
        else:
            found.append(scope.state.expression(node, scope))
    return found


def spread(nodes: list[exp.Expression], scope: Scope) -> list[exp.Expression]:
    """The nodes of a list, ``** [1, 2]`` replaced by the array's elements; raises NotAvailable for other arrays."""
    found: list[exp.Expression] = []
    for node in nodes:
        if is_spread(node):
            found += _elements(node.expression, scope)
        else:
            found.append(node)
    return found


def _elements(array: exp.Expression, scope: Scope) -> list[exp.Expression]:
    if isinstance(array, exp.Array) or array.name.upper() == "ARRAY_CONSTRUCT":
        return list(array.expressions)
    value = scope.state.expression(array, scope).literal
    if not isinstance(value, list) or any(isinstance(item, list | dict) for item in value):
        raise refuse(
            "The spread operator ** on an array that is no constant", "Write ** [1, 2] or ** :names."
        )
    return [expression(exp.convert(item)) for item in value]


def expand_star(star: exp.Expression, table: str | None, scope: Scope) -> list[tuple[str, Piece]]:
    """The columns that ``*`` or ``table.*`` stands for, in order."""
    if isinstance(star, exp.Column):
        table, star = star.table or None, star.this
    columns = _columns(table, scope)
    excluded = {item.name for item in star.args.get("except_") or []}
    renamed = {item.this.name: item.alias for item in star.args.get("rename") or []}
    replaced = {item.alias: item.this for item in star.args.get("replace") or []}
    names = [name for name, _piece in columns]
    for name in (*excluded, *renamed, *replaced):
        if name not in names:
            raise unknown("Column", name, names)
    pattern = star.args.get("ilike")
    result = []
    for name, piece in columns:
        if name in excluded or (pattern is not None and not like(name, pattern.name, None, 1)):
            continue
        value = scope.state.expression(replaced[name], scope) if name in replaced else piece
        result.append((renamed.get(name, name), value))
    if not result:
        raise BadInput("* leaves no column", "Exclude fewer columns.")
    return result


def _columns(table: str | None, scope: Scope) -> list[tuple[str, Piece]]:
    if not scope.sources:
        raise BadInput("* needs a FROM clause", "Name a table.")
    found: list[tuple[str, Piece]] = []
    chosen = [source for source in scope.sources if table in (None, source.alias)]
    if not chosen:
        raise unknown("Table or alias", str(table), [source.alias for source in scope.sources])
    for source in chosen:
        for name, piece in source.columns:
            if table is None and name in source.hidden:
                continue
            merged = scope.merged.get(name) if table is None else None
            found.append((name, merged or piece))
    if not found:
        raise BadInput("* stands for no column: the table has none", "Select an expression, such as SEQ4().")
    return found
