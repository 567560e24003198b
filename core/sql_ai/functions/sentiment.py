"""Sentiment: TextBlob's polarity, a calibrated score in -1..1, and labels for a text and its aspects."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from core.sql_ai.functions.evidence import concept_shown
from core.sql_ai.functions.foreign import foreign_lean
from core.sql_ai.functions.opinion import described, opinions, polarities
from core.sql_ai.functions.pauses import stoppable
from core.sql_ai.functions.text import MOST_OF_A_SENTENCE, beginnings, clauses, stem, turn, words
from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OVERALL = "overall"
POSITIVE_FROM = 0.5  # SNOWFLAKE.CORTEX.SENTIMENT: at least 0.5 is positive, at most -0.5 negative
_NEUTRAL_ABOVE = 0.45  # probability; hardly any opinionated training sentence gets this much
_FOREIGN = 0.8  # how sure word lists of other languages are, at most
_CLEAR = 0.5  # how one-sided both halves of a mixed text must be
_AFTER_TURN = 0.6  # share of the clause after 'but' in its sentence's verdict
_ASPECT_NEAR = 0.42  # cosine from which a clause speaks of an aspect without naming it
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_CLAUSE_WORDS = 3  # a half beside an 'and' with fewer is no clause of its own
_MOST_PARTS = 60  # sentences and clauses read of one text


@dataclass(frozen=True)
class _Verdict:
    """`lean` is -1 (negative) to 1 (positive), `weight` 0..1 says how opinionated the text is at all."""

    lean: float
    weight: float

    @property
    def clear(self) -> int:
        """1 or -1 for a clear verdict, else 0."""
        return 0 if not self.opinionated or abs(self.lean) < _CLEAR else 1 if self.lean > 0 else -1

    @property
    def opinionated(self) -> bool:
        return self.weight >= 1 - _NEUTRAL_ABOVE


def polarity(texts: list[str]) -> list[float]:
    """Return TextBlob's polarity of each text, -1..1: what `sentiment_analysis(text)` shows."""
    return polarities(texts)


def score(texts: list[str]) -> list[float]:
    """Return the sentiment of each text, -1..1, for SNOWFLAKE.CORTEX.SENTIMENT.

    From 0.5 on a text is positive, from -0.5 down negative; the sign tells the side even in between. A text
    without words scores 0.
    """
    texts = [described(text) for text in texts]
    known = _verdicts(part for text in texts for sentence in _sentences(text) for part in _halves(sentence))
    return [round(_score(_overall(text, known)), 4) for text in texts]


def label(items: list[tuple[str, tuple[str, ...]]]) -> list[list[tuple[str, str]]]:
    """Return (name, sentiment) pairs for each (text, categories): 'overall' first, the rest sorted by name.

    Values are positive, negative, neutral, mixed and, for a category the text does not mention, unknown.
    """
    items = [(described(text), categories) for text, categories in items]
    needed = (
        part
        for text, names in items
        for sentence in _sentences(text)
        for part in _parts(sentence, aspects=bool(names))
    )
    known = _verdicts(needed)
    near = vectors(
        [name for _, names in items for name in names]
        + [
            part
            for text, names in items
            if names
            for sentence in _sentences(text)
            for part in _aspect_parts(sentence)
        ]
    )
    return [
        [(OVERALL, _mood(text, known))]
        + [(name, _aspect(name, text, known, near)) for name in sorted(set(categories))]
        for text, categories in items
    ]


def _sentences(text: str) -> list[str]:
    """The sentences that are read."""
    read = beginnings(text[: _MOST_PARTS * MOST_OF_A_SENTENCE])
    return list(islice((sentence for sentence in read if words(sentence)), _MOST_PARTS))


def _halves(sentence: str) -> list[str]:
    """The sentence and, when it turns ('but'), the part after the turn."""
    after = turn(sentence)
    return [sentence, after] if after else [sentence]


def _parts(sentence: str, *, aspects: bool) -> list[str]:
    """What has to be judged of a sentence: for its mood, and for what it says about each aspect."""
    parts = [*_halves(sentence), *_mood_parts(sentence), *(_aspect_parts(sentence) if aspects else ())]
    return list(dict.fromkeys(parts))[:_MOST_PARTS]


def _mood_parts(sentence: str) -> list[str]:
    """The clauses of a sentence that turns or has two, which may contradict each other; else the sentence."""
    parts = clauses(sentence)
    return parts if len(parts) == 2 or turn(sentence) else [sentence]


def _aspect_parts(sentence: str) -> list[str]:
    """The clauses, those joined by 'and' apart: 'the waiter was rude and the steak was tough' is about two things."""
    parts: list[str] = []
    for clause in clauses(sentence):
        halves = _AND.split(clause)
        parts += halves if all(len(words(half)) >= _CLAUSE_WORDS for half in halves) else [clause]
    return parts


def _verdicts(parts: Iterable[str]) -> dict[str, _Verdict]:
    distinct = list(dict.fromkeys(parts))
    verdicts = {
        part: _Verdict((view.positive - view.negative) / (view.positive + view.negative), 1 - view.neutral)
        for part, view in zip(distinct, opinions(distinct), strict=True)
    }
    other = {part: lean for part in stoppable(distinct) if (lean := foreign_lean(part)) is not None}
    return verdicts | {
        part: _Verdict(lean * _FOREIGN, _FOREIGN if lean else 0.0) for part, lean in other.items()
    }


def _overall(text: str, known: Mapping[str, _Verdict]) -> _Verdict:
    """The sentences' verdicts, weighed by how opinionated they are; the most opinionated one sets the weight.

    Later sentences count up to twice as much as the first: reviews set out with doubts and end with the verdict.
    """
    found = [_sentence(sentence, known) for sentence in _sentences(text)]
    if not found:
        return _Verdict(0.0, 0.0)
    shares = [verdict.weight * (1 + place / len(found)) for place, verdict in enumerate(found)]
    lean = sum(v.lean * share for v, share in zip(found, shares, strict=True)) / (sum(shares) or 1.0)
    return _Verdict(lean, max(verdict.weight for verdict in found))


def _sentence(sentence: str, known: Mapping[str, _Verdict]) -> _Verdict:
    whole = known[sentence]
    after = turn(sentence)
    if not after or not known[after].opinionated:
        return whole
    lean = (1 - _AFTER_TURN) * whole.lean + _AFTER_TURN * known[after].lean
    return _Verdict(lean, max(whole.weight, known[after].weight))


def _score(verdict: _Verdict) -> float:
    if not verdict.opinionated:
        return (POSITIVE_FROM - 0.01) * verdict.lean * verdict.weight
    side = 1.0 if verdict.lean >= 0 else -1.0
    return side * POSITIVE_FROM + (1 - POSITIVE_FROM) * verdict.lean


def _mood(text: str, known: Mapping[str, _Verdict]) -> str:
    sides = {
        known[part].clear for sentence in _sentences(text) for part in _mood_parts(sentence) if part in known
    }
    return "mixed" if {1, -1} <= sides else _name(_overall(text, known))


def _name(verdict: _Verdict) -> str:
    return "neutral" if not verdict.opinionated else "positive" if verdict.lean >= 0 else "negative"


def _aspect(
    name: str, text: str, known: Mapping[str, _Verdict], near: "Mapping[str, NDArray[np.float32]]"
) -> str:
    own = {stem(word) for word in words(name)}
    parts = [part for sentence in _sentences(text) for part in _aspect_parts(sentence) if part in known]
    about = [part for part in parts if own & {stem(word) for word in words(part)}]
    about = about or [part for part in parts if concept_shown(name, part)]
    about = about or [part for part in parts if float(near[part] @ near[name]) > _ASPECT_NEAR]
    if not about:
        return "unknown"
    clear = {known[part].clear for part in about}
    if {1, -1} <= clear:
        return "mixed"
    total = sum(known[part].weight for part in about) or 1.0
    lean = sum(known[part].lean * known[part].weight for part in about) / total
    return _name(_Verdict(lean, max(known[part].weight for part in about)))
