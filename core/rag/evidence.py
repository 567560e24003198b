"""Do the passages answer the question? Candidate sentences, their scores, and the evidence features.

Similarity alone cannot tell (reference figures: AUC 0.62 on questions that were written to be
unanswerable on the same topic), so each sentence is also read: does it hold the question's names,
numbers and words, and an expression of the kind that is asked for?
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.rag.documents import Passage
from core.rag.expressions import new_expressions
from core.rag.matching import ReadText, Weights, WordVectors, join, matches, read_text
from core.rag.questions import AnswerKind, Question, stems_of
from core.rag.sentences import split_sentences, without_marker
from core.rag.words import are_opposites

READ_PASSAGES = 5
"""Passages whose sentences are candidates, best first."""

FEATURES = ("similarity", "coverage", "context", "names", "weakest", "kind", "agreement")
"""Evidence features, each larger for better evidence; the calibration gives them their weights."""

REFERENCE_CHUNKS = 646
SIZE_SLOPE = 0.032
"""The best similarity to unrelated text grows by this much for each e-fold of the corpus: the 95 % point was
.272 with 25 passages, .324 with 100, .349 with 300, .375 with 646 (measured; a line in the logarithm)."""

_SENTENCE_COVERAGE = 0.3
_CONTEXT_COVERAGE = 0.3
_RIGHT_KIND = 0.1
_TITLE_DISCOUNT = 0.9
_NEIGHBOUR_DISCOUNT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage, read against the question. `met` is how far each keyword is met by the
    sentence itself, `context` by sentence, title, heading or (discounted) the sentences beside it."""

    passage: int
    index: int
    start: int
    end: int
    text: str
    similarity: float
    met: tuple[float, ...]
    context: tuple[float, ...]
    has_kind: bool
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All candidates of a question, best first, and what the features need."""

    question: Question
    candidates: tuple[Candidate, ...]
    weights: tuple[float, ...]
    passage_met: tuple[tuple[float, ...], ...]
    opposed: tuple[str, ...]


def read_passages(
    retriever: Any, question: Question, passages: Sequence[Passage], weights: Weights, vectors: WordVectors
) -> Reading:
    """Read the sentences of the best passages against the question."""
    passages = passages[:READ_PASSAGES]
    query = _query_vector(retriever, question.text)
    importance = tuple(weights.of(word) for word in question.keywords)
    candidates: list[Candidate] = []
    passage_met: list[tuple[float, ...]] = []
    for number, (passage, (spans, rows)) in enumerate(
        zip(passages, _sentence_vectors(retriever, passages), strict=True)
    ):
        reader = _PassageReader(question, passage, spans, vectors)
        similarities = [float(value) for value in rows @ query] if spans else []
        passage_met.append(reader.met_by_passage())
        candidates += [reader.candidate(number, i, value, importance) for i, value in enumerate(similarities)]
    ranked = tuple(sorted(candidates, key=lambda candidate: -candidate.score))
    opposed = _opposed(question, ranked[0]) if ranked else ()
    return Reading(question, ranked, importance, tuple(passage_met), opposed)


def measure(reading: Reading, corpus_size: int) -> dict[str, float]:
    """The evidence features of a question; all 0 when there is no sentence at all."""
    if not reading.candidates:
        return dict.fromkeys(FEATURES, 0.0)
    best = reading.candidates[0]
    held = tuple(max(pair) for pair in zip(best.context, reading.passage_met[best.passage], strict=True))
    names = [i for i, word in enumerate(reading.question.keywords) if word.is_name or word.number is not None]
    return {
        "similarity": max(c.similarity for c in reading.candidates) - size_correction(corpus_size),
        "coverage": _mean(_titled(best), reading.weights),
        "context": _mean(held, reading.weights),
        "names": _mean([held[i] for i in names], [reading.weights[i] for i in names]),
        "weakest": min(held, default=1.0),
        "kind": float(best.has_kind),
        "agreement": 0.0 if reading.opposed else 1.0,
    }


def size_correction(corpus_size: int) -> float:
    """What a corpus of this many chunks adds to the best similarity by chance, against the reference size."""
    return SIZE_SLOPE * math.log(max(corpus_size, 10) / REFERENCE_CHUNKS)


def unmet_words(reading: Reading) -> list[str]:
    """The question's words that the best passage does not hold, for the reader of a refusal."""
    if not reading.candidates:
        return [word.text for word in reading.question.keywords]
    best = reading.candidates[0]
    held = [max(pair) for pair in zip(best.context, reading.passage_met[best.passage], strict=True)]
    return [word.text for word, met in zip(reading.question.keywords, held, strict=True) if met < 0.3]


class _PassageReader:
    """Reads one passage against one question; words are taken apart once."""

    def __init__(
        self, question: Question, passage: Passage, spans: Sequence[tuple[int, int]], vectors: WordVectors
    ) -> None:
        self._question = question
        self._passage = passage
        self._vectors = vectors
        self._known = stems_of(question)
        self._spans = [without_marker(passage.text, span) for span in spans]
        self._texts = [read_text(passage.text[start:end]) for start, end in self._spans]
        vectors.prepare([*question.keywords, *join(self._texts).words])
        self._title = self._met(
            read_text(f"{passage.title}\n{passage.heading}\n{_readable(passage.document)}")
        )
        self._sentences = [self._met(text) for text in self._texts]

    def met_by_passage(self) -> tuple[float, ...]:
        """How far the passage as a whole, with its title and heading, meets each keyword."""
        return _highest([*self._sentences, _scaled(self._title, _TITLE_DISCOUNT)])

    def candidate(self, number: int, index: int, similarity: float, importance: Sequence[float]) -> Candidate:
        """One sentence with its score."""
        start, end = self._spans[index]
        text = " ".join(self._passage.text[start:end].split())
        beside = [self._sentences[i] for i in (index - 1, index + 1) if 0 <= i < len(self._sentences)]
        titled = _highest([self._sentences[index], _scaled(self._title, _TITLE_DISCOUNT)])
        context = _highest([titled, *(_scaled(met, _NEIGHBOUR_DISCOUNT) for met in beside)])
        has_kind = bool(new_expressions(text, self._question.kind, self._known))
        score = (
            similarity
            + _SENTENCE_COVERAGE * _mean(self._sentences[index], importance)
            + _CONTEXT_COVERAGE * _mean(context, importance)
            + _RIGHT_KIND * has_kind
        )
        return Candidate(
            number, index, start, end, text, similarity, self._sentences[index], titled, has_kind, score
        )

    def _met(self, text: ReadText) -> tuple[float, ...]:
        return tuple(matches(self._question.keywords, text, self._vectors))


def _opposed(question: Question, best: Candidate) -> tuple[str, ...]:
    """Question words whose opposite the sentence says instead ("first" asked, "last" said)."""
    said = read_text(best.text).stems
    return tuple(
        word.text
        for word in question.keywords
        if word.stem not in said and any(are_opposites(word.stem, stem) for stem in said)
    )


def _titled(best: Candidate) -> tuple[float, ...]:
    return best.context


def _query_vector(retriever: Any, question: str) -> Any:
    encode = getattr(retriever, "encode_query", None)
    return encode(question) if encode else retriever.embedder.encode([question])[0]


def _sentence_vectors(retriever: Any, passages: Sequence[Passage]) -> list[Any]:
    """From the retriever's cache when it keeps one, else embedded here."""
    known = getattr(retriever, "sentence_vectors", None)
    if known:
        return list(known(passages))
    result = []
    for passage in passages:
        spans = split_sentences(passage.text)
        result.append((spans, retriever.embedder.encode([passage.text[a:b] for a, b in spans])))
    return result


def _readable(document: str) -> str:
    """A file name as words: "travel-policy-2026.md" says "travel policy 2026"."""
    return re.sub(r"\.\w{2,5}$", "", document).replace("-", " ").replace("_", " ").replace("/", " ")


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean; 1 when nothing is asked for."""
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else 1.0


def _highest(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(max(column) for column in zip(*rows, strict=True))


def _scaled(values: Sequence[float], factor: float) -> tuple[float, ...]:
    return tuple(value * factor for value in values)


def describe_kind(kind: AnswerKind) -> str:
    """The kind in words, for the reader of a refusal."""
    names: Mapping[AnswerKind, str] = {
        AnswerKind.PERSON: "a person or organisation",
        AnswerKind.TIME: "a date or time",
        AnswerKind.PLACE: "a place",
        AnswerKind.NUMBER: "a number",
        AnswerKind.NAME: "a name",
        AnswerKind.REASON: "a reason",
        AnswerKind.ANY: "an answer",
    }
    return names[kind]
