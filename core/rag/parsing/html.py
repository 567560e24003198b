"""HTML into blocks; what a reader of the page would not see is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.rag.documents import Parsed
from core.rag.parsing import kinds
from core.rag.parsing.builder import SourceBuilder
from core.rag.parsing.limits import ParseLimits
from core.rag.parsing.plain import BYTE_ORDER_MARKS, require_readable, row_text

if TYPE_CHECKING:
    from bs4 import Tag

_DROPPED = ("script", "style", "noscript", "template", "svg", "nav", "iframe", "object", "form", "head")
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])", re.I
)
# Whoever reads as far as such a declaration knows that it is wrong: the HTML standard reads these pages as UTF-8.
_NEVER_DECLARED = ("utf-16", "utf-16le", "utf-16be", "utf-32", "utf-32le", "utf-32be", "utf-7")
_LEAVES = (
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "li",
    "pre",
    "dt",
    "dd",
    "tr",
    "blockquote",
    "figcaption",
    "caption",
)
_CONTAINERS = (
    "div",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "aside",
    "body",
    "td",
    "th",
    "ul",
    "ol",
    "table",
)


def parse_html(data: bytes, limits: ParseLimits) -> Parsed:
    """The visible text of a page with its headings; tables row by row."""
    from bs4 import BeautifulSoup

    marked = data.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS))
    soup = BeautifulSoup(data, "lxml", exclude_encodings=() if marked else _NEVER_DECLARED)
    require_readable(soup.get_text(), "The page", str(soup.original_encoding))
    builder = SourceBuilder(limits)
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    hidden = _drop_invisible(soup)
    if hidden:
        builder.note(f"{hidden:,} hidden elements were left out")
    _walk(soup.body or soup, builder)
    builder.title = title[:200] or builder.title
    return builder.finish(kinds.HTML)


def _drop_invisible(soup: Any) -> int:
    from bs4 import Comment

    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for tag in soup(_DROPPED):
        if not tag.decomposed:
            tag.decompose()
    hidden = 0
    for tag in soup.find_all(
        lambda tag: tag.has_attr("hidden") or tag.get("aria-hidden") == "true" or tag.has_attr("style")
    ):
        if tag.decomposed:
            continue
        if (
            tag.has_attr("hidden")
            or tag.get("aria-hidden") == "true"
            or _HIDDEN_STYLE.search(str(tag["style"]))
        ):
            tag.decompose()
            hidden += 1
    return hidden


def _walk(root: Tag, builder: SourceBuilder) -> None:
    """Depth first with an explicit stack: hostile pages nest deeper than Python's recursion limit."""
    from bs4 import Tag
    from bs4.element import NavigableString

    header: list[str] = []
    loose: list[str] = []
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            _flush(loose, builder)
        elif isinstance(node, NavigableString):
            loose.append(str(node))
        elif isinstance(node, Tag) and node.name in _LEAVES and not node.find(_LEAVES):
            _flush(loose, builder)
            header = _add_leaf(node, builder, header)
        elif isinstance(node, Tag):
            block = node.name in _CONTAINERS or node.name in _LEAVES or node.name == "br"
            if block:
                _flush(loose, builder)
                stack.append(None)
            if node.name == "table":
                header = []
            stack.extend(reversed(list(node.children)))
    _flush(loose, builder)


def _flush(loose: list[str], builder: SourceBuilder) -> None:
    text = " ".join("".join(loose).split())
    loose.clear()
    if text:
        builder.add(text)


def _add_leaf(node: Tag, builder: SourceBuilder, header: list[str]) -> list[str]:
    for border in node.find_all(("br", *_CONTAINERS)):
        border.insert_before("\n")
        if border.name != "br":
            border.insert_after("\n")
    if node.name == "tr":
        cells = [" ".join(cell.get_text(" ").split()) for cell in node.find_all(["td", "th"])]
        if not header and node.find("th") and not node.find("td"):
            return cells
        builder.add(row_text(header, cells), "row")
        return header
    if node.name == "pre":
        builder.add(node.get_text(), "code")
        return header
    text = " ".join(node.get_text(" " if node.name == "blockquote" else "").split())
    if node.name[0] == "h":
        builder.add(text, "heading", int(node.name[1]))
    elif node.name == "li":
        builder.add(f"- {text}" if text else "", "list")
    else:
        builder.add(text)
    return header
