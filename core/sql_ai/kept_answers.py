"""Model answers about texts that every visitor has, for every session of the process.

The page opens with a query over the sample reviews. Forty people who open it together ask the model once, not forty
times. A request that holds any other text is a visitor's own matter and is not kept here.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from core.sql_ai.answers import Request
from core.sql_ai.memo import MISSING, Memo

_ENTRIES, _BYTES = 5_000, 10_000_000
_LOOK_S = 0.1


class KeptAnswers:
    """Answers to requests all of whose texts are among ``common``; safe to use from any thread."""

    def __init__(self, common: frozenset[str]) -> None:
        self._common = common
        self._memo = Memo(_ENTRIES, _BYTES)
        self._at_memo = threading.Lock()
        self._asking: dict[str, threading.Lock] = {}  # one for each of a few providers

    def answers(
        self, requests: list[Request], ask: Callable[[list[Request]], list[Any]], check: Callable[[], None]
    ) -> tuple[list[Any], int]:
        """One answer for each of the different requests to one model, and how many were kept; ``ask`` gives the others.

        Who asks about common texts waits for others who ask the same model: they may be asking the same. ``check`` is
        called meanwhile, and what it raises ends the wait.
        """
        texts = [set(_texts(request.arguments)) for request in requests]
        if not all(found and found <= self._common for found in texts):
            return ask(requests), 0
        with _held(self._asking.setdefault(requests[0].provider, threading.Lock()), check):
            with self._at_memo:
                found = {request.key: self._memo.get(request.key) for request in requests}
            missing = [request for request in requests if found[request.key] is MISSING]
            found |= zip((request.key for request in missing), ask(missing) if missing else (), strict=True)
            with self._at_memo:
                for request in missing:
                    if not getattr(found[request.key], "passing", False):
                        self._memo.put(request.key, found[request.key])
        return list(found.values()), len(requests) - len(missing)


@contextmanager
def _held(lock: threading.Lock, check: Callable[[], None]) -> Iterator[None]:
    while not lock.acquire(timeout=_LOOK_S):
        check()
    try:
        yield
    finally:
        lock.release()


def _texts(value: Any) -> Iterator[str | bytes]:
    """Every text in the value, at any depth."""
    if isinstance(value, str | bytes):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(pair)
