"""How sure it is that the passages answer a question: read whole and part by part, with the calibrated confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.rag.calibration import DEFAULT, load_calibration, most_confident
from core.rag.documents import Passage
from core.rag.evidence import FEATURES, Candidate, Reading, describe_kind, measure, read_passages, unmet_by
from core.rag.matching import weights_of, words_in_context
from core.rag.parts import Part, parts_of
from core.rag.questions import AnswerKind, read_question

SURE_OF_A_CLAUSE = 0.4
"""A clause is answered though the rest is not from this confidence. Each further clause is another chance to be wrong:
with the threshold alone, 0.35 instead of 0.73 of 49 pairs of near-misses were refused, and 0.77 of off-topic ones."""


@dataclass(frozen=True, slots=True)
class Look:
    """A question or a part of one, read in the passages: the evidence of each sentence that was read word by word
    and the confidence (0 to 1) that it answers, in the order of `reading.read`."""

    part: Part
    reading: Reading
    measured: tuple[Mapping[str, float], ...]
    confidences: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """That of the sentence with the most evidence; 0 when there is no sentence."""
        return most_confident(self.confidences)[1]

    @property
    def carrier(self) -> int:
        """Which of the read sentences has the most evidence."""
        return most_confident(self.confidences)[0]

    @property
    def evidence(self) -> Mapping[str, float]:
        """The evidence of the carrier."""
        return self.measured[self.carrier] if self.measured else dict.fromkeys(FEATURES, 0.0)

    def sentences(self, limit: float) -> list[Candidate]:
        """The read sentences of at least this confidence: the carrier, then the others by their scores."""
        sure = [i for i, confidence in enumerate(self.confidences) if confidence >= limit]
        return [self.reading.read[i].candidate for i in sorted(sure, key=lambda i: i != self.carrier)]


@dataclass(frozen=True, slots=True)
class Weighed:
    """A question read whole and, where it asks for several things, part by part; below `limit` it is refused."""

    whole: Look
    parts: tuple[Look, ...]
    limit: float

    @property
    def confidence(self) -> float:
        """That a sentence answers the whole question or surely a clause of it, or that each part has one that does."""
        every = min((look.confidence for look in self.parts), default=0.0)
        clauses = (look.confidence for look in self.parts if look.part.clause)
        return max(self.whole.confidence, every, *(sure for sure in clauses if sure >= SURE_OF_A_CLAUSE))

    @property
    def refused(self) -> bool:
        """Whether the passages do not answer the question."""
        return not self.whole.reading.candidates or self.confidence < self.limit

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The parts that no sentence answers, in their own words, without the mark at the end."""
        return tuple(look.part.asked.rstrip(" .?!") for look in self.parts if look.confidence < self.limit)


def weigh(retriever: Any, question: str, passages: Sequence[Passage], threshold: float | None) -> Weighed:
    """Read the sentences close to the best hits against the question and against each of its parts.

    `threshold` None: the one that was calibrated for the retriever's corpus.
    """
    weights, words = weights_of(retriever), words_in_context(retriever.embedder)
    size = int(getattr(retriever, "corpus_size", len(passages)))
    calibration = load_calibration()
    limit = calibration.threshold(corpus_of(retriever)) if threshold is None else threshold

    def look(part: Part, text: str) -> Look:
        reading = read_passages(retriever, read_question(text), passages, weights, words)
        measured = tuple(measure(reading, size))
        return Look(part, reading, measured, tuple(map(calibration.confidence, measured)))

    def look_at_part(part: Part) -> Look:
        """A clause of few words mostly leans on the first ("who repairs it"), but may not ("who founded Corvane")."""
        found = look(part, part.question)
        if found.confidence >= limit or part.asked == part.question:
            return found
        return max(found, look(part, part.asked), key=lambda each: each.confidence)

    parts = tuple(map(look_at_part, parts_of(question)))
    return Weighed(look(Part(question, question), question), parts, limit)


def corpus_of(retriever: Any) -> str:
    """The corpus that the retriever's threshold is calibrated for."""
    return str(getattr(retriever, "calibrated_as", DEFAULT))


def why_refused(weighed: Weighed) -> str:
    """The strongest reason, in words."""
    whole = weighed.whole
    reading = whole.reading
    if not reading.read:
        return "No passage was found for this question."
    if not reading.question.keywords:
        return "The question names nothing that could be looked up in the documents."
    if 0 < len(weighed.unanswered) < len(weighed.parts):
        return f"The nearest passages do not answer {_quoted(weighed.unanswered)}."
    unmet = unmet_by(reading, whole.carrier)
    opposed = reading.read[whole.carrier].opposed
    if opposed:
        return f"The nearest sentence says the opposite of {_quoted(opposed)}."
    if unmet.names:
        return f"None of the nearest passages mentions {_quoted(unmet.names)}."
    if unmet.words:
        return f"The nearest passages say nothing about {_quoted(unmet.words)}."
    if not whole.evidence["kind"] and reading.question.kind is not AnswerKind.ANY:
        return f"The nearest sentence does not hold {describe_kind(reading.question.kind)}."
    if unmet.in_sentence:
        return f"The nearest sentence says nothing about {_quoted(unmet.in_sentence)}."
    return "The nearest passages are on the topic but do not answer the question."


def what_stays_open(weighed: Weighed) -> str:
    """What is told beside an answer that leaves a part of the question open; empty when it does not."""
    open_parts = weighed.unanswered
    return f"No sentence was found that answers {_quoted(open_parts)}." if open_parts else ""


def _quoted(words: Sequence[str]) -> str:
    return ", ".join(f"“{word}”" for word in words)
