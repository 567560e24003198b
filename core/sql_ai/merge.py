"""MERGE: a plan of what happens to which row is computed first, then carried out in one transaction."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput
from core.sql_ai.changes import assigned, check_named_once, check_table, insert_rows, stored_value
from core.sql_ai.dialect.compilation import Table, refuse
from core.sql_ai.dialect.conditions import condition_of_change
from core.sql_ai.dialect.pieces import Column, Piece, Relation, Scope, quote
from core.sql_ai.kinds import INTEGER
from core.sql_ai.outcomes import Outcome

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_ROW, _ACTION = "row!", "action!"


@dataclass(frozen=True)
class _Step:
    """One WHEN clause: its number in the plan, what it does, and the values it gives to columns."""

    number: int
    kind: str  # INSERT, UPDATE or DELETE
    test: Piece | None
    values: dict[str, Piece]


def run_merge(session: "Session", tree: exp.Merge) -> Outcome:
    """MERGE INTO t USING s ON .. WHEN ..; raises BadInput when two source rows change one target row."""
    if not isinstance(tree.this, exp.Table):
        raise BadInput("MERGE names no table", "Write MERGE INTO t USING s ON t.id = s.id WHEN ..")
    table = session.store.table(tree.this.name)
    plan, steps = _plan(session, tree, table)
    try:
        counts = _carry_out(session, table, plan, steps)
    finally:
        session.store.discard(plan)
    shown = [kind for kind in ("INSERT", "UPDATE", "DELETE") if any(step.kind == kind for step in steps)]
    names = {"INSERT": "inserted", "UPDATE": "updated", "DELETE": "deleted"}
    return Outcome(
        [f"number of rows {names[kind]}" for kind in shown],
        [INTEGER] * len(shown),
        [tuple(counts[kind] for kind in shown)],
    )


def _plan(session: "Session", tree: exp.Merge, table: Table) -> tuple[Table, list[_Step]]:
    """The table of planned changes: target row (NULL for new ones), step, and the new value of each column."""
    state = session.compilation()
    scope = Scope(state)
    source_text, source, sites = state.source(tree.args["using"], scope)
    scope.sources.append(source)
    target_text, target, _none = state.source(tree.this, scope)
    scope.sources.append(target)
    scope.guards |= sites
    on = condition_of_change(tree.args["on"], scope.at(clause="JOIN ON"))
    scope.guards |= on.sites
    scope.clause = "MERGE"
    steps: list[_Step] = []
    for when in tree.args["whens"].expressions:
        steps.append(_step(len(steps) + 1, when, table, scope))
        if steps[-1].test is not None:
            scope.guards |= steps[-1].test.sites
    action = _case([(f"{step.test.sql}", str(step.number)) for step in steps if step.test is not None])
    cells = [f"{target.rowid} AS {quote(_ROW)}", f"{action} AS {quote(_ACTION)}"]
    for column, (_name, current) in zip(table.columns, target.columns, strict=True):
        branches = [
            (f"({action}) = {step.number}", step.values.get(column.name, current).sql)
            for step in steps
            if step.kind != "DELETE" and (column.name in step.values or step.kind == "UPDATE")
        ]
        cells.append(f"{_case(branches)} AS {quote(column.physical)}")
    sql = f"SELECT {', '.join(cells)} FROM {source_text} LEFT JOIN {target_text} ON {on.sql}"
    plan = session.store.create(
        "merge", [(_ROW, INTEGER), (_ACTION, INTEGER), *((c.name, c.type) for c in table.columns)]
    )
    try:
        session.change(
            f"INSERT INTO {quote(plan.physical)} {sql}", state, lambda: session.store.check_rows(plan)
        )
    except BaseException:
        session.store.discard(plan)
        raise
    return plan, steps


def _step(number: int, when: exp.Expression, table: Table, scope: Scope) -> _Step:
    if when.args.get("source"):
        raise refuse(
            "WHEN NOT MATCHED BY SOURCE", "Snowflake has no such clause; use DELETE with NOT EXISTS."
        )
    row = f"{scope.sources[-1].rowid} IS {'NOT NULL' if when.args.get('matched') else 'NULL'}"
    extra = when.args.get("condition")
    asked = condition_of_change(extra, scope) if extra is not None else None
    test = Piece(
        f"({row}{f' AND {asked.sql}' if asked else ''})", INTEGER, asked.sites if asked else frozenset()
    )
    inner = scope.guarded(test)
    then = when.args["then"]
    if isinstance(then, exp.Update):
        return _Step(number, "UPDATE", test, _assigned(then, table, inner))
    if isinstance(then, exp.Insert):
        return _Step(number, "INSERT", test, _inserted(then, table, inner))
    return _Step(number, "DELETE", test, {})


def _assigned(then: exp.Update, table: Table, scope: Scope) -> dict[str, Piece]:
    if any(isinstance(item, exp.Star) for item in then.expressions):
        return _by_name(table, scope)
    pairs = [assigned(item, table, scope) for item in then.expressions]
    check_named_once([column.name for column, _value in pairs], "UPDATE")
    return {column.name: value for column, value in pairs}


def _by_name(table: Table, scope: Scope) -> dict[str, Piece]:
    """ALL BY NAME: each column of the target from the one of the source that is called the same."""
    source = scope.sources[0]
    given = dict(source.columns)
    names = {column.name for column in table.columns}
    if set(given) != names:
        only = ", ".join(sorted(names ^ set(given)))
        raise BadInput(
            f"ALL BY NAME needs the same columns in {table.name} and the source; only one has {only}",
            "Select the columns of the target, or name them in SET and INSERT.",
        )
    return {column.name: stored_value(given[column.name], column.type) for column in table.columns}


def _inserted(then: exp.Insert, table: Table, scope: Scope) -> dict[str, Piece]:
    """The given columns; those left out, and the word DEFAULT, are filled when the row is inserted."""
    if isinstance(then.this, exp.Star):
        return _by_name(table, scope)
    every = [column.name for column in table.columns]
    names = [item.name for item in then.this.expressions] if then.this is not None else every
    given = then.expression
    if not isinstance(given, exp.Tuple | exp.Paren):
        raise BadInput("INSERT of MERGE has no VALUES", "Write INSERT (columns) VALUES (values).")
    check_named_once(names, "INSERT")
    items = given.expressions if isinstance(given, exp.Tuple) else [given.this]
    if len(names) != len(items):
        raise BadInput(
            f"INSERT gives {counted(len(items), 'value')} for {counted(len(names), 'column')}",
            "Name the columns.",
        )
    values = {}
    for name, item in zip(names, items, strict=True):
        column = table.columns[table.place(name)]
        is_default = isinstance(item, exp.Var | exp.Column) and item.name.upper() == "DEFAULT"
        if not is_default:
            values[name] = stored_value(scope.state.expression(item, scope), column.type)
    return values


def _case(branches: list[tuple[str, str]]) -> str:
    inner = " ".join(f"WHEN {test} THEN {value}" for test, value in branches)
    return f"(CASE {inner} END)" if branches else "NULL"


def _carry_out(session: "Session", table: Table, plan: Table, steps: list[_Step]) -> dict[str, int]:
    """Apply the plan; nothing stays changed when a step fails."""
    row, action = (quote(column.physical) for column in plan.columns[:2])
    body, where = quote(plan.physical), quote(table.physical)
    counts = {"INSERT": 0, "UPDATE": 0, "DELETE": 0}
    run = session.sandbox.run
    with session.sandbox.writing():
        doing = ", ".join(str(step.number) for step in steps if step.kind == "UPDATE") or "0"
        changing = ", ".join(str(step.number) for step in steps if step.kind != "INSERT") or "0"
        twice = run(
            f"SELECT 1 FROM {body} WHERE {action} IN ({changing}) GROUP BY {row} "
            f"HAVING COUNT(*) > 1 AND MAX({action} IN ({doing})) LIMIT 1"
        ).fetchone()
        if twice is not None:
            raise BadInput(
                "Duplicate row detected during DML action: several source rows match one target row",
                "Make the source unique by the columns of ON, for example with QUALIFY.",
            )
        if changing != "0":
            counts["UPDATE"] = _update(session, table, plan, row, action, doing)
            deleting = ", ".join(str(step.number) for step in steps if step.kind == "DELETE") or "0"
            counts["DELETE"] = run(
                f"DELETE FROM {where} WHERE rowid IN (SELECT {row} FROM {body} WHERE {action} IN ({deleting}))"
            ).rowcount
        for step in steps:
            if step.kind == "INSERT":
                counts["INSERT"] += _insert(session, table, plan, action, step)
    return counts


def _update(session: "Session", table: Table, plan: Table, row: str, action: str, doing: str) -> int:
    if doing == "0":
        return 0
    pairs = zip(table.columns, plan.columns[2:], strict=True)
    changes = ", ".join(f'{quote(column.physical)} = "p".{quote(new.physical)}' for column, new in pairs)
    own = quote(table.physical)
    count = session.sandbox.run(
        f'UPDATE {own} SET {changes} FROM {quote(plan.physical)} AS "p" '
        f'WHERE "p".{row} = {own}.rowid AND "p".{action} IN ({doing})'
    ).rowcount
    check_table(session, table)
    return int(count)


def _insert(session: "Session", table: Table, plan: Table, action: str, step: _Step) -> int:
    named = [index for index, column in enumerate(table.columns) if column.name in step.values]
    columns = tuple(plan.columns[index + 2] for index in named)
    cells = ", ".join(quote(column.physical) for column in columns) or "1"
    sql = f"SELECT {cells} FROM {quote(plan.physical)} WHERE {action} = {step.number}"
    shown = columns or (Column("1", INTEGER, "1"),)
    relation = Relation(sql, tuple(replace(column, sites=frozenset()) for column in shown))
    return insert_rows(session, table, relation, session.compilation(), named)
