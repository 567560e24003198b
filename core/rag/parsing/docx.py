"""Word documents: paragraphs, headings and tables in their order; the zip is weighed before it is opened."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from core.errors import BadInput
from core.rag.documents import Parsed
from core.rag.parsing import kinds
from core.rag.parsing.builder import SourceBuilder
from core.rag.parsing.limits import ParseLimits, over_limit
from core.rag.parsing.plain import row_text

_RATIO_FROM = 1_000_000  # bytes: small parts may compress well
_MOST_SPANNED = 63  # columns by one cell: Word's tables have no more
_NESTED = (".zip", ".docx", ".xlsx", ".jar", ".7z", ".rar", ".gz")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_GONE = (f"{_W}del", f"{_W}moveFrom", _FALLBACK)
_AROUND = tuple(
    f"{_W}{name}" for name in ("ins", "moveTo", "smartTag", "customXml", "fldSimple", "sdt", "sdtContent")
)
_HEADING_STYLE = re.compile(r"(?:heading|überschrift|titre)\s*(\d)", re.IGNORECASE)


def parse_docx(data: bytes, limits: ParseLimits) -> Parsed:
    """The body of a Word document as it is with its tracked changes accepted; raises LimitReached naming the limit,
    BadInput when it is damaged."""
    from docx import Document
    from lxml.etree import XMLSyntaxError

    check_zip(data, limits)
    try:
        return _read(Document(io.BytesIO(data)), limits)
    except XMLSyntaxError as error:
        if "unknown error" in str(error):  # what libxml2 says when it gets no memory
            raise MemoryError from None
        raise _damaged(error) from None
    # what python-docx raises where an element or a value is not there, or is another one
    except (zipfile.BadZipFile, KeyError, ValueError, AttributeError) as error:
        raise _damaged(error) from None


def _read(document: Any, limits: ParseLimits) -> Parsed:
    _unwrap(document.element.body)
    builder = SourceBuilder(limits)
    styles = {
        style.style_id: style.name or "" for style in document.styles
    }  # a look-up per paragraph is slow
    for item in document.iter_inner_content():
        if hasattr(item, "rows"):
            _add_table(builder, item)
        else:
            _add_paragraph(builder, item.text, styles.get(item._p.style or "", ""))
    builder.title = (document.core_properties.title or "").strip()[:200] or builder.title
    return builder.finish(kinds.DOCX)


def _damaged(error: Exception) -> BadInput:
    return BadInput(f"The Word document is damaged: {error}", "Open it and save it again.")


def check_zip(data: bytes, limits: ParseLimits) -> None:
    """Weigh the archive by its directory: zipfile stops at the declared sizes, so they are a sound bound."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
    total = sum(entry.file_size for entry in entries)
    if total > limits.zip_total_bytes:
        raise over_limit(
            "Bytes in the unzipped document", total, limits.zip_total_bytes, "ZIP_MAX_TOTAL_BYTES"
        )
    for entry in entries:
        _check_entry(entry, limits)


def _check_entry(entry: zipfile.ZipInfo, limits: ParseLimits) -> None:
    if entry.flag_bits & 0x1:
        raise BadInput("The Word document is encrypted", "Remove the password and add it again.")
    if entry.filename.lower().endswith(_NESTED) and not entry.filename.startswith("word/embeddings/"):
        raise BadInput(
            f"The archive holds another archive ({entry.filename[:80]})", "Remove it and add the file again."
        )
    if entry.file_size > limits.zip_part_bytes:
        raise over_limit(
            "Bytes in one part of the document", entry.file_size, limits.zip_part_bytes, "ZIP_MAX_PART_BYTES"
        )
    ratio = entry.file_size / max(1, entry.compress_size)
    if entry.file_size > _RATIO_FROM and ratio > limits.zip_ratio:
        raise over_limit("Compression ratio of the document", ratio, limits.zip_ratio, "ZIP_MAX_RATIO")


def _unwrap(body: Any) -> None:
    """Take out what is deleted or there twice, and put in the place of what python-docx does not look into (tracked
    insertions, content controls, fields, text boxes) what it holds; a text box comes behind its paragraph."""
    for element in list(body.iter(*_GONE)):
        element.getparent().remove(element)
    for element in list(body.iter(*_AROUND)):
        if element.find(f"{_W}sdtPr/{_W}showingPlcHdr") is None:  # "Click here to enter text"
            for child in list(element):
                element.addprevious(child)
        element.getparent().remove(element)
    for box in list(body.iter(f"{_W}txbxContent")):
        paragraph = next(box.iterancestors(f"{_W}p"), None)
        if paragraph is not None:
            for child in reversed(box):
                paragraph.addnext(child)


def _add_paragraph(builder: SourceBuilder, text: str, style: str) -> None:
    match = _HEADING_STYLE.match(style)
    if match or style == "Title":
        builder.add(text, "heading", int(match.group(1)) if match else 1)
    elif style.startswith("List"):
        builder.add(f"- {text}" if text.strip() else "", "list")
    else:
        builder.add(text)


def _add_table(builder: SourceBuilder, table: Any) -> None:
    header: list[str] = []
    above: dict[int, str] = {}
    for number, row in enumerate(rows := table._tbl.tr_lst):
        cells = _cells(row, above)
        if number == 0 and len(rows) > 1:
            header = cells
            continue
        builder.add(row_text(header, cells), "row")


def _cells(row: Any, above: dict[int, str]) -> list[str]:
    """A text for each column of a row; a merged cell's stands in all of its rows and columns.

    `above` holds the texts of the row before by column, and then those of this row. The cells that python-docx
    gives do the same, for sound tables: it goes up row by row, and fails where a cell goes on from none.
    """
    texts: dict[int, str] = {}
    column = row.grid_before
    for cell in row.tc_lst:
        text = above.get(column, "") if cell.vMerge == "continue" else _cell_text(cell)
        for _ in range(min(cell.grid_span, _MOST_SPANNED)):
            texts[column] = text
            column += 1
    above.clear()
    above.update(texts)
    return list(texts.values())


def _cell_text(cell: Any) -> str:
    """The words of a cell, those of tables within it included."""
    return " ".join(word for paragraph in cell.iter(f"{_W}p") for word in paragraph.text.split())
