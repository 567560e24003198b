"""Opinion in French, German, Spanish, Italian and Portuguese, by word lists: the embedding model reads English only."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from core.sql_ai.functions.lexicon import is_known_english
from core.sql_ai.functions.text import DATA, words

_NEGATION_REACH = 3  # words after a negator whose verdict it turns around
_LEAST_MARKS = 2  # words that tell the language, unless the text has fewer


@dataclass(frozen=True)
class _Language:
    marks: frozenset[str]
    positive: "re.Pattern[str]"
    negative: "re.Pattern[str]"
    negators: frozenset[str]
    reach_back: int  # words before a negator whose verdict it turns around: 'gefällt mir nicht'

    def side(self, word: str) -> int:
        """1 or -1 for a word of praise or blame, else 0; some words are both in different senses and count 0."""
        good, bad = self.positive.fullmatch(word), self.negative.fullmatch(word)
        return int(good is not None) - int(bad is not None)

    def tells(self, word: str) -> bool:
        """Whether a word belongs to the language, as far as the lists know it."""
        return word in self.marks or word in self.negators or self.side(word) != 0


def foreign_lean(text: str) -> float | None:
    """Return -1..1 for a text in one of the languages, 0 where it holds no opinion; None for English or any other."""
    found = words(text.replace("'", " ").replace("’", " "))  # 'n'aime' is two words
    language = _language(found, sum(map(is_known_english, words(text))))
    if language is None:
        return None
    values = []
    for place, word in enumerate(found):
        side = language.side(word)
        before = found[max(0, place - _NEGATION_REACH) : place]
        after = found[place + 1 : place + 1 + language.reach_back]
        values.append(-side if language.negators & {*before, *after} else side)
    weight = sum(map(abs, values))
    return sum(values) / weight if weight else 0.0


def _language(found: list[str], english: int) -> _Language | None:
    """The language most words belong to, if more do than to English."""
    accents = sum(not word.isascii() for word in found)
    counts = [
        (sum(map(language.tells, found)), -place, language) for place, language in enumerate(_languages())
    ]
    count, _, best = max(counts, key=lambda entry: entry[:2])
    enough = min(_LEAST_MARKS, len(found))
    return best if count and count + accents >= enough and count + accents > english else None


@cache
def _languages() -> tuple[_Language, ...]:
    with (DATA / "sentiment_foreign.toml").open("rb") as file:
        entries = tomllib.load(file).values()
    return tuple(
        _Language(
            frozenset(entry["marks"].split()),
            _pattern(entry["positive"]),
            _pattern(entry["negative"]),
            frozenset(entry["negators"].split()),
            entry.get("reach_back", 0),
        )
        for entry in entries
    )


def _pattern(listed: str) -> "re.Pattern[str]":
    return re.compile("|".join(re.escape(word).replace(r"\*", r"\w*") for word in listed.split()))
