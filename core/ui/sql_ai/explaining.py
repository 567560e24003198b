"""EXPLAIN AI: where each AI call runs, and what it will cost, before anything is asked of a model."""

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.sql_ai import result_view
from core.ui.sql_ai.state import Outcome

if TYPE_CHECKING:
    from core.sql_ai import Session
    from core.sql_ai.results import Result

_WORDS = "EXPLAIN AI"


def explain(session: "Session", sql: str) -> "tuple[Result, ...]":
    """The plan of each statement."""
    return tuple(session.run_script(sql if sql.lstrip().upper().startswith(_WORDS) else f"{_WORDS} {sql}"))


def show_outcome(outcome: Outcome) -> None:
    """The plan as a table."""
    st.caption("The plan of the query above. No model has been asked.")
    result_view.show_outcome(outcome)
