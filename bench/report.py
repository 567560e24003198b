"""docs/performance.md, written from the figures of one run."""

import os
import platform
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from bench.entry import Entry
from core.config import ROOT

_PLURALS = {"inputs": "input"}
PAGE = ROOT / "docs" / "performance.md"
_HEAD = """# Performance

Written by `python -m bench --write` on {day}, {machine}. Machines differ and neighbours interfere: read the
ratios, each against a baseline of the same run, and measure again with `make bench`, which fails when a
limit is passed. A limit holds for the ratio where there is one, or for the value where it stands in the
figure's unit.
"""


def markdown(entries: Sequence[Entry]) -> str:
    """The whole page; figures are grouped by the part of the name before the colon, in the order given."""
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    parts = [_HEAD.format(day=date.today().isoformat(), machine=machine)]
    for suite, found in groupby(entries, key=lambda entry: entry.name.partition(":")[0]):
        parts.append(f"\n## {suite}\n\n| figure | value | baseline | ratio | limit | how |\n")
        parts.append("| --- | --- | --- | --- | --- | --- |\n")
        parts += [_row(entry) for entry in found]
    return "".join(parts)


def _row(entry: Entry) -> str:
    name = entry.name.partition(": ")[2] or entry.name
    baseline = "" if entry.baseline is None else _amount(entry.baseline, entry.unit)
    ratio = "" if entry.ratio is None else _number(entry.ratio)
    cells = (name, _amount(entry.value, entry.unit), baseline, ratio, _limit(entry), entry.how)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _limit(entry: Entry) -> str:
    on_value = entry.ratio is None or entry.limit_on == "value"
    side, unit = "at least" if entry.higher_is_better else "at most", entry.unit if on_value else ""
    told = []
    if entry.limit is not None:
        told.append(f"{side} {_amount(entry.limit, unit)}")
    if entry.target is not None:
        word = "target" if told else f"target {side}"
        told.append(f"{word} {_amount(entry.target, unit)} {'met' if entry.on_target else 'missed'}")
    return "; ".join(told)


def _amount(value: float, unit: str) -> str:
    """'1 input', '1,640 inputs', '12.3 ms' or '0.05'."""
    number = _number(value)
    if number == "1" and unit in _PLURALS:
        unit = _PLURALS[unit]
    return f"{number} {unit}".rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
