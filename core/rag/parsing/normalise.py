"""One normal form for every source text, in which nothing is invisible."""

from __future__ import annotations

import re
import unicodedata

import regex

_LINE_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control characters except tab and line feed
    "\u00ad\u034f\u180e\u200b-\u200d\u2060-\u2064\ufeff"  # soft hyphen, zero-width, joiners, byte order mark
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # bidirectional marks, deprecated format characters
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # interlinear annotation, tag characters
    "]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")
# Unicode's stream-safe format (UAX 15) allows 30 marks on one letter. NFC sorts them in quadratic time: two million
# in a row would hold the whole process for an hour.
_PILED_MARKS = regex.compile(r"(\p{M}{30})\p{M}++")


def normalise(text: str) -> tuple[str, tuple[str, ...]]:
    """Return `text` in NFC with line feeds and plain spaces, invisible characters removed, and notices.

    Invisible characters hide instructions and break keyword search; that they were removed is said.
    """
    text = _LINE_BREAKS.sub("\n", text)
    text = _SPACES.sub(" ", text)
    text, hidden = _INVISIBLE.subn("", text)
    text, broken = _SURROGATES.subn("\ufffd", text)
    text, piled = _PILED_MARKS.subn(r"\1", text)
    notices = []
    if hidden:
        notices.append(f"{hidden:,} invisible characters (zero-width, bidirectional or control) were removed")
    if broken:
        notices.append(f"{broken:,} broken characters were replaced")
    if piled:
        notices.append(f"{piled:,} piles of more than 30 accents on one letter were cut")
    return unicodedata.normalize("NFC", text), tuple(notices)
