"""Do the passages answer the question? Candidate sentences, their scores, and the evidence features.

Similarity alone cannot tell (reference figures: AUC 0.62 on questions that were written to be
unanswerable on the same topic), so each sentence is also read: does it hold the question's words in
the same sense, its names and numbers, and an expression of the kind that is asked for?
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.config import settings
from core.rag.contradictions import opposed_words
from core.rag.documents import Hit, Passage
from core.rag.expressions import new_expressions
from core.rag.guardrails import findings_in
from core.rag.matching import Weights, WordsInContext, matches, read_text, weights_of, words_in_context
from core.rag.questions import AnswerKind, Question, frames, read_question, stems_of
from core.rag.sentences import split_sentences, without_marker
from core.rag.spellings import Forms, forms_of
from core.rag.synonyms import has_synonym, is_listed
from core.rag.words import Word

READ_HITS = 5
"""Hits whose sentences are candidates: the best of each passage in order, then the others by their score."""

READ_SENTENCES = 3
"""Candidates that are read word by word, best first; the one with the most evidence carries the answer."""

FEATURES = ("similarity", "words", "names", "known", "codes", "kind", "agreement")
"""Evidence features of a sentence, each larger for better evidence; the calibration gives them their weights."""

UNIT = "best of three sentences close to the five best hits"
REFERENCE_CHUNKS = 646
SIZE_SLOPE = 0.032
"""The best similarity to unrelated text grows by this much for each e-fold of the corpus: the 95 % point was
.272 with 25 passages, .324 with 100, .349 with 300, .375 with 646 (measured; a line in the logarithm)."""

_CONTEXT_COVERAGE = 0.4
_PASSAGE_SCORE = 0.5
_RIGHT_KIND = {AnswerKind.PERSON: 0.2, AnswerKind.TIME: 0.2, AnswerKind.NUMBER: 0.2}
_SOME_KIND = 0.1
_INSTRUCTION = 1.0  # a sentence that looks like an instruction to a model is quoted last
_TITLE_DISCOUNT = 0.9
_NEIGHBOUR_DISCOUNT = 0.5
_PASSAGE_DISCOUNT = 0.35
_SOFTNESS = 6.0
_UNLIKE = 0.4
"""A word whose nearest cosine is below this is not meant by any word of the sentence."""
_SYNONYM = 0.9
"""How far a word of the same sense meets a word of the question: as far as a title does."""
_FRAME = 0.1
"""What a word of the question's form ("happens", "typically") weighs of its rarity."""
_ALIKE = (0.4, 0.9)
_ALIKE_AT_MOST = 0.8
"""A name with a word of this cosine beside it is met a little ("Parisian" by "Paris"), to the most given here:
between the two cosines of `_ALIKE` from nothing to all of it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a passage (0-based), read against the question; `start` and `end` are characters of the passage.

    `met` says for each keyword whether the sentence holds it (1), or the title or heading over it (0.9); `nearby`
    also whether a neighbouring sentence (0.5) or the rest of what is close to the hit (0.35) does.
    """

    passage: int
    start: int
    end: int
    text: str
    similarity: float
    met: tuple[float, ...]
    nearby: tuple[float, ...]
    has_kind: bool
    score: float


@dataclass(frozen=True, slots=True)
class ReadCandidate:
    """A candidate read word by word: how far the sentence meets each keyword in its context. `opposed` are words
    of the question that the sentence says the opposite of.
    """

    candidate: Candidate
    in_context: tuple[float, ...]
    opposed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """All candidates of a question, best first; the first few read word by word; and per keyword its weight
    and whether any passage that was read holds it."""

    question: Question
    candidates: tuple[Candidate, ...]
    read: tuple[ReadCandidate, ...] = ()
    weights: tuple[float, ...] = ()
    anywhere: tuple[float, ...] = ()


def read_passages(
    retriever: Any, question: Question, passages: Sequence[Passage], weights: Weights, words: WordsInContext
) -> Reading:
    """Read the sentences close to the best hits against the question."""
    stretches = _stretches(passages)
    importance = tuple(weights.of(word) * (_FRAME if frames(word) else 1.0) for word in question.keywords)
    forms = forms_of(question.text, question.keywords, lambda w: weights.knows(w) or is_listed(w.stem))
    query = _query_vector(retriever, question.text)
    readers: list[_StretchReader] = []
    candidates: list[Candidate] = []
    vectors = _sentence_vectors(retriever, [stretch.text for stretch in stretches])
    for stretch, (spans, rows) in zip(stretches, vectors, strict=True):
        reader = _StretchReader(question, forms, stretch, spans)
        candidates += reader.candidates([float(row @ query) for row in rows], importance)
        readers.append(reader)
    if not candidates:
        return Reading(question, ())
    ranked = tuple(sorted(candidates, key=lambda candidate: -candidate.score))
    best = ranked[:READ_SENTENCES]
    in_context = words.matches(question.text, question.keywords, [candidate.text for candidate in best])
    return Reading(
        question,
        ranked,
        tuple(
            ReadCandidate(
                c,
                _highest([met, c.met, _by_synonyms(question, c)]),
                opposed_words(question, c.text),
            )
            for c, met in zip(best, in_context, strict=True)
        ),
        importance,
        anywhere=_highest([reader.met() for reader in readers]),
    )


def evidence_for(
    retriever: Any, question: str, where: Mapping[str, Any] | None = None, k: int | None = None
) -> list[dict[str, float]]:
    """The evidence for each sentence that is read, searched as answers are with the settings' defaults."""
    own = settings().rag
    passages = retriever.search(
        question, k=k, where=where, rerank=own.rerank_answers, widen=own.passage_characters
    )
    weights, words = weights_of(retriever), words_in_context(retriever.embedder)
    return measure(
        read_passages(retriever, read_question(question), passages, weights, words), retriever.corpus_size
    )


def measure(reading: Reading, corpus_size: int) -> list[dict[str, float]]:
    """The evidence features of each sentence in `reading.read`, in its order; empty when there is none."""
    if not reading.read:
        return []
    keywords = reading.question.keywords
    exact = [i for i, word in enumerate(keywords) if is_exact(word)]
    codes = [i for i in exact if any(map(str.isdigit, keywords[i].text))]
    names = [i for i in exact if i not in codes]
    held_codes = min((reading.anywhere[i] for i in codes), default=1.0)
    weights = [reading.weights[i] for i in exact]
    alike = [[0.0 if i in codes else _alike(read.in_context[i]) for i in exact] for read in reading.read]
    return [
        {
            "similarity": read.candidate.similarity - size_correction(corpus_size),
            "words": _soft_minimum(read.in_context, reading.weights),
            "names": _mean(_highest([[read.candidate.nearby[i] for i in exact], like]), weights),
            "known": min((max(reading.anywhere[i], _alike(read.in_context[i])) for i in names), default=1.0),
            "codes": held_codes,
            "kind": float(read.candidate.has_kind),
            "agreement": 0.0 if read.opposed else 1.0,
        }
        for read, like in zip(reading.read, alike, strict=True)
    ]


def size_correction(corpus_size: int) -> float:
    """What a corpus of this many chunks adds to the best similarity by chance, against the reference size."""
    return SIZE_SLOPE * math.log(max(corpus_size, 10) / REFERENCE_CHUNKS)


def is_exact(word: Word) -> bool:
    """Whether a word must be met as it is: a name, a code or a figure has no synonyms ("first" has: early)."""
    return word.is_name or any(character.isdigit() for character in word.text)


@dataclass(frozen=True, slots=True)
class Unmet:
    """What a question asks for and does not get, for the reader of a refusal: names and figures that no passage
    holds, other words that none holds, and those that only the sentence with the most evidence lacks."""

    names: tuple[str, ...]
    words: tuple[str, ...]
    in_sentence: tuple[str, ...]


def unmet_by(reading: Reading, carrier: int) -> Unmet:
    """The question's words that are not met; `carrier` counts in `reading.read`. A name is given whole."""
    keywords = reading.question.keywords
    in_context = reading.read[carrier].in_context if reading.read else (0.0,) * len(keywords)
    anywhere = reading.anywhere or (0.0,) * len(keywords)
    rows = list(zip(keywords, anywhere, in_context, strict=True))
    names = [_whole_name(word, reading.question) for word, held, _ in rows if is_exact(word) and not held]
    words = [w.text for w, held, near in rows if not is_exact(w) and not held and near < _UNLIKE]
    lacking = [w.text for w, held, near in rows if not is_exact(w) and held and near < _UNLIKE]
    return Unmet(tuple(dict.fromkeys(names)), tuple(words), tuple(lacking))


def _whole_name(word: Word, question: Question) -> str:
    """A name with the names right beside it: "Napoleon III" for "III"."""
    start, end = word.start, word.end
    for other in question.keywords:
        if other.is_name and other.start == end + 1:
            end = other.end
    for other in reversed(question.keywords):
        if other.is_name and other.end == start - 1:
            start = other.start
    return question.text[start:end]


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


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What is close to a hit, as a passage of its own; the number of the passage it is part of, and where it begins
    there."""

    text: Passage
    passage: int
    offset: int


def _stretches(passages: Sequence[Passage]) -> list[_Stretch]:
    """What is read, in the order of reading."""
    best: list[_Stretch] = []
    others: list[_Stretch] = []
    for number, passage in enumerate(passages):
        close = [_close_to(hit, passage) for hit in passage.hits] or [passage]
        of_passage = [_Stretch(text, number, text.start - passage.start) for text in close]
        best.append(of_passage[0])
        others += of_passage[1:]
    others.sort(key=lambda stretch: -stretch.text.score)
    return [*best, *others][:READ_HITS]


def _close_to(hit: Hit, passage: Passage) -> Passage:
    return replace(
        passage,
        chunk_id=hit.chunk_id,
        heading=hit.heading,
        score=hit.score,
        text=passage.text[hit.start - passage.start : hit.end - passage.start],
        start=hit.start,
        end=hit.end,
        hits=(),
    )


class _StretchReader:
    """Reads what is close to one hit against one question; words are taken apart once."""

    def __init__(
        self, question: Question, forms: Sequence[Forms], stretch: _Stretch, spans: Sequence[tuple[int, int]]
    ) -> None:
        self._question = question
        self._known = stems_of(question)
        self._stretch = stretch
        passage = stretch.text
        self._spans = [without_marker(passage.text, span) for span in spans]
        self._texts = [" ".join(passage.text[start:end].split()) for start, end in self._spans]
        labels = f"{passage.title}\n{passage.heading}\n{_readable(passage.document)}"
        title = matches(question.keywords, forms, read_text(labels))
        self._title = tuple(_TITLE_DISCOUNT * met for met in title)
        self._sentences = [matches(question.keywords, forms, read_text(text)) for text in self._texts]

    def met(self) -> tuple[float, ...]:
        """How far all that is read here, with its title and heading, meets each keyword."""
        return _highest([*self._sentences, self._title])

    def candidates(self, similarities: Sequence[float], importance: Sequence[float]) -> list[Candidate]:
        """The sentences with their scores."""
        return [self._candidate(i, similarity, importance) for i, similarity in enumerate(similarities)]

    def _candidate(self, index: int, similarity: float, importance: Sequence[float]) -> Candidate:
        start, end = (self._stretch.offset + at for at in self._spans[index])
        text, nearby = self._texts[index], self._met_nearby(index)
        has_kind = bool(new_expressions(text, self._question.kind, self._known))
        score = (
            similarity
            + _CONTEXT_COVERAGE * _mean(nearby, importance)
            + _PASSAGE_SCORE * self._stretch.text.score
            + _RIGHT_KIND.get(self._question.kind, _SOME_KIND) * has_kind
            - _INSTRUCTION * bool(findings_in(text))
        )
        met = _highest([self._sentences[index], self._title])
        return Candidate(self._stretch.passage, start, end, text, similarity, met, nearby, has_kind, score)

    def _met_nearby(self, index: int) -> tuple[float, ...]:
        """How far a sentence meets each keyword: itself, by its title, or less by the sentences around it."""
        around = [
            tuple((_NEIGHBOUR_DISCOUNT if abs(i - index) == 1 else _PASSAGE_DISCOUNT) * met for met in row)
            for i, row in enumerate(self._sentences)
            if i != index
        ]
        return _highest([self._sentences[index], self._title, *around])


def _by_synonyms(question: Question, best: Candidate) -> tuple[float, ...]:
    """How far the sentence meets each keyword by another word for it; names have none."""
    said = read_text(best.text).stems
    return tuple(
        _SYNONYM * (not is_exact(word) and has_synonym(word.stem, said)) for word in question.keywords
    )


def _alike(cosine: float) -> float:
    """How far a name is met by a word of this cosine."""
    low, high = _ALIKE
    return _ALIKE_AT_MOST * min(1.0, max(0.0, (cosine - low) / (high - low)))


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
    """Between the mean and the minimum: one word that is not met at all must show; 0 when there is none to meet."""
    if not values:
        return 0.0
    return -math.log(_mean([math.exp(-_SOFTNESS * value) for value in values], weights)) / _SOFTNESS


def _highest(rows: Sequence[Sequence[float]]) -> tuple[float, ...]:
    return tuple(max(column) for column in zip(*rows, strict=True))
