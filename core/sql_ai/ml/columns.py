"""Finds the columns a call names, and reads its options, the way Snowflake does: without regard to case."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd


def find_column(frame: "pd.DataFrame", name: str, role: str) -> str:
    """Return the frame's own spelling of a column; raises `BadInput` naming near misses."""
    if name in frame.columns:
        return name
    wanted = name.strip('"').upper()
    for column in frame.columns:
        if str(column).upper() == wanted:
            return str(column)
    names = [str(column) for column in frame.columns]
    near = difflib.get_close_matches(wanted, [column.upper() for column in names], n=1)
    raise BadInput(
        f"{role} column '{name}' is not in the input data" + (f"; did you mean '{near[0]}'?" if near else ""),
        f"The input has the columns {', '.join(names) or '(none)'}.",
    )


def options(config: Mapping[str, Any] | None, known: Iterable[str]) -> dict[str, Any]:
    """Return the options with lower-case names; raises `BadInput` for a name the call does not know."""
    given = {str(key).lower(): value for key, value in (config or {}).items()}
    unknown = sorted(set(given) - set(known))
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(known), n=1)
        raise BadInput(
            f"CONFIG_OBJECT option '{unknown[0]}' is not known"
            + (f"; did you mean '{near[0]}'?" if near else ""),
            f"Known options: {', '.join(sorted(known))}.",
        )
    return given


def flag(value: Any, name: str) -> bool:
    """Return a BOOLEAN option; the words TRUE and FALSE count as well."""
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"true", "false", "1", "0"}:
        return str(value).lower() in {"true", "1"}
    raise BadInput(f"CONFIG_OBJECT option '{name}' must be TRUE or FALSE, not {value!r}")


def choice(value: Any, name: str, allowed: tuple[str, ...]) -> str:
    """Return an option that is one of a few words, in lower case."""
    if str(value).lower() in allowed:
        return str(value).lower()
    raise BadInput(f"CONFIG_OBJECT option '{name}' must be one of {', '.join(allowed)}, not {value!r}")


def interval(value: Any) -> float:
    """Return a prediction interval: at least 0 and less than 1."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0.0 <= number < 1.0:
        raise BadInput(
            f"prediction_interval must be at least 0 and less than 1, not {value!r}",
            "0.95 keeps 95% of the values inside the interval.",
        )
    return number


def plain(value: Any) -> Any:
    """Return a cell as a plain Python value; NaN and NaT become None."""
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    return value.item() if hasattr(value, "item") else value
