"""Somebody else's text inside Markdown: every sign keeps its face and none its meaning."""

import re

_SIGNS = re.compile(r"([\\`*_\[\]<>#$~|:&])")
# What is looked for after the backslashes are gone, so that only an invisible character inside stops it:
# addresses, which become links although nothing marks them, and Streamlit's icons and typographic arrows.
_AFTERWARDS = re.compile(
    r"(?i)https?(?=://)|www(?=\.)|(?<=[\w.+-])(?=@[\w-])"
    r"|:(?=material/|streamlit:)"
    r"|(?<!\S)[-<>~](?=(?:[-=>]|->)(?!\S))"
)
# Lists, rules, headings that a line below underlines, and indented code begin a line.
_LINE_STARTS = re.compile(r"(?m)^(?=[ \t]*(?:(?:[-+]|\d{1,9}[.)])(?:\s|$)|(?:-+|=+)[ \t]*$)| {4}|\t)")
_FENCES = re.compile(r"`+")
_JOINER = "\u2060"  # no width, no line break


def escape(text: str) -> str:
    """The text with Markdown, LaTeX and directive characters made literal, and addresses that are no links."""
    joined = _LINE_STARTS.sub(_JOINER, _AFTERWARDS.sub(rf"\g<0>{_JOINER}", text))
    return _SIGNS.sub(r"\\\1", joined)


def code_span(text: str) -> str:
    """The text as inline code on one line, where backslashes would be shown; it cannot end the code itself."""
    line = " ".join(text.split())
    fence = "`" * (1 + max(map(len, _FENCES.findall(line)), default=0))
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}" if line else ""
