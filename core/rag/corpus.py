"""A collection in memory, frozen at one version: what searches read."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from core.rag.documents import Origin
from core.rag.filters import Where, matching
from core.rag.keyword import FixedScores, KeywordIndex
from core.rag.manifest import Contents

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.rag.retrieval import Request

    Scores = NDArray[np.float32]


class Corpus:
    """Chunks, vectors and the keyword index of one version; the keyword index is built on first use."""

    def __init__(self, contents: Contents, origin: Origin = "corpus") -> None:
        self.version = contents.version
        self.chunks = contents.chunks
        self.vectors = contents.vectors
        self.metadata = contents.metadata
        self.titles = contents.titles
        self.media_types = contents.media_types
        self.origin = origin
        self._lock = threading.Lock()
        self._keyword: KeywordIndex | FixedScores | None = None
        self._whole_documents: KeywordIndex | FixedScores | None = None

    def __len__(self) -> int:
        return len(self.chunks)

    @property
    def keyword(self) -> KeywordIndex | FixedScores:
        """BM25 over the chunks with their context lines."""
        with self._lock:
            if self._keyword is None:
                self._keyword = KeywordIndex([chunk.indexed_text for chunk in self.chunks])
            return self._keyword

    def document_shares(self, question: str) -> Scores:
        """The keyword share of the whole document that each chunk belongs to, shape (chunks,)."""
        with self._lock:
            if self._whole_documents is None:
                self._whole_documents = KeywordIndex(self._document_texts())
            index = self._whole_documents
        scores = index.scores(question)
        return scores if isinstance(index, FixedScores) else scores[self.document_rows]

    def document_best(self, scores: Scores) -> Scores:
        """The highest score among the chunks of the same document, for each chunk."""
        import numpy as np

        best = np.full(len(self._document_numbers), -np.inf, dtype=np.float32)
        np.maximum.at(best, self.document_rows, scores)
        return best[self.document_rows]

    @cached_property
    def document_rows(self) -> NDArray[np.intp]:
        """The number of each chunk's document, in order of appearance."""
        import numpy as np

        numbers = self._document_numbers
        return np.fromiter((numbers[c.document_id] for c in self.chunks), dtype=np.intp, count=len(self))

    @cached_property
    def _document_numbers(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(dict.fromkeys(chunk.document_id for chunk in self.chunks))}

    def _document_texts(self) -> list[str]:
        """The text of every document with each context line once, where it begins to hold."""
        parts: dict[str, list[str]] = {}
        above: dict[str, str] = {}
        for chunk in self.chunks:
            said = parts.setdefault(chunk.document_id, [])
            said += [chunk.text] if above.get(chunk.document_id) == chunk.context else [chunk.indexed_text]
            above[chunk.document_id] = chunk.context
        return ["\n".join(said) for said in parts.values()]

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """Chunk id to row."""
        return {chunk.id: row for row, chunk in enumerate(self.chunks)}

    def part(self, ids: Sequence[str], request: Request) -> Corpus:
        """The given chunks and the best by keyword, as a corpus whose keyword weights are those of the whole."""
        import numpy as np

        keyword = self.keyword.scores(request.question)
        best = np.argpartition(-keyword, min(len(ids), len(keyword) - 1))[: len(ids)]
        rows = sorted(
            {self.rows[i] for i in ids if i in self.rows} | {int(row) for row in best if keyword[row] > 0}
        )
        part = Corpus(
            Contents(
                self.version,
                [self.chunks[row] for row in rows],
                self.vectors[rows],
                self.metadata,
                self.titles,
                self.media_types,
            ),
            self.origin,
        )
        part._keyword = FixedScores(keyword[rows], self.keyword)
        part._whole_documents = FixedScores(self.document_shares(request.question)[rows], self.keyword)
        return part

    def mask(self, where: Where | None) -> NDArray[np.bool_] | None:
        """Which chunks a metadata filter keeps, None when there is no filter."""
        import numpy as np

        if not where:
            return None
        return np.fromiter(matching(self, where), dtype=bool, count=len(self.chunks))
