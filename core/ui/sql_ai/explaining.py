"""EXPLAIN AI: where each AI call runs, and what it will cost, before anything is asked of a model."""

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.markdown import escape
from core.ui.frame import show_error
from core.ui.sql_ai.frames import Grid, column_config, frame_of
from core.ui.sql_ai.state import Outcome

if TYPE_CHECKING:
    from core.sql_ai.results import Result

_WORDS: Final = "EXPLAIN AI"
_WORDINGS: Final = {
    "FUNCTION": "Function",
    "CLAUSE": "Runs in",
    "WAITS_FOR": "Waits for",
    "ESTIMATED_INPUTS": "Inputs to come",
    "ACTUAL_INPUTS": "Inputs last time",
    "ESTIMATED_TOKENS": "Tokens to come",
    "ESTIMATED_COST": "Cost to come",
}
_MEANINGS: Final = {
    "Inputs to come": "distinct texts whose answer is not remembered yet, so zero right after a run",
    "Inputs last time": "what the same query sent to a model when it last ran here",
}
_APPLIED: Final = "OPTIMISATION"


def explained(statement: str) -> str:
    """The statement that asks for the plan of another one."""
    return statement if statement.upper().startswith(_WORDS) else f"{_WORDS} {statement}"


def show_outcome(outcome: Outcome) -> None:
    """The plan of every statement: a table of AI calls, and what is done to make them few."""
    for result in outcome.results:
        if result.error:
            show_error(result.error)
        elif not result.rows:
            st.info("This query asks no model.", icon=":material/info:")
        else:
            _plan(result)


def worded(result: "Result") -> Grid:
    """The plan's columns in words; those that say nothing about this query are left out."""
    whole = Grid.of(result.columns, result.rows)
    said = [column for column in _WORDINGS if any(value is not None for value in whole.values(column))]
    columns: list[list[Any]] = [[number + 1 for number in whole.values("CALL")]]
    columns += [whole.values(column) for column in said]
    return Grid.of(["Call", *(_WORDINGS[column] for column in said)], list(zip(*columns, strict=True)))


def _plan(result: "Result") -> None:
    shown = worded(result)
    st.markdown("**The plan.** No model has been asked.")
    st.dataframe(
        frame_of(shown),
        hide_index=True,
        column_config=column_config(shown),
        placeholder="not known yet",
        alt=f"Plan: where each of {len(shown.rows)} AI calls runs, with the inputs and tokens to come",
    )
    st.caption(
        " ".join(f"{name}: {meaning}." for name, meaning in _MEANINGS.items() if name in shown.columns)
    )
    notes = "; ".join(Grid.of(result.columns, result.rows).values(_APPLIED)).split("; ")
    lines = [f"- {escape(note[:1].upper() + note[1:])}" for note in dict.fromkeys(notes)]
    st.markdown("\n".join(["**What keeps the calls few**", "", *lines]))
