"""The same query batched and row by row, side by side."""

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import BadInput
from core.ui import charts
from core.ui.badges import duration
from core.ui.frame import show_error
from core.ui.sql_ai import result_view
from core.ui.sql_ai.state import Outcome

if TYPE_CHECKING:
    from core.sql_ai import Session
    from core.sql_ai.results import Result

WAYS = ("Batched", "Row by row")


def compare(session: "Session", sql: str) -> "tuple[Result, ...]":
    """The query's result batched and row by row, neither with remembered answers.

    Raises BadInput for anything but one query: a statement that changes tables would do so three times.
    """
    if not is_single_query(sql):
        raise BadInput(
            "Only a single SELECT can be compared",
            "Anything else would run more than once. Put one query alone in the editor.",
        )
    session.run_script(sql)  # loads the models, so that the first way does not pay for it
    with session.asking_anew():
        batched = session.run_script(sql)
    with session.asking_anew():
        return (*batched, *session.run_script(sql, optimize=False))


def is_single_query(sql: str) -> bool:
    """Whether the text is one SELECT, WITH or VALUES statement."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    from core.sql_ai.dialect.splitting import split_statements

    statements = split_statements(sql)
    try:
        words = [token.text.upper() for token in sqlglot.tokenize(sql, read="snowflake")]
    except SqlglotError:
        return False
    first = next((word for word in words if word != "("), "")
    return len(statements) == 1 and first in ("SELECT", "WITH", "VALUES")


def show_outcome(outcome: Outcome) -> None:
    """Both meters beside each other, what the difference is, and whether the rows agree."""
    results = dict(zip(WAYS, outcome.results, strict=True))
    for column, (way, result) in zip(st.columns(2, gap="medium"), results.items(), strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{way}**")
            _side(result)
    if not any(result.error for result in outcome.results):
        _verdict(*outcome.results)
        _bars(results, outcome.number)
    best = outcome.results[0]
    if best.error is None:
        with st.expander(f"Rows ({len(best.rows):,})"):
            result_view.show_result(best, f"{outcome.number}_compare")


def _side(result: "Result") -> None:
    meter = result.meter
    facts = {
        "Calls": f"{meter.calls:,}",
        "Model inputs": f"{meter.model_inputs:,}",
        "Time": duration(meter.elapsed_ms),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in facts.items():
            st.metric(name, value, width="content")
    if result.error:
        show_error(result.error)


def _verdict(batched: "Result", single: "Result") -> None:
    same = batched.columns == single.columns and batched.rows == single.rows
    rows = "Both gave the same rows." if same else "The rows differ."
    if not single.meter.calls:
        st.info(f"{rows} This query asks no model, so there is nothing to batch.", icon=":material/info:")
        return
    faster = single.meter.elapsed_ms / max(batched.meter.elapsed_ms, 0.001)
    inputs = f"{batched.meter.model_inputs:,} model inputs instead of {single.meter.model_inputs:,}"
    text = f"{rows} Batched needed {inputs} and was {faster:,.1f} times as fast."
    (st.success if same else st.warning)(text, icon=":material/check:" if same else ":material/warning:")


def _bars(results: "dict[str, Result]", number: int) -> None:
    import plotly.graph_objects as go

    made = go.Figure()
    palette = charts.palette()
    seconds = [result.meter.elapsed_ms / 1000 for result in results.values()]
    made.add_bar(
        y=list(results),
        x=seconds,
        orientation="h",
        marker_color=[palette[0], palette[1]],
        text=[duration(value * 1000) for value in seconds],
        textposition="outside",
        cliponaxis=False,
    )
    made.update_layout(height=170, yaxis={"autorange": "reversed"}, margin={"t": 8, "r": 64})
    made.update_xaxes(title="seconds", rangemode="tozero")
    alt = ", ".join(f"{way} {duration(result.meter.elapsed_ms)}" for way, result in results.items())
    charts.show(made, alt=f"Bar chart of seconds: {alt}", key=f"sql_ai_compare_{number}")
