"""The limits of parsing, and the errors that name them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from core.errors import LimitReached


@dataclass(frozen=True, slots=True)
class ParseLimits:
    """What one file may cost; the defaults are those of `RagSettings`."""

    file_bytes: int = 10_000_000
    pages: int = 200
    characters: int = 2_000_000
    zip_entries: int = 2_000
    zip_part_bytes: int = 10_000_000
    zip_total_bytes: int = 25_000_000
    zip_ratio: int = 100
    time_s: float = 20.0
    memory_mb: int = 512

    @classmethod
    def from_settings(cls) -> ParseLimits:
        """The limits that this process is configured with."""
        from core.config import settings

        rag = settings().rag
        return cls(
            file_bytes=rag.max_file_bytes,
            pages=rag.max_pages,
            characters=rag.max_characters,
            zip_entries=rag.zip_max_entries,
            zip_part_bytes=rag.zip_max_part_bytes,
            zip_total_bytes=rag.zip_max_total_bytes,
            zip_ratio=rag.zip_max_ratio,
            time_s=rag.parse_time_s,
            memory_mb=rag.parse_memory_mb,
        )

    def as_dict(self) -> dict[str, Any]:
        """The limits as plain JSON, for the child process."""
        return asdict(self)


def over_limit(what: str, value: float, limit: float, setting: str) -> LimitReached:
    """The error for a limit that was hit: what was counted, how much is allowed, which setting it is."""
    return LimitReached(
        f"{what}: {value:,.0f} is over the limit of {limit:,.0f}",
        f"Split or shorten the document (the limit is the setting RAG__{setting}).",
    )
