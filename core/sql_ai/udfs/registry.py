"""The user-defined functions of the sandbox, collected from the modules that define them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from core.errors import BadInput
from core.sql_ai.dialect.pieces import DRAWING

FUNCTIONS: dict[str, Callable[..., Any]] = {}
AGGREGATES: dict[str, Callable[[], Any]] = {}
DRAWING_METHODS: dict[str, Callable[..., Any]] = {}
ROW_MAKERS: dict[str, Callable[..., str]] = {}


def scalar(*names: str, nulls: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register ``sf_<function name>`` (and other names); a NULL argument gives NULL unless ``nulls``."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def strict(*values: Any) -> Any:
            return None if None in values else function(*values)

        for name in names or (function.__name__.strip("_"),):
            FUNCTIONS[f"sf_{name}"] = function if nulls else strict
        return function

    return register


def tried(function: Callable[..., Any]) -> Callable[..., Any]:
    """Register ``sf_try_<function name>`` too, which gives NULL where the function raises BadInput."""

    @wraps(function)
    def attempt(*values: Any) -> Any:
        try:
            return function(*values)
        except BadInput:
            return None

    scalar(f"try_{function.__name__}")(attempt)
    return function


def aggregate(name: str) -> Callable[[type], type]:
    """Register the class as ``sf_<name>``."""

    def register(made: type) -> type:
        AGGREGATES[f"sf_{name}"] = made
        return made

    return register


def drawing(method: Callable[..., Any]) -> Callable[..., Any]:
    """Register a method of `Draws` under its own name; it gets its place in the query and the number of the use first.

    The prefix tells the compiler that SQLite must call it once for each row.
    """
    DRAWING_METHODS[f"{DRAWING}{method.__name__}"] = method
    return method


def row_maker(function: Callable[..., str]) -> Callable[..., str]:
    """Register ``sf_<function name>``: a table function's rows as JSON; it gets the number of the input row first."""
    ROW_MAKERS[f"sf_{function.__name__}"] = function
    return function
