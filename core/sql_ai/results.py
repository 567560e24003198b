"""What a statement gives back."""

from dataclasses import dataclass, field
from typing import Any

from core.errors import HubError
from core.sql_ai.kinds import SqlType


@dataclass(frozen=True)
class Meter:
    """What a statement cost.

    ``model_inputs`` are distinct requests sent to a model in ``batches``, ``calls`` evaluations of functions that
    ask one, in the pass that produced the rows (PROMPT asks none), ``rounds`` passes over the query, ``cache_hits``
    calls that needed no model, ``memo_hits`` distinct requests that an earlier statement had answered. ``tokens``
    is the reference's estimate (about four characters a token), ``cost`` the price of these at the price setting,
    None without one. ``inputs_by_function`` and ``inputs_by_call`` split ``model_inputs``, the latter by the call
    numbers that EXPLAIN AI shows.
    """

    model_inputs: int = 0
    calls: int = 0
    rounds: int = 0
    batches: int = 0
    cache_hits: int = 0
    memo_hits: int = 0
    tokens: int = 0
    elapsed_ms: float = 0.0
    model_ms: float = 0.0
    cost: float | None = None
    inputs_by_function: dict[str, int] = field(default_factory=dict)
    inputs_by_call: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """Columns and typed rows of one statement, or its error."""

    sql: str
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    error: HubError | None = None
    meter: Meter = field(default_factory=Meter)
    truncated: bool = False
    types: list[SqlType] = field(default_factory=list)
    query_id: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The shape the command line prints."""
        return {
            "sql": self.sql,
            "columns": self.columns,
            "rows": [list(row) for row in self.rows],
            "error": self.error.to_dict() if self.error else None,
            "meter": self.meter,
            "truncated": self.truncated,
        }
