"""The retrieval inspector: one question in every mode, ranks joined by lines, and a map of the collection."""

from typing import TYPE_CHECKING

import streamlit as st

from core.ui import charts
from core.ui.errors import guarded
from core.ui.frame import timed
from core.ui.rag import state
from core.ui.rag.passages import show_passages

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from core.rag import Passage, SessionKnowledgeBase
    from core.rag.documents import Mode

_MODES: "tuple[Mode, ...]" = ("vector", "hybrid", "keyword")
_MOST_POINTS = 3000


def show_inspector() -> None:
    """Ask once, see what each mode finds and where it ranks it."""
    with guarded():
        question = st.text_input(
            "Question to inspect",
            key="inspect",
            bind="query-params",
            placeholder="How often must a machine be descaled in hard water?",
            max_chars=2000,
        )
        if not question.strip():
            st.info("Type a question to see how the three search modes rank the same passages.")
            return
        base = state.knowledge_base()
        k = int(st.session_state.get("k", 5))
        with timed("search"):
            found = {mode: base.search(question, k=k, mode=mode) for mode in _MODES}
        charts.show(
            _ranks(found, k),
            alt="Rank of each passage in vector, hybrid and keyword search, joined by lines",
            key="rag_chat_ranks",
        )
        chosen = st.segmented_control(
            "Passages of", _MODES, default="hybrid", key="rag_chat_inspected", required=True
        )
        show_passages(found[chosen])
        with st.expander("Map of the collection", icon=":material/scatter_plot:", on_change="rerun") as panel:
            if panel.open:
                charts.show(
                    _map(base, question, found["hybrid"]),
                    alt="Every chunk of the collection in two dimensions, with the question and its passages marked",
                    key="rag_chat_map",
                )


def _ranks(found: "dict[Mode, list[Passage]]", k: int) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    labels = {p.chunk_id: _label(p) for passages in found.values() for p in passages}
    for chunk, label in labels.items():
        ranks = [_rank(found[mode], chunk) for mode in _MODES]
        figure.add_scatter(x=list(_MODES), y=ranks, mode="lines+markers", name=label, connectgaps=False)
    figure.update_yaxes(autorange="reversed", title="rank", dtick=1, range=[k + 0.5, 0.5])
    figure.update_layout(height=360, legend={"orientation": "v", "x": 1.02, "y": 1})
    return figure


def _rank(passages: "list[Passage]", chunk: str) -> int | None:
    return next((n for n, passage in enumerate(passages, 1) if passage.chunk_id == chunk), None)


def _label(passage: "Passage") -> str:
    return f"{passage.document} #{passage.index}"


def _map(base: "SessionKnowledgeBase", question: str, passages: "list[Passage]") -> "go.Figure":
    """Principal components of the vectors: exact, fast, and the same at every visit."""
    import numpy as np
    import plotly.graph_objects as go

    chunks, vectors = base.vectors()
    chunks, vectors = chunks[:_MOST_POINTS], vectors[:_MOST_POINTS]
    centre = vectors.mean(axis=0)
    axes = np.linalg.svd(vectors - centre, full_matrices=False)[2][:2]
    points, asked = (vectors - centre) @ axes.T, (base.encode_query(question) - centre) @ axes.T
    hits = {passage.chunk_id for passage in passages}
    colours = charts.palette()
    figure = go.Figure()
    for name, wanted, size, colour in (
        ("chunks", False, 5, colours[6]),
        ("passages found", True, 11, colours[1]),
    ):
        rows = [row for row, chunk in enumerate(chunks) if (chunk.id in hits) is wanted]
        figure.add_scatter(
            x=points[rows, 0],
            y=points[rows, 1],
            mode="markers",
            name=name,
            text=[f"{chunks[row].document_id} #{chunks[row].index}" for row in rows],
            hoverinfo="text",
            marker={"size": size, "color": colour},
        )
    marker = {"size": 15, "symbol": "star", "color": colours[0]}
    figure.add_scatter(x=[asked[0]], y=[asked[1]], mode="markers", name="question", marker=marker)
    figure.update_layout(height=460)
    return figure
