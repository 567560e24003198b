"""SQL AI Playground: Cortex SQL on an embedded SQLite.

State in the address: ``?example=<name>`` or ``?q=<sql>`` load a query and run it, ``&run=0`` only loads it,
``&run=explain`` and ``&run=compare`` do what the buttons of that name do;
``?view=Compatibility`` opens the acceptance patterns, ``&run=1`` runs them; ``?tab=`` picks the tab,
``?side=Functions`` the list beside the editor.
"""

import streamlit as st

from core.ui.frame import confirm_reset, guarded, open_page, tabs
from core.ui.sql_ai import code_view, compatibility, editor, how_view, running, side, state, views

open_page(state.KEY)
confirm_reset(state.KEY, state.on_reset())
demo, how, code, _scale = tabs(state.KEY)

with demo, guarded():
    state.begin()

if code.open:
    with code, guarded():
        code_view.show(state.shown_request())  # before the query runs: the source need not wait for it

with demo, guarded():
    view = views.choose()
    if view is views.View.COMPATIBILITY:
        compatibility.show()
    else:
        with st.container(key="sql_ai_layout"):
            main, aside = st.columns([2.6, 1], gap="large")
        first_visit = state.outcome() is None and state.running() is None and not side.shows_history()
        with main:  # first, or on a phone the tables would be seen before they move down
            editor.pick_example()
            editor.edit()
        if first_visit:  # later the tables are listed after the run, which may change them
            with aside, guarded():
                side.show()
        with main:
            outcome = running.run_pending()
            views.show_outcome(outcome)
        if not first_visit:
            with aside, guarded():
                side.show()

if how.open:  # after the run, whose figures it shows
    with how, guarded():
        how_view.show(state.outcome())
