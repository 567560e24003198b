"""How many requests a model gets at once: many, as long as the statement can still be stopped in good time."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FIRST, _MOST = 64, 2_048
_GAP_S = 0.25  # wanted between two looks at the clock; the promise on the page is half a second
_STEP = 4.0  # how much larger or smaller the next piece may be


class Pace:
    """The size of the next piece of a batch, learned from how long the last one went without a look at the clock.

    Time is what this thread computed, not what it waited for others: smaller pieces cost more in all, so that twenty
    statements that shrank theirs for waiting would keep each other waiting.
    """

    def __init__(self) -> None:
        self.size = _FIRST

    @contextmanager
    def piece(self, check: Callable[[], None]) -> Iterator[Callable[[], None]]:
        """Give a ``check`` that notes when it was called; the size is adapted at the end."""
        last, longest = time.thread_time(), 0.0

        def looked() -> None:
            nonlocal last, longest
            now = time.thread_time()
            last, longest = now, max(longest, now - last)
            check()

        try:
            yield looked
        finally:
            longest = max(longest, time.thread_time() - last, 1e-6)
            change = min(_STEP, max(1 / _STEP**2, _GAP_S / longest))
            self.size = min(_MOST, max(1, int(self.size * change)))
