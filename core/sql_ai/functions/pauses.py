"""Where a long batch can be stopped: the functions call `checkpoint` between two pieces of work.

The engine decides what happens there (`with checking(sandbox.check_time)`); outside a statement nothing does.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, TimeoutError
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from core.errors import HubError, LimitReached

T = TypeVar("T")
_LOOK_S = 0.1


class Stopped(Exception):
    """The statement ends here. No HubError, as functions turn those into answers for one row."""

    def __init__(self, reason: HubError) -> None:
        super().__init__(reason.message)
        self.reason = reason


def _nothing() -> None:
    """Outside a statement no time is counted."""


_check: ContextVar[Callable[[], None]] = ContextVar("check", default=_nothing)


@contextmanager
def checking(check: Callable[[], None]) -> Iterator[None]:
    """Make every checkpoint inside call ``check``; the HubError that it raises is what comes out here."""
    token = _check.set(check)
    try:
        yield
    except Stopped as stopped:
        raise stopped.reason from None
    finally:
        _check.reset(token)


def checkpoint() -> None:
    """Raise Stopped when the running statement's time is over or its user stopped it."""
    try:
        _check.get()()
        return
    except HubError as error:
        reason = error
    # Outside of the except: `checking` raises the reason again, which must not be its own cause.
    raise Stopped(reason)


def stoppable(items: Iterable[T]) -> Iterator[T]:
    """The items, each behind a checkpoint."""
    for item in items:
        checkpoint()
        yield item


def interruptible(work: Callable[[threading.Event], T]) -> T:
    """What ``work`` returns or raises, with checkpoints while it lasts.

    It runs in a thread. When the statement ends first, the event that ``work`` was given is set, its own checkpoints
    raise Stopped, and nobody waits for it: an endpoint's answer, say, arrives unheard.
    """
    done: Future[T] = Future()
    stop = threading.Event()

    def ended() -> None:
        if stop.is_set():
            raise LimitReached("The statement has ended", "Nobody is waiting for this answer.")

    def run() -> None:
        _check.set(ended)
        try:
            done.set_result(work(stop))
        except BaseException as error:  # noqa: BLE001 - carried to the caller, which raises it
            done.set_exception(error)

    threading.Thread(target=run, name="sql-model", daemon=True).start()
    while True:
        try:
            return done.result(timeout=_LOOK_S)
        except TimeoutError:
            if done.done():  # the work itself timed out
                raise
        try:
            checkpoint()
        except Stopped:
            stop.set()
            raise
