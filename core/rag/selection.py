"""Which sentences are quoted: the best one, and up to two more that answer almost as well."""

from __future__ import annotations

from collections.abc import Sequence

from core.rag.documents import Passage
from core.rag.events import AnswerSentence, Quote
from core.rag.evidence import Candidate

MOST_SENTENCES = 3
CLOSE, CLOSE_IN_DOUBT = 0.05, 0.35
"""A further sentence is quoted when its score is within this of the best one's: with full confidence, and
with none (tuning and development questions)."""


def choose(
    candidates: Sequence[Candidate],
    carrier: Candidate | None = None,
    confidence: float = 0.5,
    most: int = MOST_SENTENCES,
) -> list[Candidate]:
    """The sentences to quote: the `carrier`, the sentence with the most evidence, and behind it others in reading
    order, those of its passage first; no sentence twice, whatever passage repeats it. The lower the
    `confidence` (0 to 1) that the carrier answers, the more others there are."""
    if not candidates:
        return []
    close = CLOSE_IN_DOUBT + (CLOSE - CLOSE_IN_DOUBT) * confidence
    chosen: list[Candidate] = [carrier] if carrier else []
    for candidate in candidates:
        if len(chosen) == most or candidate.score < candidates[0].score - close:
            break
        if all(candidate.text != other.text for other in chosen):
            chosen.append(candidate)
    first, *others = chosen
    return [first, *sorted(others, key=lambda c: (c.passage != first.passage, c.passage, c.start))]


def quotation(candidate: Candidate, passages: Sequence[Passage]) -> AnswerSentence:
    """A candidate as a verbatim sentence of the answer."""
    number = candidate.passage + 1
    words = passages[candidate.passage].text[candidate.start : candidate.end]
    quote = Quote(number, candidate.start, candidate.end, words)
    return AnswerSentence(candidate.text, (number,), 1.0, (quote,))
