"""A word written otherwise: without accents, one letter off, as initials, in short, as a decade.

A name has no synonyms and must be met as it is, so a reader who types "Celeron" for "Céloron", "EU" for
"European Union" or "the 1970s" for 1977 would be told that no passage mentions it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.rag.amounts import Range, ranges_in, unit_of
from core.rag.words import Word, words_of

_SHORT_FORMS = {"jr": "junior", "sr": "senior", "st": "saint", "mt": "mount", "dr": "doctor"}
_POSSESSIVE = re.compile(r"['’]s?$")
_CAPITALS = re.compile(r"\b(?:[A-Z]\.?){2,6}(?!\w)")
_BETWEEN_INITIALS = re.compile(r"[\s-]*(?:(?:of|and|the|for|on)\s+)*")
_MOST_INITIALS = 6
_SHORTEST_SLIP = 5
"""A shorter word is another word when one letter differs: "Jip" is not "Jin"."""
_FIRST_YEAR, _LAST_YEAR = 1000, 2100
_CENTURY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)(?=(?: (?:and|to) \d+(?:st|nd|rd|th))?[ -]centur)")


@dataclass(frozen=True, slots=True)
class Spellings:
    """The words of a text without accents and endings of possession, the first years of the decades and
    centuries it speaks of, its acronyms, the initials that its names make, and the ranges it states for amounts."""

    words: frozenset[str]
    periods: frozenset[float]
    acronyms: frozenset[str]
    initials: frozenset[str]
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Forms:
    """How else one keyword of a question may stand in a text ("1970s" is the period 1970; an amount of a unit lies in
    a range); `may_be_slip`: it is no known word."""

    plain: str
    in_full: str
    period: float | None
    acronym: str
    initials: frozenset[str]
    may_be_slip: bool
    amount: float | None = None
    unit: str = ""


def spellings_of(text: str, words: Sequence[Word]) -> Spellings:
    """Read a text for `is_written_in`; `words` are its words."""
    years = [w.number for w in words if w.number is not None and _FIRST_YEAR <= w.number < _LAST_YEAR]
    centuries = [100.0 * (int(number) - 1) for number in _CENTURY.findall(text)]
    return Spellings(
        frozenset(_plain(word.text) for word in words),
        frozenset([first for year in years for first in (year // 10 * 10, year // 100 * 100)] + centuries),
        frozenset(match.replace(".", "") for match in _CAPITALS.findall(text)),
        frozenset(initials for _, initials in _initials(text, words)),
        ranges_in(text, words),
    )


def forms_of(question: str, keywords: Sequence[Word], is_known: Callable[[Word], bool]) -> tuple[Forms, ...]:
    """The forms of every keyword; `is_known` says of a word whether it is one as it is typed."""
    words = words_of(question)
    made = _initials(question, words)
    return tuple(
        Forms(
            plain := _plain(word.text),
            _SHORT_FORMS.get(plain, ""),
            word.number if word.number and question[word.end : word.end + 1] == "s" else None,
            word.text if word.text.isupper() and len(word.text) > 1 else "",
            frozenset(initials for places, initials in made if word.start in places),
            plain.isalpha() and not is_known(word),
            word.number,
            unit_of(word, question, words) if word.number is not None else "",
        )
        for word in keywords
    )


def is_written_in(forms: Forms, text: Spellings) -> bool:
    """Whether a text holds a keyword in another form than the typed one."""
    if forms.plain in text.words or (forms.in_full and forms.in_full in text.words):
        return True
    if forms.period is not None and forms.period in text.periods:
        return True
    if forms.amount is not None and any(found.holds(forms.amount, forms.unit) for found in text.ranges):
        return True
    if forms.acronym in text.initials or not forms.initials.isdisjoint(text.acronyms):
        return True
    return forms.may_be_slip and any(is_slip(forms.plain, word) for word in text.words)


def is_slip(word: str, other: str) -> bool:
    """Whether two words of five letters or more, alike in the first, differ by one letter or by two swapped."""
    if word[:1] != other[:1] or min(len(word), len(other)) < _SHORTEST_SLIP:
        return False
    same = 0
    while same < min(len(word), len(other)) and word[same] == other[same]:
        same += 1
    rest, others = word[same:], other[same:]
    swapped = rest[:2] == others[1::-1] and len(rest) > 1 and rest[2:] == others[2:]
    return swapped or rest[1:] == others[1:] or rest[1:] == others or rest == others[1:]


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", _POSSESSIVE.sub("", word))
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).lower()


def _initials(text: str, words: Sequence[Word]) -> list[tuple[frozenset[int], str]]:
    """What the initials of neighbouring capitalised words make, and where those words start."""
    runs: list[list[Word]] = [[]]
    for word in words:
        if not word.text[0].isupper():
            continue
        last = runs[-1][-1] if runs[-1] else None
        if last and _BETWEEN_INITIALS.fullmatch(text, last.end, word.start):
            runs[-1].append(word)
        else:
            runs.append([word])
    return [
        (frozenset(word.start for word in run[i:j]), "".join(word.text[0] for word in run[i:j]))
        for run in runs
        for i in range(len(run))
        for j in range(i + 2, min(len(run), i + _MOST_INITIALS) + 1)
    ]
