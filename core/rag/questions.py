"""What a question asks for: the kind of answer, the words that must be met, whether it is negated."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from core.config import settings
from core.errors import BadInput
from core.rag.parsing.normalise import normalise
from core.rag.words import Word, content_words, stem_of, words_of


class AnswerKind(StrEnum):
    """The kinds of answers whose presence in a sentence can be told by its form."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    REASON = "reason"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Question:
    """A question taken apart; `keywords` are its content words without the ones that only name the kind."""

    text: str
    kind: AnswerKind
    focus: str
    keywords: tuple[Word, ...]


_TIME_NOUNS = frozenset(
    [
        "year",
        "date",
        "day",
        "month",
        "century",
        "decade",
        "time",
        "era",
        "period",
        "season",
        "week",
        "hour",
        "weekday",
    ]
)
_PLACE_NOUNS = frozenset(
    [
        "city",
        "town",
        "country",
        "state",
        "place",
        "location",
        "region",
        "continent",
        "village",
        "county",
        "province",
        "river",
        "sea",
        "ocean",
        "island",
        "capital",
        "district",
        "area",
        "street",
        "site",
        "university",
        "school",
        "college",
        "museum",
        "lake",
        "mountain",
        "desert",
    ]
)
_PERSON_NOUNS = frozenset(
    [
        "person",
        "man",
        "woman",
        "king",
        "queen",
        "emperor",
        "president",
        "author",
        "writer",
        "artist",
        "scientist",
        "leader",
        "director",
        "founder",
        "inventor",
        "engineer",
        "player",
        "general",
        "pope",
        "minister",
        "chief",
        "scholar",
        "philosopher",
        "architect",
        "composer",
        "actor",
        "physicist",
        "chemist",
        "ruler",
        "poet",
        "bishop",
        "explorer",
        "doctor",
    ]
)
_NUMBER_NOUNS = frozenset(
    [
        "percentage",
        "percent",
        "number",
        "amount",
        "price",
        "cost",
        "age",
        "population",
        "size",
        "length",
        "height",
        "width",
        "weight",
        "distance",
        "speed",
        "temperature",
        "rate",
        "ratio",
        "limit",
        "capacity",
        "share",
        "salary",
        "fee",
        "duration",
        "discount",
        "pressure",
        "score",
        "depth",
        "volume",
        "portion",
        "proportion",
        "fraction",
        "maximum",
        "minimum",
        "total",
        "budget",
        "allowance",
        "value",
        "turnover",
    ]
)
_HOW_MEASURE = frozenset(
    [
        "many",
        "much",
        "long",
        "old",
        "tall",
        "high",
        "far",
        "fast",
        "often",
        "large",
        "big",
        "heavy",
        "wide",
        "deep",
        "loud",
        "hot",
        "cold",
        "soon",
        "late",
        "early",
        "quickly",
        "small",
        "thick",
        "short",
        "strong",
    ]
)
_WH = re.compile(
    r"\b(who|whom|whose|when|where|why|how|which|what)\b(?:\s+([\w'-]+))?(?:\s+([\w'-]+))?", re.I
)
_AUXILIARY = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "could",
        "may",
        "might",
        "must",
        "should",
        "will",
        "would",
        "be",
        "been",
        "s",
        "'s",
    ]
)


_FRAME_WORDS = (
    "happen typical usual general common normal mention certain various term example along ever thing sort call "
    "describe refer consider"
)
# The patterns of core.rag.parts try each way to divide a run of white space: two thousand took 9 s.
_GAP = re.compile(r"\s{3,}")


def as_question(text: str) -> str:
    """A question in the normal form that texts are stored in.

    Raises BadInput when it is no text or longer than what is read.
    """
    if not isinstance(text, str):
        raise BadInput(f"A question is a text, not {type(text).__name__}", "Ask in words.")
    most = settings().rag.max_question_characters
    if len(text) > most:
        raise BadInput(
            f"The question has {len(text):,} characters; {most:,} are read",
            "Shorten it (the limit is the setting RAG__MAX_QUESTION_CHARACTERS).",
        )
    return _GAP.sub(lambda gap: "\n" if "\n" in gap.group() else " ", normalise(text)[0])


def read_question(text: str) -> Question:
    """Take a question apart by rules; a question without a question word asks for anything."""
    kind, used = _kind(text)
    words = words_of(text)
    focus = next((word for word in used if word), "")
    keywords = [word for word in content_words(words) if word.text.lower() not in used or word.is_name]
    return Question(text, kind, focus, tuple(keywords))


def _kind(text: str) -> tuple[AnswerKind, frozenset[str]]:
    """The kind asked for, and the lower-case words that only say so ("year" in "in what year")."""
    match = _WH.search(text)
    if match is None:
        return AnswerKind.ANY, frozenset()
    wh, following, third = (part.lower() if part else "" for part in match.groups())
    simple = {
        "who": AnswerKind.PERSON,
        "whom": AnswerKind.PERSON,
        "whose": AnswerKind.PERSON,
        "when": AnswerKind.TIME,
        "where": AnswerKind.PLACE,
        "why": AnswerKind.REASON,
    }
    if wh in simple:
        return simple[wh], frozenset()
    if wh == "how":
        return (
            (AnswerKind.NUMBER, frozenset({following}))
            if following in _HOW_MEASURE
            else (AnswerKind.ANY, frozenset())
        )
    return _kind_by_noun(text[match.end(1) :], following, third)


def _kind_by_noun(rest: str, following: str, third: str) -> tuple[AnswerKind, frozenset[str]]:
    """The kind for "what" and "which": by the noun that follows, directly or after "was the ... of"."""
    if following in _AUXILIARY:
        head = re.match(
            r"\s+\S+\s+(?:the|a|an|its|their)?\s*((?:[\w'-]+\s+){0,3}?[\w'-]+)\s+(?:of|for|in|on|at|that|to|is|was)\b",
            rest,
        )
        noun = head.group(1).split()[-1].lower() if head else ""
        kind = _noun_kind(noun)
        return (
            _said_by(kind, noun)
            if kind in (AnswerKind.NUMBER, AnswerKind.TIME)
            else (AnswerKind.ANY, frozenset())
        )
    for noun in (following, third):
        kind = _noun_kind(noun)
        if kind is not AnswerKind.ANY:
            return _said_by(kind, noun)
    return AnswerKind.ANY, frozenset()


def _said_by(kind: AnswerKind, noun: str) -> tuple[AnswerKind, frozenset[str]]:
    """ "year" only says that a time is wanted; "pressure" or "river" must be met in the answer."""
    return kind, frozenset({noun}) if kind is AnswerKind.TIME else frozenset()


def _noun_kind(noun: str) -> AnswerKind:
    singular = noun[:-1] if noun.endswith("s") and not noun.endswith("ss") else noun
    singular = {"citie": "city", "countrie": "country", "centurie": "century"}.get(singular, singular)
    for kind, nouns in (
        (AnswerKind.TIME, _TIME_NOUNS),
        (AnswerKind.PLACE, _PLACE_NOUNS),
        (AnswerKind.PERSON, _PERSON_NOUNS),
        (AnswerKind.NUMBER, _NUMBER_NOUNS),
    ):
        if singular in nouns:
            return kind
    return AnswerKind.ANY


def frames(word: Word) -> bool:
    """Whether a word belongs to the form of a question rather than to what it asks about ("what happens to",
    "an example of", "typically"): a sentence that answers seldom repeats it."""
    return word.stem in _frame_stems() and not word.is_name


@lru_cache(maxsize=1)
def _frame_stems() -> frozenset[str]:
    return frozenset(stem_of(word) for word in _FRAME_WORDS.split()) - {""}


def stems_of(question: Question) -> frozenset[str]:
    """Every stem of the question, the words that name the kind included."""
    return frozenset(stem for word in words_of(question.text) if (stem := stem_of(word.text)))
