"""Who is here: the sessions that the server holds, each with an id for the log."""

import uuid
import weakref
from collections.abc import Callable

import streamlit as st

_MARK = "frame_visitor"


class _Visitor:
    """A mark that lives as long as its session.

    Streamlit keeps one for two minutes after a visitor left, and drops it when the next visitor leaves after that.
    """

    def __init__(self) -> None:
        self.id = uuid.uuid4().hex[:12]  # says nothing about the visitor, and nothing can be opened with it


@st.cache_resource(show_spinner=False)
def _present() -> "weakref.WeakSet[_Visitor]":
    return weakref.WeakSet()


def register() -> None:
    """Count this session; calling it again changes nothing."""
    if _MARK not in st.session_state:
        st.session_state[_MARK] = _Visitor()
        _present().add(st.session_state[_MARK])


def session_id() -> str:
    """The id of this session in log lines and spans; it belongs to one tab and ends with it."""
    register()
    visitor: _Visitor = st.session_state[_MARK]
    return visitor.id


def when_gone(release: Callable[..., object], *arguments: object) -> None:
    """Call ``release(*arguments)`` once this session has ended; it must not hold on to the session itself."""
    register()
    weakref.finalize(st.session_state[_MARK], release, *arguments).atexit = False


def count() -> int:
    """Sessions that are alive now."""
    return len(_present())
