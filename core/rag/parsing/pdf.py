"""PDF text with page numbers; headings are told by their type size."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.rag.documents import Parsed
from core.rag.parsing import kinds
from core.rag.parsing.builder import SourceBuilder
from core.rag.parsing.limits import ParseLimits, over_limit

if TYPE_CHECKING:
    from pypdf import PageObject

_HEADING_RATIO = 1.15  # of the commonest type size
_HEADING_CHARACTERS = 120
_FULL_LINE = 0.8  # of the longest line: a shorter one that ends a sentence ends its paragraph
_HYPHENATED = re.compile(r"[a-z]-$")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float


def parse_pdf(data: bytes, limits: ParseLimits) -> Parsed:
    """The text of every page; raises BadInput when encrypted or damaged, LimitReached by name."""
    from pypdf import PdfReader
    from pypdf.errors import LimitReachedError, PyPdfError

    try:
        reader = PdfReader(BytesIO(data))
        _refuse_encrypted(reader)
        pages = len(reader.pages)
        if pages > limits.pages:
            raise over_limit("Pages of the PDF", pages, limits.pages, "MAX_PAGES")
        return _read(reader, pages, limits)
    except LimitReachedError as error:
        raise BadInput(
            f"The PDF expands beyond what is read: {error}", "Print it to a new PDF, or add its text."
        ) from None
    except NotImplementedError as error:
        raise BadInput(
            f"The PDF is encrypted or packed in an unknown way: {error}",
            "Print it to a new PDF, or add its text.",
        ) from None
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError) as error:
        raise BadInput(
            f"The PDF is damaged: {error}", "Open it and save it again, or add its text."
        ) from None


def _refuse_encrypted(reader: Any) -> None:
    if reader.is_encrypted and not reader.decrypt(""):
        raise BadInput("The PDF is encrypted with a password", "Remove the password and add it again.")


def _read(reader: Any, pages: int, limits: ParseLimits) -> Parsed:
    builder = SourceBuilder(limits)
    read: list[list[_Line]] = []
    characters = 0
    for page in reader.pages:
        lines = _lines(page)
        characters += sum(len(line.text) for line in lines)
        if characters > limits.characters:
            raise over_limit("Characters in the PDF", characters, limits.characters, "MAX_CHARACTERS")
        read.append(lines)
    body = _body_size(read)
    for number, lines in enumerate(read, start=1):
        _add_page(builder, lines, number, body)
    builder.title = _title(reader) or builder.title
    return builder.finish(kinds.PDF, pages)


def _title(reader: Any) -> str:
    from pypdf.errors import PyPdfError

    try:
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except PyPdfError:
        return ""  # its text can be read without
    title = " ".join(title.split())[:200]
    return (
        ""
        if title.lower() in ("untitled", "(anonymous)", "anonymous")
        or title.lower().endswith((".doc", ".docx"))
        else title
    )


def _lines(page: PageObject) -> list[_Line]:
    """The page's lines with the largest type size on each (0 when unknown)."""
    sizes: list[tuple[str, float]] = []

    def visit(text: str, matrix: Any, text_matrix: Any, font: Any, size: float) -> None:
        if text.strip():
            scale = abs(float(text_matrix[3]) or 1.0) * abs(float(matrix[3]) or 1.0)
            sizes.append((text.strip(), round(abs(float(size or 0)) * scale, 1)))

    text = page.extract_text(visitor_text=visit) or ""
    by_text = {
        part: size for whole, size in sizes for part in (piece.strip() for piece in whole.split("\n")) if part
    }
    return [_Line(line.strip(), by_text.get(line.strip(), 0.0)) for line in text.split("\n")]


def _body_size(pages: list[list[_Line]]) -> float:
    weights: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            if line.size:
                weights[line.size] += len(line.text)
    return weights.most_common(1)[0][0] if weights else 0.0


def _add_page(builder: SourceBuilder, lines: list[_Line], page: int, body: float) -> None:
    longest = max((len(line.text) for line in lines), default=0)
    paragraph: list[str] = []

    def flush() -> None:
        if paragraph:
            builder.add(_join(paragraph), page=page)
            paragraph.clear()

    for line in lines:
        if not line.text:
            flush()
        elif _is_heading(line, body):
            flush()
            builder.add(line.text, "heading", 1 if line.size >= body * 1.5 else 2, page)
        else:
            paragraph.append(line.text)
            if line.text[-1] in ".!?:" and len(line.text) < longest * _FULL_LINE:
                flush()
    flush()


def _is_heading(line: _Line, body: float) -> bool:
    return bool(body) and line.size >= body * _HEADING_RATIO and 2 < len(line.text) <= _HEADING_CHARACTERS


def _join(lines: list[str]) -> str:
    """Lines of one paragraph as running text; a word divided at a line's end is put together."""
    parts = [lines[0]]
    for line in lines[1:]:
        if _HYPHENATED.search(parts[-1][-2:]) and line[:1].islower():
            parts[-1] = parts[-1][:-1]
        else:
            parts.append(" ")
        parts.append(line)
    return "".join(parts)
