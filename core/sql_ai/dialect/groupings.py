"""GROUP BY ROLLUP, CUBE and GROUPING SETS, which SQLite lacks: each row is read once for each grouping.

The rows meet a list of grouping numbers; a key is the column where the grouping has it, else NULL, and the
number itself is a key too. HAVING, QUALIFY, windows and ORDER BY then see one ordinary grouped query.
"""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from itertools import combinations, product

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.pieces import Grouping, Piece, Scope, quote
from core.sql_ai.kinds import INTEGER

_MAX_SETS = 128  # Snowflake's own limit for CUBE: seven columns
_SPECIAL = (exp.GroupingSets, exp.Rollup, exp.Cube)

Nodes = tuple[exp.Expression, ...]


def has_sets(items: list[exp.Expression]) -> bool:
    """Whether GROUP BY holds ROLLUP, CUBE or GROUPING SETS."""
    return any(isinstance(item, _SPECIAL) for item in items)


def grouping_sets(items: list[exp.Expression]) -> list[Nodes]:
    """The key nodes of each grouping; several elements of GROUP BY multiply. Raises LimitReached beyond 128."""
    choices = [_choices(item) for item in items]
    count = 1
    for one in choices:
        count *= len(one)
    if count > _MAX_SETS:
        raise LimitReached(f"GROUP BY makes {count} groupings, more than {_MAX_SETS}", "Use fewer columns.")
    return [tuple(node for part in chosen for node in part) for chosen in product(*choices)]


def _choices(item: exp.Expression) -> list[Nodes]:
    if not isinstance(item, _SPECIAL):
        return [key_columns(item)]
    if isinstance(item, exp.GroupingSets):
        return [inner for part in item.expressions for inner in _choices(part)]
    parts = [key_columns(part) for part in item.expressions]
    if isinstance(item, exp.Rollup):
        return [tuple(node for part in parts[:size] for node in part) for size in range(len(parts), -1, -1)]
    if 2 ** len(parts) > _MAX_SETS:
        raise LimitReached(f"CUBE takes at most 7 columns, {len(parts)} given", "Use GROUPING SETS.")
    sizes = range(len(parts), -1, -1)
    return [
        tuple(node for part in chosen for node in part) for n in sizes for chosen in combinations(parts, n)
    ]


def key_columns(item: exp.Expression) -> Nodes:
    """The keys of one element of GROUP BY: ``a``, ``(a, b)`` or ``()``."""
    if isinstance(item, exp.Tuple):
        return tuple(item.expressions)
    return (item.this,) if isinstance(item, exp.Paren) else (item,)


def expand(sets: list[list[Piece]], scope: Scope) -> tuple[str, list[Piece], Grouping]:
    """The text to add to FROM, the keys for GROUP BY, and what the SELECT may name."""
    rows = quote(scope.state.fresh("g"))
    number = Piece(f"{rows}.n", INTEGER)
    known = [frozenset(piece.identity for piece in one) for one in sets]
    keys: dict[str, Piece] = {}
    for one in sets:
        for piece in one:
            keys.setdefault(piece.identity, _shown(piece, known, number))
    values = ", ".join(f"({index})" for index in range(len(sets)))
    text = f" JOIN (SELECT column1 AS n FROM (VALUES {values})) AS {rows}"
    return text, [number, *keys.values()], Grouping(keys, tuple(known), number)


def totals(grouping: Grouping) -> list[int]:
    """The numbers of the groupings without keys, each of which gives one row even where there are none to group."""
    return (
        [index for index, one in enumerate(grouping.sets) if not one] if grouping.number is not None else []
    )


def has_total(grouping: Grouping) -> bool:
    """Whether the groupings hold a grand total."""
    return bool(totals(grouping))


def _shown(piece: Piece, known: list[frozenset[str]], number: Piece) -> Piece:
    having = [str(index) for index, one in enumerate(known) if piece.identity in one]
    return Piece(
        f"(CASE WHEN {number.sql} IN ({', '.join(having)}) THEN {piece.sql} END)", piece.type, piece.sites
    )


def grouping_bits(arguments: list[exp.Expression], scope: Scope) -> Piece:
    """GROUPING(a, b): a bit for each column, 1 where the row's grouping leaves it out."""
    if not arguments:
        raise BadInput("GROUPING needs an argument", "Write GROUPING(column).")
    if scope.grouping is None:
        raise BadInput("GROUPING is used in a query without GROUP BY", "Add GROUP BY ROLLUP (..).")
    names = []
    for argument in arguments:
        identity = scope.state.expression(argument, scope.at(grouping=None)).identity
        if identity not in scope.grouping.keys:
            raise BadInput(
                f"GROUPING of {argument.sql('snowflake')}, which is not a key of GROUP BY", "Name a key."
            )
        names.append(identity)
    if scope.grouping.number is None:
        return Piece("0", INTEGER)
    bits = []
    for index, one in enumerate(scope.grouping.sets):
        value = sum((name not in one) << place for place, name in enumerate(reversed(names)))
        bits.append(f"WHEN {index} THEN {value}")
    return Piece(f"(CASE {scope.grouping.number.sql} {' '.join(bits)} END)", INTEGER)


def check_elements(group: exp.Group) -> None:
    """Refuse what GROUP BY may not hold."""
    for key, value in group.args.items():
        if value and key not in ("expressions", "all"):
            name = key.upper().replace("_", " ")
            form = "ROLLUP" if key == "totals" else name
            raise refuse(f"{name} behind the keys of GROUP BY", f"Write GROUP BY {form} (a, b).")
