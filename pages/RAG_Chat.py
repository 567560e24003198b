# Query parameters: view=Chat|Documents|Inspector, question=<text>&run=1 (asks it without a click),
# k=1..10, mode=hybrid|vector|keyword, generator=auto|extractive|local|endpoint, rerank=true,
# manual=true&threshold=0..1, inspect=<question> (Inspector).
import streamlit as st

from core.ui.code_panel import show_source
from core.ui.errors import guarded
from core.ui.frame import open_page, tabs
from core.ui.rag import chat_view, state

open_page(state.KEY)
state.reset_with_page()
demo, how, code, scale = tabs(state.KEY)

if demo.open:
    with demo, guarded():
        view = st.segmented_control(
            "View",
            ["Chat", "Documents", "Inspector"],
            default="Chat",
            key="view",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
        if view == "Documents":
            from core.ui.rag.documents_view import show_documents

            show_documents()
        elif view == "Inspector":
            from core.ui.rag.inspector_view import show_inspector

            show_inspector()
        else:
            chat_view.show_chat()

if code.open:
    with code, guarded():
        st.markdown("What runs between a question and its answer, in order.")
        show_source(
            "core.rag.retrieval:search",
            "core.rag.fusion",
            "core.rag.answering:answer_question",
            "core.rag.sessions:SessionKnowledgeBase.search",
        )
