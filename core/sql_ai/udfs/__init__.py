"""User-defined functions that give SQLite Snowflake's meaning."""

from collections.abc import Callable
from functools import wraps
from types import MethodType
from typing import Any

from core.sql_ai.sandbox import Sandbox
from core.sql_ai.udfs import (  # noqa: F401 - each fills the registry
    addresses,
    aggregates,
    bitmaps,
    collated,
    dates,
    encodings,
    formats,
    frames,
    lists,
    numbers,
    semi,
    strings,
    text,
    vectors,
)
from core.sql_ai.udfs.draws import Draws
from core.sql_ai.udfs.registry import AGGREGATES, DRAWING_METHODS, FUNCTIONS, ROW_MAKERS
from core.sql_ai.zoned import COLLATION, compared


def register_all(sandbox: Sandbox, draws: Draws) -> None:
    """Give ``sandbox`` every ordinary function and aggregate, and the order of moments."""
    for name, function in FUNCTIONS.items():
        sandbox.add_function(name, -1, function, deterministic=name != "sf_always")
    for name, made in AGGREGATES.items():
        sandbox.add_aggregate(name, made)
    for name, method in DRAWING_METHODS.items():
        sandbox.add_function(name, -1, MethodType(method, draws), deterministic=False)
    for name, rows in ROW_MAKERS.items():
        sandbox.add_function(name, -1, _numbered(rows, draws), deterministic=False)
    sandbox.add_collation(COLLATION, compared)
    sandbox.add_function("sentiment_analysis", 1, sentiment_analysis)


def _numbered(rows: Callable[..., str], draws: Draws) -> Callable[..., str]:
    """A table function that gets, before its arguments, the number of the input row: its SEQ."""

    @wraps(rows)
    def call(place: int, *values: Any) -> str:
        return rows(draws.number(place), *values)

    return call


def sentiment_analysis(written: str | None) -> float | None:
    """TextBlob's polarity of a text, -1 to 1: the simplest way to put a model into SQL."""
    if written is None:
        return None
    from core.sql_ai.functions import sentiment

    return sentiment.polarity([written])[0]
