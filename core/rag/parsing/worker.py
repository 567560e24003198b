"""The child process that parses one foreign file, run by `core.isolated` with files as stdio.

Standard input is a JSON line with the limits and the media type, then the file's bytes; standard output
is one JSON object. It imports no model and no store.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from core.errors import BadInput, HubError, LimitReached
from core.rag.documents import Parsed
from core.rag.parsing import kinds
from core.rag.parsing.limits import ParseLimits


def main() -> int:
    """Parse standard input and print the result; the exit code is 0 also for a named error."""
    header = json.loads(sys.stdin.buffer.readline())
    limits = ParseLimits(**header["limits"])
    try:
        result: dict[str, Any] = {
            "parsed": asdict(parse_foreign(sys.stdin.buffer.read(), header["media_type"], limits))
        }
    except HubError as error:
        result = {"error": {"kind": type(error).__name__, "message": error.message, "hint": error.hint}}
    except MemoryError:
        result = {"error": _too_much_memory(limits)}
    except RecursionError:
        result = {
            "error": {
                "kind": BadInput.__name__,
                "message": "The file nests too deeply",
                "hint": "Save it again.",
            }
        }
    sys.stdout.write(json.dumps(result))
    return 0


def parse_foreign(data: bytes, media_type: str, limits: ParseLimits) -> Parsed:
    """Parse a file of a known type in this process, without the limits on time and memory."""
    if media_type == kinds.PDF:
        from core.rag.parsing.pdf import parse_pdf

        return parse_pdf(data, limits)
    if media_type == kinds.DOCX:
        from core.rag.parsing.docx import parse_docx

        return parse_docx(data, limits)
    if media_type == kinds.HTML:
        from core.rag.parsing.html import parse_html

        return parse_html(data, limits)
    from core.rag.parsing.plain import decode, parse_text

    text, _ = decode(data, "The file")
    return parse_text(text, media_type, limits)


def _too_much_memory(limits: ParseLimits) -> dict[str, str]:
    return {
        "kind": LimitReached.__name__,
        "message": f"Reading the file needs more than {limits.memory_mb:,} MiB",
        "hint": "Split the document (the limit is the setting RAG__PARSE_MEMORY_MB).",
    }
