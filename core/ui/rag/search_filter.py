"""Where a question searches: in which documents, of which kind, curated or added by the visitor."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.rag.shared_corpus import corpus_names
from core.ui import controls
from core.ui.address import PageAddress
from core.ui.rag.opening import peek

SOURCES = ("everything", "curated", "yours")
FILE_TYPES = ("md", "txt", "html", "pdf", "docx", "csv")
_ORIGINS = {"curated": "corpus", "yours": "upload"}
_MOST_NAMED = 2


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """A choice of documents; everything empty, and the source "everything", means the whole collection."""

    source: str = SOURCES[0]
    file_types: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    @property
    def where(self) -> dict[str, Any] | None:
        """The choice as the metadata filter of `search` and `ask`; None for the whole collection."""
        chosen: dict[str, Any] = {}
        if self.source in _ORIGINS:
            chosen["origin"] = _ORIGINS[self.source]
        if self.file_types:
            chosen["file_type"] = {"$in": list(self.file_types)}
        if self.documents:
            chosen["document"] = {"$in": list(self.documents)}
        return chosen or None

    @property
    def label(self) -> str:
        """The choice in a few words, "" for the whole collection."""
        parts = []
        if self.source in _ORIGINS:
            parts.append("what you added" if self.source == "yours" else "curated documents")
        if self.file_types:
            parts.append(f"{', '.join(self.file_types)} files")
        if self.documents:
            named = ", ".join(self.documents[:_MOST_NAMED])
            parts.append(named if len(self.documents) <= _MOST_NAMED else f"{len(self.documents)} documents")
        return f"only {' and '.join(parts)}" if parts else ""


def choose_filter(address: PageAddress, own: Sequence[str]) -> SearchFilter:
    """The three controls, shared by the views through the address; `own` are the visitor's document names."""
    options = list(dict.fromkeys([*own, *_curated_names()]))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        source = controls.buttons(address, "source", "Search in", SOURCES, SOURCES[0])
    with middle:
        types = controls.several(
            address, "types", "Only these kinds of files", FILE_TYPES, placeholder="All kinds"
        )
    with right:
        documents = controls.several(
            address, "docs", "Only these documents", options, placeholder="All documents"
        )
    return SearchFilter(source, types, documents)


def choose_diversity(address: PageAddress) -> float:
    """How far passages that repeat each other give way to others, 0 to 0.9."""
    return controls.share(
        address,
        "diversity",
        "Diversity",
        (0.0, 0.9),
        0.0,
        0.1,
        help="Maximal marginal relevance: above 0, a passage that says what a better one has said gives way "
        "to another. 0 goes by score alone.",
    )


def _curated_names() -> list[str]:
    """Known before the collection is open: a first visit must not wait for it."""
    base = peek()
    return [info.id for info in base.documents()] if base else corpus_names()
