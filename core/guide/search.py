"""Finding questions and stories by the words in them."""

import re
from collections.abc import Iterable

from core.guide.content import Question

_WORD = re.compile(r"[\w'-]+")


def find_questions(questions: Iterable[Question], text: str) -> list[Question]:
    """Questions that hold every word of ``text`` (as a beginning of a word), those asking it first."""
    wanted = _words(text)
    if not wanted:
        return []
    hits = [
        question
        for question in questions
        if _holds(f"{question.ask} {question.answer} {question.topic}", wanted)
    ]
    return sorted(hits, key=lambda question: not _holds(question.ask, wanted))


def _holds(text: str, wanted: list[str]) -> bool:
    words = _words(text)
    return all(any(word.startswith(start) for word in words) for start in wanted)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]
