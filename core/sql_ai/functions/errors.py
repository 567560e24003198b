"""The marker for one row that has no answer."""


class RowError(str):
    """Stands where an answer would stand; the text says why this row could not be answered."""

    __slots__ = ()
