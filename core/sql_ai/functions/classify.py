"""AI_CLASSIFY: the label whose meaning is nearest to the text."""

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from core.sql_ai.functions import sentiment
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.evidence import concept_shown
from core.sql_ai.functions.text import (
    MOST_CHARACTERS,
    MOST_OF_A_SENTENCE,
    beginnings,
    clauses,
    sentences,
    stem,
    words,
)
from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_LABELS = 500  # Snowflake's stated maximum differs by page: 100 or 500


@dataclass(frozen=True)
class Label:
    """One category: its name, and words that say what belongs to it ('' when there are none)."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Example:
    """A labelled example: the text, and the labels that are right for it."""

    input: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class ClassifyItem:
    """One call of AI_CLASSIFY; `multi` asks for all labels that apply instead of exactly one.

    `task` has an effect when it asks for what is bad or good ("What is the complaint about?"): then only the
    clauses of that mood count. Other tasks change nothing here; joined to the labels they make answers worse.
    """

    text: str
    labels: tuple[Label, ...]
    task: str | None = None
    examples: tuple[Example, ...] = ()
    multi: bool = False


def classify(items: list[ClassifyItem]) -> list[tuple[str, ...] | RowError]:
    """Return the labels of each item: exactly one in single mode, best first; any number in multi mode.

    Fewer than two labels, repeated labels or an example with an unknown label give a row error.
    """
    items = [replace(item, text=item.text[:MOST_CHARACTERS]) for item in items]
    faults = [_fault(item) for item in items]
    items = _focused(items)
    sound = [item for item, fault in zip(items, faults, strict=True) if fault is None]
    known = vectors(text for item in sound for text in _needed(item))
    judged = list(dict.fromkeys(item.text for item in sound if _is_about_mood(item)))
    moods = dict(zip(judged, sentiment.score(judged), strict=True))
    return [
        _decide(item, known, moods.get(item.text)) if fault is None else fault
        for item, fault in zip(items, faults, strict=True)
    ]


# Thresholds and bonuses are set on assets/sql/data/classify_tuning.toml and tested on assets/evaluation/sql.
_FALLBACK_NAMES = frozenset(
    (
        "other",
        "others",
        "none",
        "none of these",
        "none of the above",
        "unknown",
        "misc",
        "miscellaneous",
        "n/a",
        "irrelevant",
        "something else",
        "other topic",
    )
)
_FALLBACK_BELOW = 0.2  # a fallback label wins when no other label scores this much
_PLAIN_ABOVE = 0.33  # 'urgent' rather than 'not urgent' from this score on
_MULTI_ABOVE = 0.29
_MULTI_MARGIN = 0.2  # further labels may score this much less than the best,
_SURE = 0.5  # whose lead counts no further than this: a label named outright must not drown the others
_EXACT_WORD = 0.25  # bonus when the label's own words stand in the text
_BEST_VIEW = 0.75  # share of the nearest sentence or clause, against the whole text
_SHOWN = 0.25  # bonus when words known for the label's concept stand in the text
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_OPPOSITE = re.compile(r"(?:not|non|no)[ -]+(.+)", re.IGNORECASE)
_CLEAR_MOOD = 0.1  # a clause is good or bad from this sentiment score on
_COMPLAINTS = (
    "complain", "problem", "issue", "unhappy", "disappoint", "dislike", "wrong", "weak", "improv", "critic",
    "fault", "annoy", "fail", "bother", "negativ", "dissatisf", "bad", "hate",
    "concern", "pain", "frustrat", "worst", "defect", "shortcoming", "drawback", "unpleasant",
)  # fmt: skip
_PRAISE = (
    "prais", "like", "enjoy", "love", "strength", "strong", "positiv", "happy", "pleas", "compliment", "satisf",
    "good", "best", "delight", "appreciat", "advantage", "benefit",
)  # fmt: skip
_MOODS = {
    "positive": 1.0,
    "good": 1.0,
    "happy": 1.0,
    "satisfied": 1.0,
    "praise": 1.0,
    "negative": -1.0,
    "bad": -1.0,
    "unhappy": -1.0,
    "angry": -1.0,
    "dissatisfied": -1.0,
    "sad": -1.0,
    "upset": -1.0,
    "frustrated": -1.0,
    "pleased": 1.0,
    "glad": 1.0,
    "neutral": 0.0,
    "mixed": 0.0,
}


def _focused(items: list[ClassifyItem]) -> list[ClassifyItem]:
    """The items with only the clauses their task asks for, or without those of the other mood.

    A text with nothing but the other mood stays whole.
    """
    asked = [mood_asked(item.task) for item in items]
    parts = [_clauses(item.text) if mood else [] for item, mood in zip(items, asked, strict=True)]
    judged = list(dict.fromkeys(part for some in parts if len(some) > 1 for part in some))
    moods = dict(zip(judged, sentiment.score(judged), strict=True)) if judged else {}
    result = []
    for item, mood, some in zip(items, asked, parts, strict=True):
        kept = [part for part in some if moods.get(part, 0.0) * mood > _CLEAR_MOOD]
        kept = kept or [part for part in some if moods.get(part, 0.0) * mood >= -_CLEAR_MOOD]
        result.append(replace(item, text=" ".join(kept)) if kept else item)
    return result


def _clauses(text: str) -> list[str]:
    return [part for sentence in sentences(text)[:24] for part in clauses(sentence) or [sentence]]


def mood_asked(task: str | None) -> int:
    """Return -1 when a task asks for complaints, 1 for praise, 0 for neither or both."""
    found = words(task or "")
    bad = any(word.startswith(_COMPLAINTS) for word in found)
    good = any(word.startswith(_PRAISE) for word in found)
    if bad == good:
        return 0
    denied = any(word in ("not", "never", "no") or word.endswith("n't") for word in found)
    return -1 if bad != denied else 1


def _fault(item: ClassifyItem) -> RowError | None:
    names = [label.name for label in item.labels]
    if len(names) < 2 or len(names) > MOST_LABELS:
        return RowError(f"the number of categories must be 2 to {MOST_LABELS}, not {len(names)}")
    if len(set(names)) != len(names) or not all(name.strip() for name in names):
        return RowError("categories must be unique and not empty")
    unknown = [name for example in item.examples for name in example.labels if name not in names]
    return RowError(f"example label '{unknown[0]}' is not one of the categories") if unknown else None


def _is_about_mood(item: ClassifyItem) -> bool:
    """Whether all labels name a mood, with one on each side: then the sentiment model decides."""
    sides = [_MOODS.get(label.name.lower()) for label in item.labels]
    return None not in sides and {1.0, -1.0} <= set(sides)


def _needed(item: ClassifyItem) -> list[str]:
    return [
        *_views(item),
        *(_prompt(label, item.task) for label in item.labels),
        *(e.input for e in item.examples),
    ]


def _views(item: ClassifyItem) -> list[str]:
    """The text itself and, when it has several, its sentences and clauses: a label may be about one of them."""
    whole = [
        part for sentence in islice(beginnings(item.text), 12) for part in (sentence, *clauses(sentence))
    ]
    parts = [*whole, *(half for part in whole for half in _AND.split(part) if half != part)]
    views = [item.text[:MOST_OF_A_SENTENCE], *(part for part in parts if len(words(part)) > 2)]
    return list(dict.fromkeys(views))[:24]


def _prompt(label: Label, task: str | None) -> str:
    name = label.name.replace("_", " ")
    return f"{name}: {label.description}" if label.description else f"This is about {name}."


def _decide(
    item: ClassifyItem, known: "dict[str, NDArray[np.float32]]", mood: float | None
) -> tuple[str, ...]:
    names = [label.name for label in item.labels]
    if mood is not None:
        return (_by_mood(names, mood),)
    scores = _scores(item, known)
    pair = _opposites(names)
    if pair is not None:
        return (pair[0] if scores[pair[0]] >= _PLAIN_ABOVE else pair[1],)
    fallback = [name for name in names if name.lower() in _FALLBACK_NAMES]
    ranked = sorted((name for name in names if name not in fallback), key=lambda name: -scores[name])
    if not ranked:
        return (names[0],)
    if fallback and scores[ranked[0]] < _FALLBACK_BELOW:
        return (fallback[0],)
    if not item.multi:
        return (ranked[0],)
    least = max(_MULTI_ABOVE, min(scores[ranked[0]], _SURE) - _MULTI_MARGIN)
    return tuple(name for name in names if name in ranked and scores[name] >= least)


def _scores(item: ClassifyItem, known: "dict[str, NDArray[np.float32]]") -> dict[str, float]:
    import numpy as np

    views = np.stack([known[view] for view in _views(item)]).astype(np.float64)
    stems = {stem(word) for word in words(item.text)}
    scores = {}
    for label in item.labels:
        near = views @ known[_prompt(label, item.task)].astype(np.float64)
        score = (1 - _BEST_VIEW) * float(near[0]) + _BEST_VIEW * float(near.max())
        score += _SHOWN * concept_shown(label.name, item.text)
        own = {stem(word) for word in words(label.name.replace("_", " "))}
        score += _EXACT_WORD * len(own & stems) / (len(own) or 1)
        shown = [known[example.input] for example in item.examples if label.name in example.labels]
        if shown:
            score = max(score, 0.5 * score + 0.7 * float(max(views[0] @ vector for vector in shown)))
        scores[label.name] = score
    return scores


def _opposites(names: list[str]) -> tuple[str, str] | None:
    """('urgent', 'not urgent') for two labels of which one denies the other: only the plain one can be seen."""
    if len(names) != 2:
        return None
    for plain, other in (names, reversed(names)):
        denied = _OPPOSITE.fullmatch(other.replace("_", " "))
        if denied and denied.group(1).lower() == plain.replace("_", " ").lower():
            return plain, other
    return None


def _by_mood(names: list[str], mood: float) -> str:
    lowered = {name.lower(): name for name in names}
    middle = next((lowered[name] for name in ("neutral", "mixed") if name in lowered), None)
    if middle is not None and abs(mood) < sentiment.POSITIVE_FROM:
        return middle
    wanted = 1.0 if mood >= 0 else -1.0
    return next(name for name in names if _MOODS[name.lower()] == wanted)
