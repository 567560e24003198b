"""The documents panel: what is indexed, adding a text or files that are searchable at once, and the chunks."""

import html
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.config import settings
from core.counts import counted
from core.errors import HubError
from core.markdown import escape
from core.telemetry import Kind
from core.ui.actions import visitor_action
from core.ui.errors import guarded
from core.ui.frame import set_badges, timed
from core.ui.rag import state
from core.ui.rag.conversations import KEPT_MINUTES
from core.ui.rag.opening import progress_bar
from core.ui.sending import Sending
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.rag import Chunk, DocumentInfo, Progress, SessionKnowledgeBase

_MOST_CHUNKS_SHOWN = 60
_TEXT, _FILES = f"{state.KEY}_add_text", f"{state.KEY}_add_files"


def show_documents() -> None:
    """Forms for adding on the left, the list of documents on the right, the chunks of one below."""
    with guarded():
        base = state.knowledge_base()
        with st.container(key="rag_documents"):
            adding, listing = st.columns([2, 3], gap="large")
        with adding:
            mask = state.choose_mask()
            _text_form(base, mask)
            _file_form(base, mask)
            _limits()
        with listing:
            _list(base)


def add_files(
    base: "SessionKnowledgeBase", files: list[tuple[str, bytes]], *, mask: bool = False
) -> list[str]:
    """Add files one by one with progress; the outcome of each, as safe HTML. A refused one stops no other."""
    bar = st.progress(0.0, text="Reading the file")

    def report(progress: "Progress") -> None:
        if progress.chunks_total:
            bar.progress(*progress_bar(progress))

    add = partial(base.add_bytes, mask_personal_data=mask, on_progress=report)
    outcomes = [_add(name, partial(add, data, name=name)) for name, data in files]
    bar.empty()
    return outcomes


def show_outcomes(outcomes: "Iterable[str]") -> None:
    """Say under each name how adding it went."""
    for outcome in outcomes:
        st.html(outcome)


def _add(name: str, add: "Callable[[], DocumentInfo]") -> str:
    """Add one document; a refused one leaves nothing behind.

    The name is a visitor's text: the outcome is escaped HTML, for Markdown would make a link of an
    address in it.
    """
    try:
        with visitor_action(Kind.UPLOAD) as done, timed("indexed in"):
            info = add()
            done.note(chunks=info.chunks)
    except HubError as error:
        told = f"It{error.message.removeprefix(name)}" if error.message.startswith(name) else error.message
        return _outcome("rag-bad", "Not added", name, f"{told}. {error.hint}")
    chunks = counted(info.chunks, "chunk")
    how = {"unchanged": "Already there", "replaced": "Replaced"}.get(info.status, "Added")
    return _outcome("rag-good", how, info.name, " ".join([f"{chunks}, searchable now.", *info.notices]))


def _outcome(css: str, how: str, name: str, text: str) -> str:
    return (
        f'<div class="rag-outcome {css}" role="status"><b>{how}: {html.escape(name)}</b>'
        f"<p>{html.escape(text)}</p></div>"
    )


def upload_megabytes() -> int:
    """The limit that the upload widgets state; the exact one is checked when the file is read."""
    return max(1, settings().rag.max_file_bytes // 1_000_000)


def _text_form(base: "SessionKnowledgeBase", mask: bool) -> None:
    sending = Sending.of(_TEXT)
    with st.form(f"{_TEXT}_form", border=True):
        st.markdown("**Add a text**")
        name = st.text_input(
            "Name", placeholder="note.md", max_chars=120, key=f"{_TEXT}_name_{sending.number}"
        )
        text = st.text_area(
            "Text",
            height=160,
            placeholder="Paste something, then ask about it.",
            key=f"{_TEXT}_text_{sending.number}",
        )
        sent = st.form_submit_button("Add text", icon=":material/note_add:")
        if sent and not sending.is_second_click(not text):
            label = name.strip() or "note.md"
            add = partial(base.add_text, text, name=label, mask_personal_data=mask)
            sending.carry_out(lambda: [_add(label, add)])
        _tell(sending, sent)


def _file_form(base: "SessionKnowledgeBase", mask: bool) -> None:
    sending = Sending.of(_FILES)
    with st.form(f"{_FILES}_form", border=True):
        st.markdown("**Add files**")
        files = st.file_uploader(
            "TXT, MD, HTML, PDF, DOCX or CSV",  # any is taken, so that a refusal can say what to do
            accept_multiple_files=True,
            max_upload_size=upload_megabytes(),
            key=f"{_FILES}_files_{sending.number}",
        )
        sent = st.form_submit_button("Index files", icon=":material/upload_file:")
        if sent and files:
            given = [(file.name, file.getvalue()) for file in files]
            sending.carry_out(lambda: add_files(base, given, mask=mask))
        elif sent and not sending.is_second_click(empty=True):
            sending.told = []
            st.warning("Choose at least one file first.")
        _tell(sending, sent)


def _tell(sending: Sending, sent: bool) -> None:
    """Outcomes of a form, in the run after it was sent and beneath a second click."""
    if sent or sending.fresh:
        show_outcomes(sending.told)
        if sending.told:
            set_badges(latency_ms=sending.ms, latency_label="indexed in")
    sending.fresh = False


def _limits() -> None:
    rag = settings().rag
    st.caption(
        f"What you add belongs to this browser tab: nobody else and no other tab sees it, a reload brings it back, "
        f"and it is forgotten {KEPT_MINUTES} minutes after the tab is closed. "
        f"The conversation is kept in the same way. A restart of the server forgets both, on purpose. "
        f"Limits: {rag.max_file_bytes / 1e6:.0f} MB, {rag.max_pages} pages, "
        f"{rag.max_characters / 1e6:.0f} million characters and {rag.parse_time_s:.0f} s of reading a file; "
        f"{rag.visitor_documents} documents and {rag.visitor_chunks:,} chunks a session. "
        f"Files are recognised by their content, not by their name, and read in a process with limited memory."
    )


def _list(base: "SessionKnowledgeBase") -> None:
    documents = base.documents()
    own = [info for info in documents if info.origin == "upload"]
    chunks = sum(info.chunks for info in documents)
    models = ", ".join(sorted({info.embedder for info in documents}))
    st.markdown(
        f"**{counted(len(documents), 'document')}, {counted(chunks, 'chunk')}**, {len(own)} added by you"
    )
    st.caption(f"Embedded with {escape(models)}.")
    chosen = st.dataframe(
        [_row(info) for info in documents],
        hide_index=True,
        width="stretch",
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        key="rag_chat_documents",
        column_config={
            "Document": st.column_config.TextColumn(width="medium"),
            "Characters": st.column_config.NumberColumn(format="localized"),
            "Indexed (UTC)": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        alt="Documents with source, chunks, characters and time of indexing",
        placeholder=NO_VALUE,
    )
    if own:
        _delete(base, own)
    rows = chosen["selection"]["rows"]
    if rows and rows[0] < len(documents):
        _show_chunks(base, documents[rows[0]])
    else:
        st.caption("Select a row to see how the document was cut into chunks.")


def _row(info: "DocumentInfo") -> dict[str, object]:
    return {
        "Document": info.name,
        "Source": "you" if info.origin == "upload" else "curated",
        "Chunks": info.chunks,
        "Characters": info.characters,
        "Indexed (UTC)": info.added_at.astimezone(UTC).replace(tzinfo=None),
    }


def _delete(base: "SessionKnowledgeBase", own: "list[DocumentInfo]") -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        doomed = st.selectbox(
            "Delete one of yours (the curated documents are read-only)",
            [info.name for info in own],
            index=None,
            key="rag_chat_doomed",
        )
        st.button(
            "Delete",
            key="rag_chat_delete",
            icon=":material/delete:",
            disabled=not doomed,
            on_click=_drop,
            args=(base, doomed),
        )


def _drop(base: "SessionKnowledgeBase", name: str | None) -> None:
    if name and base.own.delete(name):  # only ever the visitor's own part
        st.toast(f"Deleted {escape(name)}.")
    st.session_state.pop("rag_chat_doomed", None)


def _show_chunks(base: "SessionKnowledgeBase", info: "DocumentInfo") -> None:
    part = base.own if info.origin == "upload" else base.shared
    chunks = part.chunks(info.id)
    st.markdown(f"**Chunks of {escape(info.name)}**")
    st.caption(
        f"What is embedded is the heading path, then the chunk. {base.embedder.model_id} reads "
        f"{base.embedder.max_tokens} tokens of it; the rest would be invisible to it."
    )
    shown = chunks[:_MOST_CHUNKS_SHOWN]
    tokens = base.embedder.count_tokens([chunk.indexed_text for chunk in shown])
    limit = base.embedder.max_tokens
    cards = (_chunk_card(chunk, count, limit) for chunk, count in zip(shown, tokens, strict=True))
    st.html(f'<div class="rag-cards">{"".join(cards)}</div>')
    if len(chunks) > len(shown):
        st.caption(f"{len(chunks) - len(shown):,} more chunks are not drawn.")


def _chunk_card(chunk: "Chunk", tokens: int, limit: int) -> str:
    page = f", page {chunk.page}" if chunk.page else ""
    where = f"characters {chunk.start:,} to {chunk.end:,}{page}, {tokens} of {limit} tokens"
    return (
        f'<article class="rag-card"><header><span class="rag-name"><b>#{chunk.index}</b> '
        f'{html.escape(chunk.heading)}</span></header><p class="rag-place">{where}</p>'
        f'<p class="hub-passage">{html.escape(chunk.text)}</p></article>'
    )
