"""A document in a few of its own sentences: one for each section, so that no part goes unmentioned."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from core.rag.documents import Chunk, DocumentInfo, Passage
from core.rag.events import AnswerSentence, Quote
from core.rag.guardrails import findings_in
from core.rag.privacy import mask_in_place
from core.rag.sentences import without_marker

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_READ_PER_PART = 2
_FEWEST_WORDS, _MOST_WORDS = 5, 60
_LIKE_ANOTHER = 0.9
_LOOKS_BACK = re.compile(
    r"^(?:it|this(?! (?:report|document|policy|manual|guide|handbook|standard|notice|page|paper|text)\b)|that|these"
    r"|those|they|he|she|however|therefore|thus|also|otherwise|but|and|so|then|in addition"
    r"|for example|see|note)\b",
    re.IGNORECASE,
)
_IMPRINT = re.compile(
    r"^(?:(?:last|next)\s+)?(?:reviewed|review|updated|update|revised|revision|changed|modified|issued|published|collected"
    r"|compiled|prepared|written|organi[sz]ed|maintained|approved|signed|valid|effective|in force|in effect|applies"
    r"|authors?|owner|editor|version|edition|status|date|contact|part|translated|printed|copyright|©)\b"
    r"(?:\s*:|\s+(?:by|on|from|since|until|in|at|to|of|for|date|\d))",
    re.IGNORECASE,
)
"""Sentences about the document instead of its matter: "Last reviewed on 12 February 2026.", "Author: ..."."""
_MOST_IMPRINT_WORDS = 20
# "Head of the academy: Luca Ferraro."
_NAMED_ROLE = re.compile(r"^[A-Z][\w ]{2,40}: [A-Z]\w+(?: [A-Z]\w+){1,2}\.?$")
_ROW = re.compile(r"\w: [^;]+; \w[\w ]*: ")
_PART_WEIGHT, _WHOLE_WEIGHT, _LEAD_WEIGHT = 0.45, 0.4, 0.15
_LOOKING_BACK, _NO_SENTENCE = 0.15, 0.3


@dataclass(frozen=True, slots=True)
class Extract:
    """Passages in document order and a quotation from each: sentence n cites passage n.

    `parts` is how many parts the document was cut into, `headings` those of its sections, in order, and
    `flagged` how many sentences were passed over because they look like instructions to a model.
    """

    passages: tuple[Passage, ...]
    sentences: tuple[AnswerSentence, ...]
    parts: int
    headings: tuple[str, ...]
    flagged: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence that may stand for its part of the document."""

    passage: Passage
    start: int
    end: int
    text: str
    position: int
    vector: NDArray[np.float32]


def extract_of(
    retriever: Any,
    info: DocumentInfo,
    question: str,
    *,
    most: int,
    where: Mapping[str, Any] | None = None,
    masked: bool = False,
) -> Extract:
    """The document's most telling sentences, at most `most`, spread over its sections.

    Passages are found by a metadata filter, whatever their similarity to the question; with `masked`,
    personal data in them is replaced first. Sentences that look like instructions to a model are left out.
    """
    chunks = [chunk for chunk in retriever.chunks_of(info) if chunk.text.strip()]
    parts = _parts(chunks, most)
    headings = tuple(dict.fromkeys(chunk.heading for chunk in chunks if chunk.heading))
    wanted = [chunk.index for part in parts for chunk in _spread(part, _READ_PER_PART)]
    found = _passages(retriever, info, question, wanted, where, masked)
    vectors = retriever.sentence_vectors(found)
    lines: dict[int, list[_Line]] = {}
    flagged = 0
    for passage, (spans, rows) in zip(found, vectors, strict=True):
        fit, refused = _lines(passage, spans, rows)
        flagged += refused
        lines[passage.index] = fit
    chosen = _chosen([[line for chunk in part for line in lines.get(chunk.index, [])] for part in parts])
    passages = tuple(line.passage for line in chosen)
    return Extract(
        passages,
        tuple(_quotation(n, line) for n, line in enumerate(chosen, 1)),
        len(parts),
        headings,
        flagged,
    )


def _parts(chunks: Sequence[Chunk], most: int) -> list[list[Chunk]]:
    """The chunks in at most `most` runs: by section where there are enough of them, else of equal length."""
    sections: list[list[Chunk]] = []
    for chunk in chunks:
        if sections and sections[-1][0].heading == chunk.heading:
            sections[-1].append(chunk)
        else:
            sections.append([chunk])
    few = min(most, len(chunks))
    if len(sections) > most:
        return [[c for section in run for c in section] for run in _runs(sections, most)]
    if len(sections) >= min(few, 3):
        return sections
    return _runs(list(chunks), few)


def _runs(items: Sequence[Any], count: int) -> list[list[Any]]:
    """`items` in `count` runs whose lengths differ by one at most."""
    borders = [round(len(items) * n / count) for n in range(count + 1)]
    return [list(items[a:b]) for a, b in pairwise(borders) if b > a]


def _spread(part: Sequence[Chunk], most: int) -> list[Chunk]:
    """The first chunk of a part, and others evenly behind it: a section says first what it is about."""
    step = max(1, -(-len(part) // most))
    return list(part[::step])


def _passages(
    retriever: Any,
    info: DocumentInfo,
    question: str,
    indices: Sequence[int],
    where: Mapping[str, Any] | None,
    masked: bool,
) -> list[Passage]:
    only = {"document": info.id, "origin": info.origin, "chunk": {"$in": list(indices)}}
    whole = {"$and": [only, where]} if where else only
    found = retriever.search(question, k=len(indices), mode="hybrid", where=whole) if indices else []
    if masked:
        found = [replace(passage, text=mask_in_place(passage.text)) for passage in found]
    return sorted(found, key=lambda passage: passage.index)


def _lines(
    passage: Passage, spans: Sequence[tuple[int, int]], rows: NDArray[np.float32]
) -> tuple[list[_Line], int]:
    """The sentences of a passage that can be quoted, and how many were left out as instructions."""
    fit: list[_Line] = []
    flagged = 0
    for position, (span, vector) in enumerate(zip(spans, rows, strict=True)):
        start, end = _first_row(passage.text, *without_marker(passage.text, span))
        text = passage.text[start:end].strip()
        if findings_in(text):
            flagged += 1
        elif _can_stand_alone(text, passage):
            fit.append(_Line(passage, start, end, text, position, vector))
    # an instruction may be spread over sentences that are harmless one by one
    return ([], flagged + len(fit)) if findings_in(passage.text) and not flagged else (fit, flagged)


def _first_row(text: str, start: int, end: int) -> tuple[int, int]:
    """A run of table rows cut to its first: "name: pump; price: 20", then a new line."""
    row = text[start:end].split("\n", 1)[0].rstrip()
    return (start, start + len(row)) if _ROW.search(row) else (start, end)


def _can_stand_alone(text: str, passage: Passage) -> bool:
    words = len(text.split())
    titles = {part.strip().lower() for part in (*passage.heading.split("›"), passage.title)}
    return _FEWEST_WORDS <= words <= _MOST_WORDS and not text.endswith("?") and text.lower() not in titles


def _chosen(parts: Sequence[Sequence[_Line]]) -> list[_Line]:
    """The most telling sentence of every part, in document order, none of which says the same as another."""
    import numpy as np

    parts = _without_imprint(parts)
    every = [line.vector for part in parts for line in part]
    if not every:
        return []
    whole = np.mean(every, axis=0)
    chosen: list[_Line] = []
    for part in parts:
        if not part:
            continue
        centre = np.mean([line.vector for line in part], axis=0)
        ranked = sorted(part, key=lambda line: -_worth(line, centre, whole))
        unlike = [
            line for line in ranked if all(float(line.vector @ c.vector) < _LIKE_ANOTHER for c in chosen)
        ]
        chosen += unlike[:1]
    return chosen


def _without_imprint(parts: Sequence[Sequence[_Line]]) -> Sequence[Sequence[_Line]]:
    """The parts without sentences about the document itself, and without those that refer to them ("It replaces
    the policy of 2024."), unless the document holds nothing else."""
    matter = [
        [line for line in part if not _is_imprint(line.text) and not _LOOKS_BACK.match(line.text)]
        if any(_is_imprint(line.text) for line in part)
        else part
        for part in parts
    ]
    return matter if any(matter) else parts


def _is_imprint(text: str) -> bool:
    short = len(text.split()) <= _MOST_IMPRINT_WORDS
    return _NAMED_ROLE.match(text) is not None or (short and _IMPRINT.match(text) is not None)


def _worth(line: _Line, centre: NDArray[np.float32], whole: NDArray[np.float32]) -> float:
    """How well a sentence stands for its part and for the document; the first sentences say what is coming."""
    value = _PART_WEIGHT * float(line.vector @ centre) + _WHOLE_WEIGHT * float(line.vector @ whole)
    value += _LEAD_WEIGHT / (1 + line.position)
    value -= _LOOKING_BACK * bool(_LOOKS_BACK.match(line.text))
    return value - _NO_SENTENCE * (not line.text.endswith((".", "!", ":", ".”", '."')))


def _quotation(number: int, line: _Line) -> AnswerSentence:
    text = line.passage.text[line.start : line.end]
    quote = Quote(number, line.start, line.end, text)
    return AnswerSentence(" ".join(text.split()), (number,), 1.0, (quote,))
