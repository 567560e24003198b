"""A visitor's view: the shared corpus, read-only, and the visitor's own uploads, which nobody else sees."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.config import settings
from core.errors import BadInput, LimitReached
from core.rag.base import AbstractKnowledgeBase, Source
from core.rag.documents import Chunk, Document, DocumentInfo, Mode, Passage
from core.rag.filters import Where
from core.rag.indexing import OnProgress, clean_name
from core.rag.knowledge_base import KnowledgeBase, open_knowledge_base

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.embedder import Embedder


def open_session_knowledge_base(shared: KnowledgeBase) -> SessionKnowledgeBase:
    """A new visitor's knowledge base over the shared corpus; uploads live in memory and end with it."""
    return SessionKnowledgeBase(shared, open_knowledge_base(None))


class SessionKnowledgeBase(AbstractKnowledgeBase):
    """Searches the shared corpus and the visitor's uploads, and merges the hits by score.

    Scores are comparable across the two because neither part is scaled by the other hits of its search.
    An upload with the name of a shared document does not replace it: the visitor's document comes first
    where a name is looked up, and every passage says where it is from (`origin`).
    """

    def __init__(self, shared: KnowledgeBase, own: KnowledgeBase) -> None:
        self.shared = shared
        self.own = own
        self.own.origin = "upload"
        self._adding = threading.Lock()

    # --- adding: only ever to the visitor's part

    def add_many(
        self,
        sources: Sequence[Source],
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[DocumentInfo]:
        """Add sources for this session only; raises LimitReached above the visitor's limits."""
        with self._adding:
            self._check_documents(sources)
            infos = []
            for source in sources:
                info = self.own.add_many([source], on_progress=on_progress, cancel=cancel)[0]
                self._check_chunks(info)
                infos.append(replace(info, origin="upload"))
            return infos

    def delete(self, document: str | DocumentInfo) -> bool:
        """Remove one of the visitor's documents; raises BadInput for a shared one."""
        document_id = document if isinstance(document, str) else document.id
        if self.own.delete(document_id):
            return True
        if any(info.id == document_id for info in self.shared.documents()):
            raise BadInput(
                f"{document_id!r} belongs to the shared corpus", "Visitors can only remove their uploads."
            )
        return False

    # --- looking

    def documents(self) -> list[DocumentInfo]:
        """The visitor's uploads, then the shared documents."""
        return [replace(info, origin="upload") for info in self.own.documents()] + self.shared.documents()

    def document(self, document_id: str) -> Document:
        """A document of either part, the visitor's first."""
        return self._holder(document_id).document(document_id)

    def chunks(self, document_id: str) -> list[Chunk]:
        """The chunks of a document of either part, the visitor's first."""
        return self._holder(document_id).chunks(document_id)

    def chunks_of(self, info: DocumentInfo) -> list[Chunk]:
        """The chunks of exactly this document, in order: a name can be in both parts."""
        return (self.own if info.origin == "upload" else self.shared).chunks(info.id)

    def original(self, document_id: str) -> bytes | None:
        """The file as it was added."""
        return self._holder(document_id).original(document_id)

    def vectors(self) -> tuple[list[Chunk], NDArray[np.float32]]:
        """All chunks and vectors of both parts."""
        import numpy as np

        own, own_vectors = self.own.vectors()
        shared, shared_vectors = self.shared.vectors()
        return [*own, *shared], np.vstack([part for part in (own_vectors, shared_vectors) if len(part)])

    @property
    def corpus_size(self) -> int:
        """Number of chunks in both parts."""
        return self.shared.corpus_size + self.own.corpus_size

    @property
    def calibrated_as(self) -> str:
        """Which refusal threshold is used when a question gives none."""
        return self.shared.calibrated_as

    @property
    def corpus_version(self) -> str:
        """Changes with every write to either part."""
        return f"{self.shared.corpus_version}+{self.own.corpus_version}"

    @property
    def embedder(self) -> Embedder:
        """The model that embeds chunks and questions."""
        return self.shared.embedder

    # --- searching and asking

    def search(
        self,
        question: str,
        k: int | None = None,
        mode: Mode | None = None,
        where: Where | None = None,
        rerank: bool | str = False,
        **options: Any,
    ) -> list[Passage]:
        """The best `k` passages of both parts by score; ranks are those within their part."""
        k = settings().rag.top_k if k is None else k
        shared = self.shared.search(question, k, mode, where, rerank, **options)
        own = self.own.search(question, k, mode, where, rerank, **options) if self.own.corpus_size else []
        found = [*(replace(passage, origin="upload") for passage in own), *shared]
        if own and options.get("diversity"):
            found = self._varied(found, k, options["diversity"])
        return sorted(found, key=lambda passage: -passage.score)[:k]

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """The question's unit vector."""
        return self.shared.encode_query(question)

    def neighbours(self, chunk_id: str, before: int = 1, after: int = 1) -> list[Chunk]:
        """The chunks around one, in document order."""
        return self._holder_of_chunk(chunk_id).neighbours(chunk_id, before, after)

    def expand(self, passage: Passage, before: int = 1, after: int = 1) -> Passage:
        """The passage widened to its neighbouring chunks."""
        holder = self.own if passage.origin == "upload" else self.shared
        return holder.expand(passage, before, after)

    def sentence_vectors(
        self, passages: Sequence[Passage]
    ) -> list[tuple[list[tuple[int, int]], NDArray[np.float32]]]:
        """Sentence spans and vectors of passages of either part; those of uploads are kept in this session."""
        return [
            (self.own if passage.origin == "upload" else self.shared).sentence_vectors([passage])[0]
            for passage in passages
        ]

    def close(self) -> None:
        """Forget the visitor's uploads."""
        self.own.close()

    # --- internals

    def _varied(self, found: list[Passage], k: int, diversity: float) -> list[Passage]:
        """The most varied `k` of both parts: each part alone cannot know that the other has the same."""
        import numpy as np

        from core.rag.retrieval import varied

        corpora = {"upload": self.own.current(), "corpus": self.shared.current()}
        places = [(corpora[passage.origin], passage.chunk_id) for passage in found]
        vectors = np.stack([corpus.vectors[corpus.rows[chunk]] for corpus, chunk in places])
        relevance = np.array([passage.score for passage in found], dtype=np.float32)
        return [found[position] for position in varied(vectors, relevance, k, diversity)]

    def _holder(self, document_id: str) -> KnowledgeBase:
        return self.own if any(info.id == document_id for info in self.own.documents()) else self.shared

    def _holder_of_chunk(self, chunk_id: str) -> KnowledgeBase:
        return self.own if self.own.holds_chunk(chunk_id) else self.shared

    def _check_documents(self, sources: Sequence[Source]) -> None:
        limit = settings().rag.visitor_documents
        names = {info.id for info in self.own.documents()} | {clean_name(source.name) for source in sources}
        if len(names) > limit:
            raise LimitReached(
                f"Documents of one visitor: {len(names)} is over the limit of {limit}",
                "Remove one first (the limit is the setting RAG__VISITOR_DOCUMENTS).",
            )

    def _check_chunks(self, info: DocumentInfo) -> None:
        limit = settings().rag.visitor_chunks
        if self.own.corpus_size > limit:
            size = self.own.corpus_size
            self.own.delete(info.id)
            raise LimitReached(
                f"Chunks of one visitor: {size:,} is over the limit of {limit:,}; {info.name!r} was not kept",
                "Add a shorter document (the limit is the setting RAG__VISITOR_CHUNKS).",
            )
