"""Interview Guide: pitches, demo scripts and questions, with the evidence in this app.

Address: ?section=RAG opens a chapter, &part=Questions a part of it, &topic=cost the questions
of one topic, &q=rag_chat-3 one answer; ?find=cost searches.
"""

import streamlit as st

from core.guide import load_guide
from core.ui import guide_view
from core.ui.address import begin_notice
from core.ui.frame import confirm_reset, guarded, open_page, reset_button

open_page("interview_guide")
guide_view.ADDRESS.begin("find")
with guarded():
    guide = load_guide()
    confirm_reset("interview_guide", guide_view.forget)
    chapters = {chapter.title: chapter for chapter in guide.chapters}

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        wanted = guide_view.find_box()
        guide_view.export(guide)
    begin_notice()

    if wanted:
        guide_view.search_results(guide, wanted)
    else:
        section = guide_view.ADDRESS.choice("section", [*chapters, guide_view.PRACTICE], "Chapter")
        if section == guide_view.PRACTICE:
            guide_view.practice(guide)
        else:
            guide_view.chapter(chapters[section])
    reset_button("interview_guide")
