"""What a file is, told by its content; its name only decides between kinds of text."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath

from core.errors import BadInput
from core.rag.parsing.limits import ParseLimits, over_limit

TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
CSV = "text/csv"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

SUPPORTED = "txt, md, html, pdf, docx, csv"
_SHORT_NAMES = {TEXT: "txt", MARKDOWN: "md", HTML: "html", PDF: "pdf", DOCX: "docx", CSV: "csv"}
_BY_SUFFIX = {
    ".txt": TEXT,
    ".text": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": CSV,
    ".tsv": CSV,
    ".pdf": PDF,
    ".docx": DOCX,
}
SUFFIXES = tuple(_BY_SUFFIX)  # of the files that a folder is searched for
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"{\\rtf", "an RTF document"),
)
# An entry of the archive, what such an archive is, and the remedy.
_ZIPPED = (
    ("xl/workbook.xml", "an Excel workbook", "Save the sheet as CSV and add that."),
    ("xl/workbook.bin", "an Excel workbook", "Save the sheet as CSV and add that."),
    ("ppt/presentation.xml", "a PowerPoint presentation", "Save it as PDF and add that."),
    ("META-INF/manifest.xml", "an OpenDocument file", "Save it as DOCX, or a sheet as CSV, and add that."),
)
# The atomic group keeps each comment where it ends first: tried at every later end too, forty of them took for ever.
_HTML_START = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?>(?:<!--.*?-->|<\?xml[^>]*\?>)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_HTML_SEARCHED = 4096


def short_name(media_type: str) -> str:
    """The usual file ending of a supported media type, "" for another one: what filters call `file_type`."""
    return _SHORT_NAMES.get(media_type, "")


def media_type(data: bytes, name: str, limits: ParseLimits) -> str:
    """The media type of a file; raises BadInput when it is empty, unsupported, or not what its name says."""
    if not data.strip():
        raise BadInput(f"{name} is empty", "Add a file that holds text.")
    found = _binary_kind(data, name, limits)
    named = _BY_SUFFIX.get(PurePosixPath(name.lower()).suffix)
    if found is None:
        return _text_kind(data, name, named)
    if named is not None and named != found:
        raise BadInput(
            f"{name} is named like {_plain(named)} but holds {_plain(found)}",
            "Rename the file to what it is, then add it again.",
        )
    return found


def _binary_kind(data: bytes, name: str, limits: ParseLimits) -> str | None:
    if b"%PDF-" in data[:1024]:
        return PDF
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(data, name, limits)
    if data.startswith(_OLD_OFFICE):
        raise BadInput(
            f"{name} holds an old Office file, or an encrypted one",
            f"Save it as DOCX, or a sheet as CSV, without a password. Supported are {SUPPORTED}.",
        )
    for magic, what in _FOREIGN:
        if data.startswith(magic):
            raise BadInput(f"{name} holds {what}", f"Supported are {SUPPORTED}.")
    return None


def _zip_kind(data: bytes, name: str, limits: ParseLimits) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError) as error:  # the latter: an unknown version
        raise BadInput(f"{name} is a damaged zip archive: {error}", "Save the document again.") from None
    if len(entries) > limits.zip_entries:
        raise over_limit("Entries in the zip archive", len(entries), limits.zip_entries, "ZIP_MAX_ENTRIES")
    names = {entry.filename for entry in entries}
    if "word/document.xml" in names:
        return DOCX
    for entry, what, remedy in _ZIPPED:
        if entry in names:
            raise BadInput(f"{name} holds {what}", f"{remedy} Supported are {SUPPORTED}.")
    raise BadInput(f"{name} holds a zip archive that is not a Word document", f"Supported are {SUPPORTED}.")


def _text_kind(data: bytes, name: str, named: str | None) -> str:
    if named in (PDF, DOCX):
        raise BadInput(
            f"{name} is named like {_plain(named)} but does not hold one", "Save the document again."
        )
    if named in (None, TEXT, HTML) and _HTML_START.match(data[:_HTML_SEARCHED]):
        return HTML
    return named or TEXT


def _plain(kind: str) -> str:
    return {
        TEXT: "plain text",
        MARKDOWN: "Markdown",
        HTML: "HTML",
        CSV: "CSV",
        PDF: "a PDF",
        DOCX: "a Word document",
    }[kind]
