"""One button that brings the whole hub back to its seeded state."""

import streamlit as st

from core import demos
from core.config import settings
from core.errors import NotAvailable
from core.ui.frame import guarded, reset_page, reset_panel

_SHARED, _TOKEN = "frame_reset_shared", "frame_reset_token"


def control() -> None:
    """The button with its question: what goes, for whom, and that it cannot be undone."""
    with reset_panel("Reset the hub"):
        st.markdown("Drop your inputs, results, uploads and conversations on every page?")
        shared = st.checkbox(
            "Also bring the shared model workspace back to its first start",
            key=_SHARED,
            help="Later versions are removed and later runs hidden, for every visitor. The audit log stays.",
        )
        if shared and settings().hub_admin_token is not None:
            st.text_input("Admin token", type="password", key=_TOKEN)
        st.button("Reset the hub", type="primary", key="frame_reset_hub", on_click=reset_hub)


def reset_hub() -> None:
    """Reset every page for this visitor and, when the box is ticked, the shared workspace."""
    shared, token = bool(st.session_state.get(_SHARED)), str(st.session_state.get(_TOKEN, ""))
    with guarded():
        if shared:
            _reset_workspace(token)
        for demo in demos.installed()[1:]:
            reset_page(demo.key)
        what = "and the model workspace " if shared else ""
        st.session_state["frame_notice"] = f"Your pages {what}are back to their seeded state."


def _reset_workspace(token: str) -> None:
    from core.ui.mlops import state

    state.check_token(token)
    opening = state.opening(state.root())
    if not opening.ended.wait(60) or opening.workspace is None:
        raise NotAvailable(
            "The model workspace is not open yet", "Open the Experiment Browser once, then reset again."
        )
    from core.mlops.seeding import reset

    reset(opening.workspace, reason="hub reset", actor="hub")
