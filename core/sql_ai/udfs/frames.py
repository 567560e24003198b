"""Windows that SQLite cannot make: frames that reach back by months, which differ in length, and row patterns.

SQLite gives each partition in the order of its window, from the current row to the last one. What has left the window
is kept, so that the whole partition is at hand.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from core.errors import BadInput
from core.sql_ai import row_patterns
from core.sql_ai.udfs.aggregates import Collecting
from core.sql_ai.udfs.registry import AGGREGATES, aggregate

UNBOUNDED = ""  # as a bound: there is none
_KEY, _START, _END, _VALUES = 1, 2, 3, 4  # places in a row, whose first is the name of the function
_MATCH_BYTES = 300  # what matching keeps of a row that is in a match
_TOO_LARGE = 2**63  # for a number of SQLite's

Rows = list[tuple[Any, ...]]


class OverPartition(Collecting):
    """A window function that sees the whole partition; its frame is ROWS from the current one to the last."""

    def __init__(self) -> None:
        super().__init__()
        self._partition: Rows = []
        self._current = 0

    def inverse(self, *_arguments: Any) -> None:
        """Go on to the next row."""
        self._current += 1

    def result(self) -> Any:
        """The value at the current row."""
        if not self._partition:
            self._partition = list(self.rows)
            self._arrange()
        return self._at_current()

    def finalize(self) -> None:
        """Nothing: SQLite ends a partition so, and does not read the value."""

    def _arrange(self) -> None:
        raise NotImplementedError

    def _at_current(self) -> Any:
        raise NotImplementedError


@aggregate("matched")
class Matched(OverPartition):
    """(pattern, symbols, skip, bits): the matches that a row is in, as number:symbol:place and a | between them.

    NULL for a row in none; see row_patterns.py.
    """

    def _arrange(self) -> None:
        self._charge(_MATCH_BYTES * len(self._partition))
        rows = "".join(row_patterns.row_mark(int(row[3])) for row in self._partition)
        pattern, symbols, skip = map(str, self._partition[0][:3])
        self._matches = row_patterns.Matches(rows, pattern, tuple(filter(None, symbols.split(","))), skip)

    def _at_current(self) -> str | None:
        return "|".join(":".join(map(str, span)) for span in self._matches.of_row(self._current)) or None


@aggregate("framed")
class Framed(OverPartition):
    """(function, key, start, end, arguments ..): the function over the rows whose keys are from start to end.

    Keys do not decrease from row to row; those that are NULL are together, and are each other's frame.
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[Any] = []
        self._known = (0, 0)
        self._last: tuple[tuple[int, int], Any] | None = None

    def _at_current(self) -> Any:
        frame = self._frame(self._partition[self._current])
        if self._last is None or self._last[0] != frame:
            rows = self._partition[frame[0] : frame[1]]
            self._last = (frame, _result(str(self._partition[0][0]), [row[_VALUES:] for row in rows]))
        return self._last[1]

    def _arrange(self) -> None:
        known = [place for place, row in enumerate(self._partition) if row[_KEY] is not None]
        self._known = (known[0], known[-1] + 1) if known else (0, 0)
        self._keys = [row[_KEY] for row in self._partition]

    def _frame(self, row: tuple[Any, ...]) -> tuple[int, int]:
        """The places of the frame's first row and of the row behind its last."""
        first, behind = self._known
        if row[_KEY] is None:
            start, end = (behind, len(self._partition)) if self._current >= behind else (0, first)
        else:
            start = bisect_left(self._keys, row[_START], first, behind) if row[_START] != UNBOUNDED else 0
            end = bisect_right(self._keys, row[_END], first, behind) if row[_END] != UNBOUNDED else 0
        start = 0 if row[_START] == UNBOUNDED else start
        return start, len(self._partition) if row[_END] == UNBOUNDED else end


def _result(function: str, rows: Rows) -> Any:
    if function in _PLAIN:
        return _PLAIN[function](rows)
    made = AGGREGATES[function]()
    for row in rows:
        made.step(*row)
    return made.finalize() if rows else None  # as SQLite does it


def _of_known(compute: Callable[[list[Any]], Any]) -> Callable[[Rows], Any]:
    def over(rows: Rows) -> Any:
        known = [row[0] for row in rows if row[0] is not None]
        return compute(known) if known else None

    return over


def _count(rows: Rows) -> int:
    return sum(not row or row[0] is not None for row in rows)


def _nth(rows: Rows) -> Any:
    place = int(rows[0][1]) if rows else 0
    return rows[place - 1][0] if 1 <= place <= len(rows) else None


def _sum(known: list[Any]) -> Any:
    total = sum(known)
    if isinstance(total, int) and not -_TOO_LARGE <= total < _TOO_LARGE:
        raise BadInput("A number does not fit into 64 bits", "Cast it to FLOAT.")
    return total


# SQLite's own aggregates.
_PLAIN: dict[str, Callable[[Rows], Any]] = {
    "SUM": _of_known(_sum), "MIN": _of_known(min), "MAX": _of_known(max), "COUNT": _count,
    "AVG": _of_known(lambda known: sum(known) / len(known)),
    "FIRST_VALUE": lambda rows: rows[0][0] if rows else None,
    "LAST_VALUE": lambda rows: rows[-1][0] if rows else None, "NTH_VALUE": _nth,
}  # fmt: skip
