"""How it works, with the figures of this visitor's own session."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.counts import counted
from core.ui import diagrams
from core.ui.badges import duration
from core.ui.sql_ai import state
from core.ui.sql_ai.sandboxes import sandboxes

if TYPE_CHECKING:
    from core.sql_ai.results import Meter
    from core.ui.sql_ai.state import Outcome


def show(outcome: "Outcome | None") -> None:
    """The way of the last query through the engine, and what the sandbox has asked of models so far."""
    st.subheader("The figures of your session", anchor=False)
    last = [result.meter for result in outcome.results] if outcome else []
    if outcome and outcome.request.action is state.Action.COMPARE:
        last = last[:1]
    if not any(meter.calls for meter in last):
        st.caption("What ran last asked no model. Run one of the examples, then come back.")
    else:
        st.markdown("What the last query went through:")
        diagrams.draw(diagram(last), alt=alt(last))
    session = sandboxes().find(state.sandbox_id())
    if session and session.history:
        _so_far([entry.meter for entry in session.history], len(session.memo))


def diagram(meters: Sequence["Meter"]) -> str:
    """A flow chart of the calls, and where their answers came from."""
    calls, inputs, batches, memo, repeats = _split(meters)
    model, total = (sum(getattr(meter, name) for meter in meters) for name in ("model_ms", "elapsed_ms"))
    rounds = sum(meter.rounds for meter in meters)
    kept = (
        f"<br/>{others:,} asked before by others" if (others := sum(meter.kept for meter in meters)) else ""
    )
    return f"""
flowchart TD
    A["{counted(calls, "call")} of AI functions"] --> B["{repeats:,} repeat another call<br/>or need no model"]
    A --> C["{memo:,} answered by<br/>an earlier query"]
    A --> D["{inputs:,} new and distinct:<br/>{counted(batches, "batch", "es")}, {duration(model)}{kept}"]
    B --> F["Rows after {counted(rounds, "round")},<br/>{duration(total)} in all"]
    C --> F
    D --> F
"""


def alt(meters: Sequence["Meter"]) -> str:
    """The chart in a sentence."""
    calls, inputs, batches, memo, repeats = _split(meters)
    kept = (
        f", {others:,} of them asked before by others"
        if (others := sum(meter.kept for meter in meters))
        else ""
    )
    return (
        f"Of {counted(calls, 'call')}, {repeats:,} repeated another one or needed no model, {memo:,} were answered by "
        f"an earlier query and {inputs:,} went to models in {counted(batches, 'batch', 'es')}{kept}."
    )


def _split(meters: Sequence["Meter"]) -> tuple[int, int, int, int, int]:
    names = ("calls", "model_inputs", "batches", "memo_hits")
    calls, inputs, batches, memo = (sum(getattr(meter, name) for meter in meters) for name in names)
    return calls, inputs, batches, memo, max(calls - inputs - memo, 0)


def _so_far(meters: Sequence["Meter"], remembered: int) -> None:
    asked = {
        "Statements": f"{len(meters):,}",
        "Calls": f"{sum(meter.calls for meter in meters):,}",
        "Model inputs": f"{sum(meter.model_inputs for meter in meters):,}",
        "Batches": f"{sum(meter.batches for meter in meters):,}",
        "In the memo": f"{remembered:,}",
        "In models": duration(sum(meter.model_ms for meter in meters)),
    }
    st.markdown("All statements of your sandbox, the last hundred at most:")
    with st.grid(min_column_width=100, gap="small"):
        for name, value in asked.items():
            st.metric(name, value)
