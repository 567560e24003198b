"""Sessions with cheap models that remember what they were asked."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from core.config_sql import SqlSettings
from core.sql_ai import Session, open_session


class Models:
    """Deterministic stand-ins for the models; ``asked`` lists every request a batch function saw."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.batches: list[tuple[str, int]] = []

    def overrides(self) -> dict[str, Callable[[list[tuple[Any, ...]]], Sequence[Any]]]:
        answers: dict[str, Callable[[tuple[Any, ...]], Any]] = {
            "AI_FILTER": lambda request: number(request) % 2 == 0,
            "SENTIMENT": lambda request: number(request) / 500 - 1,
            "AI_SENTIMENT": lambda request: ("negative", "neutral", "positive")[number(request) % 3],
            "AI_SIMILARITY": lambda request: number(request) / 1000,
            "AI_CLASSIFY": lambda request: [request[1][number(request) % len(request[1])]],
            "AI_EMBED": lambda request: [1.0] * 768,
            "AI_COMPLETE": lambda request: f"re: {request[1]}",
            "COMPLETE": lambda request: f"re: {request[1]}",
            "AI_TRANSLATE": lambda request: f"{request[2]}: {request[0]}",
            "AI_REDACT": lambda request: f"[{len(request[0])}]",
            "AI_AGG": lambda request: f"{len(request[0])} texts",
            "AI_SUMMARIZE_AGG": lambda request: f"{len(request[0])} texts",
            "AI_SUMMARIZE": lambda request: request[0][:20],
        }
        return {name: self._batch(name, answer) for name, answer in answers.items()}

    def _batch(
        self, name: str, answer: Callable[[tuple[Any, ...]], Any]
    ) -> Callable[[list[tuple[Any, ...]]], Sequence[Any]]:
        def batch(requests: list[tuple[Any, ...]]) -> Sequence[Any]:
            self.asked += [(name, request) for request in requests]
            self.batches.append((name, len(requests)))
            return [answer(request) for request in requests]

        return batch


def number(request: tuple[Any, ...]) -> int:
    """A number from 0 to 999 that depends on the whole request."""
    return int.from_bytes(hashlib.blake2b(repr(request).encode(), digest_size=4).digest(), "big") % 1000


@pytest.fixture
def models() -> Models:
    return Models()


@pytest.fixture
def session(models: Models) -> Session:
    return open_session(samples=False, overrides=models.overrides())


@pytest.fixture
def limited(models: Models) -> Callable[..., Session]:
    """A session with other limits: ``limited(max_rows=5)``."""
    return lambda **limits: open_session(False, models.overrides(), SqlSettings(**limits))
