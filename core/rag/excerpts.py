"""The part of a long passage that is shown first: whole sentences around what matters in it."""

from __future__ import annotations

from collections.abc import Sequence

from core.rag.sentences import Span, split_sentences


def excerpts(text: str, anchors: Sequence[Span], room: int) -> list[Span]:
    """The sentences that `anchors` touch, and as many of those nearest to them as fit into `room` characters together.

    Anchors and results are (start, end) in characters of `text`; the results are in order, without overlap, and
    begin and end with a sentence. Without an anchor it is the beginning of the text; every sentence that an anchor
    touches is there, even where these alone are more than `room`.
    """
    spans = split_sentences(text)
    touched = [i for i, (a, b) in enumerate(spans) if any(a < end and start < b for start, end in anchors)]
    chosen = set(touched or range(min(1, len(spans))))
    left = room - sum(_length(spans[i]) for i in chosen)
    by_distance = sorted(range(len(spans)), key=lambda i: (min(abs(i - at) for at in chosen), -i))
    for i in by_distance:
        if i in chosen or not {i - 1, i + 1} & chosen:
            continue  # behind one that did not fit
        if _length(spans[i]) <= left:
            chosen.add(i)
            left -= _length(spans[i])
    return _runs(spans, sorted(chosen))


def _length(span: Span) -> int:
    return span[1] - span[0]


def _runs(spans: Sequence[Span], rows: Sequence[int]) -> list[Span]:
    """Neighbouring sentences as one stretch."""
    runs: list[Span] = []
    for before, row in zip((None, *rows), rows, strict=False):
        if before == row - 1 and runs:
            runs[-1] = (runs[-1][0], spans[row][1])
        else:
            runs.append(spans[row])
    return runs
