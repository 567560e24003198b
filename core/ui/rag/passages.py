"""Passages as cards: text with the supporting words marked, scores, and where they come from."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.rag import Passage

_MEANING = {
    "vector": "Cosine of the question's and the passage's vectors",
    "keyword": "Share of the question's word weight that the passage holds (BM25)",
    "fused": "Weighted mean of vector and keyword",
    "rerank": "Late interaction of word vectors",
}


def show_passages(
    passages: "Sequence[Passage]", marks: dict[int, list[tuple[int, int]]] | None = None
) -> None:
    """A card for each passage, numbered as the citations are; ``marks`` are stretches to highlight by number."""
    for number, passage in enumerate(passages, 1):
        with st.container(border=True):
            _head(number, passage)
            st.html(f'<p class="hub-passage">{highlighted(passage.text, (marks or {}).get(number, []))}</p>')
            _scores(passage)


def _head(number: int, passage: "Passage") -> None:
    place = " · ".join(
        part for part in (passage.heading, f"page {passage.page}" if passage.page else "") if part
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**[{number}]** `{passage.document}`", width="stretch")
        if passage.origin == "upload":
            st.badge("Added by you", color="orange")
        else:
            st.badge("Curated", color="blue")
    if place:
        st.caption(place)


def _scores(passage: "Passage") -> None:
    st.progress(min(max(passage.score, 0.0), 1.0), text=f"Context score {passage.score:.2f}")
    parts = []
    for name, meaning in _MEANING.items():
        value, rank = passage.scores.get(name), passage.ranks.get("hybrid" if name == "fused" else name)
        if value is not None:
            place = f", rank {rank}" if rank else ""
            parts.append(f'<span title="{html.escape(meaning)}">{name} {value:.2f}{place}</span>')
    st.html(f'<p class="hub-scores">{" · ".join(parts)}</p>')


def highlighted(text: str, stretches: Sequence[tuple[int, int]]) -> str:
    """``text`` as safe HTML with the given stretches in ``<mark>``; overlapping ones are joined."""
    pieces, position = [], 0
    for start, end in _joined(stretches, len(text)):
        pieces += [html.escape(text[position:start]), "<mark>", html.escape(text[start:end]), "</mark>"]
        position = end
    return "".join([*pieces, html.escape(text[position:])])


def _joined(stretches: Sequence[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in sorted((max(0, s), min(e, length)) for s, e in stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        elif start < end:
            joined.append((start, end))
    return joined
