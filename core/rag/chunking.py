"""Cuts a parsed document into chunks at heading, page, paragraph and sentence borders.

Sizes follow measurements at equal context (docs/retrieval.md): about 500 characters, no overlap, a whole
paragraph where it fits. Hard limit: the embedder reads 256 word pieces and ignores the rest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from core.errors import BadInput
from core.rag.documents import Block, Chunk, Parsed
from core.rag.parsing.limits import over_limit
from core.rag.sentences import split_sentences

CHUNKER_VERSION = 1
"""Stored with every collection: another version means other chunks, so the store must be reindexed."""

CountTokens = Callable[[Sequence[str]], list[int]]

_CONTEXT_CHARACTERS = 160
# Fewer than this many characters per word piece is rare: the token check starts here.
_CHARACTERS_PER_TOKEN = 2
_SEPARATOR = " › "
_WORD = re.compile(r"[^\W\d_]{3}")


@dataclass(frozen=True, slots=True)
class ChunkSizes:
    """Sizes in characters, except `max_tokens`: word pieces of a chunk together with its context line."""

    target: int = 500
    keep_whole: int = 800
    max_tokens: int = 250
    overlap: int = 0
    max_chunks: int = 10_000


@dataclass(frozen=True, slots=True)
class _Span:
    start: int
    end: int
    page: int | None
    heading: str
    section: int


def chunk_document(
    document_id: str, parsed: Parsed, title: str, sizes: ChunkSizes, count_tokens: CountTokens
) -> list[Chunk]:
    """The chunks of a document in order; each is `parsed.text[start:end]` and fits the embedder.

    `count_tokens` counts word pieces as the embedder does. Raises LimitReached above `max_chunks` and
    BadInput when there is nothing to index.
    """
    spans = [span for section in _sections(parsed) for span in _pack(parsed.text, section, sizes)]
    spans = _with_overlap(parsed.text, spans, sizes)
    if len(spans) > sizes.max_chunks:
        raise over_limit("Chunks of the document", len(spans), sizes.max_chunks, "MAX_CHUNKS")
    chunks = [_chunk(document_id, parsed.text, span, title) for span in spans]
    chunks = _within_tokens(parsed.text, chunks, sizes, count_tokens)
    if not chunks:
        raise BadInput("The document holds no words", "Add a text that holds words.")
    if len(chunks) > sizes.max_chunks:
        raise over_limit("Chunks of the document", len(chunks), sizes.max_chunks, "MAX_CHUNKS")
    return [_numbered(chunk, index) for index, chunk in enumerate(chunks)]


def chunk_id(document_id: str, start: int, text: str) -> str:
    """A stable id: document, offset and text, because repeated headers and rows share document and text."""
    return hashlib.sha256(f"{document_id}\0{start}\0{text}".encode()).hexdigest()[:32]


def _numbered(chunk: Chunk, index: int) -> Chunk:
    return replace(chunk, index=index, id=chunk_id(chunk.document_id, chunk.start, chunk.text))


def _chunk(document_id: str, text: str, span: _Span, title: str) -> Chunk:
    return Chunk(
        document_id=document_id,
        index=0,
        text=text[span.start : span.end],
        start=span.start,
        end=span.end,
        page=span.page,
        heading=span.heading,
        context=_context(title, span.heading),
    )


def _context(title: str, heading: str) -> str:
    """Title and heading path; a heading that repeats the title is said once, a title that is a bare number
    or code ("184", "p-7") says nothing and is left out."""
    titles = [" ".join(title.split())] if _WORD.search(title) else []
    parts = [part for part in (*titles, *heading.split(_SEPARATOR)) if part]
    unique = [part for i, part in enumerate(parts) if i == 0 or part.casefold() != parts[i - 1].casefold()]
    return _SEPARATOR.join(unique)[:_CONTEXT_CHARACTERS].rstrip()


def _sections(parsed: Parsed) -> Iterable[list[_Span]]:
    """Runs of body blocks under one heading path on one page; a heading without a body stands alone."""
    path: dict[int, str] = {}
    section: list[_Span] = []
    number = 0
    for position, block in enumerate(parsed.blocks):
        if block.kind == "heading":
            if section:
                yield section
            section, number = [], number + 1
            path = {level: words for level, words in path.items() if level < block.level}
            if _has_body(parsed.blocks, position):
                path[block.level] = " ".join(parsed.text[block.start : block.end].split())
                continue
            yield [_span(block, path, number)]
            continue
        if section and section[-1].page != block.page:
            yield section
            section = []
        section.append(_span(block, path, number))
    if section:
        yield section


def _span(block: Block, path: dict[int, str], section: int) -> _Span:
    heading = _SEPARATOR.join(path[level] for level in sorted(path))
    return _Span(block.start, block.end, block.page, heading, section)


def _has_body(blocks: Sequence[Block], position: int) -> bool:
    """Whether anything belongs to the heading: text, or a deeper heading (whose path will name it)."""
    if position + 1 >= len(blocks):
        return False
    following = blocks[position + 1]
    return following.kind != "heading" or following.level > blocks[position].level


def _pack(text: str, section: list[_Span], sizes: ChunkSizes) -> Iterable[_Span]:
    """Neighbouring paragraphs share a chunk up to the target size; long ones are cut at sentences."""
    current: _Span | None = None
    for span in section:
        for piece in _pieces(text, span, sizes):
            if current and piece.end - current.start <= sizes.target:
                current = replace(current, end=piece.end)
            else:
                if current:
                    yield current
                current = piece
    if current:
        yield current


def _pieces(text: str, span: _Span, sizes: ChunkSizes) -> list[_Span]:
    if span.end - span.start <= sizes.keep_whole:
        return [span]
    sentences = split_sentences(text[span.start : span.end])
    pieces: list[_Span] = []
    for start, end in _balanced(sentences, sizes.target):
        pieces.append(replace(span, start=span.start + start, end=span.start + end))
    return pieces or [span]


def _balanced(sentences: list[tuple[int, int]], target: int) -> list[tuple[int, int]]:
    """Sentences packed into parts of about equal size, so that no part is a left-over of one line."""
    if not sentences:
        return []
    length = sentences[-1][1] - sentences[0][0]
    parts = max(1, round(length / target))
    size = length / parts
    packed: list[tuple[int, int]] = []
    start = sentences[0][0]
    for position, (_, end) in enumerate(sentences):
        following = sentences[position + 1][1] if position + 1 < len(sentences) else None
        if following is None or following - start - size > size - (end - start):
            packed.append((start, end))
            start = sentences[position + 1][0] if following is not None else end
    return packed


def _with_overlap(text: str, spans: list[_Span], sizes: ChunkSizes) -> list[_Span]:
    if not sizes.overlap:
        return spans
    return [
        _extended(text, spans[i - 1], span, sizes.overlap)
        if i and spans[i - 1].section == span.section
        else span
        for i, span in enumerate(spans)
    ]


def _extended(text: str, before: _Span, span: _Span, overlap: int) -> _Span:
    """`span` with the last whole sentences of the chunk before it, as many as fit into `overlap`."""
    if before.page != span.page:
        return span
    starts = [before.start + start for start, _ in split_sentences(text[before.start : before.end])]
    fitting = [start for start in starts if start > before.start and before.end - start <= overlap]
    return replace(span, start=fitting[0]) if fitting else span


def _within_tokens(
    text: str, chunks: list[Chunk], sizes: ChunkSizes, count_tokens: CountTokens
) -> list[Chunk]:
    """Chunks that surely fit are not counted; those that do not fit are halved until they do."""
    sure = sizes.max_tokens * _CHARACTERS_PER_TOKEN
    doubtful = [
        i for i, chunk in enumerate(chunks) if len(chunk.indexed_text) > sure or not chunk.text.isascii()
    ]
    counts = dict(zip(doubtful, count_tokens([chunks[i].indexed_text for i in doubtful]), strict=True))
    fitting: list[Chunk] = []
    for index, chunk in enumerate(chunks):
        if counts.get(index, 0) <= sizes.max_tokens:
            fitting.append(chunk)
        else:
            fitting.extend(_halved(text, chunk, sizes, count_tokens))
    return fitting


def _halved(text: str, chunk: Chunk, sizes: ChunkSizes, count_tokens: CountTokens) -> list[Chunk]:
    if len(chunk.text) < 2 or count_tokens([chunk.indexed_text])[0] <= sizes.max_tokens:
        return [chunk]
    cut = _middle_border(chunk.text)
    halves: list[Chunk] = []
    for start, end in ((0, cut), (cut, len(chunk.text))):
        while start < end and chunk.text[start].isspace():
            start += 1
        while end > start and chunk.text[end - 1].isspace():
            end -= 1
        if start < end:
            part = replace(
                chunk, text=chunk.text[start:end], start=chunk.start + start, end=chunk.start + end
            )
            halves.extend(_halved(text, part, sizes, count_tokens))
    return halves


def _middle_border(text: str) -> int:
    """The sentence border nearest the middle, else the space, else the middle itself; never 0 or the end."""
    middle = len(text) // 2
    borders = [start for start, _ in split_sentences(text) if len(text) // 5 < start < len(text) * 4 // 5]
    if not borders:
        borders = [i for i, character in enumerate(text) if character.isspace() and 0 < i < len(text) - 1]
    return min(borders, key=lambda border: abs(border - middle), default=max(1, middle))
