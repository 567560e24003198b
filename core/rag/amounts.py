"""Amounts, and the ranges that texts state for them: "above 2,500 euros" speaks of a bill of 3,000 euros."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.rag.words import Word, number_value

_NUMBER = r"(?<!\d)(\d++(?:,\d{3})*+(?:\.\d++)?+)"
_UNIT = r"[ -]?(?=([^\W\d_]))"
_BOTH = re.compile(
    rf"\b(?:between|from)? ?{_NUMBER}(?: [^\W\d_]+)? ?(?:and|to|-|–) ?{_NUMBER}{_UNIT}", re.IGNORECASE
)
_AT_MOST = re.compile(
    rf"\b(?:up to|at most|not? more than|a maximum of|below|under|less than|fewer than) {_NUMBER}{_UNIT}",
    re.IGNORECASE,
)
_AT_LEAST = re.compile(
    rf"\b(?:above|over|(?<!no )(?<!not )more than|at least|exceeding|from|a minimum of) {_NUMBER}{_UNIT}",
    re.IGNORECASE,
)
_OR_MORE = re.compile(
    rf"{_NUMBER}{_UNIT}[^\W\d_]+ (?:or|and) (more|above|over|less|fewer|below)\b", re.IGNORECASE
)
_UPWARDS = ("more", "above", "over")


@dataclass(frozen=True, slots=True)
class Range:
    """From the lowest to the highest amount, borders included, of a unit (the stem of its word)."""

    lowest: float
    highest: float
    unit: str

    def holds(self, amount: float, unit: str) -> bool:
        """Whether an amount of that unit lies in the range."""
        return unit == self.unit and self.lowest <= amount <= self.highest


def unit_of(number: Word, text: str, words: Sequence[Word]) -> str:
    """The stem of the word right behind a number ("euro" of "3,000 euros"), "" where none has content."""
    behind = next((word for word in words if word.start == number.end + 1), None)
    return behind.stem if behind and text[number.end] in " -" and behind.number is None else ""


def ranges_in(text: str, words: Sequence[Word]) -> tuple[Range, ...]:
    """The ranges that a text states for amounts with a unit; `words` are its words."""
    stems = {word.start: word.stem for word in words}
    found = [
        *(_range(stems, match, 3, match[1], match[2]) for match in _BOTH.finditer(text)),
        *(_range(stems, match, 2, "", match[1]) for match in _AT_MOST.finditer(text)),
        *(_range(stems, match, 2, match[1], "") for match in _AT_LEAST.finditer(text)),
    ]
    for match in _OR_MORE.finditer(text):
        more = match[3].lower() in _UPWARDS
        found.append(_range(stems, match, 2, *((match[1], "") if more else ("", match[1]))))
    return tuple(made for made in found if made.unit and made.lowest <= made.highest)


def _range(stems: Mapping[int, str], match: re.Match[str], unit: int, lowest: str, highest: str) -> Range:
    """The range of the figures as written; an empty one is an open border."""
    most = number_value(highest)
    return Range(
        number_value(lowest) or 0.0, math.inf if most is None else most, stems.get(match.start(unit), "")
    )
