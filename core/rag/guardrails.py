"""Documents are data: instructions in them are found and shown, and what a model says is made harmless.

A finding is a flag for the reader, never a reason to hide a document: words alone cannot tell an attack from
a text about attacks (guard models that try are right about 60 % of the time on harmless texts with trigger
words). What a flag does change: the sentence cannot carry a generated answer and is quoted last.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from functools import lru_cache

_LOOKALIKES = str.maketrans(
    "аеорсухіѕјԁɡһӏոαορτυνκικηАВЕКМНОРСТХІЅΑΒΕΗΙΚΜΝΟΡΤΧ01345@$",
    "aeopcyxisjdghlnaoptuvkiknABEKMHOPCTXISABEHIKMNOPTXoleasas",
)
_EARLIER = (
    r"(?:previous|prior|earlier|above|preceding|foregoing|existing|your|all|any|the|system|these|those)"
)
_ORDERS = (
    r"(?:instructions?|prompts?|rules?|guidelines?|directions?|commands?|context|directives?|constraints?)"
)
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "asks to ignore instructions",
        re.compile(
            rf"\b(?:ignore|disregard|forget|override|bypass|discard|skip|neglect|do not follow|don't follow"
            rf"|stop following)\b"
            rf"(?:\W+\w+){{0,3}}?\W+(?:{_EARLIER}\W+){{0,4}}(?:{_ORDERS}|everything (?:above|before)"
            rf"|what you were told)\b"
        ),
    ),
    (
        "gives new instructions",
        re.compile(
            rf"\b(?:new|updated|real|actual|true|important|secret|hidden)\W+(?:system\W+)?{_ORDERS}\W*(?::"
            rf"|are\b|follow\b)"
        ),
    ),
    (
        "assigns a role",
        re.compile(
            r"\b(?:you are now|from now on,? you|act as (?:an? |the )?\w+|pretend (?:to be|that you|you are)|"
            r"you must now|roleplay as|enter (?:developer|debug|admin|god) mode|(?:developer|jailbreak|dan) mode)\b"
        ),
    ),
    (
        "speaks to the assistant",
        re.compile(
            r"\b(?:dear|attention|hey|note to|notice to|message (?:to|for)|instructions? (?:to|for)"
            r"|hello)\W+(?:the\W+|any\W+|all\W+)?"
            r"(?:ai|a\.i\.|llm|language model|chat ?bot|(?:ai |virtual )?assistants?|model|gpt)\b"
            r"|\b(?:as|if you are) an? (?:ai|llm|language model|assistant|chat ?bot)\b"
        ),
    ),
    (
        "dictates the answer",
        re.compile(
            r"\b(?:whatever|no matter what|regardless of what|for (?:any|every"
            r"|all) questions?)\b.{0,60}\b(?:answer|reply|respond|say|asked?)\b"
            r"|\b(?:always|only|just|simply)\W+(?:answer|reply|respond|say|output|print|repeat)\b"
            r"|\b(?:must|please|should)\W+(?:answer|reply|respond|say|output|print|repeat)\W+(?:with\b|only\b"
            r"|exactly\b|that\b)"
            r"|\b(?:answer|reply|respond)\W+(?:only\W+|always\W+|exactly\W+)?(?:with|by)\b.{0,40}\b(?:word"
            r"|phrase|only|exactly|hacked|pwned)\b"
            r"|\b(?:say|print|output|repeat|write)\W+(?:exactly|only|the words?|the phrase)\b"
        ),
    ),
    (
        "asks for secrets",
        re.compile(
            r"\b(?:reveal|print|show|repeat|output|tell|leak|disclose|display|give|send)\b.{0,40}"
            r"\b(?:system prompt|(?:hidden|initial|secret|your) (?:prompt|instructions?)|api[ _-]?keys?"
            r"|passwords?|credentials|secrets?|"
            r"conversation|chat history|personal data|customer data)\b"
        ),
    ),
    (
        "asks to send data away",
        re.compile(
            r"\b(?:send|post|upload|forward|e-?mail|exfiltrate|transmit|append|include"
            r"|embed)\b.{0,80}(?:https?://|www\.|\w+@\w+\.\w)"
            r"|!\[[^\]]{0,80}\]\(\s*https?://[^)]{0,300}[?&=]|\b(?:visit|open|click|go to|load"
            r"|fetch)\b.{0,30}https?://"
        ),
    ),
    (
        "imitates chat markup",
        re.compile(
            r"<\|?(?:im_start|im_end|system|endoftext|assistant|user)\|?>|\[/?(?:inst|system)\]|<<sys>>"
            r"|</?(?:system|source|instructions?)>"
            r"|(?:^|\n)[^\S\n]*+(?:#{1,4}\s*+)?(?:system|assistant)\s*+(?:(?:prompt|message|note)\s*+)?:"
            r"|\bend of (?:document|source|context|data)\b"
        ),
    ),
    (
        "asks to run something",
        re.compile(
            r"\b(?:call|run|execute|invoke|use)\b.{0,25}\b(?:the (?:tool|function|command|shell)|tool|rm -rf"
            r"|delete_|os\.system|curl|drop table)\b"
            r"|\bdelete (?:all|every) (?:files?|documents?|records?|tables?)\b"
        ),
    ),
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,4000}={0,2}(?![A-Za-z0-9+/])")
_SPELLED_OUT = re.compile(r"(?<!\w)(?:\w[ .\-_*]){5,}\w(?!\w)")
_COMMENTS = {"<!--": "-->", "/*": "*/"}
_COMMENT = re.compile("|".join(map(re.escape, _COMMENTS)))
_IMAGE = re.compile(r"!\[([^\]\n]{0,300})\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])")
_LINK = re.compile(r"\[([^\]\n]{1,300})\]\([^)\n]{0,2000}\)")
_TAG = re.compile(r"</?[A-Za-z!][^<>\n]{0,2000}>")
_URL = re.compile(
    r"\b(?:(?:https?|ftp|file)://[^\s<>\"')\]]{1,2000}|(?:javascript|vbscript|data):[^\s<>\"']{1,2000})",
    re.IGNORECASE,
)
_MOST_CHARACTERS = 20_000


@lru_cache(maxsize=4_096)
def _findings(text: str) -> tuple[str, ...]:
    text = text[:_MOST_CHARACTERS]
    found = [name for form in _forms(text) for name, pattern in _PATTERNS if pattern.search(form)]
    hidden = [form for form in _decoded(text) if any(pattern.search(form) for _, pattern in _PATTERNS)]
    if hidden:
        found.append("hides instructions in an encoding")
    return tuple(dict.fromkeys(found))


def findings_in(text: str) -> list[str]:
    """What makes a text look like instructions to a model, in words; empty for nothing. A flag, no verdict.

    Case, spacing, look-alike letters, full-width forms, HTML comments and Base64 are seen through. Only the
    first 20,000 characters are read.
    """
    return list(_findings(text))


def clean_output(text: str) -> str:
    """`text` as plain words: no images, links, HTML or addresses, so that showing it fetches nothing.

    Images become their alternative text and links their words; a bare address is named as removed.
    """
    text = _without_comments(text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(r"\1", text)
    text = _TAG.sub("", text)
    return _URL.sub("(address removed)", text)


def _without_comments(text: str) -> str:
    """The text without comments that are closed; one pattern would look for the end of each unclosed one anew."""
    last = {mark: text.rfind(end) for mark, end in _COMMENTS.items()}
    parts, position = [], 0
    while match := _COMMENT.search(text, position):
        mark = match.group()
        closed = match.end() <= last[mark]
        parts.append(text[position : match.start() if closed else match.end()])
        position = text.index(_COMMENTS[mark], match.end()) + len(_COMMENTS[mark]) if closed else match.end()
    return "".join([*parts, text[position:]])


def _forms(text: str) -> list[str]:
    """The text as a reader sees it, in several readings: plain, look-alikes replaced, letters pulled together."""
    plain = unicodedata.normalize("NFKC", text)
    plain = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn"))
    lowered = plain.lower()
    readings = [lowered, plain.translate(_LOOKALIKES).lower()]
    joined = _SPELLED_OUT.sub(lambda match: re.sub(r"[ .\-_*]", "", match.group()), lowered)
    if joined != lowered:
        readings += [joined, _respaced(joined)]
    return list(dict.fromkeys(readings))


def _respaced(text: str) -> str:
    """Known words of pulled-together letters set apart again: "ignoreallpreviousinstructions"."""
    words = "ignore|disregard|forget|all|previous|prior|above|instructions?|prompts?|rules?|reveal|your|the"
    "|system|say"
    return re.sub(rf"({words})(?=(?:{words}|\b))", r"\1 ", text)


def _decoded(text: str) -> list[str]:
    found = []
    for match in _BASE64.finditer(text):
        try:
            raw = base64.b64decode(match.group() + "=" * (-len(match.group()) % 4), validate=True)
            found.append(raw.decode("utf-8").lower())
        except (binascii.Error, UnicodeDecodeError):
            continue  # a long word or a hash: nothing is hidden in it
    return found
