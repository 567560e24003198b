"""Files into text: type by content, limits by name, foreign formats parsed in a limited child process."""

from core.rag.parsing.isolation import parse_bytes
from core.rag.parsing.limits import ParseLimits
from core.rag.parsing.plain import parse_text

__all__ = ["ParseLimits", "parse_bytes", "parse_text"]
