"""Beside the editor: tables, functions, history."""

from typing import Any

import streamlit as st

from core.counts import counted
from core.markdown import escape
from core.ui.address import PageAddress
from core.ui.badges import duration
from core.ui.frame import guarded
from core.ui.sql_ai import functions_help, schema, state, uploading

LISTS = ("Tables", "Functions", "History")
_ADDRESS, _NAME = PageAddress(state.KEY), "side"
_LINE_CHARS = 80
# Buttons centre their text; a list of queries reads from the left.
_LIST_STYLE = """<style>.st-key-sql_ai_history_list button { justify-content: flex-start; max-width: 100%; }
.st-key-sql_ai_history_list button p { white-space: normal; text-align: left; overflow-wrap: anywhere; }
.st-key-sql_ai_history_list button, .st-key-sql_ai_history_list button div { min-width: 0; height: auto; }
</style>"""


def shows_history() -> bool:
    """Whether the history is in view, which has to wait for the run."""
    return _ADDRESS.now(_NAME, LISTS[0], lambda text: text if text in LISTS else None) == LISTS[-1]


class Lists:
    """The three lists in the place that is given, once a run of the page; every entry can go into the editor."""

    def __init__(self, place: Any) -> None:
        self._place = place
        self._shown = False

    def show(self) -> None:
        """Draw them, unless this was done."""
        if self._shown:
            return
        self._shown = True
        with self._place, guarded():
            _show()


def _show() -> None:
    tables, functions, history = _ADDRESS.tabs(_NAME, LISTS).values()
    with tables, guarded():
        uploading.take_upload()
        schema.show()
    if functions.open:
        with functions, guarded():
            functions_help.show()
    with history, guarded():
        _history()


def _history() -> None:
    entries = state.history()
    if not entries:
        st.caption("What you run appears here, newest first.")
    else:
        st.html(_LIST_STYLE)
        with st.container(key="sql_ai_history_list", gap="xxsmall"):
            _entries(entries)


def _entries(entries: list[state.Entry]) -> None:
    for number, entry in enumerate(entries):
        line = " ".join(entry.sql.split())
        note = f"{counted(entry.rows, 'row')}, {duration(entry.milliseconds)}" if entry.ok else "failed"
        st.button(
            escape(f"{line[:_LINE_CHARS]}{'…' if len(line) > _LINE_CHARS else ''}"),
            key=f"sql_ai_history_{number}",
            help=f"Put it back into the editor. Last time: {note}.",
            icon=":material/history:" if entry.ok else ":material/error:",
            type="tertiary",
            on_click=state.load,
            args=(entry.sql,),
        )
