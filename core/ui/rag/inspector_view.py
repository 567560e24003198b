"""The retrieval inspector: one question in every mode, ranks joined by lines, and a map of the collection."""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.markdown import escape
from core.ui import charts, controls
from core.ui.errors import guarded
from core.ui.frame import timed
from core.ui.rag import search_filter, state
from core.ui.rag.passages import explain_scores, show_passages

if TYPE_CHECKING:
    import numpy as np
    import plotly.graph_objects as go
    from numpy.typing import NDArray

    from core.rag import Chunk, Passage, SessionKnowledgeBase
    from core.rag.documents import Mode

    Found = dict[Mode, list[Passage]]

_MODES: "tuple[Mode, ...]" = ("vector", "hybrid", "keyword")
_MOST_POINTS = 3000
_EXAMPLE = "How often must a machine be descaled in hard water?"
_LAYOUT = f"{state.KEY}_layout"


def show_inspector() -> None:
    """Ask once; see what each mode finds, where it ranks it, and where it lies in the collection."""
    with guarded():
        left, right = st.columns([3, 1], gap="large")
        with left:
            question = controls.words(
                state.ADDRESS, "inspect", "Question to inspect", _EXAMPLE, max_chars=2000
            )
        with right:
            k = state.choose_k(settings().rag.top_k)
        with st.expander("Search in, and diversity", icon=":material/filter_list:"):
            only = search_filter.choose_filter(state.ADDRESS, state.own_names())
            with st.columns(3, gap="medium")[0]:
                diversity = search_filter.choose_diversity(state.ADDRESS)
        if not question.strip():
            st.info("Type a question to see how the three search modes rank the same passages.")
            return
        base = state.knowledge_base()
        options: dict[str, Any] = {"where": only.where, "diversity": diversity}
        with timed("three searches in"):
            found: Found = {mode: base.search(question, k=k, mode=mode, **options) for mode in _MODES}
        if only.label or diversity:
            st.caption(_narrowed(only.label, diversity))
        _show_ranks(found, k)
        _show_map(base, question, found["hybrid"])
        chosen = st.segmented_control(
            "Passages found by", _MODES, default="hybrid", key="rag_chat_inspected", required=True
        )
        explain_scores()
        show_passages(found[chosen])


def _narrowed(label: str, diversity: float) -> str:
    """What the searches were told, in words; ranks are those among the documents searched."""
    told = [f"Searched {escape(label)}."] * bool(label)
    told += [f"Passages are chosen with diversity {diversity:.1f}."] * bool(diversity)
    return " ".join(told)


def _show_ranks(found: "Found", k: int) -> None:
    st.markdown("**The same passages, ranked by each mode**")
    if not any(found.values()):
        st.info("No mode finds a passage.")
        return
    charts.show(
        _ranks(found, k),
        alt="Rank of each passage in vector, hybrid and keyword search, joined by lines",
        key="rag_chat_ranks",
    )
    st.caption(
        f"A line joins the places of one passage; below the dashed line it is not among the first {k}. "
        "Keyword search ranks only passages that share a word with the question."
    )


def _ranks(found: "Found", k: int) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    passages = {p.chunk_id: p for hits in found.values() for p in hits}
    lowest = k + 1
    colours = len(charts.palette())
    for number, passage in enumerate(passages.values()):
        ranks = [_rank(passage, mode) for mode in _MODES]
        shown = [min(rank, lowest) if rank else lowest for rank in ranks]
        figure.add_scatter(
            x=list(_MODES),
            y=shown,
            mode="lines+markers",
            name=_label(passage),
            marker={"size": 11, "symbol": "circle" if number < colours else "diamond"},
            line={"dash": "solid" if number < colours else "dot"},  # colours begin again: told apart by shape
            text=[f"{_label(passage)}: {mode} rank {rank or 'none'}" for mode, rank in zip(_MODES, ranks, strict=True)],
            hoverinfo="text",
        )  # fmt: skip
    figure.add_hline(y=k + 0.5, line_dash="dash", line_width=1, opacity=0.6)
    ticks = list(range(1, k + 1))
    figure.update_yaxes(
        title="Rank",
        range=[lowest + 0.5, 0.5],
        tickvals=[*ticks, lowest],
        ticktext=[*map(str, ticks), "lower"],
    )
    figure.update_xaxes(range=[-0.2, 2.2])
    legend = {"orientation": "h", "yref": "container", "yanchor": "bottom", "y": 0, "x": 0}
    figure.update_layout(height=240 + 30 * k + 14 * len(passages), legend=legend, margin={"t": 10})
    return figure


def _rank(passage: "Passage", mode: "Mode") -> int | None:
    return passage.ranks.get(mode)


def _label(passage: "Passage") -> str:
    return f"{passage.document} #{passage.index}"


def _show_map(base: "SessionKnowledgeBase", question: str, hits: "list[Passage]") -> None:
    panel = _map_panel()
    with panel:
        if not panel.open:
            return
        charts.show(
            _map(base, question, hits),
            alt="Every chunk of the collection in two dimensions, with the question and its passages marked",
            key="rag_chat_map",
        )
        st.caption(
            "The first two principal components of the chunks' vectors: exact, and the same at every visit. "
            "Two of 384 dimensions hold little of the distance, so near on the map is a hint and not a score."
        )


def _map_panel() -> Any:
    """The panel of the map; whether it is open stands in the address."""
    drawn: list[Any] = []

    def draw(key: str, start: bool) -> bool:
        label, icon = "Map of the collection", ":material/scatter_plot:"
        drawn.append(st.expander(label, expanded=start, icon=icon, on_change="rerun", key=key))
        return bool(drawn[0].open)

    state.ADDRESS.linked(
        "map", False, {"true": True, "false": False}.get, lambda is_open: str(is_open).lower(), draw
    )
    return drawn[0]


def _map(base: "SessionKnowledgeBase", question: str, hits: "list[Passage]") -> "go.Figure":
    import plotly.graph_objects as go

    chunks, points, centre, axes = _layout(base)
    asked = axes @ (base.encode_query(question) - centre)
    found = {passage.chunk_id for passage in hits}
    colours = charts.palette()
    figure = go.Figure()
    for name, kind, size, colour in (
        ("curated chunks", "shared", 6, colours[6]),
        ("your chunks", "own", 8, colours[3]),
        ("passages found", "hit", 12, colours[1]),
    ):
        rows = [row for row, chunk in enumerate(chunks) if _kind(base, chunk, found) == kind]
        if not rows:
            continue
        figure.add_scatter(
            x=points[rows, 0],
            y=points[rows, 1],
            mode="markers",
            name=name,
            text=[f"{chunks[row].document_id} #{chunks[row].index}" for row in rows],
            hoverinfo="text",
            marker={"size": size, "color": colour, "opacity": 0.6 if kind == "shared" else 1.0},
        )
    marker = {"size": 16, "symbol": "star", "color": colours[0]}
    figure.add_scatter(
        x=[asked[0]], y=[asked[1]], mode="markers", name="question", marker=marker, hoverinfo="name"
    )
    figure.update_layout(height=460)
    figure.update_xaxes(showticklabels=False)
    figure.update_yaxes(showticklabels=False)
    return figure


def _kind(base: "SessionKnowledgeBase", chunk: "Chunk", found: set[str]) -> str:
    if chunk.id in found:
        return "hit"
    return "own" if base.own.holds_chunk(chunk.id) else "shared"


def _layout(
    base: "SessionKnowledgeBase",
) -> "tuple[list[Chunk], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]":
    """Chunks, their points, the centre and the two axes; computed once for a version of the collection."""
    import numpy as np

    kept: OrderedDict[str, Any] = st.session_state.setdefault(_LAYOUT, OrderedDict())
    version = base.corpus_version
    if version not in kept:
        chunks, vectors = base.vectors()
        chunks, vectors = chunks[:_MOST_POINTS], vectors[:_MOST_POINTS]
        centre = vectors.mean(axis=0)
        axes = np.linalg.svd(vectors - centre, full_matrices=False)[2][:2]
        kept.clear()
        kept[version] = (chunks, (vectors - centre) @ axes.T, centre, axes)
    found: tuple[Any, Any, Any, Any] = kept[version]
    return found
