"""Model answers about the sample tables' own texts, for every session of the process.

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
    """Answers to requests all of whose texts are among ``own_texts``; safe to use from any thread."""

    def __init__(self, own_texts: Callable[[], frozenset[str]]) -> None:
        self._own_texts = own_texts
        self._memo = Memo(_ENTRIES, _BYTES)
        self._lock = threading.Lock()

    def answers(
        self, requests: list[Request], ask: Callable[[list[Request]], list[Any]], check: Callable[[], None]
    ) -> tuple[list[Any], int]:
        """One answer for each of the different requests, and how many of them were kept; ``ask`` gives the others.

        Who asks about own texts waits for others who do: they may be asking the same. ``check`` is called meanwhile,
        and what it raises ends the wait.
        """
        own = self._own_texts()
        texts = [set(_texts(request.arguments)) for request in requests]
        if not all(found and found <= own for found in texts):
            return ask(requests), 0
        with self._alone(check):
            found = {request.key: self._memo.get(request.key) for request in requests}
            missing = [request for request in requests if found[request.key] is MISSING]
            for request, answer in zip(missing, ask(missing) if missing else (), strict=True):
                found[request.key] = answer
                if not getattr(answer, "passing", False):
                    self._memo.put(request.key, answer)
        return list(found.values()), len(requests) - len(missing)

    @contextmanager
    def _alone(self, check: Callable[[], None]) -> Iterator[None]:
        while not self._lock.acquire(timeout=_LOOK_S):
            check()
        try:
            yield
        finally:
            self._lock.release()


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
