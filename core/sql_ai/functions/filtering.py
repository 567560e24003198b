"""AI_FILTER: whether a claim about a text holds, or a yes/no question about it is answered by yes."""

from itertools import islice
from typing import TYPE_CHECKING

from core.sql_ai.functions import sentiment
from core.sql_ai.functions.claims import Claim, parse
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.evidence import concept_hit
from core.sql_ai.functions.text import MOST_CHARACTERS, beginnings, clauses, stem, word_list, words
from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Known = dict[str, NDArray[np.float32]]

# Logistic weights over (meaning, shared words, constant), set on assets/sql/data/filter_tuning.csv and checked on
# assets/evaluation/sql/filter.csv.
_MEANING, _SHARED, _CONSTANT = 9.0, 1.5, -2.5
_NAME_WORDS = 2
_NAMED_ABOVE = 0.45  # a thing of one or two words is one of a kind ('Is dog an animal?') from this cosine on
_RELATION_ABOVE = 0.40  # two texts are said to match from this cosine on


def decide(prompts: list[str]) -> list[bool | RowError]:
    """Return for each prompt whether it holds; a prompt without words gives a row error."""
    claims = [parse(prompt[:MOST_CHARACTERS]) for prompt in prompts]
    known = vectors(text for claim in claims for text in _needed(claim))
    moods = _moods([claim.text for claim in claims if claim.mood])
    return [_decide(claim, known, moods) for claim in claims]


def _needed(claim: Claim) -> list[str]:
    return [*_views(claim.text), claim.topic] if claim.text and claim.topic else []


def _views(text: str) -> list[str]:
    parts = [part for sentence in islice(beginnings(text), 20) for part in (sentence, *clauses(sentence))]
    return list(dict.fromkeys([text, *(part for part in parts if len(words(part)) > 1)]))[:40]


def _moods(texts: list[str]) -> dict[str, float]:
    return dict(zip(texts, sentiment.score(texts), strict=True))


def _decide(claim: Claim, known: "Known", moods: dict[str, float]) -> bool | RowError:
    if not words(claim.text) and not words(claim.topic):
        return RowError("the prompt has no words")
    if claim.mood and not claim.part:
        return (moods[claim.text] * claim.mood >= sentiment.POSITIVE_FROM) != claim.negated
    if not claim.topic or not claim.text:
        return False
    hit = concept_hit(claim.topic, claim.text)
    found = _supported(claim, known) if hit is None else hit
    if claim.mood:  # liked or disliked is what the text does not clearly deny of a part it speaks of
        found = found and moods[claim.text] * claim.mood > 0
    return found != claim.negated


def _supported(claim: Claim, known: "Known") -> bool:
    nearest = max(float(known[view] @ known[claim.topic]) for view in _views(claim.text))
    if claim.relation:
        return nearest >= _RELATION_ABOVE
    if len(words(claim.text)) <= _NAME_WORDS:
        return nearest >= _NAMED_ABOVE
    wanted = {stem(word) for word in words(claim.topic) if word not in word_list("stopwords")}
    shared = len(wanted & {stem(word) for word in words(claim.text)}) / len(wanted) if wanted else 0.0
    return _MEANING * nearest + _SHARED * shared + _CONSTANT > 0
