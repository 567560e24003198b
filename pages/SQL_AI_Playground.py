"""SQL AI Playground: Cortex SQL on an embedded SQLite.

State in the address: ``?example=<name>`` or ``?q=<sql>`` load a query, ``&run=1`` runs it;
``?view=Compatibility`` opens the acceptance patterns, ``&run=1`` runs them; ``?tab=`` picks the tab.
"""

import streamlit as st

from core.ui.frame import confirm_reset, guarded, open_page, tabs
from core.ui.sql_ai import code_view, compatibility, editor, running, side, state, views

open_page(state.KEY)
confirm_reset(state.KEY, state.on_reset())
demo, _how, code, _scale = tabs(state.KEY)

with demo, guarded():
    state.begin()
    view = views.choose()
    if view is views.View.COMPATIBILITY:
        compatibility.show()
    else:
        main, aside = st.columns([2.6, 1], gap="large")
        with main:
            editor.pick_example()
            editor.edit()
            outcome = running.run_pending()
            views.show_outcome(outcome)
        with aside, guarded():
            side.show()

if code.open:
    with code, guarded():
        code_view.show(state.outcome())
