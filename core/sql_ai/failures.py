"""Counting the AI calls that failed and so gave NULL, in bounded memory."""

from dataclasses import dataclass, field

from core.sql_ai.results import CallFailures, FailureCause

MOST_CAUSES = 3  # different causes kept for each function


@dataclass
class _Tally:
    calls: int = 0
    causes: list[FailureCause] = field(default_factory=list)
    more_causes: bool = False

    def add(self, cause: FailureCause, calls: int = 1) -> None:
        self.calls += calls
        if cause in self.causes:
            return
        if len(self.causes) < MOST_CAUSES:
            self.causes.append(cause)
        else:
            self.more_causes = True


class FailureLog:
    """Failed calls by function: how many, and the first few causes."""

    def __init__(self) -> None:
        self._tallies: dict[str, _Tally] = {}

    def add(self, function: str, cause: FailureCause) -> None:
        """Count one call of ``function`` that failed."""
        self._tallies.setdefault(function, _Tally()).add(cause)

    def extend(self, other: "FailureLog") -> None:
        """Count what ``other`` counted as well."""
        for function, counted in other._tallies.items():
            tally = self._tallies.setdefault(function, _Tally())
            tally.calls += counted.calls
            tally.more_causes |= counted.more_causes
            for cause in counted.causes:
                tally.add(cause, 0)

    def found(self) -> tuple[CallFailures, ...]:
        """One record for each function that failed, in the order of their names."""
        return tuple(
            CallFailures(function, tally.calls, tuple(tally.causes), tally.more_causes)
            for function, tally in sorted(self._tallies.items())
        )
