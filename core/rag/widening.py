"""Short passages widened to the chunks around them, so that an answer reads on where a section was short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from core.rag.corpus import Corpus
from core.rag.documents import Chunk, Passage
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
    kept: NDArray[np.bool_] | None = None,
) -> list[Passage]:
    """The hits in their order, each with as many neighbouring chunks as fit into `limit` characters of its document.

    The rest of its own section comes first, what follows before what precedes. No chunk is in two passages:
    a hit that a better one has taken in is dropped. Scores, ranks and id stay those of the hit. `source` gives
    the text of a document by id; `kept` says which chunks a filter lets through (None: all).
    """
    taken: set[int] = set()
    found: list[Passage] = []
    for hit in hits:
        row = corpus.rows[hit.chunk_id]
        if row in taken:
            continue
        first, last = _widest(corpus.chunks, row, limit, taken, kept)
        taken.update(range(first, last + 1))
        if first == last:
            found.append(hit)
            continue
        start, end = corpus.chunks[first].start, max(c.end for c in corpus.chunks[first : last + 1])
        found.append(replace(hit, text=source(hit.document)[start:end], start=start, end=end))
    return found


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


def _widest(
    chunks: Sequence[Chunk], row: int, limit: int, taken: set[int], kept: NDArray[np.bool_] | None
) -> tuple[int, int]:
    """The first and last row of the widened passage."""
    first = last = row

    def is_free(other: int) -> bool:
        return (
            0 <= other < len(chunks)
            and other not in taken
            and chunks[other].document_id == chunks[row].document_id
            and (kept is None or bool(kept[other]))
            and chunks[max(last, other)].end - chunks[min(first, other)].start <= limit
        )

    while fitting := [other for other in (last + 1, first - 1) if is_free(other)]:
        nearest = min(fitting, key=lambda other: chunks[other].heading != chunks[row].heading)
        first, last = min(first, nearest), max(last, nearest)
    return first, last
