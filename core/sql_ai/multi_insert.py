"""INSERT ALL and INSERT FIRST: the query runs once, each of its rows goes to the tables whose condition it meets."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from core.errors import BadInput
from core.sql_ai.changes import insert_rows, insert_target, with_defaults
from core.sql_ai.definitions import filled
from core.sql_ai.dialect.compilation import Compilation, Table
from core.sql_ai.dialect.conditions import condition_of_change
from core.sql_ai.dialect.parse import parse
from core.sql_ai.dialect.pieces import Column, Relation, Scope, expression, quote, sites_in
from core.sql_ai.dialect.sources import stored
from core.sql_ai.kinds import INTEGER
from core.sql_ai.outcomes import Outcome

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_USAGE = "Write INSERT ALL [WHEN condition THEN] INTO t (columns) VALUES (..) .. SELECT .."
_OVERWRITE = re.compile(r"\s*INSERT\s+OVERWRITE\b", re.IGNORECASE)


@dataclass
class _Case:
    """The INTO clauses behind one WHEN; ``test`` is None without a condition, ``rest`` marks ELSE."""

    test: exp.Expression | None = None
    rest: bool = False
    targets: list[exp.Insert] = field(default_factory=list)


def run_multi_insert(session: "Session", text: str) -> Outcome:
    """Insert into several tables at once, all or nothing; gives the number of rows for each table."""
    tree = parse(text, session.limits.max_expression_depth)
    if not isinstance(tree, exp.MultitableInserts) or tree.args.get("source") is None:
        raise BadInput("Syntax error in INSERT ALL", _USAGE)
    cases = _cases(tree)
    source = filled(session, "SOURCE", tree.args["source"], [])
    try:
        counts = _insert_all(session, source, cases, tree, overwrite=_OVERWRITE.match(text) is not None)
    finally:
        session.store.discard(source)
    titles = [f"number of rows inserted into {name}" for name in counts]
    return Outcome(titles, [INTEGER] * len(counts), [tuple(counts.values())])


def _cases(tree: exp.MultitableInserts) -> list[_Case]:
    """An INTO without its own WHEN belongs to the one before it."""
    cases: list[_Case] = []
    for item in tree.expressions:
        test, rest = item.args.get("expression"), bool(item.args.get("else_"))
        if not cases or test is not None or rest:
            cases.append(_Case(test, rest))
        cases[-1].targets.append(item.this)
    first = str(tree.args.get("kind") or "").upper() == "FIRST"
    if first and cases[0].test is None:
        raise BadInput("INSERT FIRST needs a WHEN", _USAGE)
    return cases


def _insert_all(
    session: "Session", source: Table, cases: list[_Case], tree: exp.MultitableInserts, *, overwrite: bool
) -> dict[str, int]:
    first = str(tree.args.get("kind") or "").upper() == "FIRST"
    counts: dict[str, int] = {}
    with session.sandbox.writing():
        if overwrite:
            for physical in {
                insert_target(session, one.this)[0].physical for case in cases for one in case.targets
            }:
                session.change(f"DELETE FROM {quote(physical)} WHERE 1", session.compilation())
        earlier: list[exp.Expression] = []
        for case in cases:
            where = _test(case, earlier, first=first)
            for target in case.targets:
                table, titles, places = insert_target(session, target.this)
                query, state = _rows(session, source, table, titles, target.args.get("expression"), where)
                rows = insert_rows(session, table, query, state, places)
                counts[table.name] = counts.get(table.name, 0) + rows
            earlier += [case.test] if case.test is not None else []
    return counts


def _test(case: _Case, earlier: list[exp.Expression], *, first: bool) -> exp.Expression | None:
    """The condition of a case: ELSE, and with FIRST every case, wants no earlier condition to be true."""
    tests = [case.test.copy()] if case.test is not None else []
    if first or case.rest:
        tests += [
            exp.Not(this=exp.Anonymous(this="COALESCE", expressions=[one.copy(), exp.false()]))
            for one in earlier
        ]
    return expression(exp.and_(*tests)) if tests else None


def _rows(
    session: "Session",
    source: Table,
    table: Table,
    titles: list[str],
    values: exp.Values | None,
    where: exp.Expression | None,
) -> tuple[Relation, Compilation]:
    """The rows for one INTO: its VALUES, or the source's columns, in the order of ``titles``."""
    state = session.compilation()
    scope = Scope(state)
    text, offered, _sites = stored(source, source.name, [], scope)
    scope.sources.append(offered)
    sql = f" FROM {text}"
    if where is not None:
        test = condition_of_change(where, scope.at(clause="WHERE"))
        scope.guards |= test.sites
        sql += f" WHERE {test.sql}"
    pieces = [piece for _name, piece in offered.columns]
    if values is not None:
        row = with_defaults(session, values.copy(), table, titles).expressions[0]
        items = row.expressions if isinstance(row, exp.Tuple) else [row]
        pieces = [state.expression(item, scope) for item in items]
    if len(pieces) != len(titles):
        raise BadInput(
            f"{len(pieces)} values for {len(titles)} columns of {table.name}", "Name the columns, or VALUES."
        )
    pairs = enumerate(zip(titles, pieces, strict=True))
    columns = tuple(Column(title, piece.type, f"v{index}") for index, (title, piece) in pairs)
    shown = ", ".join(
        f"{piece.sql} AS {quote(column.physical)}" for piece, column in zip(pieces, columns, strict=True)
    )
    query = f"SELECT {shown}{sql}"
    return Relation(query, columns, sites_in(query)), state
