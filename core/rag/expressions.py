"""Expressions in a sentence that could be an answer: names, dates, numbers, places."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.rag.questions import AnswerKind
from core.rag.words import Word, number_value, words_of

Span = tuple[int, int]

_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_TIME = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+(?:{_MONTHS})(?:,?\s+\d{{3,4}})?|(?:{_MONTHS})(?:\s+\d{{1,2}})?(?:,?\s+\d{{4}})?"
    r"|\d{1,4}\s*(?:AD|BC|BCE|CE)\b|(?:1\d|20)\d\ds?|\d{1,2}:\d\d|\d{1,2}(?:st|nd|rd|th)(?:\s+(?:century|day))?"
    rf"|(?:{_WEEKDAYS})s?|(?:early|mid|late)[- ]\d{{3,4}}s?|(?:spring|summer|autumn|winter|midnight|noon|night|morning"
    r"|evening|today|daily|weekly|monthly|annually|\w+th[ -]century)\b"
    r"|(?:after|before|during|until|every|within)\s+(?:\w+\s+){0,2}\w+)",
    re.IGNORECASE,
)
_PLACE_WORDS = re.compile(
    r"\b(?:in|on|at|under|below|above|inside|beside|near|within|between|behind|along|beneath|throughout|through|from|to)"
    r"\s+(?:the\s+|a\s+|an\s+)?[\w-]+",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|owing to|so that|in order to|as a result|caused by|for|reason|therefore|to)\b",
    re.IGNORECASE,
)
_MONTH_NAMES = "|".join(month.title() for month in _MONTHS.split("|"))
_DAY = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\b(?= (?:of )?(?:{_MONTH_NAMES})\b)|\b(?:{_MONTH_NAMES}) \d{{1,2}}\b"
)
_CODE = re.compile(r"\b[^\W\d_][\w/-]*+")
_YEAR = re.compile(r"1\d{3}|20\d\d")
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|since|until|by|from|to|of|between|and|during|before|after|early|late|mid|around|circa"
    rf"|{_MONTHS})[ ,-]+"
    r"|\()$",
    re.IGNORECASE,
)


def find_expressions(sentence: str, kind: AnswerKind) -> list[Span]:
    """Spans of `sentence` that have the form of an answer of `kind`; for ANY every content word."""
    words = words_of(sentence)
    if kind is AnswerKind.TIME:
        return [match.span() for match in _TIME.finditer(sentence)]
    if kind is AnswerKind.NUMBER:
        return _counts(sentence, words)
    if kind is AnswerKind.PERSON:
        return _names(words)
    if kind is AnswerKind.PLACE:
        return _names(words) + [match.span() for match in _PLACE_WORDS.finditer(sentence)]
    if kind is AnswerKind.REASON:
        return [match.span() for match in _REASON.finditer(sentence)]
    return [(word.start, word.end) for word in words if word.stem]


def new_expressions(sentence: str, kind: AnswerKind, known_stems: Iterable[str]) -> list[Span]:
    """The expressions that say something the question has not said already."""
    known = set(known_stems)
    return [span for span in find_expressions(sentence, kind) if _adds(sentence[slice(*span)], known)]


def _adds(text: str, known: set[str]) -> bool:
    stems = {word.stem for word in words_of(text) if word.stem}
    figures = {word.text for word in words_of(text) if number_value(word.text) is not None}
    return bool(stems - known) or bool(figures - known)


def _counts(sentence: str, words: list[Word]) -> list[Span]:
    """The figures and number words that count something: no year, no day of a month, no part of a code."""
    others = [match.span() for pattern in (_DAY, _CODE) for match in pattern.finditer(sentence)]
    return [
        (word.start, word.end)
        for word in words
        if word.number is not None
        and not _is_year(sentence, word)
        and not (word.text[0].isdigit() and any(a <= word.start and word.end <= b for a, b in others))
    ]


def _is_year(sentence: str, word: Word) -> bool:
    """Whether a figure names a year ("in 1936") instead of counting something."""
    lead = sentence[max(0, word.start - 12) : word.start]
    return bool(_YEAR.fullmatch(word.text) and _BEFORE_YEAR.search(lead))


def _names(words: list[Word]) -> list[Span]:
    """Runs of capitalised words, also at the start of a sentence, where one cannot tell."""
    spans: list[Span] = []
    for word in words:
        if not word.stem or not (word.is_name or word.text[0].isupper()):
            continue
        if spans and word.start - spans[-1][1] <= 2:
            spans[-1] = (spans[-1][0], word.end)
        else:
            spans.append((word.start, word.end))
    return spans
