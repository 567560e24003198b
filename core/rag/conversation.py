"""Follow-up questions made self-contained before retrieval, and conversations written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.generator import Generator


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished exchange: the self-contained question and the answer's text."""

    question: str
    answer: str
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Resolved:
    """A question that can be searched by itself, and what was changed to make it so."""

    question: str
    changes: tuple[str, ...] = ()


def resolve(question: str, history: Sequence[Turn], speaker: Generator | None = None) -> Resolved:
    """The question with what it leaves unsaid filled in from the last exchanges."""
    return Resolved(question)
