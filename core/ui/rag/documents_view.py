"""The documents panel: what is indexed, and adding a text or files that are searchable at once."""

from typing import TYPE_CHECKING

import streamlit as st

from core.config import settings
from core.ui.errors import guarded
from core.ui.frame import timed
from core.ui.rag import state

if TYPE_CHECKING:
    from core.rag import DocumentInfo, Progress, SessionKnowledgeBase

FILE_TYPES = ["txt", "md", "html", "htm", "pdf", "docx", "csv"]


def show_documents() -> None:
    """Forms for adding on the left, the list of documents on the right."""
    with guarded():
        base = state.knowledge_base()
        adding, listing = st.columns([2, 3], gap="large")
        with adding:
            _text_form(base)
            _file_form(base)
            _limits()
        with listing:
            _list(base)


def add_files(base: "SessionKnowledgeBase", files: list[tuple[str, bytes]]) -> None:
    """Add files one by one with progress; each failure is shown under its name and the rest go on."""
    bar = st.progress(0.0, text="Reading")

    def report(progress: "Progress") -> None:
        done, total = progress.chunks_done, progress.chunks_total or progress.chunks_done or 1
        left = "" if progress.remaining_s is None else f", {progress.remaining_s:.0f} s left"
        bar.progress(
            min(done / total, 1.0), text=f"{done} of {total} chunks, {progress.rate:.0f} a second{left}"
        )

    for name, data in files:
        with guarded(), timed("indexed in"):
            _notice(base.add_bytes(data, name=name, on_progress=report))
    bar.empty()


def _text_form(base: "SessionKnowledgeBase") -> None:
    with st.form("rag_chat_add_text", clear_on_submit=True, border=True):
        st.markdown("**Add a text**")
        name = st.text_input("Name", placeholder="note.md", max_chars=120)
        text = st.text_area("Text", height=160, placeholder="Paste something, then ask about it.")
        if st.form_submit_button("Add text", icon=":material/note_add:"):
            with guarded(), timed("indexed in"):
                _notice(base.add_text(text, name=name.strip() or "note.md"))


def _file_form(base: "SessionKnowledgeBase") -> None:
    with st.form("rag_chat_add_files", clear_on_submit=True, border=True):
        st.markdown("**Add files**")
        files = st.file_uploader(
            "Files", type=FILE_TYPES, accept_multiple_files=True, label_visibility="collapsed"
        )
        if st.form_submit_button("Add files", icon=":material/upload_file:"):
            if not files:
                st.warning("Choose at least one file first.")
            add_files(base, [(file.name, file.getvalue()) for file in files])


def _notice(info: "DocumentInfo") -> None:
    st.success(f"{info.name}: {info.chunks} chunks, searchable now.", icon=":material/check:")
    for notice in info.notices:
        st.caption(notice)


def _limits() -> None:
    rag = settings().rag
    st.caption(
        f"What you add stays in this browser session and vanishes with it. Limits: "
        f"{rag.max_file_bytes / 1e6:.0f} MB and {rag.max_pages} pages a file, "
        f"{rag.visitor_documents} documents and {rag.visitor_chunks:,} chunks a session."
    )


def _list(base: "SessionKnowledgeBase") -> None:
    documents = base.documents()
    own = [info for info in documents if info.origin == "upload"]
    chunks = sum(info.chunks for info in documents)
    st.markdown(f"**{len(documents)} documents, {chunks:,} chunks**, {len(own)} of them yours")
    st.dataframe(
        [_row(info) for info in documents],
        hide_index=True,
        width="stretch",
        column_config={
            "Chunks": st.column_config.NumberColumn(width="small"),
            "Added": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        alt="Documents with their chunks, source, embedding model and time of indexing",
    )
    if own:
        doomed = st.selectbox(
            "Delete one of yours", [info.name for info in own], index=None, key="rag_chat_doomed"
        )
        if doomed and st.button(f"Delete {doomed}", icon=":material/delete:"):
            base.delete(doomed)
            st.rerun()


def _row(info: "DocumentInfo") -> dict[str, object]:
    return {
        "Document": info.name,
        "Source": "yours" if info.origin == "upload" else "curated",
        "Chunks": info.chunks,
        "Characters": info.characters,
        "Embedded with": info.embedder,
        "Added": info.added_at,
    }
