"""The schema browser: tables of the visitor's sandbox with column types and samples."""

import html
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.ui.errors import escape
from core.ui.sql_ai import state
from core.ui.sql_ai.frames import label_of
from core.ui.sql_ai.sandboxes import sandboxes

if TYPE_CHECKING:
    from core.sql_ai import TableInfo

_SAMPLE_CHARS = 60


def show() -> None:
    """Every table with its columns; a button puts a query on it into the editor."""
    session = sandboxes().find(state.sandbox_id())
    if session is None:
        st.caption("The tables appear with the first query.")
        return
    for table in session.tables():
        with st.expander(f"{escape(table.name)} :gray[{table.rows:,} rows]"):
            st.html(_columns(table))
            st.button(
                "Query this table",
                key=f"sql_ai_query_{table.name}",
                icon=":material/add:",
                on_click=state.append,
                args=(select_from(table.name),),
            )
    limits = settings().sql
    st.caption(
        f"Limits of a sandbox: {limits.time_limit_s:.0f} s and {limits.max_model_inputs:,} model inputs a statement, "
        f"{limits.max_rows:,} rows a result, {limits.max_tables} tables."
    )


def select_from(table: str) -> str:
    """A first query on a table, whose name is quoted when it has to be."""
    plain = table.isascii() and table.isidentifier() and table == table.upper()
    name = table if plain else '"' + table.replace('"', '""') + '"'
    return f"SELECT *\nFROM {name}\nLIMIT 20;"  # noqa: S608  text for the editor, run in the sandbox


def _columns(table: "TableInfo") -> str:
    rows = "".join(
        f"<div><dt>{html.escape(column.name)}<span class='hub-light-none'>{html.escape(column.type)}</span></dt>"
        f"<dd>{html.escape(_samples(column.samples))}</dd></div>"
        for column in table.columns
    )
    return f'<dl class="hub-list">{rows}</dl>'


def _samples(values: list[Any]) -> str:
    texts = [label_of(value) for value in values]
    return ", ".join(
        text if len(text) <= _SAMPLE_CHARS else f"{text[: _SAMPLE_CHARS - 1]}…" for text in texts
    )
