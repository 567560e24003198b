"""CREATE and ALTER SEQUENCE, and NEXTVAL: numbers that a session hands out once each."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sqlglot import exp

from core.config_sql import SqlSettings
from core.errors import BadInput, LimitReached
from core.sql_ai.dialect.compilation import refuse, unknown
from core.sql_ai.dialect.parse import folded
from core.sql_ai.dialect.pieces import DRAWING
from core.sql_ai.outcomes import Outcome, status
from core.sql_ai.udfs.draws import Draws
from core.sql_ai.values import kept_exactly

if TYPE_CHECKING:
    from core.sql_ai.sandbox import Sandbox
    from core.sql_ai.session import Session


_NAME = r'(?:(?:"[^"]+"|[A-Za-z_][\w$]*)\.){0,2}("[^"]+"|[A-Za-z_][\w$]*)'
_ALTER = re.compile(rf"ALTER\s+SEQUENCE\s+(IF\s+EXISTS\s+)?{_NAME}\s+(.+)", re.IGNORECASE | re.DOTALL)
_RENAME = re.compile(rf"RENAME\s+TO\s+{_NAME}", re.IGNORECASE)
_INCREMENT = re.compile(r"(?:SET\s+)?INCREMENT(?:\s+BY)?\s*=?\s*(-?\d{1,15})", re.IGNORECASE)
_CHANGES_NO_NUMBER = re.compile(
    r"(?:SET\s+)?(?:NO)?ORDER|SET\s+COMMENT\s*=\s*'(?:[^']|'')*'|UNSET\s+COMMENT", re.IGNORECASE
)


@dataclass(eq=False)
class Sequence:
    """The number that comes next, and the step to the one after it; an AUTOINCREMENT column has one too."""

    name: str
    start: int
    step: int
    created: datetime
    next: int = field(init=False)

    def __post_init__(self) -> None:
        self.next = self.start


class Sequences:
    """The sequences of a session, installed in its sandbox as ``sf_draw_nextval``.

    A query may be read several times until all answers are known: each pass begins where the first one began, and
    only the last one's numbers are used up. As in Snowflake a statement may use up more than it shows.
    """

    def __init__(self, sandbox: "Sandbox", limits: SqlSettings, draws: Draws) -> None:
        self._most = limits.max_tables
        self._draws = draws
        self._known: dict[str, Sequence] = {}
        self._lent: WeakValueDictionary[str, Sequence] = WeakValueDictionary()
        self._taken: dict[str, int] = {}
        sandbox.add_function(f"{DRAWING}nextval", 3, self._next, deterministic=False)

    def __contains__(self, name: str) -> bool:
        return name in self._known or name in self._lent

    def all(self) -> list[Sequence]:
        """By name."""
        return [self._known[name] for name in sorted(self._known)]

    def add(self, sequence: Sequence) -> None:
        """Make or replace a sequence. Raises LimitReached when there are too many."""
        if sequence.name not in self._known and len(self._known) >= self._most:
            raise LimitReached(
                f"The session reached the limit max_tables = {self._most} of sequences", "Drop some."
            )
        self._known[sequence.name] = sequence

    def get(self, name: str) -> Sequence:
        """The sequence called ``name``; raises BadInput when there is none."""
        if name not in self._known:
            raise unknown("Sequence", name, list(self._known))
        return self._known[name]

    def rename(self, old: str, new: str) -> None:
        """Give a sequence another name, which must be free."""
        if new in self._known:
            raise BadInput(f"Object '{new}' already exists.", "Choose another name.")
        self._known[new] = self._known.pop(old)
        self._known[new].name = new

    def drop(self, name: str) -> None:
        """Forget a sequence; raises BadInput when there is none."""
        del self._known[self.get(name).name]

    def lend(self, sequence: Sequence) -> str:
        """A name under which SQL finds a sequence that belongs to a table."""
        name = f"\x01{id(sequence)}"  # no name in SQL has this sign
        self._lent[name] = sequence
        return name

    def start_pass(self) -> None:
        """Hand out again what the pass before took."""
        self._taken.clear()

    def end_pass(self) -> None:
        """What the pass took is used up."""
        for name, count in self._taken.items():
            if (sequence := self._find(name)) is not None:
                sequence.next += count * sequence.step
        self._taken.clear()

    def _find(self, name: str) -> Sequence | None:
        return self._known.get(name) or self._lent.get(name)

    def _next(self, place: int, use: int, name: str) -> Any:
        return self._draws.once(place, use, lambda: self._take(name))

    def _take(self, name: str) -> int | float:
        sequence = self._find(name)
        assert sequence is not None, "the compiler knows the name"
        taken = self._taken.get(name, 0)
        self._taken[name] = taken + 1
        return kept_exactly(sequence.next + taken * sequence.step)


def create(session: "Session", tree: exp.Create) -> Outcome:
    """CREATE SEQUENCE; START and INCREMENT are 1 when they are not written."""
    name = tree.this.name
    if name in session.sequences:
        if tree.args.get("exists"):
            return status(f"{name} already exists, statement succeeded.")
        if not tree.args.get("replace"):
            raise BadInput(f"Object '{name}' already exists.", "Write CREATE OR REPLACE.")
    options = tree.find(exp.SequenceProperties)
    start, step = (_whole(options, key) for key in ("start", "increment"))
    session.sequences.add(Sequence(name, start, _checked_step(step), session.now))
    return status(f"Sequence {name} successfully created.")


def _whole(options: exp.SequenceProperties | None, key: str) -> int:
    written = options.args.get(key) if options is not None else None
    if written is None:
        return 1
    try:
        return int(written.sql())
    except ValueError:
        raise BadInput(
            f"{key.upper()} of a sequence is not a whole number", "Write START 1 INCREMENT 1."
        ) from None


def alter(session: "Session", text: str) -> Outcome:
    """ALTER SEQUENCE [IF EXISTS]: RENAME TO, [SET] INCREMENT [BY] n, and what changes no number.

    Raises NotAvailable for another change, BadInput for an increment of 0 or a name that is taken.
    """
    head = _ALTER.fullmatch(text.strip())
    if head is None:
        raise BadInput("Cannot read ALTER SEQUENCE", "Write ALTER SEQUENCE s SET INCREMENT BY 2.")
    name, change = folded(head[2]), head[3].strip()
    if head[1] and name not in session.sequences:
        return status("Statement executed successfully.")
    sequence = session.sequences.get(name)
    renamed, stepped = _RENAME.fullmatch(change), _INCREMENT.fullmatch(change)
    if renamed is not None:
        session.sequences.rename(name, folded(renamed[1]))
    elif stepped is not None:
        sequence.step = _checked_step(int(stepped[1]))
    elif _CHANGES_NO_NUMBER.fullmatch(change) is None:
        raise refuse(f"ALTER SEQUENCE {change[:40]}", "RENAME TO and SET INCREMENT BY can be done.")
    return status("Statement executed successfully.")


def _checked_step(step: int) -> int:
    if not step:
        raise BadInput("A sequence cannot have the increment 0", "Write INCREMENT BY 1.")
    return step


def drop(session: "Session", tree: exp.Drop) -> Outcome:
    """DROP SEQUENCE [IF EXISTS]."""
    name = (tree.args.get("tables") or [tree.this])[0].name
    if tree.args.get("exists") and name not in session.sequences:
        return status(f"Drop statement executed successfully ({name} already dropped).")
    session.sequences.drop(name)
    return status(f"{name} successfully dropped.")
