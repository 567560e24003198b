"""Reading a block of Snowflake Scripting; everything that is not a word of the language is an SQL statement."""

from collections.abc import Callable, Iterator
from typing import Literal

from core.errors import BadInput, HubError
from core.sql_ai.dialect.checks import too_deep
from core.sql_ai.dialect.compilation import refuse
from core.sql_ai.scripting.nodes import (
    Assign,
    Block,
    Count,
    Cursor,
    Declare,
    Handler,
    If,
    Jump,
    Loop,
    Node,
    Raise,
    Return,
    Rows,
    Sql,
)
from core.sql_ai.scripting.tokens import Token, tokens_of

GIVEN_NAMES = frozenset({"SQLID", "SQLROWCOUNT", "SQLFOUND", "SQLNOTFOUND", "SQLERRM", "SQLCODE", "SQLSTATE"})
_MAX_NESTING = 40  # Python's stack holds far more; no readable script comes near
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")


def read_block(script: str) -> Block:
    """The block that ``script`` is; raises BadInput naming the line of what cannot be read."""
    reader = Reader(script)
    block = reader.block()
    reader.label()
    reader.skip(";")
    if reader.here is not None:
        raise reader.error(f"Unexpected {reader.here.text} after the block's END")
    return block


def declared_names(script: str) -> frozenset[str]:
    """Every name that the block gives a meaning, and those that are always there; empty when it cannot be read."""
    try:
        block = read_block(script)
    except HubError:
        return frozenset()
    return GIVEN_NAMES.union(_names(block))


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Declare | Count | Rows):
        yield node.name
    inner: list[Node] = []
    if isinstance(node, Block):
        inner = [*node.declarations, *node.body, *(one for handler in node.handlers for one in handler.body)]
    elif isinstance(node, If):
        inner = [*node.otherwise, *(one for _condition, body in node.branches for one in body)]
    elif isinstance(node, Count | Rows | Loop):
        inner = list(node.body)
    for one in inner:
        yield from _names(one)


def folded(token: Token) -> str:
    """The name a token stands for: in upper case unless it is quoted."""
    return token.text[1:-1].replace('""', '"') if token.kind == "name" else token.text.upper()


class Reader:
    """The tokens of a script and the place reached in them."""

    def __init__(self, script: str) -> None:
        self.script, self.tokens, self.place, self.depth = script, tokens_of(script), 0, 0

    # -- tokens ------------------------------------------------------------------------------------------

    @property
    def here(self) -> Token | None:
        """The next token, None at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    @property
    def line(self) -> int:
        """The line of the next token, from 1."""
        start = self.here.start if self.here is not None else len(self.script)
        return self.script.count("\n", 0, start) + 1

    def key(self, ahead: int = 0) -> str:
        """The keyword or sign ``ahead`` tokens from here; "" for anything else and at the end."""
        place = self.place + ahead
        return self.tokens[place].key if place < len(self.tokens) else ""

    def error(self, message: str) -> BadInput:
        """The error for something unreadable here."""
        return BadInput(
            f"{message} (line {self.line} of the block)", "Check ;, THEN, DO and END of the block."
        )

    def skip(self, *keys: str) -> bool:
        """Step over the next token when it is one of ``keys``."""
        if self.key() not in keys or not self.key():
            return False
        self.place += 1
        return True

    def expect(self, *keys: str) -> str:
        """Step over one of ``keys``; raises BadInput when something else stands here."""
        found = self.key()
        if not self.skip(*keys):
            text = self.here.text[:30] if self.here is not None else "the end"
            raise self.error(f"Expected {' or '.join(keys)}, found {text}")
        return found

    def name(self) -> str:
        """The name that stands here."""
        token = self.here
        if token is None or token.kind not in ("word", "name"):
            raise self.error(f"Expected a name, found {token.text[:30] if token else 'the end'}")
        self.place += 1
        return folded(token)

    def upto(self, *stops: str) -> str:
        """The text before the next of ``stops`` outside brackets and CASE .. END; the stop stays."""
        first, depth, cases = self.place, 0, 0
        while self.here is not None:
            key = self.key()
            if depth == 0 and cases == 0 and key in stops:
                break
            depth += (key in _OPENING) - (key in _CLOSING)
            cases += (key == "CASE") - (key == "END" and cases > 0)
            self.place += 1
        else:
            if ";" not in stops:
                raise self.error(f"{' or '.join(stops)} is missing")
        if self.place == first:
            return ""
        return self.script[self.tokens[first].start : self.tokens[self.place - 1].end]

    def label(self) -> str:
        """The label behind END, "" without one."""
        token = self.here
        return self.name() if token is not None and token.kind in ("word", "name") else ""

    # -- statements --------------------------------------------------------------------------------------

    def block(self) -> Block:
        """DECLARE .. BEGIN .. EXCEPTION .. END, up to the END."""
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise too_deep(_MAX_NESTING)
        line, declarations = self.line, []
        if self.skip("DECLARE"):
            while self.key() != "BEGIN":
                declarations.append(self.declaration())
                self.expect(";")
        self.expect("BEGIN")
        body = self.statements("EXCEPTION", "END")
        handlers = []
        if self.skip("EXCEPTION"):
            while self.skip("WHEN"):
                handlers.append(self.handler())
        self.expect("END")
        self.depth -= 1
        return Block(tuple(declarations), body, tuple(handlers), line)

    def handler(self) -> Handler:
        """``a OR b THEN ..``; EXIT and CONTINUE may stand before THEN."""
        names = [self.name()]
        while self.skip("OR"):
            names.append(self.name())
        self.skip("EXIT", "CONTINUE")
        self.expect("THEN")
        return Handler(tuple(names), self.statements("WHEN", "END"))

    def declaration(self) -> Declare:
        """``name type := value`` and its kin, up to the semicolon."""
        line, name = self.line, self.name()
        if self.skip("CURSOR"):
            self.expect("FOR")
            return Declare(name, "cursor", "", self.upto(";"), line)
        if self.key() == "EXCEPTION":
            self.place += 1
            return Declare(name, "exception", "", self.upto(";"), line)
        if self.key() == "PROCEDURE":
            raise refuse("A PROCEDURE inside a block", "Write its statements into the block.")
        role: Literal["value", "resultset"] = "resultset" if self.skip("RESULTSET") else "value"
        kind = self.upto(":=", "DEFAULT", ";", "BEGIN")
        text = self.upto(";") if self.skip(":=", "DEFAULT") else None
        return Declare(name, role, kind, text, line)

    def statements(self, *ends: str) -> tuple[Node, ...]:
        """The statements before one of the words ``ends``, which stays."""
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise too_deep(_MAX_NESTING)
        found: list[Node] = []
        while self.key() not in ends:
            if self.here is None:
                raise self.error(f"{' or '.join(ends)} is missing")
            if self.skip(";"):
                continue
            node = self.statement()
            found += [node] if node is not None else []
            if self.here is not None:
                self.expect(";")
        self.depth -= 1
        return tuple(found)

    def statement(self) -> Node | None:
        """One statement without its semicolon; None for NULL."""
        if self.key(1) == ":=":
            line, name = self.line, self.name()
            self.expect(":=")
            return Assign(name, self.upto(";"), line)
        word = self.key()
        if word == "NULL":
            self.place += 1
            return None
        if word == "DECLARE" or (word == "BEGIN" and not self.begins_transaction()):
            return self.block()
        read = _READERS.get(word)
        return read(self) if read is not None else self.sql()

    def begins_transaction(self) -> bool:
        """Whether this BEGIN opens a transaction, not a block."""
        return self.key(1) in ("TRANSACTION", "WORK", ";") or (self.key(1) == "NAME" and self.key(2) != ":=")

    def sql(self) -> Sql:
        """An SQL statement, with the INTO of a SELECT or CALL taken out."""
        line, first = self.line, self.place
        text = self.upto(";")
        if not text:
            raise self.error("A statement is missing")
        if self.tokens[first].key not in ("SELECT", "WITH", "(", "CALL"):
            return Sql(text, (), line)
        end, self.place = self.place, first
        start = self.tokens[first].start
        before = self.upto("INTO", ";")
        if self.key() != "INTO":
            return Sql(text, (), line)
        self.place += 1
        targets = self.targets()
        rest = self.script[self.tokens[self.place - 1].end : start + len(text)]
        self.place = end
        return Sql(f"{before} {rest.lstrip()}", targets, line)

    def targets(self) -> tuple[str, ...]:
        """``:a, :b``; the colons may be left out."""
        found = []
        while True:
            self.skip(":")
            found.append(self.name())
            if not self.skip(","):
                return tuple(found)


def _let(reader: Reader) -> Node:
    reader.place += 1
    return reader.declaration()


def _if(reader: Reader) -> Node:
    line, branches = reader.line, []
    otherwise: tuple[Node, ...] = ()
    reader.expect("IF")
    while True:
        condition = reader.upto("THEN")
        reader.expect("THEN")
        branches.append((condition, reader.statements("ELSEIF", "ELSE", "END")))
        if not reader.skip("ELSEIF"):
            break
    if reader.skip("ELSE"):
        otherwise = reader.statements("END")
    reader.expect("END")
    reader.expect("IF")
    return If(tuple(branches), otherwise, line)


def _case(reader: Reader) -> Node:
    line, branches = reader.line, []
    reader.expect("CASE")
    operand = reader.upto("WHEN")
    while reader.skip("WHEN"):
        value = reader.upto("THEN")
        reader.expect("THEN")
        condition = f"({operand}) = ({value})" if operand else value
        branches.append((condition, reader.statements("WHEN", "ELSE", "END")))
    has_else = reader.skip("ELSE")
    otherwise = reader.statements("END") if has_else else ()
    reader.expect("END")
    reader.skip("CASE")
    return If(tuple(branches), otherwise, line, required=not has_else)


def _for(reader: Reader) -> Node:
    line = reader.line
    reader.expect("FOR")
    name = reader.name()
    reader.expect("IN")
    backwards = reader.skip("REVERSE")
    first = reader.upto("TO", "DO", "LOOP")
    last = reader.upto("DO", "LOOP") if reader.skip("TO") else None
    if last is None and first.startswith("("):
        raise BadInput(
            f"FOR {name} IN needs the name of a cursor or a RESULTSET",
            "Write LET c CURSOR FOR SELECT ..; FOR r IN c DO ..",
        )
    word = reader.expect("DO", "LOOP")
    body = reader.statements("END")
    reader.expect("END")
    reader.expect("FOR" if word == "DO" else "LOOP")
    label = reader.label()
    if last is None:
        return Rows(name, first, body, label, line)
    return Count(name, first, last, backwards, body, label, line)


def _while(reader: Reader) -> Node:
    line = reader.line
    reader.expect("WHILE")
    condition = reader.upto("DO", "LOOP")
    word = reader.expect("DO", "LOOP")
    body = reader.statements("END")
    reader.expect("END")
    reader.expect("WHILE" if word == "DO" else "LOOP")
    return Loop(condition, None, body, reader.label(), line)


def _loop(reader: Reader) -> Node:
    line = reader.line
    reader.expect("LOOP")
    body = reader.statements("END")
    reader.expect("END")
    reader.expect("LOOP")
    return Loop(None, None, body, reader.label(), line)


def _repeat(reader: Reader) -> Node:
    line = reader.line
    reader.expect("REPEAT")
    body = reader.statements("UNTIL")
    reader.expect("UNTIL")
    condition = reader.upto("END")
    reader.expect("END")
    reader.expect("REPEAT")
    return Loop(None, condition, body, reader.label(), line)


def _jump(reader: Reader) -> Node:
    line = reader.line
    kind: Literal["break", "continue"] = "break" if reader.key() in ("BREAK", "EXIT") else "continue"
    reader.place += 1
    return Jump(kind, reader.label(), line)


def _return(reader: Reader) -> Node:
    line = reader.line
    reader.place += 1
    table = reader.key() == "TABLE" and reader.key(1) == "("
    text = reader.upto(";")
    return Return(text, table, line)


def _raise(reader: Reader) -> Node:
    line = reader.line
    reader.place += 1
    return Raise(reader.label(), line)


def _cursor(reader: Reader) -> Node:
    line = reader.line
    verbs: dict[str, Literal["open", "fetch", "close"]] = {"OPEN": "open", "FETCH": "fetch", "CLOSE": "close"}
    verb = verbs[reader.expect(*verbs)]
    name, targets = reader.name(), tuple[str, ...]()
    if verb == "fetch":
        reader.expect("INTO")
        targets = reader.targets()
    using = ""
    if verb == "open" and reader.key() == "USING":
        reader.place += 1
        using = reader.upto(";")
    return Cursor(verb, name, targets, using, line)


_READERS: dict[str, Callable[[Reader], Node]] = {
    "LET": _let, "IF": _if, "CASE": _case, "FOR": _for, "WHILE": _while, "LOOP": _loop, "REPEAT": _repeat,
    "BREAK": _jump, "EXIT": _jump, "CONTINUE": _jump, "ITERATE": _jump, "RETURN": _return, "RAISE": _raise,
    "OPEN": _cursor, "FETCH": _cursor, "CLOSE": _cursor,
}  # fmt: skip
