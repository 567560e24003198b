"""How well a text meets the words of a question: by stem and number, and by the word in its context."""

from __future__ import annotations

import math
import threading
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.rag.keyword import terms
from core.rag.spellings import Forms, Spellings, is_written_in, spellings_of
from core.rag.words import Word, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

_CACHED_TEXTS = 2_000  # about 30 word pieces of 384 half-floats each: 45 MB when full
_CACHED_CORPORA = 4


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text taken apart once: the stems and the numbers it holds, and how its words are spelt."""

    stems: frozenset[str]
    numbers: frozenset[float]
    spellings: Spellings


def read_text(text: str) -> ReadText:
    """Take a text apart for matching."""
    words = words_of(text)
    return ReadText(
        frozenset(word.stem for word in words if word.stem),
        frozenset(word.number for word in words if word.stem and word.number is not None),
        spellings_of(text, words),
    )


def matches(keywords: Sequence[Word], forms: Sequence[Forms], text: ReadText) -> tuple[float, ...]:
    """1 for each keyword whose stem or number the text holds, or which it spells otherwise, else 0."""
    return tuple(
        float(word.stem in text.stems or word.number in text.numbers or is_written_in(form, text.spellings))
        for word, form in zip(keywords, forms, strict=True)
    )


class WordsInContext:
    """Late interaction on the embedder's token vectors: each keyword of the question against a sentence.

    The vector of a word depends on its sentence, so that "Who refounded Lübeck?" is met by "founded anew"
    and not by "destroyed", which plain words cannot tell. Sentences are kept; safe between threads.
    """

    def __init__(self, embedder: Any) -> None:
        self.embedder = embedder
        self._cache: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.Lock()

    def matches(
        self, question: str, keywords: Sequence[Word], texts: Sequence[str]
    ) -> list[tuple[float, ...]]:
        """For each text, the highest cosine of every keyword to a word of that text."""
        asked, *matrices = self._matrices([question, *texts])
        pieces = self._pieces(question, keywords, len(asked))
        result = []
        for matrix in matrices:
            nearest = (asked @ matrix.T).max(axis=1) if len(matrix) else [0.0] * len(asked)
            result.append(tuple(_mean_of(nearest, rows) for rows in pieces))
        return result

    def _pieces(self, question: str, keywords: Sequence[Word], read: int) -> list[list[int]]:
        """The word pieces of each keyword, as far as the model reads."""
        offsets = self.embedder.token_offsets(question)[:read]
        return [
            [i for i, (start, end) in enumerate(offsets) if start < word.end and end > word.start]
            for word in keywords
        ]

    def _matrices(self, texts: Sequence[str]) -> list[Matrix]:
        import numpy as np

        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
        missing = sorted({text for text in texts if text not in known}, key=len)
        if missing:
            for text, rows in zip(missing, self.embedder.encode_tokens(missing), strict=True):
                known[text] = rows[1:-1].astype(np.float16)  # without the two marks the model adds
        with self._lock:
            for text in texts:
                self._cache[text] = known[text]
                self._cache.move_to_end(text)
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)
        return [known[text].astype(np.float32) for text in texts]


@dataclass(frozen=True)
class Weights:
    """How much each stem says: its inverse document frequency among the chunks, Lucene's form."""

    chunks: int
    frequencies: Counter[str]

    def knows(self, word: Word) -> bool:
        """Whether any chunk holds the word, in whatever ending."""
        return self.frequencies[word.stem] > 0

    def of(self, word: Word) -> float:
        """The weight of a word; the rarer, the more. Equal weights when there are no chunks."""
        count = self.frequencies[word.stem]
        return math.log1p((self.chunks - count + 0.5) / (count + 0.5))


_shared: WordsInContext | None = None
_weights: OrderedDict[str, Weights] = OrderedDict()
_shared_lock = threading.Lock()


def words_in_context(embedder: Any) -> WordsInContext:
    """The process-wide reader for this embedder."""
    global _shared
    with _shared_lock:
        if _shared is None or _shared.embedder is not embedder:
            _shared = WordsInContext(embedder)
        return _shared


def weights_of(retriever: Any) -> Weights:
    """The weights of a knowledge base, kept per corpus version; equal weights when it shows no chunks."""
    if not hasattr(retriever, "vectors"):
        return Weights(0, Counter())
    version = str(retriever.corpus_version)
    with _shared_lock:
        if version in _weights:
            return _weights[version]
    chunks, _ = retriever.vectors()
    counts = Counter(stem for chunk in chunks for stem in set(terms(chunk.indexed_text)))
    weights = Weights(len(chunks), counts)
    with _shared_lock:
        _weights[version] = weights
        while len(_weights) > _CACHED_CORPORA:
            _weights.popitem(last=False)
    return weights


def _mean_of(values: Any, rows: Sequence[int]) -> float:
    """The mean over the pieces of a word; 1 when the model does not read that far."""
    return float(sum(values[row] for row in rows) / len(rows)) if rows else 1.0
