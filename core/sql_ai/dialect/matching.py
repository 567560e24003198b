"""MATCH_RECOGNIZE as nested ordinary queries around one window function that matches the pattern.

The innermost query says of each row which symbols it may be, the next which match and symbol it is, and the outer one
groups the rows of a match, or shows them all with windows over the match.
"""

from dataclasses import dataclass

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.dialect import aggregates, windows
from core.sql_ai.dialect.compilation import excerpt, refuse, unknown
from core.sql_ai.dialect.nodes import aliased, call, change_children, named, named_column
from core.sql_ai.row_patterns import MOST_SYMBOLS, PAST_LAST, compiled, skipped_symbol, symbols_of

_MASK, _FOUND, _MATCHES = "match!mask", "match!found", "match!rows"
_NUMBER, _SYMBOL, _PLACE = "match!number", "match!symbol", "match!place"
_BY_PLACE = {"FIRST": "MIN_BY", "LAST": "MAX_BY"}
_OF_ROWS = frozenset({"LAG", "LEAD"})
_FRAMES = {
    "RUNNING": exp.WindowSpec(kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"),
    "FINAL": exp.WindowSpec(
        kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="UNBOUNDED", end_side="FOLLOWING"
    ),
}


@dataclass
class _Clause:
    """The parts of MATCH_RECOGNIZE."""

    node: exp.Expression
    symbols: tuple[str, ...]
    partition: list[exp.Column]
    order: exp.Order
    every_row: bool
    skip: str  # where the next match begins, in the words behind SKIP


def expanded(node: exp.Select) -> exp.Select:
    """The SELECT over a query that stands for ``FROM source MATCH_RECOGNIZE (..)``.

    Raises BadInput for a clause that is wrong, NotAvailable for a part that is not done here.
    """
    source = node.args.get("from_")
    if node.args.get("joins") or node.args.get("laterals") or source is None:
        raise refuse("MATCH_RECOGNIZE beside a join", "Put it into a subquery of FROM.")
    clause = _read(node.args["match"])
    alias = source.this.alias_or_name or "MATCHED"
    rows = _possible(clause, source)
    rows = _query([exp.Star(), aliased(_found(clause), _FOUND)], rows, alias)
    parts = [(_NUMBER, 1, "INT"), (_SYMBOL, 2, "VARCHAR"), (_PLACE, 3, "INT")]
    own = exp.Column(this=exp.Star(), table=named(alias))
    rows = _query([own, *(aliased(_part(place, kind), name) for name, place, kind in parts)], rows, alias)
    rows.set("joins", [exp.Join(this=_each_match())])
    rows = _query(_outputs(clause), rows, alias)
    if not clause.every_row:
        keys = [*(column.copy() for column in clause.partition), named_column(_NUMBER)]
        rows.set("group", exp.Group(expressions=keys))
    outer = node.copy()
    outer.set("match", None)
    given = node.args["match"].args.get("alias")
    outer.set("from_", exp.From(this=exp.Subquery(this=rows, alias=given.copy() if given else None)))
    return outer


def _read(match: exp.Expression) -> _Clause:
    pattern = match.args.get("pattern")
    if pattern is None:
        raise BadInput("MATCH_RECOGNIZE has no PATTERN", "Write PATTERN (start down+ up+).")
    defined = _defined(match)
    if not defined:
        raise BadInput(
            "MATCH_RECOGNIZE has no DEFINE",
            "Write DEFINE up AS price > LAG(price); a symbol that is not defined is any row.",
        )
    if len(set(defined)) < len(defined):
        raise BadInput("DEFINE has a symbol twice", "Join its conditions with AND, or OR.")
    if len(defined) > MOST_SYMBOLS:
        raise refuse(f"DEFINE of more than {MOST_SYMBOLS} symbols")
    compiled(pattern.name, defined)
    skip = " ".join(match.args["after"].name.upper().split()[3:]) if match.args.get("after") else PAST_LAST
    symbols = symbols_of(pattern.name)
    if skipped_symbol(skip) not in ("", *symbols):
        raise unknown("Symbol", skipped_symbol(skip), list(symbols))
    rows = match.args["rows"].name.upper() if match.args.get("rows") else ""
    if "UNMATCHED" in rows:
        raise refuse("ALL ROWS PER MATCH WITH UNMATCHED ROWS", "Join the matched rows to the table.")
    partition = match.args.get("partition_by") or []
    for key in partition:
        if not isinstance(key, exp.Column):
            raise refuse(
                f"PARTITION BY {excerpt(key)} in MATCH_RECOGNIZE", "Name columns; compute in a subquery."
            )
    if match.args.get("order") is None:
        raise BadInput("MATCH_RECOGNIZE needs ORDER BY", "Without it the rows are in no order.")
    return _Clause(match, symbols, partition, match.args["order"], rows.startswith("ALL"), skip)


def _defined(match: exp.Expression) -> tuple[str, ...]:
    return tuple(item.alias.upper() for item in match.args.get("define") or [])


def _possible(clause: _Clause, source: exp.Expression) -> exp.Select:
    """The rows of the source, each with a bit for every symbol that it may be."""
    mask: exp.Expression = exp.Literal.number(0)
    for index, item in enumerate(clause.node.args.get("define") or []):
        bit = call("IFF", _condition(item, clause), exp.Literal.number(1 << index), exp.Literal.number(0))
        mask = exp.Add(this=mask, expression=bit)
    return exp.Select(expressions=[exp.Star(), aliased(mask, _MASK)], from_=source.copy())


def _condition(item: exp.Alias, clause: _Clause) -> exp.Expression:
    """The condition of a symbol about the current row and, through LAG and LEAD, its neighbours."""
    symbols = {*clause.symbols, *_defined(clause.node)}

    def moved(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.table.upper() in symbols:
            if node.table.upper() != item.alias.upper():
                raise refuse(
                    f"{excerpt(node)} in DEFINE {item.alias}", "A condition sees its own row, LAG and LEAD."
                )
            return exp.Column(this=node.this)
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
        if name in _OF_ROWS and not isinstance(node.parent, exp.Window):
            return exp.Window(
                this=call(name, *(part.transform(moved) for part in node.expressions)),
                partition_by=[key.copy() for key in clause.partition],
                order=clause.order.copy(),
            )
        if name in (*_BY_PLACE, "CLASSIFIER", "MATCH_NUMBER") or name in aggregates.NAMES:
            raise refuse(f"{name} in DEFINE", "Compare with LAG or LEAD.")
        return node

    return item.this.copy().transform(moved)


def _found(clause: _Clause) -> exp.Expression:
    given = [clause.node.args["pattern"].name, ",".join(_defined(clause.node)), clause.skip]
    found = call(windows.MATCHED, *(exp.Literal.string(text) for text in given), named_column(_MASK))
    keys = [key.copy() for key in clause.partition]
    return exp.Window(this=found, partition_by=keys, order=clause.order.copy())


def _each_match() -> exp.Lateral:
    """A row for each match that a row is in, none for a row in no match."""
    rows = call("SPLIT_TO_TABLE", named_column(_FOUND), exp.Literal.string("|"))
    return exp.Lateral(this=rows, alias=exp.TableAlias(this=named(_MATCHES)))


def _part(place: int, kind: str) -> exp.Expression:
    value = named_column("VALUE", _MATCHES)
    part = call("SPLIT_PART", value, exp.Literal.string(":"), exp.Literal.number(place))
    return exp.Cast(this=part, to=exp.DataType.build(kind))


def _outputs(clause: _Clause) -> list[exp.Expression]:
    measures = [_measure(item, clause) for item in clause.node.args.get("measures") or []]
    if not clause.every_row:
        if not measures:
            raise BadInput("ONE ROW PER MATCH shows nothing", "Write MEASURES, or ALL ROWS PER MATCH.")
        return [*(column.copy() for column in clause.partition), *measures]
    hidden = [named_column(name) for name in (_MASK, _FOUND, _NUMBER, _SYMBOL, _PLACE)]
    return [exp.Star(except_=hidden), *measures]


def _measure(item: exp.Expression, clause: _Clause) -> exp.Expression:
    if not isinstance(item.this, exp.Alias):
        raise BadInput(f"The measure {excerpt(item.this)} has no name", "Write LAST(price) AS last_price.")
    frame = str(item.args.get("window_frame") or "").upper()

    def computed(node: exp.Expression) -> exp.Expression:
        name = str(node.this).upper() if isinstance(node, exp.Anonymous) else ""
        if name in windows.NAMES or isinstance(
            node, exp.Select | exp.Subquery | exp.Window | exp.WithinGroup
        ):
            raise refuse(f"{excerpt(node)} in MEASURES", "Compute it in a query around.")
        if name == "MATCH_NUMBER":
            return named_column(_NUMBER)
        if name in ("MATCH_SEQUENCE_NUMBER", "CLASSIFIER"):
            own = named_column(_PLACE if name == "MATCH_SEQUENCE_NUMBER" else _SYMBOL)
            return own if clause.every_row else call("MAX_BY", own, named_column(_PLACE))
        if name in _BY_PLACE or name in aggregates.NAMES:
            return _over_match(_summary(name, node.expressions, clause), name, node, frame, clause)
        if isinstance(node, exp.Column) and not (clause.every_row and not _symbol(node, clause)):
            return _over_match(_summary("LAST", [node], clause), "LAST", node, frame, clause)
        change_children(node, computed)
        return node

    return aliased(computed(item.this.this.copy()), item.this.alias)


def _summary(name: str, arguments: list[exp.Expression], clause: _Clause) -> exp.Expression:
    """An aggregate over the rows of a match, or over those of the symbol that its columns are written with."""
    columns = [column for argument in arguments for column in argument.find_all(exp.Column)]
    symbols = {_symbol(column, clause) for column in columns}
    if len(symbols) > 1:
        raise refuse(f"{name} over the rows of several symbols", "Write each column with the same symbol.")
    symbol = next(iter(symbols), "")
    if name in _BY_PLACE:
        if len(arguments) != 1:
            raise refuse(f"{name} with an offset", f"Write {name}(column).")
        return call(_BY_PLACE[name], _plain(arguments[0], symbol), _only(named_column(_PLACE), symbol))
    if len(columns) == 1 and isinstance(columns[0].this, exp.Star):
        return call("COUNT", _only(exp.Literal.number(1), symbol))
    return call(name, *(_only(_plain(argument, symbol), symbol) for argument in arguments))


def _over_match(
    summary: exp.Expression, name: str, node: exp.Expression, frame: str, clause: _Clause
) -> exp.Expression:
    if not clause.every_row:
        return summary
    if frame not in _FRAMES:
        raise refuse(
            f"{excerpt(node)} in ALL ROWS PER MATCH without RUNNING or FINAL", f"Write FINAL {name}(..)."
        )
    keys = [*(key.copy() for key in clause.partition), named_column(_NUMBER)]
    order = exp.Order(expressions=[exp.Ordered(this=named_column(_PLACE), nulls_first=False)])
    return exp.Window(this=summary, partition_by=keys, order=order, spec=_FRAMES[frame].copy())


def _symbol(column: exp.Column, clause: _Clause) -> str:
    return column.table.upper() if column.table.upper() in clause.symbols else ""


def _plain(node: exp.Expression, symbol: str) -> exp.Expression:
    """``node`` with the columns of the symbol as those of the row."""
    return node.copy().transform(
        lambda one: (
            exp.Column(this=one.this)
            if symbol and isinstance(one, exp.Column) and one.table.upper() == symbol
            else one
        )
    )


def _only(node: exp.Expression, symbol: str) -> exp.Expression:
    if not symbol:
        return node
    if isinstance(node, exp.Distinct):
        raise refuse("DISTINCT over the rows of a symbol", "Compute it in a query around ALL ROWS PER MATCH.")
    return call(
        "IFF", exp.EQ(this=named_column(_SYMBOL), expression=exp.Literal.string(symbol)), node, exp.Null()
    )


def _query(expressions: list[exp.Expression], rows: exp.Select, alias: str) -> exp.Select:
    inner = exp.Subquery(this=rows, alias=exp.TableAlias(this=named(alias)))
    return exp.Select(expressions=expressions, from_=exp.From(this=inner))
