"""The public face of the RAG demo: add documents, search them, ask about them."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import settings
from core.embedder import get_embedder, is_loaded
from core.errors import BadInput, StoreError
from core.rag import indexing, retrieval
from core.rag import rerank as rerankers
from core.rag.base import AbstractKnowledgeBase, Source
from core.rag.calibration import DEFAULT
from core.rag.chunking import CHUNKER_VERSION, ChunkSizes
from core.rag.corpus import Corpus
from core.rag.documents import Chunk, Document, DocumentInfo, Mode, Origin, Parsed, Passage
from core.rag.filters import Where
from core.rag.indexing import Meter, OnProgress, Prepared
from core.rag.manifest import Entry
from core.rag.parsing import ParseLimits, kinds, parse_bytes, parse_text
from core.rag.parsing.normalise import normalise
from core.rag.privacy import mask_parsed
from core.rag.questions import as_question
from core.rag.store import IndexReport, Store
from core.rag.widening import SEARCHED, sentences_of, stretch_of, widened
from core.telemetry import count_lookups
from core.weights import EMBEDDING_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.embedder import Embedder

_COLLECTION_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]")
_COMMIT_CHUNKS = 1_024  # chunks embedded and committed together when many documents are added
_CACHED_QUESTIONS = 256
_CACHED_PASSAGES = 2_000


def open_knowledge_base(folder: str | Path | None, collection: str = "default") -> KnowledgeBase:
    """Open, or start, the collection in `folder`; None keeps everything in this process's memory.

    With CHROMA_HOST set, the vector index lives on that server; sources stay in the folder. Raises
    StoreError when the store is damaged or of another layout.
    """
    if not _COLLECTION_NAME.fullmatch(collection):
        raise BadInput(
            f"{collection!r} cannot name a collection",
            "Use 3 to 63 letters, digits, dots, dashes or underscores.",
        )
    return KnowledgeBase(Store.open(Path(folder) if folder is not None else None, collection))


class KnowledgeBase(AbstractKnowledgeBase):
    """A collection of documents that can be searched and asked; safe to share between threads."""

    calibrated_as = DEFAULT
    """Which refusal threshold is used when a question gives none."""

    origin: Origin = "corpus"
    """What the filter field `origin` compares with."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._load_lock = threading.RLock()
        self._corpus: Corpus | None = None
        self._questions: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._sentences: OrderedDict[tuple[str, int], Any] = OrderedDict()
        self._cache_lock = threading.Lock()

    # --- adding and removing

    def add_many(
        self,
        sources: Iterable[Source],
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[DocumentInfo]:
        """Index many sources, embedding across documents; each document is in as a whole or not at all.

        Sources that are already indexed unchanged cost nothing. The first error stops the job; documents
        committed before stay.
        """
        self._check_properties()
        total = len(sources) if isinstance(sources, Sequence) else None
        meter = Meter(on_progress, cancel, total)
        digests = self._store.manifest.digests()
        before = set(digests)
        infos: list[str] = []
        unchanged: set[str] = set()
        pending: list[Prepared] = []
        for source in sources:
            prepared = self._prepare(source, digests, meter)
            infos.append(prepared if isinstance(prepared, str) else prepared.document.id)
            if isinstance(prepared, str):
                unchanged.add(prepared)
                meter.documents_done += 1
                continue
            pending = [item for item in pending if item.document.id != prepared.document.id] + [prepared]
            if sum(len(item.chunks) for item in pending) >= _COMMIT_CHUNKS:
                self._commit(pending, meter)
                pending = []
        self._commit(pending, meter)
        return self._added(infos, unchanged, before)

    def delete(self, document: str | DocumentInfo) -> bool:
        """Remove a document by id; False when there is none of that id."""
        return self._store.delete(_id_of(document))

    # --- looking at what is there

    def documents(self) -> list[DocumentInfo]:
        """What is indexed, in the order it was added."""
        return self._store.manifest.documents()

    def document(self, document_id: str) -> Document:
        """A document with its source text; raises BadInput when there is none of that id."""
        document = self._store.manifest.document(_id_of(document_id))
        if document is None:
            raise BadInput(
                f"There is no document {document_id!r}", "See the list of documents for their names."
            )
        return document

    def original(self, document_id: str) -> bytes | None:
        """The file as it was added; None for texts."""
        return self._store.manifest.blocks(document_id)[2]

    def chunks(self, document_id: str) -> list[Chunk]:
        """The chunks of a document in order."""
        return [chunk for chunk in self.current().chunks if chunk.document_id == document_id]

    def chunks_of(self, info: DocumentInfo) -> list[Chunk]:
        """The chunks of a document in order, given its line in `documents()`."""
        return self.chunks(info.id)

    def vectors(self) -> tuple[list[Chunk], NDArray[np.float32]]:
        """All chunks and their unit vectors, one row each."""
        corpus = self.current()
        return corpus.chunks, corpus.vectors

    @property
    def corpus_size(self) -> int:
        """Number of chunks."""
        return len(self.current())

    @property
    def corpus_version(self) -> str:
        """Changes with every write, by whichever process: a cache key."""
        return f"{self._store.manifest.store_id}:{self._store.manifest.version}"

    @property
    def longest_question(self) -> int:
        """Characters of a question that are accepted."""
        return settings().rag.max_question_characters

    @property
    def embedder(self) -> Embedder:
        """The model that embeds chunks and questions."""
        return get_embedder()

    def holds_chunk(self, chunk_id: str) -> bool:
        """Whether a chunk of that id is here."""
        return chunk_id in self.current().rows

    def properties(self) -> dict[str, str]:
        """What chunks and vectors depend on: recorded with the collection, compared before every use."""
        sizes = chunk_sizes()
        return {
            "embedder": _embedder_id(),
            "chunker": f"{CHUNKER_VERSION}/{sizes.target}/{sizes.keep_whole}/{sizes.max_tokens}/{sizes.overlap}",
        }

    def matches_settings(self) -> bool:
        """Whether the collection was indexed with the present model and chunker, or is empty."""
        return not self._mismatch()

    # --- searching

    def search(
        self,
        question: str,
        k: int | None = None,
        mode: Mode | None = None,
        where: Where | None = None,
        rerank: bool | str = False,
        *,
        weight: float | None = None,
        diversity: float = 0.0,
        widen: int = 0,
    ) -> list[Passage]:
        """The best `k` passages (fewer when fewer match), best first.

        `rerank`: True for the default reranker, or "late", "likelihood", "cross". `weight` is the vector
        part of the hybrid score. Passages shorter than `widen` characters take in the chunks around them.
        Raises BadInput for an empty or too long question, an unknown mode, a filter that is not understood,
        a `k` or `widen` outside its limits (settings `max_passages`, `max_passage_characters`).
        """
        request = self.request(question, k, mode, where, bool(rerank), weight, diversity, widen)
        retrieval.check(request)
        reranker = _reranker(rerank)
        if request.mode != "keyword":
            self._check_properties()
        corpus = self.current()
        searched = replace(request, k=SEARCHED * request.k) if widen else request
        narrowed = self._store.narrowed(corpus, self.encode_query, searched)
        hits = retrieval.search(narrowed or corpus, self.encode_query, searched, reranker)
        if widen:
            near, kept = settings().rag.near_characters, corpus.mask(where)
            hits = widened(hits, corpus, lambda name: self.document(name).text, widen, near, kept)
        return hits[: request.k]

    def request(
        self,
        question: str,
        k: int | None = None,
        mode: Mode | None = None,
        where: Where | None = None,
        rerank: bool = False,
        weight: float | None = None,
        diversity: float = 0.0,
        widen: int = 0,
    ) -> retrieval.Request:
        """A search request with the settings' defaults filled in."""
        rag = settings().rag
        return retrieval.Request(
            question=as_question(question),
            k=rag.top_k if k is None else k,
            mode=mode or rag.mode,
            where=where,
            rerank=rerank,
            weight=rag.fusion_weight if weight is None else weight,
            diversity=diversity,
            duplicate_cosine=rag.duplicate_cosine,
            rerank_pool=rag.rerank_pool,
            rerank_weight=rag.rerank_weight,
            widen=widen,
        )

    def encode_query(self, question: str) -> NDArray[np.float32]:
        """The question's unit vector, kept for repeated questions."""
        with self._cache_lock:
            known = question in self._questions
            count_lookups("Question vectors", hits=known, misses=not known)
            if known:
                self._questions.move_to_end(question)
                return self._questions[question]
        vector = get_embedder().encode([question])[0]
        with self._cache_lock:
            self._questions[question] = vector
            if len(self._questions) > _CACHED_QUESTIONS:
                self._questions.popitem(last=False)
        return vector

    def neighbours(self, chunk_id: str, before: int = 1, after: int = 1) -> list[Chunk]:
        """The chunks around one, itself included, in document order."""
        corpus = self.current()
        if chunk_id not in corpus.rows:
            raise BadInput(f"There is no passage {chunk_id!r}", "It may have been replaced; search again.")
        row = corpus.rows[chunk_id]
        document_id = corpus.chunks[row].document_id
        around = corpus.chunks[max(0, row - before) : row + after + 1]
        return [chunk for chunk in around if chunk.document_id == document_id]

    def expand(self, passage: Passage, before: int = 1, after: int = 1) -> Passage:
        """The passage widened to its neighbouring chunks; scores stay those of the hit."""
        around = self.neighbours(passage.chunk_id, before, after)
        start, end = stretch_of(around)
        text = self.document(passage.document).text[start:end]
        return replace(passage, text=text, start=start, end=end, hits=())

    def sentence_vectors(
        self, passages: Sequence[Passage]
    ) -> list[tuple[list[tuple[int, int]], NDArray[np.float32]]]:
        """Sentence spans (relative to the passage's text) and their unit vectors, kept for later questions."""
        import numpy as np

        # a widened or masked passage is another text under the same chunk id
        keys = [(passage.chunk_id, hash(passage.text)) for passage in passages]
        with self._cache_lock:
            known = {key: self._sentences[key] for key in keys if key in self._sentences}
        missing = [(key, p) for key, p in zip(keys, passages, strict=True) if key not in known]
        corpus = self.current()
        spans = [sentences_of(passage, corpus) for _, passage in missing]
        texts = [p.text[a:b] for (_, p), borders in zip(missing, spans, strict=True) for a, b in borders]
        vectors = get_embedder().encode(texts) if texts else np.zeros((0, 0), np.float32)
        row = 0
        for (key, _), borders in zip(missing, spans, strict=True):
            known[key] = (borders, vectors[row : row + len(borders)])
            row += len(borders)
        with self._cache_lock:
            self._sentences.update(known)
            while len(self._sentences) > _CACHED_PASSAGES:
                self._sentences.popitem(last=False)
        return [known[key] for key in keys]

    # --- health

    def check_index(self) -> IndexReport:
        """Whether the vector index holds exactly the manifest's chunks and each finds itself."""
        return self._store.check()

    def rebuild_index(self) -> None:
        """Make the vector index anew from the stored vectors; nothing is embedded."""
        self._store.rebuild()

    def reindex(self, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None) -> int:
        """Cut and embed every stored source again, for another model or chunker; the number of documents."""
        meter = Meter(on_progress, cancel, len(self.documents()))
        made: dict[str, Entry] = {}
        while True:
            read_at, infos = self._store.manifest.version, self.documents()
            for info in infos:
                if info.id not in made or made[info.id].document.digest != info.digest:
                    made |= self._embedded_again(info, meter)
            entries = [made[info.id] for info in infos if info.id in made]
            # Refused when another process has written since: what it changed is embedded then.
            if self._store.replace_all(entries, self.properties(), read_at):
                return len(entries)

    def near_duplicates(self) -> dict[str, str]:
        """Chunks that nearly repeat an earlier chunk: id to the id of the first."""
        return retrieval.near_duplicates(self.current(), settings().rag.duplicate_cosine)

    def close(self) -> None:
        """Release files and clients."""
        self._store.close()

    # --- internals

    def current(self) -> Corpus:
        """The corpus in memory at the version that is stored now, whoever wrote it."""
        version = self._store.manifest.version
        corpus = self._corpus
        if corpus is None or corpus.version != version:
            with self._load_lock:
                corpus = self._corpus
                if corpus is None or corpus.version != version:
                    corpus = self._corpus = Corpus(self._store.manifest.contents(), self.origin)
        return corpus

    def _prepare(self, source: Source, digests: dict[str, str], meter: Meter) -> Prepared | str:
        """The source parsed and cut, or its id when it is indexed unchanged."""
        name = indexing.clean_name(source.name)
        meter.check(name)
        meter.report(name)
        metadata = indexing.checked_metadata(source.metadata)
        raw = source.data if source.data is not None else (source.text or "").encode("utf-8", "replace")
        digest = indexing.source_digest(
            raw, f"{source.title}|{source.media_type}|{source.mask_personal_data}", metadata
        )
        if digests.get(name) == digest:
            return name
        digests[name] = digest
        limits = ParseLimits.from_settings()
        parsed = _parse(source, name, limits)
        if source.mask_personal_data:
            parsed = mask_parsed(parsed)
        return indexing.prepare_document(
            name,
            parsed,
            title=source.title,
            metadata=metadata,
            digest=digest,
            sizes=chunk_sizes(),
            embedder=self.embedder,
            original=None if source.mask_personal_data else source.data,
        )

    def _commit(self, pending: list[Prepared], meter: Meter) -> None:
        if not pending:
            return
        entries = indexing.embed(pending, self.embedder, meter)
        meter.check(pending[-1].document.name)
        self._store.put(entries, self.properties(), self._check_properties)
        meter.documents_done += len(pending)
        meter.report(pending[-1].document.name)

    def _added(self, ids: list[str], unchanged: set[str], before: set[str]) -> list[DocumentInfo]:
        infos = {info.id: info for info in self.documents()}
        for gone in (i for i in ids if i not in infos):
            raise StoreError(
                f"{gone!r} was removed by another process while documents were added",
                "Add it again, should it stay; the others are in.",
            )
        return [
            replace(
                infos[i], status="unchanged" if i in unchanged else "replaced" if i in before else "ready"
            )
            for i in ids
        ]

    def _embedded_again(self, info: DocumentInfo, meter: Meter) -> dict[str, Entry]:
        """The document of that line by its id; nothing when another process has removed it since."""
        document = self._store.manifest.document(info.id)
        if document is None:
            return {}
        prepared = self._stored(document, self.embedder)
        entries = indexing.embed([prepared], self.embedder, meter)
        meter.documents_done += 1
        return {info.id: entries[0]}

    def _stored(self, document: Document, embedder: Embedder) -> Prepared:
        blocks, pages, original = self._store.manifest.blocks(document.id)
        parsed = Parsed(
            document.text, tuple(blocks), document.media_type, document.title, pages, document.notices
        )
        prepared = indexing.prepare_document(
            document.id,
            parsed,
            title=document.title,
            metadata=document.metadata,
            digest=document.digest,
            sizes=chunk_sizes(),
            embedder=embedder,
            original=original,
        )
        return replace(prepared, document=replace(document))

    def _check_properties(self) -> None:
        """Vectors of different models, or chunks of different sizes, do not mix: refuse, with the remedy."""
        for key, (recorded, value) in self._mismatch().items():
            raise StoreError(
                f"The collection was indexed with {key} {recorded}; the hub now uses {value}",
                "Reindex it (`python -m core.rag --store DIR reindex`), or set the old value again.",
            )

    def _mismatch(self) -> dict[str, tuple[str, str]]:
        """Recorded and present value of every property that differs; nothing for an empty collection."""
        present = self.properties()
        recorded = {key: self._store.manifest.meta(key) or value for key, value in present.items()}
        differing = {key: (recorded[key], present[key]) for key in present if recorded[key] != present[key]}
        return differing if differing and self._store.manifest.digests() else {}


def chunk_sizes() -> ChunkSizes:
    """Chunk sizes from the settings."""
    rag = settings().rag
    return ChunkSizes(
        target=rag.chunk_characters,
        keep_whole=rag.chunk_max_characters,
        max_tokens=rag.chunk_max_tokens,
        overlap=rag.chunk_overlap,
        max_chunks=rag.max_chunks,
    )


def _parse(source: Source, name: str, limits: ParseLimits) -> Parsed:
    if source.data is not None:
        return parse_bytes(source.data, name, limits)
    if source.media_type not in (kinds.TEXT, kinds.MARKDOWN, kinds.CSV):
        raise BadInput(f"A text cannot be {source.media_type}", "Add it as a file.")
    return parse_text(source.text or "", source.media_type, limits)


def _id_of(document: str | DocumentInfo) -> str:
    """The id of a document, in the normal form that names are stored in."""
    return normalise(document)[0] if isinstance(document, str) else document.id


def _embedder_id() -> str:
    """The present model's id, without loading it: opening a store must stay cheap."""
    if is_loaded():
        return get_embedder().model_id
    return settings().embedding_model or EMBEDDING_MODEL.name


def _reranker(choice: bool | str) -> rerankers.Reranker | None:
    if choice is False:
        return None
    known: dict[bool | str, rerankers.Reranker] = {
        True: rerankers.default_reranker(),
        "late": rerankers.late_interaction,
        "likelihood": rerankers.query_likelihood,
        "cross": rerankers.cross_encoder,
    }
    if choice not in known:
        raise BadInput(f"Unknown reranker {choice!r}", "Choose late, likelihood or cross.")
    return known[choice]
