"""Experiment Browser: train, compare, gate, promote, serve, watch, roll back.

State in the address, so that a demo script can link to it:
    ?view=train|runs|registry|predict|serve|watch   (gates = registry, drift = watch)
    ?view=runs&filter=metrics.roc_auc > 0.84&compare=top3        compare: top<n>, or run ids with commas
              &comparison=Curves, or &detail=Charts for one run: the tab below
              &measure=metrics.brier&order=newest&columns=metrics.f1,params.C&page=2
    ?view=registry&version=production|staging|challenger|previous|<number>
    ?view=predict&sample=high|low|typical                        fills the form and scores it; &records=A file
    ?view=watch&shift=Contract:25                                simulates the shift (percent) and judges it
              &data=Upload a table, or Live requests
"""

import streamlit as st

from core.ui.address import begin_notice
from core.ui.code_panel import show_source
from core.ui.frame import confirm_reset, guarded, open_page, tabs
from core.ui.mlops import state, train, views

SOURCES = {
    "Gates: non-inferiority by a paired bootstrap": "core.mlops.gates:judge",
    "The decision: recorded first, then carried out": "core.mlops.decisions:DecisionLog.promote",
    "The audit log: each line seals all before it": "core.mlops.audit:AuditLog.append",
    "The reload: one assignment after every check": "core.mlops.serving.holder:ModelHolder._reload",
    "Drift: weighted Bonferroni over the columns": "core.mlops.drift:compare",
    "Training: the hold-out chooses nothing": "core.mlops.training:fit_algorithm",
}

open_page(state.KEY)
confirm_reset(state.KEY, state.forget)
demo, how, code, _scale = tabs(state.KEY)

if demo.open:
    with demo, guarded():
        view = views.choose()
        begin_notice()
        workspace = state.wait_or_show(state.opening(state.root()))
        if workspace is not None:
            with guarded():
                if view != "train":
                    train.ticker(workspace)
                views.VIEWS[view][1](workspace)

if how.open:
    with how, guarded():
        state.live_figures()

if code.open:
    with code, guarded():
        st.markdown(
            "The functions behind this page, in `core/mlops`; the page itself only connects widgets to them."
        )
        for title, reference in SOURCES.items():
            st.markdown(f"#### {title}")
            show_source(reference)
