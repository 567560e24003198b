"""Figures of this very server beside the explanation of how the page works."""

import streamlit as st

from core.ui.badges import duration
from core.ui.rag import state
from core.ui.rag.opening import peek


def show_figures() -> None:
    """Size of the collection, the threshold in use, and what the latest answer's steps took."""
    base = peek()
    if base is None:
        st.caption("The figures of this server appear here once its documents are open.")
        return
    st.markdown("**On this hub right now**")
    answers = [turn.answer for turn in state.turns() if turn.answer]
    figures = [
        ("Documents", f"{len(base.documents()):,}"),
        ("Chunks", f"{base.corpus_size:,}"),
        ("Vector length", f"{base.vectors()[1].shape[1]:,}"),
    ]
    if answers:
        latest = answers[-1]
        figures.append(("Threshold", f"{latest.threshold:.2f}"))
        figures += [
            (name.replace("_", " ").capitalize(), duration(milliseconds))
            for name, milliseconds in latest.timings.items()
        ]
    with st.grid(min_column_width=130, gap="small"):
        for label, value in figures:
            st.metric(label, value)
    if not answers:
        st.caption("Ask something, and the times of its steps are added.")
