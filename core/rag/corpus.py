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

    def __len__(self) -> int:
        return len(self.chunks)

    @property
    def keyword(self) -> KeywordIndex | FixedScores:
        """BM25 over the chunks with their context lines."""
        with self._lock:
            if self._keyword is None:
                self._keyword = KeywordIndex([chunk.indexed_text for chunk in self.chunks])
            return self._keyword

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
        return part

    def mask(self, where: Where | None) -> NDArray[np.bool_] | None:
        """Which chunks a metadata filter keeps, None when there is no filter."""
        import numpy as np

        if not where:
            return None
        return np.fromiter(matching(self, where), dtype=bool, count=len(self.chunks))
