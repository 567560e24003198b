"""The names of a running block: its variables, scopes and rows, and how SQL texts refer to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from core.errors import BadInput, HubError
from core.sql_ai.dialect.compilation import unknown
from core.sql_ai.dialect.nodes import change_children
from core.sql_ai.kinds import VARCHAR, SqlType
from core.sql_ai.outcomes import Outcome
from core.sql_ai.scripting.reading import GIVEN_NAMES
from core.sql_ai.scripting.tokens import Token, tokens_of

if TYPE_CHECKING:
    from core.sql_ai.session import Session

_ROW = "_ROW_"  # what a row's column is called as a parameter


class Raised(BadInput):
    """An exception of a block: one that RAISE raised, or a statement's error with its line."""

    def __init__(self, name: str, number: int, text: str, line: int, cause: HubError | None = None) -> None:
        message = text if cause is not None else f"Uncaught exception {name} ({number}): {text}"
        hint = cause.hint if cause is not None else "Catch it with EXCEPTION WHEN .. THEN."
        super().__init__(f"{message} (line {line} of the block)", hint)
        self.name, self.number, self.text = name, number, text


@dataclass
class Variable:
    """What a name of the block stands for.

    ``value`` is a plain value, a row's columns, or the query of a cursor; ``rows`` are what a RESULTSET or an
    open cursor has, ``place`` how far FETCH has read them.
    """

    role: str
    value: Any = None
    kind: str = ""
    type: SqlType = VARCHAR
    rows: Outcome | None = None
    place: int = 0


@dataclass
class Names:
    """What the names of a block mean at the place it has reached; the innermost scope is the last."""

    session: "Session"
    outer: Mapping[str, Any]
    scopes: list[dict[str, Variable]] = field(default_factory=list)
    handled: list[Raised] = field(default_factory=list)
    last: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(GIVEN_NAMES))

    def find(self, name: str, *roles: str) -> Variable:
        """The innermost name; raises BadInput when there is none or it is something else."""
        for scope in reversed(self.scopes):
            if name in scope:
                if scope[name].role in roles:
                    return scope[name]
                break
        names = [key for scope in self.scopes for key, one in scope.items() if one.role in roles]
        raise unknown(" or ".join(role.title() for role in roles), name, names)

    def names(self) -> dict[str, Any]:
        """Every plain value in sight under its name, columns of rows under ``_ROW_name__column``."""
        found: dict[str, Any] = {**self.outer, **self.last}
        for scope in self.scopes:
            for name, one in scope.items():
                if one.role == "value":
                    found[name] = one.value
                elif one.role == "row":
                    found |= {f"{_ROW}{name}__{column}": value for column, value in one.value.items()}
        return found

    def with_rows(self, text: str) -> str:
        """``:r.column`` and ``r.column`` of rows as parameters, which a statement may hold."""
        rows = {name for scope in self.scopes for name, one in scope.items() if one.role == "row"}
        if not rows:
            return text
        pieces, place, tokens = [], 0, tokens_of(text)
        for index in range(len(tokens) - 2):
            first, dot, column = tokens[index : index + 3]
            named = first.key in rows and dot.text == "." and column.kind in ("word", "name")
            if not named or _is_path(tokens, index):
                continue
            colon = index > 0 and tokens[index - 1].text == ":"
            start = tokens[index - 1].start if colon else first.start
            name = column.text.strip('"') if column.kind == "name" else column.key
            pieces += [text[place:start], f":{self.cell(first.key, name)}"]
            place = column.end
        return "".join([*pieces, text[place:]])

    def cell(self, row: str, column: str) -> str:
        """The parameter that a row's column has become; raises BadInput for a column the row has not."""
        known = self.find(row, "row").value
        if column not in known:
            raise unknown("Column", f"{row}.{column}", list(known))
        return f"{_ROW}{row}__{column}"

    def with_names(self, node: exp.Expression) -> exp.Expression:
        """An expression whose bare names are the block's variables; subqueries keep theirs."""
        known = self.names()

        def swap(one: exp.Expression) -> exp.Expression:
            if isinstance(one, exp.Column) and not one.table and one.name in known:
                return exp.Placeholder(this=one.name)
            if isinstance(one, exp.Query):
                return one
            change_children(one, swap)
            return one

        return swap(node)


def _is_path(tokens: list[Token], index: int) -> bool:
    """Whether the name at ``index`` belongs to something before it: ``column:r.x`` or ``t.r.x``."""
    if index == 0 or tokens[index - 1].text not in (":", "."):
        return False
    if tokens[index - 1].text == ".":
        return True
    before = tokens[index - 2] if index > 1 else None
    return before is not None and before.end == tokens[index - 1].start and before.kind in ("word", "name")
