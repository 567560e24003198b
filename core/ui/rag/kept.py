"""Recent answers to linked questions, so that a reload or a shared link does not ask the same thing twice."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from core.ui.rag.state import ChatSettings, Turn

_MOST = 128
Key = tuple[str, "ChatSettings", str]


class KeptTurns:
    """A bounded store of finished turns by question, settings and version of the shared documents.

    Only turns that rest on nothing private belong here: no uploads, no conversation before them.
    """

    def __init__(self) -> None:
        self._turns: OrderedDict[Key, Turn] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Key) -> "Turn | None":
        """The turn of that key, or None."""
        with self._lock:
            if key in self._turns:
                self._turns.move_to_end(key)
            return self._turns.get(key)

    def keep(self, key: Key, turn: "Turn") -> None:
        """Keep a finished turn; the least recently used one falls out beyond the bound."""
        with self._lock:
            self._turns[key] = turn
            if len(self._turns) > _MOST:
                self._turns.popitem(last=False)


@st.cache_resource(show_spinner=False)
def kept_turns() -> KeptTurns:
    """The store of this process."""
    return KeptTurns()
