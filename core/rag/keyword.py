"""Keyword search: BM25 with stems and stop words over every chunk of a corpus."""

from __future__ import annotations

import math
import re
import threading
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K1 = 1.2
B = 0.75

_WORD = re.compile(r"\w+(?:[.'’]\w+)*")
_STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "again",
        "all",
        "am",
        "an",
        "and",
        "any",
        "are",
        "aren",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "couldn",
        "d",
        "did",
        "didn",
        "do",
        "does",
        "doesn",
        "doing",
        "don",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "hadn",
        "has",
        "hasn",
        "have",
        "haven",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "herself",
        "him",
        "himself",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "isn",
        "it",
        "its",
        "itself",
        "just",
        "ll",
        "m",
        "ma",
        "me",
        "might",
        "more",
        "most",
        "must",
        "my",
        "myself",
        "needn",
        "no",
        "nor",
        "not",
        "now",
        "o",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "ourselves",
        "out",
        "over",
        "own",
        "please",
        "re",
        "s",
        "same",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "themselves",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "us",
        "ve",
        "very",
        "was",
        "wasn",
        "we",
        "were",
        "weren",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "why",
        "will",
        "with",
        "won",
        "would",
        "y",
        "you",
        "your",
        "yours",
        "yourself",
        "yourselves",
    ]
)


def terms(text: str) -> list[str]:
    """The words of `text` as they are indexed: lower case, without stop words, stemmed.

    A dotted or hyphenated name is indexed whole and in parts, so that "v2.1" and "2.1" both find it.
    """
    words: list[str] = []
    for match in _WORD.finditer(text.lower()):
        word = match.group()
        parts = re.split(r"[.'’]", word)
        words.extend([word, *parts] if len(parts) > 1 and any(map(_has_digit, parts)) else parts)
    return [_stem(word) for word in words if word and word not in _STOP_WORDS]


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    with _stemmer_lock:
        return str(_stemmer().stemWord(word))


_stemmer_lock = threading.Lock()


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


class KeywordIndex:
    """An immutable BM25 index; a change of the corpus makes a new one (0.4 s for 10,000 chunks)."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.size = len(texts)
        self._index: Any = None
        self._vocabulary: dict[str, int] = {}
        self._idf: NDArray[np.float32] | None = None
        documents = [terms(text) for text in texts]
        if any(documents):  # bm25s refuses a corpus without words
            self._build(documents)

    def _build(self, documents: list[list[str]]) -> None:
        import bm25s
        import numpy as np
        from bm25s.tokenization import Tokenized

        vocabulary: dict[str, int] = {}
        ids = [[vocabulary.setdefault(word, len(vocabulary)) for word in words] for words in documents]
        frequencies = np.zeros(len(vocabulary), dtype=np.float32)
        for row in ids:
            frequencies[list(set(row))] += 1
        self._index = bm25s.BM25(k1=K1, b=B, method="lucene")
        self._index.index(Tokenized(ids=ids, vocab=vocabulary), show_progress=False, create_empty_token=False)
        self._vocabulary = vocabulary
        self._idf = np.log1p((self.size - frequencies + 0.5) / (frequencies + 0.5)).astype(np.float32)

    def scores(self, question: str) -> NDArray[np.float32]:
        """The share of the question's keyword weight that every text holds, 0 to 1, shape (size,).

        BM25 (Lucene's form) divided by its upper bound, the sum of the idf of the question's words. Words
        that no text holds count in the bound with the highest idf there is, so that a question about
        something else stays low instead of being measured by its one common word.
        """
        import numpy as np

        words = Counter(terms(question))
        known = [self._vocabulary[word] for word in words if word in self._vocabulary]
        if not known or self._idf is None:
            return np.zeros(self.size, dtype=np.float32)
        rarest = math.log1p((self.size + 0.5) / 0.5)
        bound = float(self._idf[known].sum()) + rarest * (len(words) - len(known))
        raw = self._index.get_scores_from_ids(known)
        return np.asarray(np.minimum(raw / bound, 1.0), dtype=np.float32)

    def rarity(self, stem: str) -> float:
        """How much a stem says here: its inverse document frequency, the highest when no text holds it."""
        row = self._vocabulary.get(stem)
        if row is None or self._idf is None:
            return math.log1p((self.size + 0.5) / 0.5)
        return float(self._idf[row])


class FixedScores:
    """Keyword scores that were computed already, for a part of a corpus and one question."""

    def __init__(self, scores: NDArray[np.float32], whole: KeywordIndex | FixedScores) -> None:
        self._scores = scores
        self._whole = whole

    def rarity(self, stem: str) -> float:
        """How much a stem says in the whole corpus."""
        return self._whole.rarity(stem)

    def scores(self, question: str) -> NDArray[np.float32]:
        """The scores, whatever the question."""
        return self._scores
