"""Plain text, Markdown and CSV: read in this process, in time linear in their size."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from core.errors import BadInput
from core.rag.documents import Block, Parsed
from core.rag.parsing import kinds
from core.rag.parsing.builder import SourceBuilder
from core.rag.parsing.limits import ParseLimits, over_limit
from core.rag.parsing.normalise import normalise

if TYPE_CHECKING:
    from markdown_it.token import Token

BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_MOST_BAD_SHARE = 0.02  # of the characters; above this a file is no text in the encoding tried
_MOST_CONTROL_SHARE = 0.01
_FEW = 8
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_PARAGRAPH = re.compile(r"\S.*?(?=\n[ \t]*\n|\Z)", re.DOTALL)
_MOST_NESTED = 100  # levels of Markdown, two for a list; what is deeper is left out by the parser
_CSV_FIELD_LIMIT = 131_072

_INLINE_TAGS = "a|abbr|b|big|br|code|del|div|em|font|i|img|ins|kbd|mark|p|q|s|small|span|strong|sub|sup|u|wbr"
# Every repetition is bounded and stops at the character that starts the pattern: linear time on any input.
_INLINE = (
    (
        re.compile(r"!\[([^\[\]\n]{0,200})\]\([^()\n]{0,500}\)"),
        r"\1",
    ),  # an image becomes its alternative text
    (re.compile(r"\[([^\[\]\n]{1,300})\]\([^()\n]{0,500}\)"), r"\1"),  # a link becomes its words
    (re.compile(r"\[([^\[\]\n]{1,300})\]\[[^\[\]\n]{0,100}\]"), r"\1"),
    (re.compile(r"<(https?://[^<>\s]{1,500})>"), r"\1"),
    (re.compile(rf"</?(?:{_INLINE_TAGS})\b[^<>\n]{{0,300}}>", re.IGNORECASE), ""),
    (re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]{1,500})(?<=\S)\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<![\w_])(_{1,3})(?=[^\s_])([^_\n]{1,500})(?<=\S)\1(?![\w_])"), r"\2"),
    (re.compile(r"(?<!`)(`{1,2})(?=[^\s`])([^`\n]{1,500})(?<=\S)\1(?!`)"), r"\2"),
    (re.compile(r"~~([^~\n]{1,300})~~"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])"), r"\1"),
)


def parse_text(text: str, media_type: str, limits: ParseLimits) -> Parsed:
    """Parse decoded text; plain text keeps its every visible character, Markdown and CSV are rendered."""
    if len(text) > limits.characters:
        raise over_limit("Characters in the document", len(text), limits.characters, "MAX_CHARACTERS")
    if media_type == kinds.MARKDOWN:
        return _markdown(text, limits)
    if media_type == kinds.CSV:
        return _csv(text, limits)
    return _plain(text)


def decode(data: bytes, name: str) -> tuple[str, tuple[str, ...]]:
    """The text of a file and notices on its encoding; raises BadInput when it is no text.

    UTF-8 (or what a byte order mark says); else Windows-1252, the usual one among the rest, unless most
    of the file is valid UTF-8: then the broken places are replaced.
    """
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            text = data.decode(encoding, errors="replace")
            return _checked(text, name, "byte order mark", ())
    try:
        return _checked(data.decode("utf-8"), name, "UTF-8", ())
    except UnicodeDecodeError:
        replaced = data.decode("utf-8", errors="replace")
    bad = replaced.count("\ufffd")
    valid = sum(1 for character in replaced if ord(character) > 127) - bad
    if valid > bad:
        return _checked(replaced, name, "UTF-8", (f"{bad:,} bytes that are not UTF-8 were replaced",))
    text = data.decode("cp1252", errors="replace")
    return _checked(text, name, "Windows-1252", ("The file is not UTF-8; it was read as Windows-1252",))


def _checked(text: str, name: str, encoding: str, notices: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    require_readable(text, name, encoding)
    return text, notices


def require_readable(text: str, name: str, encoding: str) -> None:
    """Nothing, or BadInput where too much of a decoded text is no text; `encoding` is the one that was tried."""
    # A handful of stray bytes does not condemn a short text.
    length = max(_FEW / _MOST_CONTROL_SHARE, len(text))
    bad_share = text.count("\ufffd") / length
    control_share = len(_CONTROL.findall(text)) / length
    letters = sum(1 for character in text if 160 <= ord(character) < 256) / length
    dense = encoding == "Windows-1252" and letters > 0.3
    if bad_share > _MOST_BAD_SHARE or control_share > _MOST_CONTROL_SHARE or dense:
        raise BadInput(
            f"{name} is not readable as text ({encoding} leaves {max(bad_share, control_share):.0%} broken)",
            f"Save it as UTF-8. Supported are {kinds.SUPPORTED}.",
        )


def _plain(text: str) -> Parsed:
    text, notices = normalise(text)
    blocks = tuple(
        Block(match.start(), match.start() + len(match.group().rstrip()))
        for match in _PARAGRAPH.finditer(text)
    )
    if not blocks:
        raise BadInput("The text is empty", "Add a text that holds words.")
    return Parsed(text, blocks, kinds.TEXT, notices=notices)


def _csv(text: str, limits: ParseLimits) -> Parsed:
    """Every row becomes one line, "column: value; column: value", so that it can be quoted alone."""
    builder = SourceBuilder(limits)
    header: list[str] = []
    for row in _csv_rows(text):
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells):
            continue
        if not header:
            header = cells
            continue
        builder.add(row_text(header, cells), "row")
    if header and not builder.title:
        builder.note("Columns: " + ", ".join(header)[:300])
    return builder.finish(kinds.CSV)


def _csv_rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_CSV_FIELD_LIMIT)
    try:
        dialect = csv.Sniffer().sniff(text[:8192], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        yield from csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), dialect)
    except csv.Error as error:
        raise BadInput(f"The CSV cannot be read: {error}", "Check its quotes and separators.") from None


def row_text(header: list[str], cells: list[str]) -> str:
    """A table row as words: each cell with the name of its column."""
    pairs = []
    for position, cell in enumerate(cells):
        if cell:
            name = header[position] if position < len(header) else ""
            pairs.append(f"{name}: {cell}" if name else cell)
    return "; ".join(pairs)


def _markdown(text: str, limits: ParseLimits) -> Parsed:
    """Blocks from a Markdown parser; inline marks are removed by bounded patterns, in linear time."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": _MOST_NESTED}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    text, notices = normalise(_without_front_matter(text))
    builder = SourceBuilder(limits)
    for notice in notices:
        builder.note(notice)
    _MarkdownWalk(builder).walk(parser.parse(text))
    return builder.finish(kinds.MARKDOWN)


def _without_front_matter(text: str) -> str:
    if not text.startswith("---\n"):
        return text
    end = text.find("\n---", 4)
    return text[end + 4 :] if end > 0 else text


class _MarkdownWalk:
    """Turns block tokens into blocks of the source."""

    def __init__(self, builder: SourceBuilder) -> None:
        self._builder = builder
        self._open: list[Token] = []
        self._header: list[str] = []
        self._row: list[str] = []
        self._item = ""

    def walk(self, tokens: list[Token]) -> None:
        for token in tokens:
            if token.nesting == 1:
                self._enter(token)
            elif token.nesting == -1:
                self._leave(token)
            elif token.type == "inline":
                self._inline(token)
            elif token.type in ("fence", "code_block"):
                self._builder.add(token.content, "code")
            elif token.type == "html_block":
                self._builder.add(_plain_inline(_without_comments(token.content)))

    def _enter(self, token: Token) -> None:
        self._open.append(token)
        if token.type == "tr_open":
            self._row = []
        if token.type == "list_item_open":
            self._item = f"{token.info}{token.markup} " if token.info else "- "

    def _leave(self, token: Token) -> None:
        opened = self._open.pop()
        if opened.type == "thead_open":
            self._header = self._row
        elif opened.type == "tr_open" and not self._inside("thead_open"):
            self._builder.add(row_text(self._header, self._row), "row")

    def _inline(self, token: Token) -> None:
        text = _plain_inline(token.content)
        kind = self._open[-1].type if self._open else ""
        if kind in ("th_open", "td_open"):
            self._row.append(text)
        elif kind == "heading_open":
            self._builder.add(text, "heading", int(self._open[-1].tag[1:]))
        elif self._inside("list_item_open"):
            self._builder.add(self._item + text, "list")
            self._item = ""
        else:
            self._builder.add(text)

    def _inside(self, kind: str) -> bool:
        return any(token.type == kind for token in self._open)


def _plain_inline(text: str) -> str:
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.DOTALL)
