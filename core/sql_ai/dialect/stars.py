"""Expanding ``*`` with EXCLUDE, RENAME, REPLACE and ILIKE."""

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect.compilation import unknown
from core.sql_ai.dialect.pieces import Piece, Scope
from core.sql_ai.udfs.text import like


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
