"""Nodes of sqlglot's trees, for the parts that put another query in the place of one."""

from collections.abc import Callable

from sqlglot import exp


def named(name: str) -> exp.Identifier:
    """A name as it is written, whatever its letters and signs."""
    return exp.to_identifier(name, quoted=True)


def named_column(name: str, table: str | None = None) -> exp.Column:
    """A column, of a table or of the only source."""
    return exp.Column(this=named(name), table=named(table) if table is not None else None)


def aliased(node: exp.Expression, name: str) -> exp.Alias:
    """``node AS name``."""
    return exp.Alias(this=node, alias=named(name))


def call(name: str, *arguments: exp.Expression) -> exp.Anonymous:
    """A function call."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def change_children(node: exp.Expression, change: Callable[[exp.Expression], exp.Expression]) -> None:
    """Put what ``change`` makes of each child in its place; it is not asked for the children of these."""
    for key, value in list(node.args.items()):
        if isinstance(value, exp.Expression):
            node.set(key, change(value))
        elif isinstance(value, list):
            node.set(key, [change(item) if isinstance(item, exp.Expression) else item for item in value])
