"""Running one statement: the front parser for Snowflake's own statements, then one function per kind."""
# ruff: noqa: S608
# This module compiles SQL: names are quoted by `quote`, texts by `text_literal`, and the authorizer stands behind.

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.counts import counted
from core.errors import BadInput, LimitReached
from core.sql_ai import flow
from core.sql_ai.dialect import coercion
from core.sql_ai.dialect.compilation import Compilation, Table, View, refuse, unknown
from core.sql_ai.dialect.expressions import condition
from core.sql_ai.dialect.parse import parse, replace_identifiers
from core.sql_ai.dialect.pieces import Piece, Relation, Scope, Source, quote, text_literal
from core.sql_ai.kinds import BOOLEAN, INTEGER, JSON_KINDS, VARCHAR, Kind, SqlType
from core.sql_ai.sequences import Sequence

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_FRONT = re.compile(
    r"\s*(EXPLAIN\s+AI|CALL|(?:CREATE(?:\s+OR\s+REPLACE)?|SHOW|DROP)\s+SNOWFLAKE\s*\.\s*ML\s*\."
    r"|UNSET|SHOW\s+(?:VARIABLES|PARAMETERS|FUNCTIONS|DATABASES|SCHEMAS)|MERGE|INSERT\s+(?:OVERWRITE\s+)?(?:ALL|FIRST))\b",
    re.IGNORECASE | re.DOTALL,
)
# Statements that are refused by name before anything is read: what to do instead.
_FILES = "The sandbox has no stages and no files; upload tables on the page."
_ROLES = "The sandbox has one visitor, who may do everything in it."
_SCRIPTS = "That is a word of Snowflake Scripting: write it inside a block, BEGIN .. END;"
_COMMITS = "Write BEGIN, COMMIT or ROLLBACK; a statement that fails leaves nothing behind in any case."
_OTHER_ENGINE = "That is a word of another database; the sandbox cannot be left, tuned or extended."
_REFUSED = {
    **dict.fromkeys(
        ("COPY", "PUT", "GET", "LIST", "LS", "REMOVE", "RM", "UNDROP", "IMPORT", "EXPORT"), _FILES
    ),
    **dict.fromkeys(("GRANT", "REVOKE"), _ROLES),
    **dict.fromkeys(
        ("DECLARE", "LET", "IF", "FOR", "WHILE", "LOOP", "REPEAT", "RETURN", "EXECUTE", "RAISE"), _SCRIPTS
    ),
    **dict.fromkeys(("BEGIN", "START", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "END"), _COMMITS),
    **dict.fromkeys(
        ("ATTACH", "DETACH", "PRAGMA", "VACUUM", "REINDEX", "ANALYZE", "INSTALL", "LOAD", "CHECKPOINT"),
        _OTHER_ENGINE,
    ),
    "EXPLAIN": "Write EXPLAIN AI SELECT .. to see the AI calls of a query.",
    "COMMENT": "Comments on objects are not kept; write COMMENT = '..' in CREATE TABLE.",
    "REPLACE": "Write MERGE, or CREATE OR REPLACE TABLE.",
    "TABLE": "Write SELECT * FROM the table.",
}
_TRANSACTION = re.compile(
    r"(?:(BEGIN|START\s+TRANSACTION)(?:\s+(?:WORK|TRANSACTION))?(?:\s+NAME\s+\w+)?|(COMMIT|ROLLBACK)(?:\s+WORK)?)\s*",
    re.IGNORECASE,
)
_OR_ALTER = re.compile(r"create\s+or\s+alter\b", re.IGNORECASE)
_UNREAD = {
    "returning": "RETURNING", "order": "ORDER BY", "limit": "LIMIT", "conflict": "ON CONFLICT", "alternative": "OR",
    "ignore": "IGNORE", "by_name": "BY NAME", "partition": "PARTITION",
}  # fmt: skip
_STORAGE = frozenset(
    {
        "DATA_RETENTION_TIME_IN_DAYS",
        "MAX_DATA_EXTENSION_TIME_IN_DAYS",
        "CHANGE_TRACKING",
        "ENABLE_SCHEMA_EVOLUTION",
    }
)


@dataclass(frozen=True)
class Outcome:
    """Columns, types and typed rows of one statement."""

    columns: list[str]
    types: list[SqlType]
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    truncated: bool = False


def run_statement(session: "Session", text: str) -> Outcome:
    """Run ``text``, which is one statement without comments around it, or a block."""
    if is_script(text):
        return _script(session, text)
    chained = flow.steps(text)
    if len(chained) > 1:
        return flow.run(session, chained)
    if routines_named(text):
        from core.sql_ai import routines

        if routines.handles(text):
            return routines.run(session, text)
    text = replace_identifiers(text, session.variables, session.compilation().values)
    front = _FRONT.match(text)
    if front is not None:
        return _run_front(session, text, front[1].upper())
    control = _TRANSACTION.fullmatch(text)
    if control is not None:
        return _transaction(session, (control[2] or "BEGIN").upper())
    first = re.match(r"\w*", text)
    if first is not None and first[0].upper() in _REFUSED:
        _refuse_statement(text, first[0].upper())
    if _OR_ALTER.match(text):  # sqlglot reads it as OR REPLACE, which loses the rows
        raise refuse("CREATE OR ALTER", "Write ALTER TABLE, or CREATE OR REPLACE for a new one.")
    tree = parse(text, session.limits.max_expression_depth)
    if isinstance(tree, _QUERIES):
        return _query(session, tree, text)
    for kind, handler in _HANDLERS.items():
        if isinstance(tree, kind):
            return handler(session, tree)
    word = text.split(None, 1)[0].upper()
    raise refuse(f"The statement {word}")


def routines_named(text: str) -> bool:
    """Whether the statement could be one about functions and procedures: a cheap test before the real one."""
    return re.match(r"(?:CREATE|DROP|SHOW|CALL)\b", text, re.IGNORECASE) is not None


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
    return state.query(tree, None, titled=bool(text)), state


def _run_front(session: "Session", text: str, word: str) -> Outcome:
    from core.sql_ai import explain, ml_statements

    if word.startswith("EXPLAIN"):
        return explain.explain_ai(
            session, re.sub(r"^\s*EXPLAIN\s+AI\b", "", text, flags=re.IGNORECASE).strip()
        )
    if word.startswith("INSERT"):
        from core.sql_ai.multi_insert import run_multi_insert

        return run_multi_insert(session, text)
    if word == "UNSET":
        return _unset(session, text)
    if word == "MERGE":
        from core.sql_ai.merge import run_merge

        tree = parse(text, session.limits.max_expression_depth)
        if not isinstance(tree, exp.Merge):
            raise BadInput("Syntax error in MERGE", "Write MERGE INTO t USING s ON t.id = s.id WHEN ..")
        return run_merge(session, tree)
    if word.startswith("SHOW") and "SNOWFLAKE" not in word:
        from core.sql_ai import showing

        return showing.show_session(session, word.split()[1], text)
    return ml_statements.run(session, text)


def _transaction(session: "Session", word: str) -> Outcome:
    """BEGIN, COMMIT, ROLLBACK; the last two without a transaction do nothing, as in Snowflake."""
    {"BEGIN": session.sandbox.begin, "COMMIT": session.sandbox.commit, "ROLLBACK": session.sandbox.rollback}[
        word
    ]()
    return status("Statement executed successfully.")


def _refuse_statement(text: str, word: str) -> None:
    second = re.match(r"\w+\s+(\w+)", text)
    named = (
        f"{word} {second[1].upper()}" if second and word in ("COPY", "START", "BEGIN", "EXECUTE") else word
    )
    raise refuse(f"The statement {named}", _REFUSED[word])


def is_script(text: str) -> bool:
    """Whether ``text`` is a block or EXECUTE IMMEDIATE, whose inner statements are run one by one."""
    return re.match(r"\s*(?:EXECUTE\s+IMMEDIATE|DECLARE|BEGIN)\b", text, re.IGNORECASE) is not None and (
        not re.match(r"\s*BEGIN\s*(?:TRANSACTION|WORK|NAME|$|;)", text, re.IGNORECASE)
    )


def _script(session: "Session", text: str) -> Outcome:
    """Run a block, or the text that EXECUTE IMMEDIATE is given."""
    from core.sql_ai.scripting import running

    if not re.match(r"\s*EXECUTE\b", text, re.IGNORECASE):
        return running.run_block(session, text)
    written, using = running.split_using(text)
    if re.match(r"\s*FROM\b", written, re.IGNORECASE):
        raise refuse("EXECUTE IMMEDIATE FROM a file", _FILES)
    depth = session.limits.max_expression_depth
    inner, *values = (
        evaluated(session, parse(f"SELECT {item}", depth).expressions[0])[0] for item in (written, *using)
    )
    return running.run_text(session, str(inner or ""), {f"BIND_{i}": value for i, value in enumerate(values)})


def _unset(session: "Session", text: str) -> Outcome:
    """UNSET a, or UNSET (a, b)."""
    written = text.split(None, 1)[1] if len(text.split(None, 1)) > 1 else ""
    for name in written.strip(" ()").split(","):
        session.variables.pop(name.strip().upper(), None)
    return status("Statement executed successfully.")


def _query(session: "Session", tree: exp.Expression, text: str) -> Outcome:
    relation, state = compile_top(session, tree, text)
    rows, cut = session.select(relation, state)
    return Outcome([c.name for c in relation.columns], [c.type for c in relation.columns], rows, cut)


def _create(session: "Session", tree: exp.Create) -> Outcome:
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "SEQUENCE":
        from core.sql_ai import sequences

        return sequences.create(session, tree)
    if kind not in ("TABLE", "VIEW"):
        raise refuse(f"CREATE {kind}", "Tables, views, sequences and SNOWFLAKE.ML models can be created.")
    _check_properties(tree)
    name, schema = _target(tree.this)
    existing = session.relation(name)
    if existing is not None and tree.args.get("exists"):
        return status(f"{name} already exists, statement succeeded.")
    if existing is not None and not tree.args.get("replace"):
        raise BadInput(f"Object '{name}' already exists.", "Write CREATE OR REPLACE.")
    if kind == "VIEW":
        return _create_view(session, tree, name, schema)
    table = _new_table(session, tree, name, schema)
    session.store.publish(table)
    return status(f"Table {name} successfully created.")


def _check_properties(tree: exp.Create) -> None:
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else []:
        # What arranges the storage, keeps history or guards a definition changes no result.
        if isinstance(item, exp.Property) and item.name.upper() in _STORAGE:
            continue
        fine = (
            exp.TemporaryProperty
            | exp.LikeProperty
            | exp.SchemaCommentProperty
            | exp.TransientProperty
            | exp.ClusterProperty
            | exp.CopyGrantsProperty
            | exp.SecureProperty
        )
        if not isinstance(item, fine):
            raise refuse(f"CREATE with {item.sql('snowflake')[:40]}")


def _target(node: exp.Expression) -> tuple[str, list[exp.Expression]]:
    """The name and the column definitions of ``t`` or ``t (..)``."""
    if isinstance(node, exp.Schema):
        return node.this.name, node.expressions
    return node.name, []


def _new_table(session: "Session", tree: exp.Create, name: str, schema: list[exp.Expression]) -> Table:
    clone, properties = tree.args.get("clone"), tree.args.get("properties")
    like = properties.find(exp.LikeProperty) if properties is not None else None
    if like is not None:
        source = session.store.table(like.this.name)
        table = session.store.create(
            name,
            [(c.name, c.type) for c in source.columns],
            source.defaults,
            source.required,
            {
                name: Sequence(name, counter.start, counter.step, session.now)
                for name, counter in source.counters.items()
            },
        )
        return replace(table, primary=source.primary, unique=source.unique)
    if clone is not None:
        return _cloned(session, name, clone.this)
    if tree.expression is not None:
        return filled(session, name, tree.expression, schema)
    if not schema:
        raise BadInput(
            f"CREATE TABLE {name} names no columns", "Write CREATE TABLE t (id NUMBER, body VARCHAR)."
        )
    return _declared(session, name, schema)


def _cloned(session: "Session", name: str, node: exp.Expression) -> Table:
    """A table with the rows and the rules of another; its counters go on where those of the other stand."""
    source = session.store.table(node.name)
    query = exp.Select(expressions=[exp.Star()], from_=exp.From(this=node))
    return replace(
        filled(session, name, query, []),
        defaults=source.defaults,
        required=source.required,
        counters={
            title: Sequence(title, counter.next, counter.step, session.now)
            for title, counter in source.counters.items()
        },
        primary=source.primary,
        unique=source.unique,
    )


def _declared(session: "Session", name: str, schema: list[exp.Expression]) -> Table:
    columns, defaults, counters = [], {}, {}
    primary, unique = _keys(schema)
    required = set(primary)
    for item in schema:
        if not isinstance(item, exp.ColumnDef):
            if isinstance(
                item, exp.Constraint | exp.PrimaryKey | exp.ForeignKey | exp.UniqueColumnConstraint
            ):
                continue  # Snowflake enforces only that a primary key is not NULL
            raise refuse(f"{item.sql('snowflake')[:40]} in CREATE TABLE")
        if item.args.get("kind") is None:
            raise BadInput(f"The column {item.name} has no type", "Write id NUMBER, body VARCHAR.")
        columns.append((item.name, coercion.data_type(item.args["kind"])))
        for constraint in item.args.get("constraints") or []:
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.NotNullColumnConstraint) and not kind.args.get("allow_null"):
                required.add(item.name)
            elif isinstance(kind, exp.DefaultColumnConstraint):
                defaults[item.name] = kind.this
            elif isinstance(
                kind, exp.AutoIncrementColumnConstraint | exp.GeneratedAsIdentityColumnConstraint
            ):
                counters[item.name] = Sequence(item.name, *_counting(kind), session.now)
            elif isinstance(
                kind, exp.CheckColumnConstraint | exp.CollateColumnConstraint | exp.ComputedColumnConstraint
            ):
                raise refuse(f"{kind.sql('snowflake')[:40]} in CREATE TABLE")
    table = session.store.create(name, columns, defaults, frozenset(required), counters)
    return replace(table, primary=primary, unique=unique)


def _keys(schema: list[exp.Expression]) -> tuple[frozenset[str], frozenset[str]]:
    """The columns of PRIMARY KEY and of UNIQUE, written at the column or behind the columns."""
    primary: set[str] = set()
    unique: set[str] = set()
    for item in schema:
        kinds = [part.args.get("kind") for part in item.args.get("constraints") or []]
        if isinstance(item, exp.ColumnDef):
            primary |= {item.name for kind in kinds if isinstance(kind, exp.PrimaryKeyColumnConstraint)}
            unique |= {item.name for kind in kinds if isinstance(kind, exp.UniqueColumnConstraint)}
            continue
        for kind, found in ((exp.PrimaryKey, primary), (exp.UniqueColumnConstraint, unique)):
            for key in item.find_all(kind):
                found |= {part.name for part in key.find_all(exp.Identifier)}
    names = {item.name for item in schema if isinstance(item, exp.ColumnDef)}
    return frozenset(primary & names), frozenset(unique & names)


def _counting(kind: exp.Expression) -> tuple[int, int]:
    """Start and step of AUTOINCREMENT, which are 1 when they are not written."""
    numbers = [kind.args[key].sql() if kind.args.get(key) else "1" for key in ("start", "increment")]
    if not all(re.fullmatch(r"-?\d{1,15}", number) for number in numbers) or int(numbers[1]) == 0:
        raise BadInput("AUTOINCREMENT needs whole numbers", "Write AUTOINCREMENT START 1 INCREMENT 1.")
    return int(numbers[0]), int(numbers[1])


def filled(session: "Session", name: str, query: exp.Expression, schema: list[exp.Expression]) -> Table:
    """CREATE TABLE AS: the query's types, or those of the column list."""
    relation, state = compile_top(session, query)
    titles = [item.name for item in schema] or [column.name for column in relation.columns]
    if len(titles) != len(relation.columns):
        raise BadInput(
            f"{len(titles)} column names for {len(relation.columns)} columns",
            "Give one name for each column.",
        )
    types = [column.type if column.type.kind is not Kind.NULL else VARCHAR for column in relation.columns]
    for index, item in enumerate(schema):
        if isinstance(item, exp.ColumnDef) and item.args.get("kind") is not None:
            types[index] = coercion.data_type(item.args["kind"])
    table = session.store.create(name, list(zip(titles, types, strict=True)))
    try:
        insert_rows(session, table, relation, state, list(range(len(titles))))
    except BaseException:
        session.store.discard(table)
        raise
    return table


def _create_view(session: "Session", tree: exp.Create, name: str, schema: list[exp.Expression]) -> Outcome:
    query = tree.expression
    if query is None:
        raise BadInput(f"CREATE VIEW {name} has no query", "Write CREATE VIEW v AS SELECT ..")
    if tree.args.get("properties") is not None and tree.args["properties"].find(exp.MaterializedProperty):
        raise refuse("CREATE MATERIALIZED VIEW", "Use CREATE TABLE AS.")
    relation, _state = compile_top(session, query)
    names = tuple(item.name for item in schema)
    columns = relation.columns
    if names:
        if len(names) != len(columns):
            raise BadInput(
                f"{len(names)} column names for {len(columns)} columns", "Give one name for each column."
            )
        columns = tuple(replace(column, name=title) for column, title in zip(columns, names, strict=True))
    session.store.create_view(View(name, _view_text(query, relation), names), columns)
    return status(f"View {name} successfully created.")


def _view_text(query: exp.Expression, relation: Relation) -> str:
    return query.sql("snowflake")


def insert_rows(
    session: "Session", table: Table, relation: Relation, state: Compilation, places: list[int]
) -> int:
    """Insert the rows of ``relation`` as columns ``places``, each value cast; defaults for the other columns."""
    scope = Scope(state)
    values: list[str] = []
    for index, column in enumerate(table.columns):
        if index in places:
            source = relation.columns[places.index(index)]
            values.append(stored_value(Piece(f'"s".{quote(source.physical)}', source.type), column.type).sql)
        elif column.name in table.defaults:
            values.append(stored_value(state.expression(table.defaults[column.name], scope), column.type).sql)
        elif column.name in table.counters:
            name = text_literal(session.sequences.lend(table.counters[column.name]))
            values.append(f"sf_nextval({state.fresh('')}, {state.fresh('')}, {name})")
        else:
            values.append("NULL")
    sql = f'INSERT INTO {quote(table.physical)} SELECT {", ".join(values)} FROM ({relation.sql}) AS "s"'
    return session.change(sql, state, lambda: check_table(session, table))


def stored_value(piece: Piece, target: SqlType) -> Piece:
    """A value as its column keeps it; a text that is too long is an error, not cut."""
    source = piece.type
    if source.kind is Kind.NULL:
        return piece
    if target.kind is Kind.VARCHAR and target.size:
        text = coercion.cast(piece, VARCHAR) if source.kind is not Kind.VARCHAR else piece
        return Piece(f"sf_fits({text.sql}, {target.size})", target, piece.sites)
    same = source.kind is target.kind and target.kind not in (Kind.NUMBER, Kind.VECTOR)
    same = same and source.scale == target.scale
    if same or (
        target.kind is Kind.NUMBER
        and source.kind is Kind.NUMBER
        and source.scale is not None
        and source.scale <= (target.scale or 0)
        and (target.precision or 38) >= 38
    ):
        return piece
    if target.kind is Kind.VARIANT and source.kind in JSON_KINDS:
        return piece
    return coercion.cast(piece, target)


def check_table(session: "Session", table: Table) -> None:
    """Raise LimitReached for too many rows, BadInput for a NULL in a NOT NULL column."""
    session.store.check_rows(table)
    for column in table.columns:
        if column.name in table.required:
            found = session.sandbox.run(
                f"SELECT 1 FROM {quote(table.physical)} WHERE {quote(column.physical)} IS NULL LIMIT 1"
            )
            if found.fetchone() is not None:
                raise BadInput(
                    f"NULL result in a non-nullable column {column.name}", "Give a value, or a DEFAULT."
                )


def _check_parts(tree: exp.Expression) -> None:
    """Refuse what sqlglot reads in a changing statement and nothing here looks at, such as LIMIT."""
    for key, name in _UNREAD.items():
        if tree.args.get(key):
            raise refuse(f"{name} in {tree.key.upper()}", "Leave it out, or choose the rows in WHERE.")


def _insert(session: "Session", tree: exp.Insert) -> Outcome:
    _check_parts(tree)
    if not isinstance(tree.this, exp.Table | exp.Schema) or tree.expression is None:
        raise refuse("This form of INSERT", "Write INSERT INTO t (columns) SELECT or VALUES.")
    name, schema = _target(tree.this)
    table = session.store.table(name)
    titles = [item.name for item in schema] or [column.name for column in table.columns]
    known = [column.name for column in table.columns]
    for title in titles:
        if title not in known:
            raise unknown("Column", title, known)
    query = with_defaults(tree.expression, table, titles)
    if tree.args.get("with_") is not None:
        query.set("with_", tree.args["with_"])
    relation, state = compile_top(session, query)
    if len(relation.columns) != len(titles):
        raise BadInput(
            f"INSERT gives {counted(len(relation.columns), 'value')} for {counted(len(titles), 'column')}",
            "Name the columns: INSERT INTO t (a, b).",
        )
    places = [known.index(title) for title in titles]
    if tree.args.get("overwrite"):
        with session.sandbox.writing():
            kept = session.sandbox.run(f"SELECT COUNT(*) FROM {quote(table.physical)}").fetchone()
            count = insert_rows(session, table, relation, state, places)
            session.sandbox.run(
                f"DELETE FROM {quote(table.physical)} WHERE rowid IN "
                f"(SELECT rowid FROM {quote(table.physical)} ORDER BY rowid LIMIT {kept[0]})"
            )
    else:
        count = insert_rows(session, table, relation, state, places)
    return Outcome(["number of rows inserted"], [INTEGER], [(count,)])


def with_defaults(query: exp.Expression, table: Table, titles: list[str]) -> exp.Expression:
    """``VALUES (1, DEFAULT)``: the words DEFAULT replaced by the columns' defaults."""
    if not isinstance(query, exp.Values):
        return query
    for row in query.expressions:
        for index, item in enumerate(row.expressions if isinstance(row, exp.Tuple) else []):
            is_default = isinstance(item, exp.Var | exp.Column) and item.name.upper() == "DEFAULT"
            if is_default and index < len(titles):
                item.replace(table.defaults.get(titles[index], exp.Null()).copy())
    return query


def _changed_scope(
    session: "Session", tree: exp.Expression, others: list[exp.Expression]
) -> tuple[Table, Scope, str, str]:
    """The table to change, the names in sight, SQLite's alias, and the FROM text of the other tables."""
    node = tree.this
    if not isinstance(node, exp.Table):
        raise BadInput("The statement names no table", "Write DELETE FROM t WHERE .. or UPDATE t SET ..")
    table = session.store.table(node.name)
    state = session.compilation()
    alias = node.alias or node.name
    physical = quote(state.fresh(alias))
    columns = tuple((c.name, Piece(f"{physical}.{quote(c.physical)}", c.type)) for c in table.columns)
    scope = Scope(state, None, [Source(alias, columns, rowid=f"{physical}.rowid")])
    texts = []
    for other in others:
        for item in [other, *(join.this for join in other.args.get("joins") or [])]:
            text, source, sites = state.source(item, scope)
            scope.sources.append(source)
            scope.guards |= sites
            texts.append(text)
        for join in other.args.get("joins") or []:
            if join.args.get("on") is not None:
                raise refuse("JOIN in the FROM of UPDATE or DELETE", "Put the condition into WHERE.")
    return table, scope, physical, ", ".join(texts)


def _update(session: "Session", tree: exp.Update) -> Outcome:
    _check_parts(tree)
    source = tree.args.get("from_")
    table, scope, physical, others = _changed_scope(
        session, tree, [source.this] if source is not None else []
    )
    state = scope.state
    where = _filter(tree, scope)
    known = [column.name for column in table.columns]
    assignments = []
    for item in tree.expressions:
        if not isinstance(item, exp.EQ) or item.this.name not in known:
            raise unknown("Column", item.this.name, known)
        column = table.columns[known.index(item.this.name)]
        value = stored_value(state.expression(item.expression, scope.at(clause="SET")), column.type)
        assignments.append(f"{quote(column.physical)} = {value.sql}")
    sql = f"UPDATE {quote(table.physical)} AS {physical} SET {', '.join(assignments)}"
    sql += (f" FROM {others}" if others else "") + where
    count = session.change(sql, state, lambda: check_table(session, table))
    return Outcome(
        ["number of rows updated", "number of multi-joined rows updated"], [INTEGER, INTEGER], [(count, 0)]
    )


def _filter(tree: exp.Expression, scope: Scope) -> str:
    clause = tree.args.get("where")
    if clause is None:
        return ""
    piece = condition(clause.this, scope.at(clause="WHERE"))
    scope.guards |= piece.sites
    return f" WHERE {piece.sql}"


def _delete(session: "Session", tree: exp.Delete) -> Outcome:
    _check_parts(tree)
    table, scope, physical, others = _changed_scope(session, tree, tree.args.get("using") or [])
    where = _filter(tree, scope)
    if others:
        where = f" WHERE rowid IN (SELECT {physical}.rowid FROM {quote(table.physical)} AS {physical}, {others}{where})"
        sql = f"DELETE FROM {quote(table.physical)}{where}"
    else:
        sql = f"DELETE FROM {quote(table.physical)} AS {physical}{where}"
    return Outcome(["number of rows deleted"], [INTEGER], [(session.change(sql, scope.state),)])


def _truncate(session: "Session", tree: exp.TruncateTable) -> Outcome:
    name = tree.expressions[0].name
    if tree.args.get("exists") and session.relation(name) is None:
        return status("Statement executed successfully.")
    table = session.store.table(name)
    session.change(f"DELETE FROM {quote(table.physical)} WHERE 1", session.compilation())
    return status("Statement executed successfully.")


def _drop(session: "Session", tree: exp.Drop) -> Outcome:
    kind = str(tree.args.get("kind") or "").upper()
    if kind == "SEQUENCE":
        from core.sql_ai import sequences

        return sequences.drop(session, tree)
    if kind not in ("TABLE", "VIEW"):
        raise refuse(f"DROP {kind}")
    tables = tree.args.get("tables") or ([tree.this] if tree.this is not None else [])
    name = tables[0].name
    found = session.relation(name)
    if found is None and tree.args.get("exists"):
        return status(f"Drop statement executed successfully ({name} already dropped).")
    if found is None or isinstance(found, View) != (kind == "VIEW"):
        raise unknown(kind.title(), name, session.names())
    session.store.drop(name)
    return status(f"{name} successfully dropped.")


def _alter(session: "Session", tree: exp.Alter) -> Outcome:
    from core.sql_ai import alterations

    return alterations.alter(session, tree)


def _set(session: "Session", tree: exp.Set) -> Outcome:
    for item in tree.expressions:
        pair = item.this
        if not isinstance(pair, exp.EQ):
            raise refuse("This form of SET", "Write SET name = value.")
        targets = pair.this.expressions if isinstance(pair.this, exp.Tuple) else [pair.this]
        values = pair.expression.expressions if isinstance(pair.expression, exp.Tuple) else [pair.expression]
        if len(targets) != len(values):
            raise BadInput(
                f"SET has {len(targets)} names and {len(values)} values", "Give each name a value."
            )
        for target, value in zip(targets, values, strict=True):
            _set_variable(session, target.name.upper(), evaluated(session, value)[0])
    return status("Statement executed successfully.")


def _set_variable(session: "Session", name: str, value: Any) -> None:
    """Keep a variable; all of them together may hold what one value may."""
    limit = session.limits.max_value_bytes
    kept = session.variables | {name: value}
    if len(kept) + sum(len(str(one)) for one in kept.values()) > limit:
        raise LimitReached(
            f"The session's variables hold more than the limit max_value_bytes = {limit:,}",
            "UNSET some, or keep long texts in a table.",
        )
    session.variables[name] = value


def evaluated(session: "Session", node: exp.Expression) -> tuple[Any, SqlType]:
    """The value and the type of an expression, or of a query's first cell."""
    inner = node.this if isinstance(node, exp.Paren) and isinstance(node.this, exp.Select) else node
    query = (
        inner
        if isinstance(inner, exp.Select)
        else inner.this
        if isinstance(inner, exp.Subquery)
        else exp.Select(expressions=[node])
    )
    relation, state = compile_top(session, query)
    rows, _cut = session.select(relation, state)
    return (rows[0][0] if rows else None), relation.columns[0].type


def _use(session: "Session", tree: exp.Use) -> Outcome:
    """USE WAREHOUSE, ROLE, DATABASE, SCHEMA: accepted so that scripts run; the sandbox has one of each."""
    return status("Statement executed successfully.")


def _show(session: "Session", tree: exp.Show) -> Outcome:
    from core.sql_ai import showing

    return showing.show(session, tree)


def _describe(session: "Session", tree: exp.Describe) -> Outcome:
    from core.sql_ai import showing

    return showing.describe(session, tree)


def _command(session: "Session", tree: exp.Command) -> Outcome:
    words = f"{str(tree.this).upper()} {tree.expression or ''}".split()
    raise refuse(f"The statement {' '.join(words)[:40]}")


_HANDLERS: dict[type[exp.Expression], Callable[[Any, Any], Outcome]] = {
    exp.Create: _create, exp.Insert: _insert, exp.Update: _update, exp.Delete: _delete, exp.TruncateTable: _truncate,
    exp.Drop: _drop, exp.Alter: _alter, exp.Set: _set, exp.Use: _use, exp.Show: _show, exp.Describe: _describe,
    exp.Command: _command,
}  # fmt: skip
__all__ = [
    "BOOLEAN",
    "Outcome",
    "check_table",
    "compile_top",
    "evaluated",
    "filled",
    "insert_rows",
    "run_statement",
    "status",
    "stored_value",
    "with_defaults",
]
