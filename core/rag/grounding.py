"""Is a sentence carried by the passages? Numbers, names and negations word by word, the rest by meaning."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from core.rag.documents import Passage
from core.rag.events import Quote
from core.rag.sentences import split_sentences, without_marker
from core.rag.words import Word, are_opposites, content_words, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUPPORTED = 0.6
"""Support from which a generated sentence is shown (half from shared words, half from meaning)."""

_COSINE_FLOOR, _COSINE_FULL = 0.35, 0.85
_NEGATIONS = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot|unable)\b|n['’]t\b", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;]\s|\s(?:and|but|while|whereas|or)\s")
_MARK = re.compile(r"(?<!\s)\s*+\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]")


class Encoder(Protocol):
    """The part of the embedder that is used here."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of the texts."""


@dataclass(frozen=True, slots=True)
class Source:
    """A sentence of a passage that may carry an answer; `passage` counts from 1."""

    passage: int
    start: int
    end: int
    text: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What carries a sentence: `support` 0 to 1, the quotation, and every reason against it."""

    support: float
    quote: Quote | None
    reasons: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Supported, and nothing speaks against it."""
        return self.support >= SUPPORTED and not self.reasons


def sources_of(passages: Sequence[Passage]) -> list[Source]:
    """The sentences of the passages, numbered as they are cited."""
    spans = [
        (number, passage.text, without_marker(passage.text, span))
        for number, passage in enumerate(passages, start=1)
        for span in split_sentences(passage.text)
    ]
    return [
        Source(number, start, end, text[start:end], tuple(words_of(text[start:end])))
        for number, text, (start, end) in spans
    ]


def check_sentences(
    sentences: Sequence[str], sources: Sequence[Source], question: str, encoder: Encoder
) -> list[Verdict]:
    """Check every sentence against its best source and the passage around it.

    The question's own words are no evidence for or against: an answer may repeat them.
    """
    if not sentences:
        return []
    if not sources:
        return [Verdict(0.0, None, ("there is no passage",)) for _ in sentences]
    vectors = encoder.encode([*sentences, *(source.text for source in sources)])
    cosines = vectors[: len(sentences)] @ vectors[len(sentences) :].T
    return [
        _check(sentence, sources, [float(c) for c in row], question)
        for sentence, row in zip(sentences, cosines, strict=True)
    ]


def take_citations(text: str) -> tuple[str, tuple[int, ...]]:
    """A generated sentence without its [n] marks, and the numbers they named."""
    numbers = [int(n) for match in _MARK.finditer(text) for n in match.group(1).split(",")]
    return " ".join(_MARK.sub("", text).split()), tuple(dict.fromkeys(numbers))


def _check(sentence: str, sources: Sequence[Source], cosines: Sequence[float], question: str) -> Verdict:
    words = content_words(words_of(sentence))
    asked = {word.stem for word in words_of(question)}
    scored = [
        (_support(words, source, cosine), source) for source, cosine in zip(sources, cosines, strict=True)
    ]
    support, best = max(scored, key=lambda pair: pair[0])
    passage = [source for source in sources if source.passage == best.passage]
    reasons = [
        *_missing_numbers(words, [best, *_carriers(sentence, passage, but=_is_number)]),
        *_missing_names(words, [best, *_carriers(sentence, passage, but=_is_fact)], passage, asked),
        *_contradictions(sentence, words, best),
        *_misbound(sentence, best.text),
    ]
    return Verdict(support, Quote(best.passage, best.start, best.end, best.text), tuple(reasons))


def _support(words: Sequence[Word], source: Source, cosine: float) -> float:
    stems = {word.stem for word in source.words}
    shared = sum(word.stem in stems for word in words) / len(words) if words else 0.0
    meaning = min(1.0, max(0.0, (cosine - _COSINE_FLOOR) / (_COSINE_FULL - _COSINE_FLOOR)))
    return 0.5 * shared + 0.5 * meaning


def _carriers(sentence: str, passage: Sequence[Source], but: Callable[[Word], bool]) -> list[Source]:
    """For each clause of the sentence, the sources that hold most of its words.

    `but` says which words do not count, because they are to be found there: a wrong figure would bring the
    place where it stands for something else.
    """
    found: list[Source] = []
    for clause in _clauses(sentence):
        said = {word.stem for word in content_words(clause) if not but(word)}
        shared = [len(said & {word.stem for word in source.words}) for source in passage]
        most = max(shared)
        found += [source for source, count in zip(passage, shared, strict=True) if count == most > 0]
    return found


def _missing_numbers(words: Sequence[Word], carriers: Sequence[Source]) -> list[str]:
    """Numbers of the sentence that stand in none of the sources that carry it."""
    held = [word for source in carriers for word in source.words]
    numbers, spellings = _numbers(held), _spellings(held)
    return [
        f"the number {word.text} does not stand where the passage says this"
        for word in words
        if word.number is not None and word.number not in numbers and word.text.lower() not in spellings
    ]


def _missing_names(
    words: Sequence[Word], carriers: Sequence[Source], passage: Sequence[Source], asked: set[str]
) -> list[str]:
    """Names of the sentence that neither the question holds nor a source that carries it, nor the one before
    ("Luca Ferraro is head of the academy. He signs the certificates.")."""
    before = [passage[row - 1] for row in map(passage.index, carriers) if row]
    known = asked | _spellings([word for source in (*carriers, *before) for word in source.words])
    return [
        f"the name {word.text} does not stand where the passage says this"
        for word in words
        if _is_name(word) and word.stem not in known
    ]


def _is_number(word: Word) -> bool:
    return word.number is not None


def _is_name(word: Word) -> bool:
    return word.is_name and not _is_number(word)


def _is_fact(word: Word) -> bool:
    return _is_number(word) or word.is_name


def _spellings(words: Sequence[Word]) -> set[str]:
    return {word.stem for word in words} | {word.text.lower() for word in words}


def _misbound(sentence: str, source: str) -> list[str]:
    """Numbers that the source gives for another name: "27 days in Ghent, 25 in Porto" read as 27 in Porto."""
    said = words_of(sentence)
    names = _names(said)
    clauses = _clauses(source)
    reasons = []
    for word in said:
        holding = [
            clause for clause in clauses if word.number is not None and word.number in _numbers(clause)
        ]
        others = [
            clause
            for clause in clauses
            if names & _names(clause) and _numbers(clause) and clause not in holding
        ]
        if holding and others and all(_names(clause) and not names & _names(clause) for clause in holding):
            given = next(word.text for word in holding[0] if _is_name(word))
            reasons.append(f"the passage gives {word.text} for {given}")
    return reasons


def _clauses(sentence: str) -> list[list[Word]]:
    """The words of each clause; the "x" in front keeps a name that opens one from being taken for its capital."""
    return [words_of(f"x {clause}")[1:] for clause in _CLAUSE.split(sentence)]


def _numbers(clause: Sequence[Word]) -> set[float]:
    return {word.number for word in clause if word.number is not None}


def _names(clause: Sequence[Word]) -> set[str]:
    return {word.stem for word in clause if _is_name(word)}


def _contradictions(sentence: str, words: Sequence[Word], source: Source) -> list[str]:
    reasons = []
    if bool(_NEGATIONS.search(sentence)) != bool(_NEGATIONS.search(source.text)):
        reasons.append("one of the two is negated, the other is not")
    said = {word.stem for word in source.words}
    for word in words:
        opposites = [stem for stem in said if word.stem not in said and are_opposites(word.stem, stem)]
        if opposites:
            reasons.append(f"the passage says the opposite of {word.text}")
    return reasons
