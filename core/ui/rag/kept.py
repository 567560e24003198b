"""Results worth keeping for every visitor of this server, so that a reload does not compute them again.

Only what rests on nothing private belongs here: the shared documents, no uploads, no conversation before.
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import TYPE_CHECKING, Generic, TypeVar

import streamlit as st

if TYPE_CHECKING:
    from core.rag.evaluation_builtin import AskSettings, BuiltinReport, Half
    from core.ui.rag.state import ChatSettings, Turn

    TurnKey = tuple[str, ChatSettings, str]  # question, settings, version of the shared documents
    ReportKey = tuple[AskSettings, Half, str]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Kept(Generic[K, V]):
    """A bounded, thread-safe store; the least recently used value falls out."""

    def __init__(self, most: int) -> None:
        self._values: OrderedDict[K, V] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def find(self, key: K) -> V | None:
        """The value of that key, or None."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def keep(self, key: K, value: V) -> None:
        """Keep a value, replacing the one of the same key."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)


@st.cache_resource(show_spinner=False)
def kept_turns() -> "Kept[TurnKey, Turn]":
    """Recent answers to linked questions."""
    return Kept(128)


@st.cache_resource(show_spinner=False)
def kept_reports() -> "Kept[ReportKey, BuiltinReport]":
    """Recent runs of the built-in evaluation."""
    return Kept(24)
