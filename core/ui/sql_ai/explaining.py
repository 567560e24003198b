"""EXPLAIN AI: where each AI call runs, and what it will cost, before anything is asked of a model."""

from typing import TYPE_CHECKING

import streamlit as st

from core.ui.sql_ai import result_view
from core.ui.sql_ai.state import Outcome

if TYPE_CHECKING:
    pass

_WORDS = "EXPLAIN AI"


def explained(statement: str) -> str:
    """The statement that asks for the plan of another one."""
    return statement if statement.upper().startswith(_WORDS) else f"{_WORDS} {statement}"


def show_outcome(outcome: Outcome) -> None:
    """The plan as a table."""
    st.caption("The plan of the query above. No model has been asked.")
    result_view.show_outcome(outcome)
