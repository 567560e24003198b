"""The schema browser: tables of the visitor's sandbox with column types and samples."""

import html
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.config_sql import SqlSettings
from core.counts import counted
from core.markdown import escape
from core.ui.sql_ai import state
from core.ui.sql_ai.frames import label_of
from core.ui.sql_ai.sandboxes import sandboxes

if TYPE_CHECKING:
    from core.sql_ai.tables import TableInfo

_SAMPLE_CHARS = 60


def show() -> None:
    """Every table with its columns; a button puts a query on it into the editor."""
    with st.spinner("Opening the sandbox"):
        session = sandboxes().get(state.sandbox_id())
    for table in session.tables():
        size = "view" if table.row_count is None else counted(table.row_count, "row")
        with st.expander(f"{escape(table.name)} :gray[{size}]", key=f"sql_ai_table_{table.name}"):
            st.html(_columns(table))
            st.button(
                "Query this table",
                key=f"sql_ai_query_{table.name}",
                icon=":material/add:",
                on_click=state.append,
                args=(select_from(table.name),),
            )
    _limits()


def _limits() -> None:
    limits = settings().sql
    st.caption(
        "This sandbox belongs to this browser tab and lasts until you reload or close it. "
        "Tabs share the models, nothing else."
    )
    st.caption(
        f"Limits of a sandbox: {limits.time_limit_s:.0f} s and {limits.max_model_inputs:,} model inputs a statement, "
        f"{limits.max_rows:,} rows a result, {limits.max_tables} tables."
    )
    with st.popover("All limits and their settings", icon=":material/tune:", type="tertiary"):
        rows = "".join(
            f"<div><dt>{html.escape(meaning)}<span>{html.escape(name)}</span></dt>"
            f"<dd>{html.escape(value)}</dd></div>"
            for name, meaning, value in limit_lines(limits)
        )
        st.html(f'<dl class="hub-list">{rows}</dl>')


def limit_lines(limits: SqlSettings) -> list[tuple[str, str, str]]:
    """Setting, meaning and value of every limit; a setting without a value is left out."""
    return [
        (f"SQL__{name.upper()}", str(field.description), f"{value:,g}" if value < 1e6 else f"{value:,.0f}")
        for name, field in SqlSettings.model_fields.items()
        if isinstance(value := getattr(limits, name), (int, float))
    ]


def select_from(table: str) -> str:
    """A first query on a table, whose name is quoted when it has to be."""
    plain = table.isascii() and table.isidentifier() and table == table.upper()
    name = table if plain else '"' + table.replace('"', '""') + '"'
    return f"SELECT *\nFROM {name}\nLIMIT 20;"


def _columns(table: "TableInfo") -> str:
    rows = "".join(
        f"<div><dt>{html.escape(name)}<span>{html.escape(kind)}</span></dt>"
        f"<dd>{html.escape(_samples([row[index] for row in table.sample]))}</dd></div>"
        for index, (name, kind) in enumerate(table.columns)
    )
    return f'<dl class="hub-list">{rows}</dl>'


def _samples(values: list[Any]) -> str:
    texts = dict.fromkeys(label_of(value) for value in values)
    return ", ".join(
        text if len(text) <= _SAMPLE_CHARS else f"{text[: _SAMPLE_CHARS - 1]}…" for text in texts
    )
