"""From a source to something the store can take: parsed, cut, embedded, with progress and cancel."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import BadInput, Cancelled
from core.rag.chunking import ChunkSizes, chunk_document
from core.rag.documents import Chunk, Document, Metadata, Parsed, Progress
from core.rag.manifest import Entry
from core.rag.parsing.normalise import normalise

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.embedder import Embedder

OnProgress = Callable[[Progress], None]

_SLICE = 256  # chunks embedded between two progress reports
_NAME_CHARACTERS = 120


class IndexingCancelled(Cancelled):
    """The user stopped an indexing job; what was committed before stays, the rest is not in the store."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A document that is parsed and cut, not yet embedded."""

    document: Document
    parsed: Parsed
    chunks: Sequence[Chunk]
    original: bytes | None = None


@dataclass(slots=True)
class Meter:
    """Counts what an indexing job has done and reports it; raises IndexingCancelled on request."""

    on_progress: OnProgress | None = None
    cancel: threading.Event | None = None
    documents_total: int | None = None
    documents_done: int = 0
    chunks_done: int = 0
    chunks_total: int | None = None
    started: float = field(default_factory=time.perf_counter)

    def check(self, name: str) -> None:
        """Stop here when the job was cancelled."""
        if self.cancel is not None and self.cancel.is_set():
            raise IndexingCancelled(
                f"Indexing was cancelled; nothing of {name!r} was indexed",
                f"{self.documents_done} documents were finished before and stay.",
            )

    def report(self, name: str) -> None:
        """Tell the listener where the job is."""
        if self.on_progress is None:
            return
        elapsed = max(1e-6, time.perf_counter() - self.started)
        rate = self.chunks_done / elapsed
        self.on_progress(
            Progress(
                documents_done=self.documents_done,
                documents_total=self.documents_total,
                chunks_done=self.chunks_done,
                chunks_total=self.chunks_total,
                rate=rate,
                remaining_s=self._remaining(rate, elapsed),
                current=name,
            )
        )

    def _remaining(self, rate: float, elapsed: float) -> float | None:
        if self.chunks_total is not None and rate > 0:
            return (self.chunks_total - self.chunks_done) / rate
        if self.documents_total and self.documents_done:
            return elapsed / self.documents_done * (self.documents_total - self.documents_done)
        return None


def clean_name(name: str) -> str:
    """A document name that is only text: no control characters, no line breaks, at most 120 characters."""
    text, _ = normalise(name)
    text = re.sub(r"\s+", " ", text).strip()
    if not text:
        raise BadInput("The document has no name", "Give it a name; it is how the document is cited.")
    if len(text) <= _NAME_CHARACTERS:
        return text
    mark = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: _NAME_CHARACTERS - 10].rstrip()}… {mark}"


def title_from_name(name: str) -> str:
    """A readable title when the source has none: "refund_policy.md" reads "refund policy"."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name.rsplit("/", 1)[-1])
    return " ".join(re.split(r"[\s_\-]+", stem)).strip() or name


def source_digest(data: bytes, title: str, metadata: Metadata) -> str:
    """What decides whether a source has changed since it was indexed."""
    described = json.dumps([title, dict(metadata)], sort_keys=True, default=str)
    return hashlib.sha256(described.encode() + b"\0" + data).hexdigest()


def checked_metadata(metadata: Metadata | None) -> Metadata:
    """Metadata that filters and Chroma can hold: scalars and lists of scalars under non-empty names."""
    checked = {}
    for key, value in (metadata or {}).items():
        items = value if isinstance(value, list) else [value]
        if not isinstance(key, str) or not key or key.startswith("$"):
            raise BadInput(f"Metadata key {key!r} cannot be used", "Use a name that does not start with $.")
        if not all(isinstance(item, str | int | float | bool) for item in items):
            raise BadInput(
                f"Metadata {key!r} holds {type(value).__name__}",
                "Use text, numbers, booleans or lists of them.",
            )
        checked[key] = value
    return checked


def prepare_document(
    name: str,
    parsed: Parsed,
    *,
    title: str | None,
    metadata: Metadata,
    digest: str,
    sizes: ChunkSizes,
    embedder: Embedder,
    original: bytes | None = None,
) -> Prepared:
    """Cut a parsed source; raises LimitReached above the chunk limit, BadInput when it holds no words."""
    shown = normalise(title)[0] if title is not None else parsed.title or title_from_name(name)
    chunks = chunk_document(name, parsed, shown, sizes, embedder.count_tokens)
    document = Document(
        id=name,
        name=name,
        text=parsed.text,
        media_type=parsed.media_type,
        metadata=metadata,
        added_at=datetime.now(UTC),
        title=shown,
        digest=digest,
        notices=parsed.notices,
    )
    return Prepared(document, parsed, chunks, original)


def embed(prepared: Sequence[Prepared], embedder: Embedder, meter: Meter) -> list[Entry]:
    """Vectors for several documents at once: texts of like length share a batch across documents."""
    import numpy as np

    texts = [chunk.indexed_text for document in prepared for chunk in document.chunks]
    names = [document.document.name for document in prepared for _ in document.chunks]
    vectors = np.empty((len(texts), embedder.dimension), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    for start in range(0, len(order), _SLICE):
        rows = order[start : start + _SLICE]
        meter.check(names[rows[0]])
        vectors[rows] = embedder.encode([texts[i] for i in rows])
        meter.chunks_done += len(rows)
        meter.report(names[rows[-1]])
    return _entries(prepared, vectors, embedder.model_id)


def _entries(prepared: Sequence[Prepared], vectors: NDArray[np.float32], model_id: str) -> list[Entry]:
    entries = []
    row = 0
    for item in prepared:
        rows = vectors[row : row + len(item.chunks)]
        row += len(item.chunks)
        entries.append(
            Entry(
                item.document,
                item.chunks,
                rows,
                model_id,
                item.parsed.blocks,
                item.parsed.pages,
                item.original,
            )
        )
    return entries
