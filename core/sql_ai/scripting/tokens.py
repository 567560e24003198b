"""Words of a script with their places; sqlglot's tokenizer takes all that follows FETCH or EXECUTE for one text."""

import re
from dataclasses import dataclass

_PIECE = re.compile(
    r"(?P<gap>\s+|--[^\n]*|//[^\n]*|/\*.*?(?:\*/|$))"
    r"|(?P<text>\$\$.*?(?:\$\$|$)|'(?:[^'\\]|\\.|'')*(?:'|$))"
    r'|(?P<name>"(?:[^"]|"")*(?:"|$))'
    r"|(?P<word>[^\W\d][\w$]*)"
    r"|(?P<number>\d[\w.]*)"
    r"|(?P<sign>:=|=>|::|\|\||<>|!=|<=|>=|.)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Token:
    """A word, quoted name, text, number or sign; ``start`` and ``end`` are its place in the script."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def key(self) -> str:
        """What a keyword or sign is compared with; "" for texts, quoted names and numbers."""
        return self.text.upper() if self.kind in ("word", "sign") else ""


def tokens_of(script: str) -> list[Token]:
    """The tokens of ``script`` without spaces and comments."""
    return [
        Token(str(match.lastgroup), match[0], match.start(), match.end())
        for match in _PIECE.finditer(script)
        if match.lastgroup != "gap"
    ]


def is_block(text: str) -> bool:
    """Whether ``text`` starts a block: DECLARE, or a BEGIN that opens no transaction."""
    first = tokens_of(text[:2_000])[:2]
    if not first or first[0].key not in ("BEGIN", "DECLARE"):
        return False
    return first[0].key == "DECLARE" or (
        len(first) == 2 and first[1].key not in ("TRANSACTION", "WORK", "NAME", ";")
    )
