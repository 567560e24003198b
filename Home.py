"""Landing page: what the hub is, the demos, and whether models and stores are ready."""

import streamlit as st

from core import demos
from core.ui import hub_reset, status
from core.ui.frame import guarded, open_page
from core.ui.nav import page_link

open_page("home")

st.markdown(
    "Each demo mirrors a commercial platform, proves one claim on real input, and opens its own source, "
    "limits and measurements. Everything runs embedded and offline: no account, no key, no network.",
    width=760,
)

# Two in a row, or one: never three and one.
with st.grid(2, min_column_width=300, gap="medium", key="home_cards"):
    for demo in demos.installed()[1:]:
        with st.container(border=True, height="stretch", gap="xsmall", key=f"card_{demo.key}"):
            st.caption(f"Mirrors {demo.mirrors}" if demo.mirrors else "For the interview")
            st.header(demo.title, anchor=False)
            if demo.kind == "demo":  # the guide's claim says what its summary says
                st.markdown(f"**{demo.claim}**")
            st.markdown(demo.summary)
            page_link(demo.key, f"Open the {demo.title}")

with st.container(horizontal=True, vertical_alignment="center"):
    st.header("Ready to demo", anchor=False, width="stretch")
    hub_reset.control()
with st.container(key="hub_status"), guarded():
    status.panel()
