"""What never changes once written, read from the store once: evaluations, cards, training rows."""

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.mlops import state

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.gates import GateReport
    from core.mlops.registry import VersionInfo


def evaluation(workspace: Any, run_id: str, what: str) -> Any:
    """A logged result of a finished run; see Workspace.evaluation."""
    return _evaluation(state.root(), run_id, what, workspace)


def card(workspace: Any, run_id: str) -> str:
    """The model card of a run, as Markdown, without its decisions."""
    return _card(state.root(), run_id, workspace)


def reference(workspace: Any, info: "VersionInfo") -> "pd.DataFrame":
    """The rows a version was trained on."""
    return _reference(state.root(), info.version, info.model_id, workspace)


def gate_report(workspace: Any, info: "VersionInfo") -> "GateReport | None":
    """The latest stored gate report of a version; None when its gates were never checked."""
    if dict(info.tags).get("gate") is None:
        return None
    from core.mlops.gates import Gate, GateReport

    stored = json.loads(_gates(state.root(), info.run_id, workspace))
    stored = {name: stored[name] for name in GateReport.__dataclass_fields__ if name in stored}
    return GateReport(**(stored | {"gates": tuple(Gate(**gate) for gate in stored["gates"])}))


def forget_gates() -> None:
    """Read gate reports anew: one was just made."""
    _gates.clear()


@st.cache_data(show_spinner=False, max_entries=600)
def _evaluation(root: str, run_id: str, what: str, _workspace: Any) -> Any:
    return _workspace.evaluation(run_id, what)


@st.cache_data(show_spinner=False, max_entries=60)
def _card(root: str, run_id: str, _workspace: Any) -> str:
    text: str = _workspace.store.read_artifact(run_id, "model_card.md")
    return text


@st.cache_resource(show_spinner=False, max_entries=4)
def _reference(root: str, version: int, model_id: str, _workspace: Any) -> "pd.DataFrame":
    return _workspace.reference_data(version)


@st.cache_data(show_spinner=False, max_entries=60, ttl=30)
def _gates(root: str, run_id: str, _workspace: Any) -> str:
    text: str = _workspace.store.read_artifact(run_id, "gates/latest.json")
    return text
