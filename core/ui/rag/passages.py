"""Passages as cards: text with the supporting words marked, every score and rank, and where they come from.

Document text is somebody else's: it reaches the page as escaped HTML only, never as Markdown, which would
turn an address in it into a link or an image.
"""

import html
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import streamlit as st

from core.rag.excerpts import excerpts

if TYPE_CHECKING:
    from core.rag import Passage

Marks = Mapping[int, Sequence[tuple[int, int]]]
"""Stretches of text to highlight, by passage number from 1."""

_WHOLE = 600
_EXCERPT = 480
"""A passage of more characters than the first is shown shortened to about the second, around what matters in it."""

# name in Passage.scores, name in Passage.ranks, what it means
_COMPONENTS = (
    ("vector", "vector", "cosine of the question's and the passage's vectors"),
    (
        "keyword",
        "keyword",
        "share of the question's word weight that the passage holds (BM25 over its bound)",
    ),
    ("fused", "hybrid", "weighted mean of vector and keyword, with a share of the whole document's"),
    ("rerank", "rerank", "second look at the best hits: late interaction, or the configured cross-encoder"),
)


def show_passages(passages: "Sequence[Passage]", marks: Marks | None = None) -> None:
    """A card for each passage, numbered as the citations are, with the given stretches highlighted."""
    if not passages:
        st.caption("No passage was found.")
        return
    cards = (
        card(number, passage, (marks or {}).get(number, ())) for number, passage in enumerate(passages, 1)
    )
    st.html(f'<div class="rag-cards">{"".join(cards)}</div>')


def explain_scores() -> None:
    """What the numbers on the cards mean."""
    meanings = "".join(f"<dt>{mode}</dt><dd>{meaning}</dd>" for _, mode, meaning in _COMPONENTS)
    with st.expander("What the scores mean", icon=":material/help:"):
        st.html(
            "<p>The large number is the score that decided the order, from 0 to 1. It is not a probability. "
            "The rank is the passage's place when the whole collection is sorted by that score. Answers show a "
            "passage with what stands around it; its scores are those of the part that was found.</p>"
            f'<dl class="rag-meanings">{meanings}</dl>'
        )


def card(number: int, passage: "Passage", stretches: Sequence[tuple[int, int]] = ()) -> str:
    """A passage as a safe HTML card; of a long one an excerpt, and all of it on demand."""
    return (
        f'<article class="rag-card" aria-label="Passage {number}">'
        f"{_head(number, passage)}"
        f'<p class="hub-passage">{excerpt(passage, stretches)}</p>{_whole(passage, stretches)}'
        f"{_scores(passage)}</article>"
    )


def excerpt(passage: "Passage", stretches: Sequence[tuple[int, int]] = ()) -> str:
    """The sentences around the highlighted stretches (else around what was found) as safe HTML; a short passage
    whole."""
    text = passage.text
    if not _is_long(passage):
        return highlighted(text, stretches)
    parts = excerpts(text, stretches or _found_at(passage), _EXCERPT)
    shown = [highlighted(text[a:b], [(s - a, e - a) for s, e in stretches]) for a, b in parts]
    before = "… " if parts and text[: parts[0][0]].strip() else ""
    after = " …" if parts and text[parts[-1][1] :].strip() else ""
    return before + " … ".join(shown) + after


def place(passage: "Passage") -> str:
    """Heading and page of a passage, as plain text."""
    parts = (passage.heading, f"page {passage.page}" if passage.page else "")
    return " · ".join(part for part in parts if part)


def highlighted(text: str, stretches: Sequence[tuple[int, int]]) -> str:
    """``text`` as safe HTML with the given stretches in ``<mark>``; overlapping ones are joined."""
    pieces, position = [], 0
    for start, end in _joined(stretches, len(text)):
        pieces += [html.escape(text[position:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        position = end
    return "".join([*pieces, html.escape(text[position:])])


def bar(value: float, label: str) -> str:
    """A thin safe HTML bar for a number from 0 to 1."""
    share = 100 * min(max(value, 0.0), 1.0)
    return (
        f'<span class="rag-bar" role="img" aria-label="{html.escape(label)} {value:.2f}">'
        f'<span style="width:{share:.0f}%"></span></span>'
    )


@lru_cache(maxsize=2048)
def warnings_in(text: str) -> tuple[str, ...]:
    """Names of the patterns that make a passage look like instructions to a model."""
    from core.rag.guardrails import findings_in

    return tuple(findings_in(text))


def _is_long(passage: "Passage") -> bool:
    return len(passage.text) > _WHOLE


def _found_at(passage: "Passage") -> list[tuple[int, int]]:
    return [(hit.start - passage.start, hit.end - passage.start) for hit in passage.hits[:1]]


def _whole(passage: "Passage", stretches: Sequence[tuple[int, int]]) -> str:
    """A native disclosure of a long passage: opening it costs no rerun."""
    if not _is_long(passage):
        return ""
    return (
        f'<details class="rag-whole"><summary>Whole passage, {len(passage.text):,} characters</summary>'
        f'<p class="hub-passage">{highlighted(passage.text, stretches)}</p></details>'
    )


def _head(number: int, passage: "Passage") -> str:
    where = html.escape(place(passage))
    uploaded = passage.origin == "upload"
    chips = (
        '<span class="rag-chip rag-own">Added by you</span>'
        if uploaded
        else '<span class="rag-chip">Curated</span>'
    )
    if found := warnings_in(passage.text):
        chips += f'<span class="rag-chip rag-warn" title="{html.escape(", ".join(found))}">Instructions inside</span>'
    return (
        f'<header><span class="rag-name"><b>[{number}]</b> {html.escape(passage.document)}</span>{chips}</header>'
        + (f'<p class="rag-place">{where}</p>' if where else "")
    )


def _scores(passage: "Passage") -> str:
    cells = []
    for name, mode, meaning in _COMPONENTS:
        value, rank = passage.scores.get(name), passage.ranks.get(mode)
        if value is None:
            continue
        shown = f"#{rank}" if rank else "–"
        cells.append(f'<span title="{html.escape(meaning)}">{mode} <b>{value:.2f}</b> {shown}</span>')
    total = f'<span class="rag-total">{passage.score:.2f}</span>{bar(passage.score, "score")}'
    return f'<div class="rag-score">{total}</div><p class="hub-scores">{"".join(cells)}</p>'


def _joined(stretches: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s), min(e, length)) for s, e in stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined
