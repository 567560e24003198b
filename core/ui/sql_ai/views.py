"""What the Demo tab shows: the playground or the compatibility panel, and each kind of outcome."""

from enum import StrEnum

import streamlit as st

from core.ui.address import PageAddress
from core.ui.frame import show_error
from core.ui.sql_ai import comparing, editor, explaining, result_view, state
from core.ui.sql_ai.state import Action, Outcome


class View(StrEnum):
    """The views of the Demo tab; the value stands in the address."""

    PLAYGROUND = "Playground"
    COMPATIBILITY = "Compatibility"


def choose() -> View:
    """The view in the address, or the one the visitor clicked."""
    return View(PageAddress(state.KEY).choice("view", [view.value for view in View], "View"))


def show_outcome(outcome: Outcome | None) -> None:
    """The outcome under the editor, or how to get one."""
    if outcome is None:
        st.caption("Press Run, or Ctrl+Enter (Cmd+Enter on a Mac) in the editor.")
        return
    if outcome.error:
        show_error(outcome.error)
        return
    show = {
        Action.RUN: result_view.show_outcome,
        Action.EXPLAIN: explaining.show_outcome,
        Action.COMPARE: comparing.show_outcome,
    }[outcome.request.action]
    show(outcome)
    editor.copy_for_snowflake(outcome.request.filled)
