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
with guarded():
    state.begin()  # before the tabs, which would move when the address asks for what is not there
demo, how, code, _scale = tabs(state.KEY)

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
        lists = side.Lists(aside)
        with main:
            editor.pick_example()
            editor.edit()
            # On a phone the lists stand below the result, which would push them down. A first visitor need not wait
            # for a slow one; later they are empty no more, and the run may change the tables.
            outcome = running.run_pending(meanwhile=lists.show if first_visit else None)
            views.show_outcome(outcome)
        lists.show()

if how.open:  # after the run, whose figures it shows
    with how, guarded():
        how_view.show(state.outcome())
