"""Interview Guide: pitches, demo scripts and questions, with the evidence in this app.

Address: ?section=RAG opens a chapter, &part=Questions a part of it, &q=rag_chat-3 one answer,
?find=cost searches.
"""

import streamlit as st

from core.guide import load_guide
from core.ui import guide_view
from core.ui.frame import confirm_reset, guarded, open_page, reset_button

PRACTICE = "Practice"

open_page("interview_guide")
guide_view.ADDRESS.begin("section")
with guarded():
    guide = load_guide()
    confirm_reset("interview_guide", guide_view.forget)
    chapters = {chapter.title: chapter for chapter in guide.chapters}

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        wanted = st.text_input(
            "Find in all questions",
            key="find",
            bind="query-params",
            placeholder="Find in all questions: cost, threshold, rollback",
            label_visibility="collapsed",
            width=440,  # on a phone it takes the whole row and the buttons go below
        )
        guide_view.export(guide)

    if wanted:
        guide_view.search_results(guide, wanted)
    else:
        section = guide_view.ADDRESS.choice("section", [*chapters, PRACTICE], "Chapter")
        if section == PRACTICE:
            guide_view.practice(guide)
        else:
            guide_view.chapter(chapters[section])
    reset_button("interview_guide")
