"""The few style rules that Streamlit's theme has no option for."""

import streamlit as st

from core.config import ASSETS

FAVICON = ASSETS / "images" / "favicon.png"
_STYLES = ASSETS / "styles.css"


def apply_styles() -> None:
    """Add the hub's stylesheet to the page (an element of only styles takes no room)."""
    st.html(_STYLES)


def is_dark() -> bool:
    """Whether this visitor sees the dark theme; False until the browser has said so."""
    return st.context.theme.type == "dark"
