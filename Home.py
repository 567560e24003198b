"""Landing page: what the hub is, the three demos, and whether models and stores are ready."""

import streamlit as st

from core import demos
from core.ui.frame import open_page
from core.ui.nav import page_link

open_page("home")
for column, demo in zip(st.columns(3), demos.projects(), strict=False):
    with column.container(border=True):
        st.subheader(demo.claim, anchor=False)
        st.write(demo.summary)
        page_link(demo.key)
