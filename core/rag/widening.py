"""Short passages widened to the chunks around them, so that an answer reads on where a section was short."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from core.rag.corpus import Corpus
from core.rag.documents import Chunk, Hit, Passage
from core.rag.sentences import split_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST_AROUND = 1_000
SEARCHED = 3
"""Hits to search for each passage that is wanted: those that a better passage has taken in fall away."""


def widened(
    hits: Sequence[Passage],
    corpus: Corpus,
    source: Callable[[str], str],
    limit: int,
    near: int,
    kept: NDArray[np.bool_] | None = None,
) -> list[Passage]:
    """The hits in their order, each with as many neighbouring chunks as fit into `limit` characters of its document.

    The rest of its own section comes first, what follows before what precedes. No chunk is in two passages:
    a hit that a better one has taken in is dropped and becomes one of its `hits`, which reach up to `near`
    characters around each chunk that was found. Scores, ranks and id stay those of the best hit. `source` gives
    the text of a document by id; `kept` says which chunks a filter lets through (None: all).
    """
    chunks = corpus.chunks
    holders: dict[int, _Widened] = {}
    read: set[int] = set()
    for hit in hits:
        row = corpus.rows[hit.chunk_id]
        if row not in holders:
            wide = _Widened(hit, _widest(chunks, row, limit, holders, kept))
            holders.update(dict.fromkeys(wide.rows, wide))
        if row not in read:
            close = _widest(chunks, row, near, read, kept, holders[row].rows)
            read.update(close)
            holders[row].hits.append(
                Hit(hit.chunk_id, hit.heading, hit.score, *stretch_of(chunks[close.start : close.stop]))
            )
    return [wide.passage(chunks, source) for wide in dict.fromkeys(holders.values())]


def stretch_of(chunks: Sequence[Chunk]) -> tuple[int, int]:
    """Where chunks of one document that follow each other begin and end in it."""
    return chunks[0].start, max(chunk.end for chunk in chunks)


def sentences_of(passage: Passage, corpus: Corpus) -> list[tuple[int, int]]:
    """The sentences of a passage, relative to its text; what lies between the chunks of a widened one is a heading
    and no sentence."""
    spans = split_sentences(passage.text)
    row = corpus.rows.get(passage.chunk_id)
    if row is None or len(passage.text) <= len(corpus.chunks[row].text):
        return spans
    inside = _chunks_inside(corpus.chunks, row, passage)
    return [
        (start, end)
        for start, end in spans
        if any(c.start < passage.start + end and passage.start + start < c.end for c in inside)
    ]


def _chunks_inside(chunks: Sequence[Chunk], row: int, passage: Passage) -> list[Chunk]:
    def belongs(chunk: Chunk) -> bool:
        return chunk.document_id == passage.document and passage.start <= chunk.start < passage.end

    before = takewhile(belongs, reversed(chunks[max(0, row - _MOST_AROUND) : row]))
    return [*before, *takewhile(belongs, chunks[row : row + _MOST_AROUND])]


@dataclass(eq=False)
class _Widened:
    """A hit, the rows it grew to, and what was found in them."""

    hit: Passage
    rows: range
    hits: list[Hit] = field(default_factory=list)

    def passage(self, chunks: Sequence[Chunk], source: Callable[[str], str]) -> Passage:
        start, end = stretch_of(chunks[self.rows.start : self.rows.stop])
        text = source(self.hit.document)[start:end] if len(self.rows) > 1 else self.hit.text
        return replace(self.hit, text=text, start=start, end=end, hits=tuple(self.hits))


def _widest(
    chunks: Sequence[Chunk],
    row: int,
    limit: int,
    taken: Container[int],
    kept: NDArray[np.bool_] | None,
    within: range | None = None,
) -> range:
    """The rows around one that fit into `limit` characters, none of them `taken`."""
    first = last = row

    def is_free(other: int) -> bool:
        return (
            0 <= other < len(chunks)
            and (within is None or other in within)
            and other not in taken
            and chunks[other].document_id == chunks[row].document_id
            and (kept is None or bool(kept[other]))
            and chunks[max(last, other)].end - chunks[min(first, other)].start <= limit
        )

    while fitting := [other for other in (last + 1, first - 1) if is_free(other)]:
        nearest = min(fitting, key=lambda other: chunks[other].heading != chunks[row].heading)
        first, last = min(first, nearest), max(last, nearest)
    return range(first, last + 1)
