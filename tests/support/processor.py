"""Processor time, for tests of texts and data that once took the square of their length.

It leaves out what other processes of a busy machine take, which a clock on the wall does not.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def takes_less_than(seconds: float) -> Iterator[None]:
    """Fail where the block takes more seconds of this process, in all its threads together."""
    started = time.process_time()
    yield
    taken = time.process_time() - started
    assert taken < seconds, f"took {taken:.2f} s of processor time, not less than {seconds:g} s"
