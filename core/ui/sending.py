"""A form for files or texts that loses nothing to impatience: it is emptied when all is added, not when it is sent.

Streamlit's own ``clear_on_submit`` empties it in the browser at once. A second click, or any other one, cuts
the run off, and what was not added by then would be gone.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import streamlit as st

_DOUBLE_CLICK_S = 1.0


@dataclass(slots=True)
class Sending:
    """One form of a visitor: ``number`` is in its widgets' keys, ``told`` (safe HTML) ``fresh`` until shown."""

    number: int = 0
    ended: float = -_DOUBLE_CLICK_S
    told: list[str] = field(default_factory=list)
    ms: float = 0.0
    fresh: bool = False

    @classmethod
    def of(cls, form: str) -> "Sending":
        """The state of the form with this session key."""
        found: Sending = st.session_state.setdefault(form, cls())
        return found

    def is_second_click(self, empty: bool) -> bool:
        """Whether the form, sent without anything in it, was sent by the second click of a double click."""
        return empty and time.monotonic() - self.ended < _DOUBLE_CLICK_S

    def carry_out(self, work: Callable[[], list[str]]) -> None:
        """Do the work, then empty the form and show the outcomes, in a new run."""
        begin = time.perf_counter()
        self.told, self.fresh = work(), True
        self.ms = (time.perf_counter() - begin) * 1000
        self.empty()
        st.rerun()

    def empty(self) -> None:
        """Have the widgets begin anew when they are drawn next, as all they held is added."""
        self.number, self.ended = self.number + 1, time.monotonic()
