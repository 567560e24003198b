"""The Code tab: the source of the functions that answered the last query, then of the engine around them."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.code_panel import show_source
from core.ui.sql_ai.state import Outcome

if TYPE_CHECKING:
    from core.sql_ai.catalog import FunctionSpec

_FUNCTIONS = "core.sql_ai.functions"


def show(outcome: Outcome | None) -> None:
    """What ran, newest request first; without one, the engine alone."""
    specs = functions_in(outcome.request.filled) if outcome else []
    st.subheader("The functions of your last query", anchor=False)
    if not specs:
        st.caption("It called no AI function. Run an example on the Demo tab and come back.")
    shown: set[str] = set()
    for spec in specs:
        st.markdown(f"`{spec.sql_name}` is answered by {spec.model}.")
        for item in sources(spec):
            if str(item) not in shown:
                shown.add(str(item))
                show_source(item)


def functions_in(sql: str) -> "list[FunctionSpec]":
    """The catalogue's functions a text calls, in order; names in strings and comments do not count."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    from core.sql_ai import catalog

    try:
        words = [token.text.upper() for token in sqlglot.tokenize(sql, read="snowflake")]
    except SqlglotError:
        return []
    found = {}
    for index, word in enumerate(words):
        legacy = words[max(index - 4, 0) : index] == ["SNOWFLAKE", ".", "CORTEX", "."]
        spec = catalog.find(f"CORTEX.{word}" if legacy else word)
        if spec and words[index + 1 : index + 2] == ["("]:
            found[spec.name] = spec
    return list(found.values())


def sources(spec: "FunctionSpec") -> list[Callable[..., Any] | str]:
    """The batch behind a function, and what it calls in `core.sql_ai.functions`: read from its syntax tree."""
    from core.errors import NotAvailable
    from core.sql_ai.models import batch_function

    try:
        batch = batch_function(spec.provider, {})
    except NotAvailable:
        return []
    return [batch, *called_functions(inspect.getsource(batch))]


def called_functions(source: str) -> list[str]:
    """References 'module:function' to what a function's text imports from the answers' package and calls."""
    tree = ast.parse(textwrap.dedent(source))
    modules: dict[str, str] = {}
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(_FUNCTIONS):
            target = modules if node.module == _FUNCTIONS else names
            target |= {alias.asname or alias.name: f"{node.module}|{alias.name}" for alias in node.names}
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            found.append(f"{modules[node.value.id].replace('|', '.')}:{node.attr}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            found.append(names[node.func.id].replace("|", ":"))
    return [name for name in dict.fromkeys(found) if name.rsplit(":", 1)[1].islower()]
