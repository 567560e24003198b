"""How well the words of a question are met by a text: same stem, same number, or near in meaning."""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from core.rag.keyword import terms
from core.rag.words import Word, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

UNRELATED = 0.45
"""Cosine of two single words up to which they count as unrelated (MiniLM; "river" and "chess" have 0.3)."""
SYNONYM = 0.9
"""Cosine from which they count as the same word; between the two the match rises linearly."""
NAME_VARIANT = 0.8
"""A name is met by its like only ("Belgian" and "Belgium"), and then by half."""

_CACHED_WORDS = 30_000
_CACHED_CORPORA = 4


class WordEncoder(Protocol):
    """The part of the embedder that is used here."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit vectors of the texts."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text taken apart once: its content words, their stems, its numbers."""

    words: tuple[Word, ...]
    stems: frozenset[str]
    numbers: frozenset[float]


def read_text(text: str) -> ReadText:
    """Take a text apart for matching."""
    words = tuple(word for word in words_of(text) if word.stem)
    numbers = frozenset(word.number for word in words if word.number is not None)
    return ReadText(words, frozenset(word.stem for word in words), numbers)


def join(texts: Sequence[ReadText]) -> ReadText:
    """Several texts as one."""
    return ReadText(
        tuple(word for text in texts for word in text.words),
        frozenset().union(*(text.stems for text in texts)),
        frozenset().union(*(text.numbers for text in texts)),
    )


def matches(keywords: Sequence[Word], text: ReadText, vectors: WordVectors) -> list[float]:
    """How far each keyword is met by the text, 0 to 1."""
    open_words = [word for word in keywords if _exact(word, text) is None]
    near = vectors.nearest(open_words, text.words) if open_words and text.words else [0.0] * len(open_words)
    softly = {word.stem: _soft(word, cosine) for word, cosine in zip(open_words, near, strict=True)}
    return [softly[word.stem] if (value := _exact(word, text)) is None else value for word in keywords]


class WordVectors:
    """Vectors of single words, kept for the words that come up again; safe between threads."""

    def __init__(self, encoder: WordEncoder) -> None:
        self._encoder = encoder
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def nearest(self, words: Sequence[Word], others: Sequence[Word]) -> list[float]:
        """For each word the highest cosine to any of the others."""
        left = self._matrix([word.text.lower() for word in words])
        right = self._matrix(sorted({word.text.lower() for word in others}))
        return [float(value) for value in (left @ right.T).max(axis=1)]

    def prepare(self, words: Sequence[Word]) -> None:
        """Embed what is not known yet, in one batch."""
        self._matrix(sorted({word.text.lower() for word in words}))

    def _matrix(self, words: list[str]) -> Matrix:
        import numpy as np

        with self._lock:
            known = {word: self._cache[word] for word in words if word in self._cache}
        missing = sorted({word for word in words if word not in known})
        if missing:
            fresh = self._encoder.encode(missing).astype(np.float16)
            known |= dict(zip(missing, fresh, strict=True))
        with self._lock:
            for word in words:
                self._cache[word] = known[word]
                self._cache.move_to_end(word)
            while len(self._cache) > _CACHED_WORDS:
                self._cache.popitem(last=False)
        return np.asarray([known[word] for word in words], dtype=np.float32)


_shared: WordVectors | None = None
_weights: OrderedDict[str, Weights] = OrderedDict()
_shared_lock = threading.Lock()


def shared_word_vectors() -> WordVectors:
    """The word vectors of the process-wide embedder."""
    from core.embedder import get_embedder

    global _shared
    embedder = get_embedder()
    with _shared_lock:
        if _shared is None or _shared._encoder is not embedder:
            _shared = WordVectors(embedder)
        return _shared


@dataclass(frozen=True)
class Weights:
    """How much each stem says: its inverse document frequency among the chunks, Lucene's form."""

    chunks: int
    frequencies: Counter[str]

    def of(self, word: Word) -> float:
        """The weight of a word; the rarer, the more."""
        count = self.frequencies[word.stem]
        return math.log1p((self.chunks - count + 0.5) / (count + 0.5))


def weights_of(retriever: Any) -> Weights:
    """The weights of a knowledge base, kept per corpus version; equal weights when it shows no chunks."""
    if not hasattr(retriever, "vectors"):
        return Weights(0, Counter())
    version = str(retriever.corpus_version)
    with _shared_lock:
        if version in _weights:
            return _weights[version]
    chunks, _ = retriever.vectors()
    weights = Weights(
        len(chunks), Counter(stem for chunk in chunks for stem in set(terms(chunk.indexed_text)))
    )
    with _shared_lock:
        _weights[version] = weights
        while len(_weights) > _CACHED_CORPORA:
            _weights.popitem(last=False)
    return weights


def _exact(word: Word, text: ReadText) -> float | None:
    if word.stem in text.stems:
        return 1.0
    if word.number is not None:
        return 1.0 if word.number in text.numbers else 0.0
    return None


def _soft(word: Word, cosine: float) -> float:
    if word.is_name:
        return 0.5 if cosine >= NAME_VARIANT else 0.0
    return min(1.0, max(0.0, (cosine - UNRELATED) / (SYNONYM - UNRELATED)))
