"""What a downloaded table must not hold: text that a spreadsheet would run."""

import re

# What makes Excel, LibreOffice and Google Sheets read a cell as a formula (OWASP, CSV injection).
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


# Where commas are for decimals, a spreadsheet divides cells at semicolons, whatever stands in quotes around commas: a
# cell of ours becomes two, and the second one may start a formula.
_INNER_START = re.compile(rf"([;\t\r\n])(?=\s*[{re.escape(''.join(FORMULA_STARTS).strip())}])")


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet would run what follows as a formula."""
    inner = _INNER_START.sub(r"\1'", text)
    return f"'{inner}" if text.startswith(FORMULA_STARTS) else inner
