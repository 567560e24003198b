"""Reads pattern files: ``-- @NAME title`` starts a case, ``-- check: EXPRESSION`` says what its last result is."""

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from core.sql_ai.results import Result

_HEAD = re.compile(r"^-- @(\w+) ?(.*)$", re.MULTILINE)
_CHECK = re.compile(r"^-- check: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Pattern:
    """One case: its statements, and Python expressions that must be true of what they give."""

    name: str
    title: str
    sql: str
    checks: tuple[str, ...]


def read_patterns(path: Path) -> list[Pattern]:
    text = path.read_text(encoding="utf-8")
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    bodies = [text[head.end() : end] for head, end in zip(heads, ends, strict=True)]
    return [
        Pattern(head[1], head[2], _CHECK.sub("", body).strip(), tuple(_CHECK.findall(body)))
        for head, body in zip(heads, bodies, strict=True)
    ]


def holds(check: str, results: list[Result]) -> bool:
    """Whether the expression is true; it sees the last result's rows, columns, error and meter."""
    last = results[-1]
    names: dict[str, Any] = {
        "results": results, "rows": last.rows, "columns": last.columns, "error": last.error, "meter": last.meter,
        "col": lambda name: [row[last.columns.index(name)] for row in last.rows],
        "one": last.rows[0][0] if last.rows else None,
        "near": _near, "kinds": [kind.kind.value for kind in last.types], "datetime": datetime, "date": date,
    }  # fmt: skip
    return bool(eval(check, names))


def _near(found: Any, wanted: Any) -> bool:
    """Equality with a tolerance for numbers, inside rows too."""
    if isinstance(wanted, list | tuple):
        return len(found) == len(wanted) and all(map(_near, found, wanted))
    if isinstance(wanted, float):
        return isinstance(found, int | float) and math.isclose(found, wanted, rel_tol=1e-6, abs_tol=1e-9)
    return bool(found == wanted) and isinstance(found, bool) == isinstance(wanted, bool)
