"""The examples and the editor: what the visitor asks."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.markdown import escape
from core.ui.address import linkable
from core.ui.sql_ai import copying, state
from core.ui.sql_ai.examples import groups
from core.ui.sql_ai.parameters import names
from core.ui.sql_ai.state import Action

_PICKED = "sql_ai_picked"
_LINE_PX = 21
_LABEL_AND_PADDING_PX = 52
_MIN_LINES, _MAX_LINES = 6, 20
# The theme has no option for the font of one text area.
_STYLE = """<style>.st-key-sql_ai_editor textarea {
  font-family: "Source Code Pro", ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
  font-size: 0.88rem; line-height: 1.5; tab-size: 2;
}
/* Once it is there it may be drawn larger. */
[data-testid="stLayoutWrapper"]:has(> .st-key-sql_ai_field textarea), .st-key-sql_ai_field:has(textarea) {
  flex: none; height: auto; overflow: visible;
}
@media (max-width: 900px) {  /* a wrapped query is unreadable, and two columns are too narrow for tables */
  .st-key-sql_ai_editor textarea { white-space: pre; overflow-x: auto; }
  .st-key-sql_ai_layout [data-testid="stHorizontalBlock"]:not(.st-key-sql_ai_layout [data-testid="stColumn"] *) {
    flex-wrap: wrap;
  }
  .st-key-sql_ai_layout [data-testid="stColumn"]:not(.st-key-sql_ai_layout [data-testid="stColumn"] *) {
    min-width: 100%;
  }
  /* The result takes its room above the lists, which would move down. */
  .st-key-sql_ai_layout [data-testid="stColumn"]:has(.st-key-sql_ai_progress) ~ [data-testid="stColumn"] {
    opacity: 0;
  }
}</style>"""
_BUTTONS = {
    Action.RUN: ("Run", ":material/play_arrow:", "Ctrl+Enter or Cmd+Enter in the editor does the same"),
    Action.EXPLAIN: (
        "Explain AI",
        ":material/account_tree:",
        "Where each AI call runs, and what it will cost",
    ),
    Action.COMPARE: ("Compare", ":material/compare_arrows:", "The same query batched and row by row"),
}


def pick_example() -> None:
    """Groups of examples; a click loads one into the editor and runs it."""
    grouped, current = groups(), state.current_example()
    st.session_state.setdefault(state.GROUP, next(iter(grouped)))
    group = st.segmented_control("Examples", list(grouped), key=state.GROUP, required=True, wrap=False)
    titles = {example.name: example.title for example in grouped.get(str(group), [])}
    st.session_state[_PICKED] = current.name if current and current.name in titles else None
    st.pills(
        "Example",
        list(titles),
        format_func=lambda name: titles.get(name, name),
        key=_PICKED,
        on_change=_picked,
        label_visibility="collapsed",
        wrap=True,
    )


def edit() -> None:
    """The form: SQL, a field for each named parameter, and the buttons."""
    st.html(_STYLE)
    if (current := state.current_example()) and current.note:
        st.caption(current.note)
    lines = min(max(state.text().count("\n") + 1, _MIN_LINES), _MAX_LINES)
    height = lines * _LINE_PX + _LABEL_AND_PADDING_PX
    with st.form("sql_ai_form", border=False):
        with st.container(
            key="sql_ai_field", height=height, border=False
        ):  # its room, until the field is there
            st.text_area("SQL in the Snowflake dialect", key=state.EDITOR, height=height)
        _parameters()
        with _row():
            for action, (label, icon, help_text) in _BUTTONS.items():
                st.form_submit_button(
                    label,
                    key=f"sql_ai_{action}",
                    icon=icon,
                    help=help_text,
                    type="primary" if action is Action.RUN else "secondary",
                    on_click=state.submit,
                    args=(action,),
                )
    if not linkable(state.text()):
        st.caption(
            "This query is too long for the address: a link does not hold it, and it is gone when the page is loaded "
            "again. Keep a copy."
        )


def copy_for_snowflake(sql: str) -> None:
    """The text as it stands, with a copy button, and what in it Snowflake does not know."""
    with st.popover("Copy for Snowflake", icon=":material/content_copy:", type="tertiary"):
        st.caption(copying.told(sql))
        st.code(sql, language="sql", wrap_lines=True)


def ask_for(missing: list[str]) -> None:
    """Say which parameters need a value before the query can run."""
    listed = ", ".join(f"`:{name}`" for name in missing)
    st.info(f"Fill in {listed} above, then run again.", icon=":material/edit:")


def _picked() -> None:
    """Load and run; a click on the example that is open already runs it once more."""
    current = state.current_example()
    name = st.session_state.get(_PICKED) or (current.name if current else "")
    if name:
        state.load_example(name)


def _parameters() -> None:
    if not (found := names(state.text())):
        return
    with st.container(horizontal=True, gap="small"):
        for name in found:
            st.text_input(escape(f":{name}"), key=state.parameter_key(name))


@contextmanager
def _row() -> Iterator[None]:
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        yield
