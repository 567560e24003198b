"""The statements of a block as they were read; every text is a slice of the script."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Declare:
    """A variable, cursor, RESULTSET or exception; ``kind`` is the type's text for variables, "" when it has none."""

    name: str
    role: Literal["value", "cursor", "resultset", "exception"]
    kind: str
    text: str | None  # expression, query, or the exception's number and message
    line: int


@dataclass(frozen=True)
class Assign:
    """``name := expression``."""

    name: str
    text: str
    line: int


@dataclass(frozen=True)
class If:
    """IF and CASE: the body of the first true condition, else ``otherwise``.

    ``required`` is set for a CASE without ELSE, in which no true condition is an error.
    """

    branches: tuple[tuple[str, tuple["Node", ...]], ...]
    otherwise: tuple["Node", ...]
    line: int
    required: bool = False


@dataclass(frozen=True)
class Count:
    """FOR over whole numbers, both ends included."""

    name: str
    first: str
    last: str
    backwards: bool
    body: tuple["Node", ...]
    label: str
    line: int


@dataclass(frozen=True)
class Rows:
    """FOR over the rows of a cursor or RESULTSET."""

    name: str
    source: str
    body: tuple["Node", ...]
    label: str
    line: int


@dataclass(frozen=True)
class Loop:
    """LOOP, WHILE (``before``) and REPEAT (``until``)."""

    before: str | None
    until: str | None
    body: tuple["Node", ...]
    label: str
    line: int


@dataclass(frozen=True)
class Jump:
    """BREAK or CONTINUE, of the loop called ``label`` or of the innermost one."""

    kind: Literal["break", "continue"]
    label: str
    line: int


@dataclass(frozen=True)
class Return:
    """RETURN of a value, of TABLE(..), or of nothing."""

    text: str
    table: bool
    line: int


@dataclass(frozen=True)
class Raise:
    """RAISE of a declared exception, or of the one being handled."""

    name: str
    line: int


@dataclass(frozen=True)
class Cursor:
    """OPEN, FETCH .. INTO and CLOSE; ``using`` are the values for the ``?`` of the query, as written."""

    verb: Literal["open", "fetch", "close"]
    name: str
    targets: tuple[str, ...]
    using: str
    line: int


@dataclass(frozen=True)
class Sql:
    """An SQL statement; ``targets`` are the variables after INTO."""

    text: str
    targets: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Handler:
    """``WHEN a OR b THEN ..`` of an EXCEPTION part."""

    names: tuple[str, ...]
    body: tuple["Node", ...]


@dataclass(frozen=True)
class Block:
    """A block, whole or nested."""

    declarations: tuple[Declare, ...]
    body: tuple["Node", ...]
    handlers: tuple[Handler, ...] = field(default=())
    line: int = 1


Node = Declare | Assign | If | Count | Rows | Loop | Jump | Return | Raise | Cursor | Sql | Block
