# Query parameters: view=Chat|Documents|Inspector|Evaluation|Safety, question=<text>&run=1 (asks it without a
# click), k=1..10, mode=hybrid|vector|keyword, generator=auto|extractive|local|endpoint, rerank=true, mask=true,
# manual=true&threshold=0..1, compare=Passages|Search modes|Diversity|Generators|No retrieval, inspect=<question>,
# source=everything|curated|yours, types=md, docs=<name> (both may be repeated), diversity=0..0.9, map=true,
# attack=<name>, evaluate=1, half=test|tuning, b=true with b_k, b_mode, b_generator, b_rerank; chat=<tab>.
import streamlit as st

from core.ui.address import begin_notice
from core.ui.code_panel import show_source
from core.ui.errors import guarded
from core.ui.frame import open_page, tabs
from core.ui.rag import opening, state

open_page(state.KEY)
state.reset_with_page()
state.apply_styles()
state.restore_after_reload()
demo, how, code, scale = tabs(state.KEY)

if demo.open:
    with demo, guarded():
        view = state.ADDRESS.choice("view", state.VIEWS, "View")
        begin_notice()
        if view == "Documents":
            from core.ui.rag.documents_view import show_documents as show
        elif view == "Inspector":
            from core.ui.rag.inspector_view import show_inspector as show
        elif view == "Evaluation":
            from core.ui.rag.evaluation_view import show_evaluation as show
        elif view == "Safety":
            from core.ui.rag.safety_view import show_safety as show
        else:
            from core.ui.rag.chat_view import show_chat as show
        show()
        state.keep_for_reload()

if how.open:
    with how, guarded():
        from core.ui.rag.live import show_figures

        show_figures()

if code.open:
    with code, guarded():
        st.markdown("What runs between a question and its answer, in order.")
        show_source(
            "core.rag.retrieval:search",
            "core.rag.fusion",
            "core.rag.answering:stream_answer",
            "core.rag.evidence:measure",
            "core.rag.grounding:check_sentences",
            "core.rag.sessions:SessionKnowledgeBase.search",
        )

opening.start_opening()
