"""Do the passages answer the question? Candidate sentences, their scores, and the evidence features.

Similarity alone cannot tell (reference figures: AUC 0.62 on questions that were written to be
unanswerable on the same topic), so each sentence is also read: does it hold the question's words in
the same sense, its names and numbers, and an expression of the kind that is asked for?
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.rag.documents import Passage
from core.rag.expressions import new_expressions
from core.rag.matching import Weights, WordsInContext, matches, read_text
from core.rag.questions import AnswerKind, Question, stems_of
from core.rag.sentences import split_sentences, without_marker
from core.rag.words import Word, are_opposites

READ_PASSAGES = 5
"""Passages whose sentences are candidates, best first."""

FEATURES = ("similarity", "words", "names", "kind", "agreement")
"""Evidence features, each larger for better evidence; the calibration gives them their weights."""

REFERENCE_CHUNKS = 646
SIZE_SLOPE = 0.032
"""The best similarity to unrelated text grows by this much for each e-fold of the corpus: the 95 % point was
.272 with 25 passages, .324 with 100, .349 with 300, .375 with 646 (measured; a line in the logarithm)."""

_SENTENCE_COVERAGE = 0.2
_CONTEXT_COVERAGE = 0.4
_RIGHT_KIND = 0.1
_TITLE_DISCOUNT = 0.9
_NEIGHBOUR_DISCOUNT = 0.5
_SOFTNESS = 6.0
_BEST = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage, read against the question. `met` says for each keyword whether the
    sentence holds it (1), or the title or heading of its passage (0.9)."""

    passage: int
    index: int
    start: int
    end: int
    text: str
    similarity: float
    met: tuple[float, ...]
    has_kind: bool
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """All candidates of a question, best first, and what the features need: the weight of each keyword,
    how far the best sentence meets it in its context, and whether the best passage holds it at all."""

    question: Question
    candidates: tuple[Candidate, ...]
    weights: tuple[float, ...] = ()
    in_context: tuple[float, ...] = ()
    in_passage: tuple[float, ...] = ()
    opposed: tuple[str, ...] = ()


def read_passages(
    retriever: Any, question: Question, passages: Sequence[Passage], weights: Weights, words: WordsInContext
) -> Reading:
    """Read the sentences of the best passages against the question."""
    passages = passages[:READ_PASSAGES]
    importance = tuple(weights.of(word) for word in question.keywords)
    query = _query_vector(retriever, question.text)
    readers: list[_PassageReader] = []
    candidates: list[Candidate] = []
    for passage, (spans, rows) in zip(passages, _sentence_vectors(retriever, passages), strict=True):
        reader = _PassageReader(question, passage, spans)
        similarities = [float(row @ query) for row in rows]
        candidates += reader.candidates(len(readers), similarities, importance)
        readers.append(reader)
    if not candidates:
        return Reading(question, ())
    ranked = tuple(sorted(candidates, key=lambda candidate: -candidate.score))
    best = ranked[0]
    return Reading(
        question,
        ranked,
        importance,
        _highest([words.matches(question.text, question.keywords, [best.text])[0], best.met]),
        readers[best.passage].met_by_passage(),
        _opposed(question, best),
    )


def measure(reading: Reading, corpus_size: int) -> dict[str, float]:
    """The evidence features of a question; all 0 when there is no sentence at all."""
    if not reading.candidates:
        return dict.fromkeys(FEATURES, 0.0)
    names = [i for i, word in enumerate(reading.question.keywords) if is_exact(word)]
    return {
        "similarity": max(c.similarity for c in reading.candidates) - size_correction(corpus_size),
        "words": _soft_minimum(reading.in_context, reading.weights),
        "names": _mean([reading.in_passage[i] for i in names], [reading.weights[i] for i in names]),
        "kind": max(c.has_kind / rank for rank, c in enumerate(reading.candidates[:_BEST], start=1)),
        "agreement": 0.0 if reading.opposed else 1.0,
    }


def size_correction(corpus_size: int) -> float:
    """What a corpus of this many chunks adds to the best similarity by chance, against the reference size."""
    return SIZE_SLOPE * math.log(max(corpus_size, 10) / REFERENCE_CHUNKS)


def is_exact(word: Word) -> bool:
    """Whether a word must be met as it is: a name, a code or a figure has no synonyms."""
    return word.is_name or any(character.isdigit() for character in word.text)


def unmet_words(reading: Reading) -> list[str]:
    """The question's words that the best passage does not hold, for the reader of a refusal."""
    keywords = reading.question.keywords
    if not reading.candidates:
        return [word.text for word in keywords]
    return [
        word.text
        for word, held, near in zip(keywords, reading.in_passage, reading.in_context, strict=True)
        if held == 0.0 and (is_exact(word) or near < 0.4)
    ]


def describe_kind(kind: AnswerKind) -> str:
    """The kind in words, for the reader of a refusal."""
    names: Mapping[AnswerKind, str] = {
        AnswerKind.PERSON: "a person or organisation",
        AnswerKind.TIME: "a date or time",
        AnswerKind.PLACE: "a place",
        AnswerKind.NUMBER: "a number",
        AnswerKind.REASON: "a reason",
        AnswerKind.ANY: "an answer",
    }
    return names[kind]


class _PassageReader:
    """Reads one passage against one question; words are taken apart once."""

    def __init__(self, question: Question, passage: Passage, spans: Sequence[tuple[int, int]]) -> None:
        self._question = question
        self._known = stems_of(question)
        self._spans = [without_marker(passage.text, span) for span in spans]
        self._texts = [" ".join(passage.text[start:end].split()) for start, end in self._spans]
        labels = f"{passage.title}\n{passage.heading}\n{_readable(passage.document)}"
        title = matches(question.keywords, read_text(labels))
        self._title = tuple(_TITLE_DISCOUNT * met for met in title)
        self._sentences = [matches(question.keywords, read_text(text)) for text in self._texts]

    def met_by_passage(self) -> tuple[float, ...]:
        """How far the passage as a whole, with its title and heading, meets each keyword."""
        return _highest([*self._sentences, self._title])

    def candidates(
        self, number: int, similarities: Sequence[float], importance: Sequence[float]
    ) -> list[Candidate]:
        """The sentences with their scores."""
        return [
            self._candidate(number, i, similarity, importance) for i, similarity in enumerate(similarities)
        ]

    def _candidate(
        self, number: int, index: int, similarity: float, importance: Sequence[float]
    ) -> Candidate:
        start, end = self._spans[index]
        text, sentence = self._texts[index], self._sentences[index]
        beside = [self._sentences[i] for i in (index - 1, index + 1) if 0 <= i < len(self._sentences)]
        met = _highest([sentence, self._title])
        around = _highest([met, *(tuple(_NEIGHBOUR_DISCOUNT * m for m in row) for row in beside)])
        has_kind = bool(new_expressions(text, self._question.kind, self._known))
        score = (
            similarity
            + _SENTENCE_COVERAGE * _mean(sentence, importance)
            + _CONTEXT_COVERAGE * _mean(around, importance)
            + _RIGHT_KIND * has_kind
        )
        return Candidate(number, index, start, end, text, similarity, met, has_kind, score)


def _opposed(question: Question, best: Candidate) -> tuple[str, ...]:
    """Question words whose opposite the sentence says instead ("first" asked, "last" said)."""
    said = read_text(best.text).stems
    return tuple(
        word.text
        for word in question.keywords
        if word.stem not in said and any(are_opposites(word.stem, stem) for stem in said)
    )


def _query_vector(retriever: Any, question: str) -> Any:
    encode = getattr(retriever, "encode_query", None)
    return encode(question) if encode else retriever.embedder.encode([question])[0]


def _sentence_vectors(retriever: Any, passages: Sequence[Passage]) -> list[Any]:
    """From the retriever's cache when it keeps one, else embedded here."""
    known = getattr(retriever, "sentence_vectors", None)
    if known:
        return list(known(passages))
    spans = [split_sentences(passage.text) for passage in passages]
    return [
        (rows, retriever.embedder.encode([passage.text[a:b] for a, b in rows]))
        for passage, rows in zip(passages, spans, strict=True)
    ]


def _readable(document: str) -> str:
    """A file name as words: "travel-policy-2026.md" says "travel policy 2026"."""
    return re.sub(r"\.\w{2,5}$", "", document).replace("-", " ").replace("_", " ").replace("/", " ")


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean; 1 when nothing is asked for."""
    total = sum(weights)
    return sum(v * w for v, w in zip(values, weights, strict=True)) / total if total else 1.0


def _soft_minimum(values: Sequence[float], weights: Sequence[float]) -> float:
    """Between the mean and the minimum: one word that is not met at all must show."""
    if not values:
        return 1.0
    return -math.log(_mean([math.exp(-_SOFTNESS * value) for value in values], weights)) / _SOFTNESS


def _highest(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(max(column) for column in zip(*rows, strict=True))
