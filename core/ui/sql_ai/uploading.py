"""The upload form: a file becomes a table of the visitor's sandbox."""

import streamlit as st

from core.config import settings
from core.counts import counted
from core.errors import BadInput
from core.markdown import escape
from core.telemetry import Kind
from core.ui.actions import visitor_action
from core.ui.frame import show_error
from core.ui.sending import Sending
from core.ui.sql_ai import state, uploads
from core.ui.sql_ai.sandboxes import sandboxes

_NOTICE = "sql_ai_upload_notice"
_PROBLEM = "sql_ai_upload_problem"
_FORM = "sql_ai_upload"


def limits() -> uploads.Limits:
    """What an upload may measure; no more rows than a sandbox may hold."""
    return uploads.Limits(rows=min(uploads.Limits().rows, settings().sql.max_table_rows))


def take_upload() -> None:
    """The form behind 'Add a table', and what came of the last upload."""
    with st.popover("Add a table", icon=":material/upload_file:", width="stretch"):
        if problem := st.session_state.pop(_PROBLEM, None):
            show_error(problem)
        if notice := st.session_state.pop(_NOTICE, None):
            st.success(notice, icon=":material/check:")
        number = Sending.of(_FORM).number
        with st.form(f"{_FORM}_form", border=False):
            st.file_uploader(
                "CSV, TSV, JSON, JSONL or Parquet file",  # any is taken, so that a refusal can say what to do
                max_upload_size=limits().megabytes,
                key=f"sql_ai_file_{number}",
            )
            st.text_input(
                "Table name", key=f"sql_ai_table_{number}", placeholder="From the file name", max_chars=60
            )
            st.form_submit_button("Add", icon=":material/add:", key="sql_ai_add", on_click=_add)
        st.caption(
            f"{limits().text}. Visible to you alone, in memory, gone after a reset. CSV may be divided by commas, "
            "semicolons, tabs or bars; decimal commas are read where commas do not divide. From Excel: save as CSV."
        )


def _add() -> None:
    """Read the file and load it; runs as the form's callback, before the page is drawn again."""
    sending = Sending.of(_FORM)
    file, wanted = (st.session_state.get(f"sql_ai_{name}_{sending.number}") for name in ("file", "table"))
    if sending.is_second_click(file is None):
        return
    if file is None:
        st.session_state[_PROBLEM] = BadInput("No file was chosen", "Choose one, then press Add.")
        return
    try:
        with visitor_action(Kind.UPLOAD, bytes=file.size):
            frame = uploads.read(file.name, file.getvalue(), limits())
            name = uploads.table_name(wanted or file.name)
            session = sandboxes().get(state.sandbox_id())
            replaced = any(table.name == name for table in session.tables(sample_rows=0))
            session.load_table(name, frame)
    except Exception as error:  # noqa: BLE001  shown in place of the notice, or logged there
        st.session_state[_PROBLEM] = error
        return
    size = f"{counted(len(frame), 'row')}, {counted(len(frame.columns), 'column')}"
    note = ". It replaces the table of that name." if replaced else ""
    st.session_state[_NOTICE] = f"{escape(name)}: {size}{note}"
    sending.empty()
    state.load(f"SELECT *\nFROM {name}\nLIMIT 20;", run=True)
