"""The marker for one row that has no answer."""


class RowError(str):
    """Stands where an answer would stand; the text says why this row could not be answered.

    ``hint`` says what to do about it; ``passing`` whether the same request may be answered another time, as when an
    endpoint is down, so that it is not remembered beyond the statement.
    """

    hint: str
    passing: bool

    def __new__(cls, message: str, hint: str = "", passing: bool = False) -> "RowError":
        """A text that cannot be changed carries its other parts as attributes."""
        made = super().__new__(cls, message)
        made.hint, made.passing = hint, passing
        return made
