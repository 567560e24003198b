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
    carrier: Candidate,
    confidence: float,
    parts: Sequence[Sequence[Candidate]] = (),
) -> list[Candidate]:
    """The sentences to quote, no sentence twice, whatever passage repeats it.

    First the `carrier`, the sentence with the most evidence; of a question of several `parts` the best sentence of
    each that no earlier part has taken. Behind them others in reading order, those of the first one's passage first:
    the lower the `confidence` (0 to 1), the more, in the end from more passages.
    """
    leading: list[Candidate] = []
    for sentences in parts[:MOST_SENTENCES]:
        leading += _new(sentences, leading)[:1]
    leading = leading or [carrier]
    close = CLOSE_IN_DOUBT + (CLOSE - CLOSE_IN_DOUBT) * confidence
    near = [candidate for candidate in candidates if candidate.score >= candidates[0].score - close]
    near = _other_passages_first(near, carrier) if confidence < GUESS else near
    others = _new(near, leading)[: MOST_SENTENCES - len(leading)]
    first = leading[0].passage
    return [*leading, *sorted(others, key=lambda c: (c.passage != first, c.passage, c.start))]


def _new(candidates: Sequence[Candidate], known: Sequence[Candidate]) -> list[Candidate]:
    """Those that say something else than the `known` ones and than each other."""
    by_text = {candidate.text: candidate for candidate in reversed(candidates)}
    for candidate in known:
        by_text.pop(candidate.text, None)
    return [candidate for candidate in candidates if by_text.get(candidate.text) is candidate]


def _other_passages_first(candidates: Sequence[Candidate], carrier: Candidate) -> list[Candidate]:
    """The best sentence of each passage but the carrier's, then all others; each part keeps its order."""
    best = {c.passage: c for c in reversed(candidates) if c.passage != carrier.passage}
    return sorted(candidates, key=lambda candidate: best.get(candidate.passage) is not candidate)


def quotation(candidate: Candidate, passages: Sequence[Passage]) -> AnswerSentence:
    """A candidate as a verbatim sentence of the answer."""
    number = candidate.passage + 1
    words = passages[candidate.passage].text[candidate.start : candidate.end]
    quote = Quote(number, candidate.start, candidate.end, words)
    return AnswerSentence(candidate.text, (number,), 1.0, (quote,))
