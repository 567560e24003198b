"""The few style rules that Streamlit's theme has no option for."""

from functools import cache
from pathlib import Path

import streamlit as st

from core.config import ASSETS

FAVICON = ASSETS / "images" / "favicon.png"
_STYLES = ASSETS / "styles.css"


def apply_styles(path: Path = _STYLES) -> None:
    """Add a stylesheet to the page, by default the hub's own.

    As Markdown and not through `st.html`, whose code the browser loads later than the first elements: they
    would be drawn without these rules and then jump. In the side panel, where its own room moves nothing.
    """
    with st.sidebar:
        st.markdown(f"<style>{read(path)}</style>", unsafe_allow_html=True)


def is_dark() -> bool:
    """Whether this visitor sees the dark theme; False until the browser has said so."""
    return st.context.theme.type == "dark"


@cache
def read(path: Path) -> str:
    """The text of a stylesheet, read once a process."""
    return path.read_text(encoding="utf-8")
