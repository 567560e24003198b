"""Which sentences are quoted: the best one, and up to two more that answer almost as well."""

from __future__ import annotations

from collections.abc import Sequence

from core.rag.documents import Passage
from core.rag.events import AnswerSentence, Quote
from core.rag.evidence import Candidate

MOST_SENTENCES = 3
CLOSE = 0.15
"""A further sentence is quoted when its score is within this of the best one's (tuning half)."""


def choose(
    candidates: Sequence[Candidate], carrier: Candidate | None = None, most: int = MOST_SENTENCES
) -> list[Candidate]:
    """The sentences to quote, in reading order, from the passage of the `carrier` on; no sentence twice,
    whatever passage repeats it. The carrier, the sentence with the most evidence, is always among them."""
    if not candidates:
        return []
    chosen: list[Candidate] = [carrier] if carrier else []
    for candidate in candidates:
        if len(chosen) == most or candidate.score < candidates[0].score - CLOSE:
            break
        if all(candidate.text != other.text for other in chosen):
            chosen.append(candidate)
    best = chosen[0].passage
    return sorted(chosen, key=lambda c: (c.passage != best, c.passage, c.index))


def quotation(candidate: Candidate, passages: Sequence[Passage]) -> AnswerSentence:
    """A candidate as a verbatim sentence of the answer."""
    number = candidate.passage + 1
    words = passages[candidate.passage].text[candidate.start : candidate.end]
    quote = Quote(number, candidate.start, candidate.end, words)
    return AnswerSentence(candidate.text, (number,), 1.0, (quote,))
