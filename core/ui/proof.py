"""The panels How it works, At scale and Compare, filled from ``assets/pages/<key>.toml``.

The file's schema is the dataclasses below; `load` names the field that is wrong.
"""

import html
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from core.config import ASSETS
from core.errors import BadInput
from core.ui import diagrams, theme

PAGES = ASSETS / "pages"
_TABLE_STYLES = ASSETS / "table.css"
_CODE = re.compile(r"<code>.*?</code>")
_JOINT = re.compile(r"(?<=[\w)])(?:__|[_/:=]|\.(?=\w{3}))(?=\w)")


@dataclass(frozen=True, slots=True)
class How:
    """[how]: prose in Markdown, a mermaid diagram and its text alternative, further reading in Markdown."""

    text: str = ""
    diagram: str = ""
    diagram_alt: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """[[scale]]: one concern, how it is solved here, in production, and by the commercial service."""

    aspect: str
    here: str
    production: str
    commercial: str
    change: str  # what changes in this code base
    setting: str = ""  # the setting that does it


@dataclass(frozen=True, slots=True)
class CompareRow:
    """[[compare]]: one point of the comparison; ``better`` is 'here', 'commercial' or 'even'."""

    aspect: str
    here: str
    commercial: str
    better: str = "even"


@dataclass(frozen=True, slots=True)
class PageText:
    """A whole page file; ``commercial`` is the service's short name for the table headings."""

    commercial: str = "Commercial service"
    how: How = field(default_factory=How)
    scale: tuple[ScaleRow, ...] = ()
    compare: tuple[CompareRow, ...] = ()


_BETTER = {"here": "This hub", "commercial": "The service", "even": "Even"}


def how_it_works(key: str) -> None:
    """Draw the page's explanation and diagram; nothing when the page has no file."""
    how = load(key).how
    if how.text:
        st.markdown(how.text)
    if how.diagram:
        diagrams.draw(how.diagram, how.diagram_alt or f"How the page {key} works")
    if how.more:
        st.markdown(how.more)


def at_scale(key: str) -> None:
    """Draw the scaling table and the comparison; nothing when the page has no file.

    As one element: of several, each would push the next one down when it takes its room.
    """
    text, parts = load(key), []
    if text.scale:
        heads = ("Concern", "Here", "In production", text.commercial, "What changes in this code", "Setting")
        cells = [(r.aspect, r.here, r.production, r.commercial, r.change, r.setting) for r in text.scale]
        parts.append(_titled("From this laptop to production", heads, cells))
    if text.compare:
        points = [(r.aspect, r.here, r.commercial, _BETTER[r.better]) for r in text.compare]
        title = f"Compared with {text.commercial}"
        parts.append(_titled(title, ("Point", "This hub", text.commercial, "Better"), points))
    if parts:
        st.html("".join(parts))


def table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A text table that folds into cards on a phone; cells may hold inline Markdown."""
    st.html(_table(heads, rows))


def styled(rows: str) -> str:
    """A table of these rows (HTML) together with the hub's rules for tables."""
    return f'<table class="hub-table">{rows}</table><style>{theme.read(_TABLE_STYLES)}</style>'


def _titled(title: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f'<h3 class="hub-table-title">{html.escape(title)}</h3>{_table(heads, rows)}'


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{html.escape(title)}</th>' for title in heads)
    body = "".join(_row(heads, row) for row in rows)
    return styled(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>")


def load(key: str) -> PageText:
    """The page's texts, empty when it has no file; raises BadInput naming file and field."""
    path = PAGES / f"{key}.toml"
    return _load(path, path.stat().st_mtime_ns) if path.is_file() else PageText()


@cache
def _load(path: Path, _changed: int) -> PageText:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is not valid TOML: {error}", "Correct the file.") from None
    known = {"commercial": data.pop("commercial", PageText.__dataclass_fields__["commercial"].default)}
    known["how"] = _build(How, data.pop("how", {}), f"{path.name} [how]")
    known["scale"] = _many(ScaleRow, data.pop("scale", []), f"{path.name} [[scale]]")
    known["compare"] = _many(CompareRow, data.pop("compare", []), f"{path.name} [[compare]]")
    if data:
        raise BadInput(f"{path.name} has unknown tables: {', '.join(data)}", "Known: how, scale, compare.")
    for row in known["compare"]:
        if row.better not in _BETTER:
            raise BadInput(f"{path.name}: better = {row.better!r}", f"Use one of {', '.join(_BETTER)}.")
    return PageText(**known)


def _many(kind: type, rows: list[dict[str, Any]], where: str) -> tuple[Any, ...]:
    return tuple(_build(kind, row, f"{where} row {number}") for number, row in enumerate(rows, 1))


def _build(kind: type, values: dict[str, Any], where: str) -> Any:
    names = {item.name for item in fields(kind)}
    if unknown := set(values) - names:
        raise BadInput(
            f"{where}: unknown field {', '.join(sorted(unknown))}", f"Known: {', '.join(sorted(names))}."
        )
    try:
        return kind(**{name: str(value).strip() for name, value in values.items()})
    except TypeError as error:
        raise BadInput(f"{where}: {error}", "Fill in every required field.") from None


def _row(heads: tuple[str, ...], cells: tuple[str, ...]) -> str:
    first, *rest = cells
    lead = f'<th scope="row">{_inline(first)}</th>'
    others = "".join(
        f'<td data-label="{html.escape(title)}">{_inline(cell)}</td>'
        if cell
        else '<td class="hub-empty"></td>'
        for title, cell in zip(heads[1:], rest, strict=True)
    )
    return f"<tr>{lead}{others}</tr>"


@cache
def _inline(text: str) -> str:
    from markdown_it import MarkdownIt

    made = str(MarkdownIt("commonmark", {"html": False}).renderInline(text))
    return _CODE.sub(lambda code: breakable(code[0]), made)


def breakable(markup: str) -> str:
    """The markup with places in it where a long name may be broken into lines."""
    return _JOINT.sub(r"\g<0><wbr>", markup)
