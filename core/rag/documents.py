"""The nouns of the RAG demo: documents, their chunks, and the passages a search returns.

Offsets everywhere count characters of `Document.text`, the *normalised source*: the text a parser
produced with control, zero-width and bidirectional characters already removed. So
`document.text[chunk.start:chunk.end] == chunk.text` holds for every chunk and passage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Mode = Literal["hybrid", "vector", "keyword"]
MODES: tuple[Mode, ...] = ("vector", "keyword", "hybrid")

Scalar = str | int | float | bool
MetadataValue = Scalar | list[Scalar]
Metadata = Mapping[str, MetadataValue]

Origin = Literal["corpus", "upload"]
"""Shared with everybody, or added by a visitor for their own session."""

BlockKind = Literal["heading", "paragraph", "list", "row", "code"]
Status = Literal["ready", "unchanged", "replaced"]


@dataclass(frozen=True, slots=True)
class Block:
    """One structural unit of a source: `text[start:end]`, its kind, heading level and 1-based page."""

    start: int
    end: int
    kind: BlockKind = "paragraph"
    level: int = 0
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser hands back: the normalised source text, its blocks in order, and what was changed."""

    text: str
    blocks: tuple[Block, ...]
    media_type: str
    title: str = ""
    pages: int = 0
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document. `id` is the cleaned name: adding the same name again replaces the document."""

    id: str
    name: str
    text: str
    media_type: str
    metadata: Metadata
    added_at: datetime
    title: str = ""
    digest: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of one document that is embedded and searched as a unit.

    `context` is the title and heading path put in front of the text for embedding and keyword search;
    it is not part of `text`, which is exactly `document.text[start:end]`.
    """

    document_id: str
    index: int
    text: str
    start: int
    end: int
    page: int | None = None
    heading: str = ""
    context: str = ""
    id: str = ""

    @property
    def indexed_text(self) -> str:
        """The text as the embedder and the keyword index read it: context line, then the chunk."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found inside a widened passage, and the stretch of its document close around it."""

    chunk_id: str
    heading: str
    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One search hit.

    `document` is the id (= name) of its document. `score` is the number the mode sorts by, 0 to 1:
    vector = cosine of question and passage (negative shown as 0); keyword = share of the question's
    keyword weight the passage holds (BM25 over its upper bound); hybrid = the weighted mean of the
    two (weights by question), with a share of the whole document's; with reranking = the blended
    score. `scores` holds every component, `ranks` the 1-based rank of this passage in every mode
    (None: not computed, or no keyword in common). `hits` says what was found where in a widened
    passage, the best first; empty: the passage is what was found.
    """

    text: str
    document: str
    chunk_id: str
    score: float
    scores: Mapping[str, float | None]
    ranks: Mapping[str, int | None]
    start: int
    end: int
    page: int | None = None
    heading: str = ""
    title: str = ""
    index: int = 0
    metadata: Metadata = field(default_factory=dict)
    duplicate_of: str | None = None
    origin: Origin = "corpus"
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A line of the documents panel: what is indexed, with which model, when, and how it went."""

    id: str
    name: str
    title: str
    media_type: str
    chunks: int
    characters: int
    embedder: str
    added_at: datetime
    digest: str
    status: Status = "ready"
    pages: int = 0
    metadata: Metadata = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    origin: Origin = "corpus"


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a running indexing job; `rate` is chunks a second, `remaining_s` None until known."""

    documents_done: int
    documents_total: int | None
    chunks_done: int
    chunks_total: int | None
    rate: float
    remaining_s: float | None
    current: str = ""
