"""A question that asks for several things, as one question for each: looked up, weighed and answered part by part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from core.rag.words import words_of

_NEXT_CLAUSE = re.compile(
    r"\s*[,;]?\s+and\s+(?=(?:(?:in|on|by|for|at|with|from|under|after|within|to|of)\s+)?"
    r"(?:how|what|which|who|whom|whose|when|where|why)\b)",
    re.IGNORECASE,
)
_JOINED = re.compile(
    r"\s*,?\s*\b(?:and|or|with|than|versus|vs\.?|compared\s+(?:with|to))\s+"
    r"(?:(?:that|those|the|an?|of|in|on|for|by|from|to)\s+)*",
    re.IGNORECASE,
)
_JOINED_YEARS = re.compile(rf"{_JOINED.pattern}|\s+to\s+", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_SAME_PREPOSITION = re.compile(
    r"\b(for|of|in|on|at|by|from|to|with|under)\s+(?:[\w'-]+\s+){1,6}?(and|or)\s+\1\s+(?:[\w'-]+\s+){0,5}[\w'-]+[^\w'-]*$",
    re.IGNORECASE,
)
_TWO_PREPOSITIONS = re.compile(
    r"\b(before|during|with|inside|within|above|in)(\s+(?:and|or)\s+)(after|without|outside|below|out of)\s+\w",
    re.IGNORECASE,
)
_FEW_WORDS = 3
_MOST_PARTS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a question asks for: in its own words, and as a question that says enough alone.

    A `clause` has a question word of its own: it is answered whether or not the others are.
    """

    asked: str
    question: str
    clause: bool = False


def parts_of(text: str) -> tuple[Part, ...]:
    """A question that asks for several things as one question for each; empty when it asks for one.

    Told apart are several question words ("how long ... and who ..."), two joined names ("the Solo S2 and
    the Duo D2"), two joined years, and two phrases or prepositions ("for leave and for sickness", "before and after
    the repair"). A clause that says too little alone is given the words of the first.
    """
    clauses = [clause.strip(" ,;") for clause in _NEXT_CLAUSE.split(text)]
    if len(clauses) > 1:
        return _of_clauses(clauses)[:_MOST_PARTS]
    return tuple(Part(part, part) for part in _of_things(text) or _of_phrases(text))


def _of_clauses(clauses: list[str]) -> tuple[Part, ...]:
    words = " ".join(word.text for word in words_of(clauses[0]) if word.stem)
    rest = [
        Part(clause, clause if _says_enough(clause) else f"{clause.rstrip('?. ')} {words}", clause=True)
        for clause in clauses[1:]
    ]
    return (Part(clauses[0], clauses[0], clause=True), *rest)


def _of_things(text: str) -> tuple[str, ...]:
    for (start, end, is_year), (other_start, other_end, other_is_year) in pairwise(_things(text)):
        joined = (_JOINED_YEARS if is_year else _JOINED).fullmatch(text, end, other_start)
        said_twice = text[start:end].lower() == text[other_start:other_end].lower()
        if joined and is_year == other_is_year and not said_twice:
            return (text[:end] + text[other_end:], text[:start] + text[other_start:])
    return ()


def _of_phrases(text: str) -> tuple[str, ...]:
    if two := _TWO_PREPOSITIONS.search(text):
        return (text[: two.end(1)] + text[two.end(3) :], text[: two.start()] + text[two.start(3) :])
    if same := _SAME_PREPOSITION.search(text):
        mark = text[len(text.rstrip(" ?.!")) :].strip()
        return (
            text[: same.start(2)].rstrip(" ,") + mark,
            text[: same.start()] + text[same.end(2) :].lstrip(),
        )
    return ()


def _says_enough(clause: str) -> bool:
    return sum(bool(word.stem) for word in words_of(clause)) >= _FEW_WORDS


def _things(text: str) -> list[tuple[int, int, bool]]:
    """Where names ("Grain 54") and years stand in `text`, and whether each is a year."""
    found: list[tuple[int, int, bool]] = []
    for word in words_of(text):
        if (
            found
            and not found[-1][2]
            and text[found[-1][1] : word.start] == " "
            and (word.is_name or word.number)
        ):
            found[-1] = (found[-1][0], word.end, False)
        elif _YEAR.fullmatch(word.text):
            found.append((word.start, word.end, True))
        elif word.is_name:
            found.append((word.start, word.end, False))
    return found
