"""Person names: after an introduction or a title, or a known given name followed by a capitalised word."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from core.sql_ai.functions.redact_patterns import BEFORE, Span
from core.sql_ai.functions.text import DATA, word_list

_PART = r"[^\W\d_a-z][^\W\d_]*(?:['’-][^\W\d_]+)*"
_PARTICLE = r"(?:van|von|der|den|de|del|della|di|da|dos|la|le|bin|al|el|ter|ten)"
_SURNAMES = rf"(?: (?:{_PARTICLE} )*{_PART}| [A-Z]\.(?= {_PART})){{0,3}}"
_INTRODUCTION = re.compile(
    rf"\b(?i:i am|i'm|i’m|this is|my name is|name is|name:|named|called|signed,?|regards,?|sincerely,?|thanks,|cheers,|"
    rf"yours,|customer:?|patient:?|contact:?|attn:?|dear|speak(?:ing)? (?:to|with)|talk(?:ed)? (?:to|with)|ask for|"
    rf"from|by|with|to|for)\s+(?P<name>{_PART}{_SURNAMES})"
)
_STRONG = re.compile(
    r"(?:i am|i'm|i’m|my name is|name is|name:|named|regards,?|sincerely,?|yours,|attn:?)\s+$", re.IGNORECASE
)
_TITLE = re.compile(
    rf"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Doctor|Sir|Madam|Herr|Frau|Señor|Señora|Monsieur|Madame)"
    rf"\b\.? (?P<name>{_PART}{_SURNAMES})"
)
_ARTICLE = re.compile(r"\b(?:the|a)\s$", re.IGNORECASE)
_CAPITALISED = re.compile(rf"(?<![\w@.])(?P<name>{_PART}{_SURNAMES})")


@cache
def given_names() -> frozenset[str]:
    """Return the shipped list of common given names, in lower case."""
    return frozenset((DATA / "given_names.txt").read_text("utf-8").split())


def name_spans(text: str) -> Iterator[Span]:
    """Find person names; a lone capitalised word counts only after an introduction or when it is a given name."""
    for match in _TITLE.finditer(text):
        yield _span(match)
    for match in _INTRODUCTION.finditer(text):
        start = match.start("name")
        strong = _STRONG.search(text, max(0, start - BEFORE), start) is not None
        span = _trimmed(match, text)
        if span and (_is_given(text, span) or (strong and _looks_like_name(text[span.start : span.end]))):
            yield span
    for match in _CAPITALISED.finditer(text):
        span = _from_given_name(match, text)
        if span:
            yield span


def _span(match: "re.Match[str]") -> Span:
    return Span(match.start("name"), match.end("name"), "NAME")


def _trimmed(match: "re.Match[str]", text: str) -> Span | None:
    """Cut the words off the end that start a sentence of their own or are ordinary words."""
    words = match.group("name").split(" ")
    while words and words[-1].lower().rstrip(".'’s") in word_list("not_names"):
        words.pop()
    if not words or words[0].lower() in word_list("not_names"):
        return None
    return Span(match.start("name"), match.start("name") + len(" ".join(words)), "NAME")


def _looks_like_name(name: str) -> bool:
    words = name.split(" ")
    return len(words) >= 2 or (name.lower() not in word_list("not_names") and not name.isupper())


def _is_given(text: str, span: Span) -> bool:
    return text[span.start : span.end].split(" ")[0].lower() in given_names()


def _is_thing(name: str, following: list[str], text: str) -> bool:
    """Whether a given name stands for something else here: an ordinary word, a product, a headline's verb."""
    after = re.sub(r"\W+$", "", following[0]).lower() if following else ""
    if after in word_list("not_surnames"):
        return True
    return name in word_list("ambiguous_names") and (not following or _is_headline(text))


@lru_cache(maxsize=4)  # asked again for every name of a text
def _is_headline(text: str) -> bool:
    """Whether nearly all words are capitalised, so that capitals tell nothing."""
    found = re.findall(r"[^\W\d_]+", text)
    return len(found) > 3 and sum(word[0].isupper() for word in found) > 0.8 * len(found)


def _from_given_name(match: "re.Match[str]", text: str) -> Span | None:
    """Return the part of a run of capitalised words that starts with a given name."""
    words = match.group("name").split(" ")
    offset = match.start("name")
    # 'the Aurora Lamp' is a thing.
    if _ARTICLE.search(text, max(0, offset - BEFORE), offset) and len(words) > 1:
        return None
    for place, word in enumerate(words):
        bare = re.sub(r"['’]s$", "", word)
        if bare.lower() in given_names() and not _is_thing(bare.lower(), words[place + 1 :], text):
            rest = [bare, *words[place + 1 :]] if place + 1 < len(words) else [bare]
            while len(rest) > 1 and re.sub(r"['’]s$", "", rest[-1]).lower() in word_list("not_names"):
                rest.pop()
            rest[-1] = re.sub(r"['’]s$", "", rest[-1])
            return Span(offset, offset + len(" ".join(rest)), "NAME")
        offset += len(word) + 1
    return None
