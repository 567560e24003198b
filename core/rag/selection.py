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

GUESS = 0.2
"""Below this confidence the passage is a guess, and each further sentence is from another one while there is any:
3 of 171 answers to tuning and development questions then cite the right passage too, none loses its answer."""


def choose(
    candidates: Sequence[Candidate],
    carrier: Candidate | None = None,
    confidence: float = 0.5,
    most: int = MOST_SENTENCES,
) -> list[Candidate]:
    """The sentences to quote: the `carrier`, the sentence with the most evidence, and behind it others in reading
    order, those of its passage first; no sentence twice, whatever passage repeats it. The lower the
    `confidence` (0 to 1) that the carrier answers, the more others there are, in the end from more passages."""
    if not candidates:
        return []
    close = CLOSE_IN_DOUBT + (CLOSE - CLOSE_IN_DOUBT) * confidence
    near = [candidate for candidate in candidates if candidate.score >= candidates[0].score - close]
    chosen: list[Candidate] = [carrier] if carrier else []
    for candidate in _other_passages_first(near, carrier) if confidence < GUESS else near:
        if len(chosen) == most:
            break
        if all(candidate.text != other.text for other in chosen):
            chosen.append(candidate)
    first, *others = chosen
    return [first, *sorted(others, key=lambda c: (c.passage != first.passage, c.passage, c.start))]


def _other_passages_first(candidates: Sequence[Candidate], carrier: Candidate | None) -> list[Candidate]:
    """The best sentence of each passage but the carrier's, then all others; each part keeps its order."""
    own = carrier.passage if carrier else None
    best = {candidate.passage: candidate for candidate in reversed(candidates) if candidate.passage != own}
    return sorted(candidates, key=lambda candidate: best.get(candidate.passage) is not candidate)


def quotation(candidate: Candidate, passages: Sequence[Passage]) -> AnswerSentence:
    """A candidate as a verbatim sentence of the answer."""
    number = candidate.passage + 1
    words = passages[candidate.passage].text[candidate.start : candidate.end]
    quote = Quote(number, candidate.start, candidate.end, words)
    return AnswerSentence(candidate.text, (number,), 1.0, (quote,))
