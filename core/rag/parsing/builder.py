"""Composes the source text of a parsed file block by block, so that offsets are right by construction."""

from __future__ import annotations

import re

from core.errors import BadInput
from core.rag.documents import Block, BlockKind, Parsed
from core.rag.parsing.limits import ParseLimits, over_limit
from core.rag.parsing.normalise import normalise

_TIGHT: frozenset[BlockKind] = frozenset({"row", "list"})
_BLANKS = re.compile(r"[ \t]+")
_TITLE_CHARACTERS = 200


class SourceBuilder:
    """Collects blocks and counts characters while doing so; `finish` gives the parsed source."""

    def __init__(self, limits: ParseLimits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._notices: dict[str, None] = {}
        self.title = ""

    def add(self, text: str, kind: BlockKind = "paragraph", level: int = 0, page: int | None = None) -> None:
        """Append a block; blank ones are left out. Raises LimitReached above the character limit."""
        text = self._clean(text, keep_layout=kind == "code")
        if not text:
            return
        separator = self._separator(kind)
        start = self._length + len(separator)
        self._parts += [separator, text]
        self._length = start + len(text)
        if self._length > self._limits.characters:
            raise over_limit(
                "Characters in the document", self._length, self._limits.characters, "MAX_CHARACTERS"
            )
        self._blocks.append(Block(start, self._length, kind, level, page))
        if kind == "heading" and not self.title:
            self.title = text[:_TITLE_CHARACTERS]

    def note(self, notice: str) -> None:
        """Record something the user should know about how the file was read."""
        self._notices[notice] = None

    def finish(self, media_type: str, pages: int = 0) -> Parsed:
        """The parsed source; raises BadInput when no text was found."""
        if not self._blocks:
            raise BadInput(
                "The file holds no text",
                "A scanned PDF needs text recognition first; an empty file has nothing to search.",
            )
        return Parsed(
            text="".join(self._parts),
            blocks=tuple(self._blocks),
            media_type=media_type,
            title=self.title,
            pages=pages,
            notices=tuple(self._notices),
        )

    def _clean(self, text: str, *, keep_layout: bool) -> str:
        text, notices = normalise(text)
        for notice in notices:
            self.note(notice.split(" ", 1)[1].capitalize())
        if keep_layout:
            return text.strip("\n").rstrip()
        return "\n".join(line for line in (_BLANKS.sub(" ", raw).strip() for raw in text.split("\n")) if line)

    def _separator(self, kind: BlockKind) -> str:
        if not self._blocks:
            return ""
        return "\n" if kind in _TIGHT and self._blocks[-1].kind == kind else "\n\n"
