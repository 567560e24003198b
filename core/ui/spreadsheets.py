"""What a downloaded table must not hold: text that a spreadsheet would run."""

import re

# What makes Excel, LibreOffice and Google Sheets read a cell as a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

# What programs trim from the start of a cell, or do not show there: blanks, control and zero-width characters.
_UNSEEN = r"\s\x00-\x1f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_SIGNS = f"[{re.escape(''.join(FORMULA_STARTS).strip())}]"
_START = re.compile(f"[{_UNSEEN}]*+{_SIGNS}")
# Where commas are for decimals, a spreadsheet divides cells at semicolons, whatever stands in quotes around commas: a
# cell of ours becomes two, and the second one may start a formula. A run is entered at its start only: from each of
# its characters, a million line breaks would stop the whole process for half an hour.
_INNER_START = re.compile(f"(?<![;{_UNSEEN}])[;{_UNSEEN}]++(?={_SIGNS})")
_DIVIDERS = ";\t\r\n"


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would run what follows as a formula."""
    inner = _INNER_START.sub(_divided, text)
    return f"'{inner}" if text.startswith(FORMULA_STARTS) or _START.match(text) else inner


def _divided(run: "re.Match[str]") -> str:
    """A run before a sign, with an apostrophe behind its last divider of cells where it has one."""
    text = run.group()
    behind = 1 + max(map(text.rfind, _DIVIDERS))
    return f"{text[:behind]}'{text[behind:]}" if behind else text
