"""How many visitors the server holds a session for."""

import weakref

import streamlit as st

_MARK = "frame_visitor"


class _Visitor:
    """A mark that lives as long as its session: Streamlit keeps one for two minutes after a visitor left."""


@st.cache_resource(show_spinner=False)
def _present() -> "weakref.WeakSet[_Visitor]":
    return weakref.WeakSet()


def register() -> None:
    """Count this session; calling it again changes nothing."""
    if _MARK not in st.session_state:
        st.session_state[_MARK] = _Visitor()
        _present().add(st.session_state[_MARK])


def count() -> int:
    """Sessions that are alive now."""
    return len(_present())
