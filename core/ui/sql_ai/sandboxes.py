"""One SQL sandbox for each visitor, opened when first needed; the longest unused ones give way."""

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.sql_ai import examples

if TYPE_CHECKING:
    from core.sql_ai import Session
    from core.sql_ai.kept_answers import KeptAnswers

MAX_SANDBOXES = 64  # a sandbox with the sample tables and the results of a query takes about 1 MB


class Sandboxes:
    """The open sandboxes of this process by visitor; safe to use from any thread."""

    def __init__(self, most: int = MAX_SANDBOXES) -> None:
        self._most = most
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()
        self._kept: KeptAnswers | None = None

    def get(self, visitor: str) -> "Session":
        """The visitor's sandbox, opened with the sample tables when there is none."""
        session = self.find(visitor)
        if session is None:
            from core.sql_ai import open_session

            session = open_session(kept=self._kept_answers())  # outside the lock: others need not wait for it
            with self._lock:
                session = self._open.setdefault(visitor, session)
                while len(self._open) > self._most:
                    self._open.popitem(last=False)  # freed when the last statement on it ends
        return session

    def _kept_answers(self) -> "KeptAnswers":
        from core.sql_ai import samples
        from core.sql_ai.kept_answers import KeptAnswers

        with self._lock:
            self._kept = self._kept or KeptAnswers(samples.texts() | examples.texts())
            return self._kept

    def find(self, visitor: str) -> "Session | None":
        """The visitor's sandbox if it is open."""
        with self._lock:
            if visitor in self._open:
                self._open.move_to_end(visitor)
            return self._open.get(visitor)

    def drop(self, visitor: str) -> None:
        """Forget the visitor's sandbox; its tables and models are gone."""
        with self._lock:
            self._open.pop(visitor, None)

    def __len__(self) -> int:
        with self._lock:
            return len(self._open)


@st.cache_resource(show_spinner=False)
def sandboxes() -> Sandboxes:
    """The sandboxes of this process."""
    return Sandboxes()
