"""The catalogue of AI functions beside the editor: signature, rules, an example to insert."""

import html
from typing import TYPE_CHECKING

import streamlit as st

from core.markdown import escape
from core.ui.sql_ai import state

if TYPE_CHECKING:
    from core.sql_ai.catalog import FunctionSpec

_FIRST = "AI_CLASSIFY"
_BARE = "-"


def show() -> None:
    """A searchable choice of function and everything the catalogue says about it."""
    from core.sql_ai.catalog import all_functions

    known = {spec.sql_name: spec for spec in all_functions()}
    names = list(known)
    name = st.selectbox(
        f"Function ({len(names)})",
        names,
        names.index(_FIRST) if _FIRST in names else 0,
        key="sql_ai_function",
        help="Type to search. The catalogue also drives parsing, error messages and tests.",
    )
    _details(known[name])


def _details(spec: "FunctionSpec") -> None:
    from core.sql_ai.catalog import FAMILY_NOTES

    st.markdown(escape(spec.summary))
    st.code("\n".join(spec.signatures), language="sql", wrap_lines=True)
    st.html(_facts(spec))
    if spec.family in FAMILY_NOTES:
        st.caption(FAMILY_NOTES[spec.family])
    st.markdown("**Example**")
    st.code(spec.example, language="sql", wrap_lines=True)
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Insert example",
            key="sql_ai_insert",
            icon=":material/add:",
            on_click=state.append,
            args=(spec.example,),
        )
        if spec.url:
            st.link_button("Reference", spec.url, icon=":material/open_in_new:", type="tertiary")


def _facts(spec: "FunctionSpec") -> str:
    facts = {
        "Returns": spec.returns,
        "NULL": spec.null_rule,
        "Errors": spec.errors,
        "Answered by": spec.model,
        "Also written": ", ".join(alias.replace("CORTEX.", "SNOWFLAKE.CORTEX.") for alias in spec.aliases),
        "Databricks": spec.databricks,
        "BigQuery": spec.bigquery,
    }
    rows = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd></div>"
        for name, text in facts.items()
        if text and text != _BARE
    )
    return f'<dl class="hub-list">{rows}</dl>'
