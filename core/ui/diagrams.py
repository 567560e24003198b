"""Mermaid diagrams, drawn compactly enough for a phone."""

import streamlit as st

_COMPACT = '%%{init: {"flowchart": {"rankSpacing": 30, "nodeSpacing": 24, "padding": 10}}}%%\n'


def draw(diagram: str, alt: str) -> None:
    """Show the diagram; ``alt`` says in a sentence what it shows."""
    compact = _COMPACT if diagram.lstrip().startswith("flowchart") else ""
    st.mermaid_chart(compact + diagram.strip(), alt=alt)
