"""Running one statement: the front parser for Snowflake's own statements, then one function per kind."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, LimitReached
from core.sql_ai import (
    alterations,
    changes,
    comments,
    definitions,
    elsewhere,
    explain,
    flow,
    ml_statements,
    routines,
    sequences,
    showing,
)
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.dialect.parse import parse, replace_identifiers
from core.sql_ai.merge import run_merge
from core.sql_ai.multi_insert import run_multi_insert
from core.sql_ai.outcomes import Outcome, compile_top, evaluated, status

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_QUERIES = (exp.Select, exp.SetOperation, exp.Subquery, exp.Values)
_SESSION_LISTS = ("VARIABLES", "PARAMETERS", "FUNCTIONS", "DATABASES", "SCHEMAS")
# The classes may stand without SNOWFLAKE.ML, which scripts put on their search path.
_CLASS = r"(?:SNOWFLAKE\s*\.\s*ML\s*\.|(?:FORECAST|ANOMALY_DETECTION|CLASSIFICATION|TOP_INSIGHTS)\b)"
_FRONT = re.compile(
    rf"\s*(EXPLAIN\s+AI|CALL|(?:CREATE(?:\s+OR\s+REPLACE)?|SHOW|DROP)\s+{_CLASS}"
    rf"|UNSET|ALTER\s+SEQUENCE|SHOW\s+(?:{'|'.join(_SESSION_LISTS)})|MERGE|INSERT\s+(?:OVERWRITE\s+)?(?:ALL|FIRST))\b",
    re.IGNORECASE | re.DOTALL,
)
# Statements that are refused by name before anything is read: what to do instead.
_FILES = "The sandbox has no stages and no files; upload tables on the page."
_ROLES = "The sandbox has one visitor, who may do everything in it."
_SCRIPTS = "That is a word of Snowflake Scripting: write it inside a block, BEGIN .. END;"
_COMMITS = "Write BEGIN, COMMIT or ROLLBACK; a statement that fails leaves nothing behind in any case."
_OTHER_ENGINE = "That is a word of another database; the sandbox cannot be left, tuned or extended."
_REFUSED = {
    **dict.fromkeys(("COPY", "PUT", "GET", "LIST", "LS", "REMOVE", "RM", "IMPORT", "EXPORT"), _FILES),
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
    "UNDROP": "What is dropped is gone; make it again.",
    "REPLACE": "Write MERGE, or CREATE OR REPLACE TABLE.",
    "TABLE": "Write SELECT * FROM the table.",
}
_TRANSACTION = re.compile(
    r"(?:(BEGIN|START\s+TRANSACTION)(?:\s+(?:WORK|TRANSACTION))?(?:\s+NAME\s+\w+)?|(COMMIT|ROLLBACK)(?:\s+WORK)?)\s*",
    re.IGNORECASE,
)
_OR_ALTER = re.compile(r"create\s+or\s+alter\b", re.IGNORECASE)


def run_statement(session: "Session", text: str) -> Outcome:
    """Run ``text``, which is one statement without comments around it, or a block."""
    if is_script(text):
        return _script(session, text)
    chained = flow.steps(text)
    if len(chained) > 1:
        return flow.run(session, chained)
    if routines.handles(text):
        return routines.run(session, text)
    text = replace_identifiers(text, session.variables, session.compilation().values)
    front = _FRONT.match(text)
    if front is not None:
        return _run_front(session, text, front[1].upper())
    control = _TRANSACTION.fullmatch(text)
    if control is not None:
        return _transaction(session, (control[2] or "BEGIN").upper())
    refused = elsewhere.refusal(text)
    if refused is not None:
        raise refused
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


def _run_front(session: "Session", text: str, word: str) -> Outcome:
    if word.startswith("EXPLAIN"):
        return explain.explain_ai(
            session, re.sub(r"^\s*EXPLAIN\s+AI\b", "", text, flags=re.IGNORECASE).strip()
        )
    if word.startswith("INSERT"):
        return run_multi_insert(session, text)
    if word == "UNSET":
        return _unset(session, text)
    if word.startswith("ALTER"):
        return sequences.alter(session, text)
    if word == "MERGE":
        tree = parse(text, session.limits.max_expression_depth)
        if not isinstance(tree, exp.Merge):
            raise BadInput("Syntax error in MERGE", "Write MERGE INTO t USING s ON t.id = s.id WHEN ..")
        return run_merge(session, tree)
    if word.startswith("SHOW") and word.split()[1] in _SESSION_LISTS:
        return showing.show_session(session, word.split()[1], text)
    return ml_statements.run(session, text)


def _transaction(session: "Session", word: str) -> Outcome:
    """BEGIN, COMMIT, ROLLBACK; the last two without a transaction do nothing, as in Snowflake."""
    sandbox = session.sandbox
    {"BEGIN": sandbox.begin, "COMMIT": sandbox.commit, "ROLLBACK": sandbox.rollback}[word]()
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
    from core.sql_ai.scripting.evaluating import run_text, split_using
    from core.sql_ai.scripting.running import run_block

    if not re.match(r"\s*EXECUTE\b", text, re.IGNORECASE):
        return run_block(session, text)
    written, using = split_using(text)
    if re.match(r"\s*FROM\b", written, re.IGNORECASE):
        raise refuse("EXECUTE IMMEDIATE FROM a file", _FILES)
    depth = session.limits.max_expression_depth
    inner, *values = (
        evaluated(session, parse(f"SELECT {item}", depth).expressions[0])[0] for item in (written, *using)
    )
    return run_text(session, str(inner or ""), {f"BIND_{i}": value for i, value in enumerate(values)})


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


def _set(session: "Session", tree: exp.Set) -> Outcome:
    if not tree.expressions:
        raise BadInput("SET names no variable", "Write SET name = value.")
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


def _use(session: "Session", tree: exp.Use) -> Outcome:
    """USE WAREHOUSE, ROLE, DATABASE, SCHEMA: accepted so that scripts run; the sandbox has one of each."""
    return status("Statement executed successfully.")


def _command(session: "Session", tree: exp.Command) -> Outcome:
    words = f"{str(tree.this).upper()} {tree.expression or ''}".split()
    raise refuse(f"The statement {' '.join(words)[:40]}")


_HANDLERS: dict[type[exp.Expression], Callable[[Any, Any], Outcome]] = {
    exp.Create: definitions.create, exp.Drop: definitions.drop, exp.Alter: alterations.alter,
    exp.Insert: changes.insert, exp.Update: changes.update, exp.Delete: changes.delete,
    exp.TruncateTable: changes.truncate, exp.Show: showing.show, exp.Describe: showing.describe,
    exp.Comment: comments.comment, exp.Set: _set, exp.Use: _use, exp.Command: _command,
}  # fmt: skip
