"""A request that is refused: status, reason, remedy, and the fields at fault."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import HubError


@dataclass(frozen=True)
class Problem:
    """One wrong field: where it is, what is wrong, and a short code, as FastAPI's own errors have it."""

    where: tuple[str | int, ...]
    text: str
    code: str


class Refused(HubError):
    """Answered with ``status``; ``problems`` name the fields of a 422."""

    def __init__(self, status: int, message: str, hint: str = "", problems: Sequence[Problem] = ()) -> None:
        super().__init__(message, hint)
        self.status = status
        self.problems = tuple(problems)
