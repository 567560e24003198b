"""Work that outlives a rerun of the page: it runs in a thread, reports, and can be cancelled."""

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

Answer = TypeVar("Answer")


class Job(Generic[Answer]):
    """One piece of work of one visitor.

    ``work`` gets a function that appends to ``reports``, which pages may read at any time; ``on_cancel``
    asks the work to stop and must return at once. The answer or the error is there once ``done``.
    """

    def __init__(
        self,
        work: Callable[[Callable[[Any], None]], Answer],
        on_cancel: Callable[[], object] | None = None,
    ) -> None:
        self.reports: list[Any] = []
        self.error: Exception | None = None
        self.cancelled = False
        self._answer: Answer | None = None
        self._work, self._on_cancel = work, on_cancel
        self._started = time.perf_counter()
        self._seconds: float | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="sql-ai-job", daemon=True).start()

    @property
    def done(self) -> bool:
        """Whether the work has ended, well or not."""
        return self._ended.is_set()

    @property
    def seconds(self) -> float:
        """How long it has taken so far, or took."""
        return self._seconds if self._seconds is not None else time.perf_counter() - self._started

    def wait(self, seconds: float) -> bool:
        """Wait at most this long; whether the work has ended."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """Ask the work to stop; it ends with its own error soon after."""
        self.cancelled = True
        if self._on_cancel and not self.done:
            self._on_cancel()

    def answer(self) -> Answer:
        """The answer; raises what the work raised."""
        if self.error:
            raise self.error
        assert self.done
        return cast(Answer, self._answer)

    def _run(self) -> None:
        try:
            self._answer = self._work(self.reports.append)
        except Exception as error:  # noqa: BLE001  kept for the page, which shows or logs it
            self.error = error
        finally:
            self._seconds = time.perf_counter() - self._started
            self._ended.set()
