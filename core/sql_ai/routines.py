"""CREATE FUNCTION and CREATE PROCEDURE in SQL, CALL, and what shows and drops them."""

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from core.errors import BadInput, LimitReached
from core.sql_ai import routine_lists
from core.sql_ai.dialect import brackets
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.parse import folded_token, parse, parse_call, tokenize
from core.sql_ai.dialect.routines import Parameter, Routine, bind, called, read_body
from core.sql_ai.kinds import VARCHAR
from core.sql_ai.outcomes import Outcome, compile_top, evaluated, status

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_CREATE = re.compile(
    r"CREATE\s+(OR\s+REPLACE\s+)?(?:(?:TEMP|TEMPORARY|SECURE)\s+)*(FUNCTION|PROCEDURE)\s+(IF\s+NOT\s+EXISTS\s+)?",
    re.IGNORECASE,
)
_DROP = re.compile(r"DROP\s+(FUNCTION|PROCEDURE)\s+(IF\s+EXISTS\s+)?", re.IGNORECASE)
_SHOW = re.compile(r"SHOW\s+(USER\s+FUNCTIONS|(?:USER\s+)?PROCEDURES)\b", re.IGNORECASE)
_DESCRIBE = re.compile(r"DESC(?:RIBE)?\s+(FUNCTION|PROCEDURE)\s+", re.IGNORECASE)
_CALL = re.compile(r'CALL\s+(?:[\w$"]+\s*\.\s*){0,2}("(?:[^"]|"")+"|[A-Za-z_][\w$]*)\s*\(', re.IGNORECASE)
_BODIES = frozenset({TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING})
_OPTIONS = frozenset(
    {
        "LANGUAGE", "NOT", "NULL", "STRICT", "IMMUTABLE", "VOLATILE", "MEMOIZABLE", "COMMENT", "EXECUTE", "CALLED",
        "RETURNS", "COPY", "AS",
    }
)  # fmt: skip


def handles(text: str) -> bool:
    """Whether the statement is one of those of this module."""
    return any(pattern.match(text) for pattern in (_CREATE, _DROP, _SHOW, _DESCRIBE, _CALL))


def run(session: "Session", text: str) -> Outcome:
    """Run CREATE, DROP, SHOW, DESCRIBE or CALL of a user's function or procedure."""
    if match := _CREATE.match(text):
        return _create(session, text, match)
    if match := _DROP.match(text):
        return _drop(session, text, match)
    if match := _SHOW.match(text):
        kind = "FUNCTION" if "FUNCTION" in match[1].upper() else "PROCEDURE"
        return routine_lists.show(session, kind, text)
    if match := _DESCRIBE.match(text):
        return routine_lists.describe(session, match[1].upper(), text[match.end() :])
    return _call(session, text)


# -- creating ------------------------------------------------------------------------------------------------


def _create(session: "Session", text: str, head: re.Match[str]) -> Outcome:
    kind = head[2].upper()
    routine = _read(kind, text[head.end() :])
    key = (kind, routine.name, len(routine.parameters))
    if key in session.routines and head[3]:
        return status(f"{routine.name} already exists, statement succeeded.")
    if key in session.routines and not head[1]:
        raise BadInput(f"Object '{routine.name}' already exists.", "Write CREATE OR REPLACE.")
    if len(session.routines) >= session.limits.max_tables:
        raise LimitReached(
            f"The session reached the limit max_tables = {session.limits.max_tables} of functions",
            "Drop some.",
        )
    _check(session, routine)
    session.sandbox.commit()
    session.routines[key] = routine
    return status(f"{kind.title()} {routine.name} successfully created.")


def _read(kind: str, text: str) -> Routine:
    """``name(parameters) RETURNS type options AS body``."""
    tokens = tokenize(text)
    opening = _index(tokens, 0, "(")
    closing = _closing(tokens, opening)
    name = folded_token(tokens[opening - 1])
    parameters = _columns(text[tokens[opening].start : tokens[closing].end + 1])
    if closing + 1 >= len(tokens) or tokens[closing + 1].text.upper() != "RETURNS":
        raise BadInput(f"{kind} {name} does not say what it returns", "Write RETURNS and a type.")
    end = _type_end(tokens, closing + 2)
    returned = text[tokens[closing + 1].end + 1 : tokens[end - 1].end + 1].strip()
    start = _options(tokens, end, kind, name)
    is_table = re.match(r"TABLE\b", returned, re.IGNORECASE)
    return Routine(
        kind,
        name,
        tuple(Parameter(title, to, default) for title, to, default in parameters),
        None if is_table else _type(returned),
        tuple((title, to) for title, to, _default in _columns(returned[5:].strip())) if is_table else (),
        _body(text, tokens, start, kind, name),
    )


def _index(tokens: list[Token], start: int, text: str) -> int:
    found = next((i for i in range(start, len(tokens)) if tokens[i].text == text), None)
    if not found:
        raise BadInput(
            "Cannot read the function's head", "Write CREATE FUNCTION f(x INT) RETURNS INT AS 'x'."
        )
    return found


def _closing(tokens: list[Token], opening: int) -> int:
    depth = 0
    for index in range(opening, len(tokens)):
        depth += brackets.step(tokens[index])
        if depth == 0:
            return index
    raise BadInput("A bracket of the parameters is not closed", "Write f(x INT, y VARCHAR).")


def _columns(text: str) -> list[tuple[str, exp.DataType, exp.Expression | None]]:
    """The names, types and defaults of ``(x INT, y VARCHAR DEFAULT 'a')``."""
    if not text.strip("() \n\t"):
        return []
    tree = parse(f"CREATE TABLE parameters {text}", 50)
    found = []
    for item in tree.this.expressions if isinstance(tree.this, exp.Schema) else [None]:
        if not isinstance(item, exp.ColumnDef) or not isinstance(item.args.get("kind"), exp.DataType):
            raise BadInput(f"Cannot read the parameters {text[:60]}", "Write (x INT, y VARCHAR).")
        if item.find(exp.CollateColumnConstraint) is not None:
            raise refuse(f"COLLATE of the parameter {item.name}", "Write COLLATE(x, 'en-ci') in the body.")
        default = next((one.this for one in item.find_all(exp.DefaultColumnConstraint)), None)
        found.append((item.name, item.args["kind"], default))
    return found


def _type(text: str) -> exp.DataType:
    tree = parse(f"SELECT CAST(NULL AS {text})", 50)
    cast = tree.expressions[0] if isinstance(tree, exp.Select) and len(tree.expressions) == 1 else None
    if not isinstance(cast, exp.Cast) or not isinstance(cast.args["to"], exp.DataType):
        raise BadInput(
            f"RETURNS {text[:40]} is not a type", "Write RETURNS VARCHAR, or RETURNS TABLE (x INT)."
        )
    return cast.args["to"]


def _type_end(tokens: list[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        if depth == 0 and index > start and tokens[index].text.upper() in _OPTIONS:
            return index
        depth += brackets.step(tokens[index])
    raise BadInput("The function has no body", "Write AS and the body, in quotes or between $$.")


def _options(tokens: list[Token], start: int, kind: str, name: str) -> int:
    """The place behind AS; a language other than SQL is refused."""
    for index in range(start, len(tokens)):
        word = tokens[index].text.upper()
        if word == "LANGUAGE" and index + 1 < len(tokens) and tokens[index + 1].text.upper() != "SQL":
            raise refuse(f"{kind} {name} in {tokens[index + 1].text.upper()}", "Write it in SQL.")
        if (
            word == "AS"
            and tokens[index].token_type is not TokenType.STRING
            and not _after_execute(tokens, index)
        ):
            return index + 1
    raise BadInput(f"{kind} {name} has no body", "Write AS and the body, in quotes or between $$.")


def _after_execute(tokens: list[Token], index: int) -> bool:
    """EXECUTE AS CALLER, EXECUTE AS OWNER."""
    return tokens[index - 1].text.upper() == "EXECUTE"


def _body(text: str, tokens: list[Token], start: int, kind: str, name: str) -> str:
    if start == len(tokens) - 1 and tokens[start].token_type in _BODIES:
        return str(tokens[start].text)
    if kind == "PROCEDURE" and start < len(tokens) and tokens[start].text.upper() in ("BEGIN", "DECLARE"):
        return text[tokens[start].start :]
    raise BadInput(f"{kind} {name} has no body", "Write AS and the body, in quotes or between $$.")


def _check(session: "Session", routine: Routine) -> None:
    """Compile the body once, so that its mistakes are told when it is written."""
    from core.sql_ai.dialect.calls import is_known
    from core.sql_ai.dialect.pieces import Scope
    from core.sql_ai.dialect.routines import compile_routine, table_query
    from core.sql_ai.scripting.reading import read_block

    if routine.kind == "PROCEDURE":
        read_block(routine.body)
        return
    if is_known(routine.name):
        raise BadInput(f"{routine.name} is a function of Snowflake", "Choose another name.")
    if routine.name in _reached(session, routine):
        raise BadInput(f"The function {routine.name} calls itself", "SQL functions cannot be recursive.")
    call = exp.Anonymous(this=routine.name, expressions=[exp.Null() for _one in routine.parameters])
    state = session.compilation()
    if routine.is_table:
        compile_top(session, table_query(routine, call, Scope(state)))
    else:
        compile_routine(routine, call, Scope(state, windows=False))


def _reached(session: "Session", routine: Routine) -> set[str]:
    """The names of the functions that the body calls, and those that they call."""
    found: set[str] = set()
    waiting = [routine]
    while waiting:
        body = read_body(waiting.pop(), session.limits.max_expression_depth)
        for call in body.find_all(exp.Anonymous):
            name = called(call)
            for one in session.routines.values():
                if one.name in (name, name.upper()) and one.name not in found and one.kind == "FUNCTION":
                    waiting.append(one)
            found |= {name, name.upper()}
    return found


# -- using ---------------------------------------------------------------------------------------------------


def _drop(session: "Session", text: str, head: re.Match[str]) -> Outcome:
    kind, written = head[1].upper(), text[head.end() :]
    name, count = routine_lists.name_and_count(tokenize(written))
    if (kind, name, count) not in session.routines and head[2]:
        return status(f"Drop statement executed successfully ({name} already dropped).")
    routine_lists.find(session, kind, name, count)
    session.sandbox.commit()
    del session.routines[kind, name, count]
    return status(f"{name} successfully dropped.")


def _call(session: "Session", text: str) -> Outcome:
    """CALL p(..): the block runs with the arguments as its variables."""
    from core.sql_ai.scripting.names import Variable
    from core.sql_ai.scripting.running import run_block

    node = parse_call(text[4:], session.limits.max_expression_depth)
    call = node.expression if isinstance(node, exp.Dot) else node
    if not isinstance(call, exp.Anonymous):
        raise BadInput(
            "CALL needs a procedure or a model's method", "Write CALL p(1), or CALL m!FORECAST(..)."
        )
    routine = session.routine("PROCEDURE", called(call), len(call.expressions))
    if routine is None:
        names = [one.name for one in session.routines.values() if one.kind == "PROCEDURE"]
        raise unknown("Procedure", f"{str(call.this).upper()} with {len(call.expressions)} arguments", names)
    variables = {}
    for name, value in bind(routine, call.expressions).items():
        found, kind = evaluated(session, value)
        variables[name] = Variable("value", found, value.args["to"].sql("snowflake"), kind)
    outcome = run_block(session, routine.body, {}, variables)
    if outcome.columns != ["anonymous block"]:
        return outcome
    return Outcome([routine.name], *_returned(session, routine, outcome.rows[0][0]))


def _returned(session: "Session", routine: Routine, value: Any) -> tuple[list[Any], list[tuple[Any, ...]]]:
    """The value of RETURN as the declared type."""
    if routine.returns is None:
        return [VARCHAR], [(value,)]
    before, session.values = session.values, {"ANSWER": value}
    try:
        cast = exp.Cast(this=exp.Placeholder(this="ANSWER"), to=routine.returns.copy())
        found, kind = evaluated(session, cast)
    finally:
        session.values = before
    return [kind], [(found,)]
