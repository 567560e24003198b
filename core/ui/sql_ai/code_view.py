"""The Code tab: the source of the functions that answered the last query, then of the engine around them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.code_panel import show_source
from core.ui.sql_ai.state import Request

if TYPE_CHECKING:
    from core.sql_ai.catalog import FunctionSpec

_FUNCTIONS = "core.sql_ai.functions"
_CALL = re.compile(r"\bCALL\s", re.IGNORECASE)
_ENGINE = ("core.sql_ai.session:Session.fixpoint", "core.sql_ai.batching:Engine.answer")
_SELECTION = tuple(f"core.sql_ai.ml.selection:{name}" for name in ("choose", "backtest", "combine"))
_MODELS = {
    "SENTIMENT_ANALYSIS": ("core.sql_ai.udfs:sentiment_analysis",),
    "FORECAST": ("core.sql_ai.ml.forecast:ForecastModel.forecast", *_SELECTION),
    "DETECT_ANOMALIES": ("core.sql_ai.ml.anomaly:AnomalyModel.detect", *_SELECTION),
    "PREDICT": ("core.sql_ai.ml.classification:ClassificationModel.predict",),
    "GET_DRIVERS": ("core.sql_ai.ml.insights:get_drivers",),
}


def show(request: Request | None) -> None:
    """The source behind the functions the request calls, then that of the engine around them."""
    sql = request.filled if request else ""
    specs, models = functions_in(sql), models_in(sql)
    st.subheader("The functions of your last query", anchor=False)
    if not specs and not models:
        st.caption("It called no AI function. Run an example on the Demo tab and come back.")
    _show_functions(specs)
    for name, references in models.items():
        st.markdown(f"`{name}` is answered by")
        show_source(*references)
    st.subheader("The engine around them", anchor=False)
    st.caption("The loop that runs the query until nothing is unknown, and the batch it sends.")
    show_source(*_ENGINE)


def _show_functions(specs: "list[FunctionSpec]") -> None:
    shown: set[str] = set()
    for spec in specs:
        st.markdown(f"`{spec.sql_name}` {answered_by(spec)}.")
        for item in sources(spec):
            if str(item) not in shown:
                shown.add(str(item))
                show_source(item)


def answered_by(spec: "FunctionSpec") -> str:
    """What answers a function, as the end of a sentence; 'none: a rule' in the catalogue is a rule without model."""
    kind, _, rule = spec.model.partition(":")
    if kind == "none":
        return f"asks no model: {rule.strip()}" if rule else "asks no model"
    return f"works {spec.model}" if kind.startswith("as ") else f"is answered by {spec.model}"


def models_in(sql: str) -> dict[str, tuple[str, ...]]:
    """The machine learning words and the plain UDF a text uses, each with references to what answers it."""
    words = set(_words(sql))
    return {name: references for name, references in _MODELS.items() if name in words}


def functions_in(sql: str) -> "list[FunctionSpec]":
    """The catalogue's functions a text calls, in order; names in strings and comments do not count."""
    from core.sql_ai import catalog

    words = _words(sql)
    found = {}
    for index, word in enumerate(words):
        legacy = words[max(index - 4, 0) : index] == ["SNOWFLAKE", ".", "CORTEX", "."]
        spec = catalog.find(f"CORTEX.{word}" if legacy else word)
        if spec and words[index + 1 : index + 2] == ["("]:
            found[spec.name] = spec
    return list(found.values())


def _words(sql: str) -> list[str]:
    """The upper-case tokens of a text outside strings; none when it cannot be read."""
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        # sqlglot reads all that follows CALL as one token.
        tokens = sqlglot.tokenize(_CALL.sub("", sql), read="snowflake")
    except SqlglotError:
        return []
    return ["''" if token.token_type.name == "STRING" else token.text.upper() for token in tokens]


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
