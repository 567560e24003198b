"""What a statement gives back."""

from dataclasses import dataclass, field
from typing import Any

from core.counts import counted
from core.errors import HubError
from core.sql_ai.kinds import SqlType


@dataclass(frozen=True)
class Meter:
    """What a statement cost.

    ``model_inputs`` are distinct requests sent to a model in ``batches``, ``calls`` evaluations of functions that
    ask one, in the pass that produced the rows (PROMPT asks none), ``rounds`` passes over the query, ``cache_hits``
    calls that needed no model, ``memo_hits`` distinct requests that an earlier statement had answered. ``kept`` are
    those of ``model_inputs`` whose answers a statement of another session on the sample tables had brought.
    ``tokens`` is the reference's estimate (about four characters a token), ``cost`` the price of these at the price
    setting, None without one. ``inputs_by_function`` and ``inputs_by_call`` split ``model_inputs``, the latter by the
    call numbers that EXPLAIN AI shows.
    """

    model_inputs: int = 0
    calls: int = 0
    rounds: int = 0
    batches: int = 0
    cache_hits: int = 0
    memo_hits: int = 0
    kept: int = 0
    tokens: int = 0
    elapsed_ms: float = 0.0
    model_ms: float = 0.0
    cost: float | None = None
    inputs_by_function: dict[str, int] = field(default_factory=dict)
    inputs_by_call: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class FailureCause:
    """Why calls of a function failed, and what to do about it; the hint may be empty."""

    message: str
    hint: str


@dataclass(frozen=True)
class CallFailures:
    """Calls of one function that gave NULL because they failed, in the pass that produced the rows.

    ``calls`` counts evaluations, as ``Meter.calls`` does; ``causes`` are the first few different ones, ``more_causes``
    tells whether there were others. A NULL argument is no failure, and neither is a call with RETURN_ERROR_DETAILS or
    one of AI_EXTRACT, whose value names its error.
    """

    function: str
    calls: int
    causes: tuple[FailureCause, ...]
    more_causes: bool = False

    @property
    def message(self) -> str:
        """What failed how often and why, in one line without the hints."""
        calls = f"{counted(self.calls, 'call')} of {self.function} failed and gave NULL"
        why = "; ".join(cause.message.rstrip(".") for cause in self.causes)
        return f"{calls}: {why}{'; and others' if self.more_causes else ''}."

    @property
    def hint(self) -> str:
        """What to do about it: each different hint once."""
        return " ".join(dict.fromkeys(cause.hint for cause in self.causes if cause.hint))

    def to_dict(self) -> dict[str, Any]:
        """The shape the command line prints."""
        causes = [{"message": cause.message, "hint": cause.hint} for cause in self.causes]
        return {
            "function": self.function, "calls": self.calls, "causes": causes, "more_causes": self.more_causes
        }  # fmt: skip


@dataclass(frozen=True)
class Result:
    """Columns and typed rows of one statement, or its error; ``failures`` has one entry a function that failed."""

    sql: str
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    error: HubError | None = None
    meter: Meter = field(default_factory=Meter)
    truncated: bool = False
    types: list[SqlType] = field(default_factory=list)
    query_id: str = ""
    failures: tuple[CallFailures, ...] = ()
    size: int = 0  # about how many bytes its texts and nested values take

    def to_dict(self) -> dict[str, Any]:
        """The shape the command line prints."""
        return {
            "sql": self.sql,
            "columns": self.columns,
            "rows": [list(row) for row in self.rows],
            "error": self.error.to_dict() if self.error else None,
            "meter": self.meter,
            "truncated": self.truncated,
            "failures": [failed.to_dict() for failed in self.failures],
        }
