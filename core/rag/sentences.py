"""Where sentences begin and end, by rules: no corpus, no model, offsets that slice the source exactly."""

from __future__ import annotations

import re

LONGEST_SENTENCE = 700
"""Characters after which a run without punctuation (a list in one line) is cut at a softer border."""

Span = tuple[int, int]

_ABBREVIATION_WORDS = (
    "mr mrs ms dr prof sr jr st mt ft gen col lt sgt capt cmdr adm gov sen rep rev hon pres messrs mme "
    "no nos vol vols pp pg fig figs sec ch art ed eds eq ref refs approx ca cf cp vs viz al ibid "
    "inc ltd co corp bros dept univ assn est "
    "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun "
    "e.g i.e a.m p.m u.s u.k u.n d.c ph.d m.d b.c a.d b.a m.a"
)
_ABBREVIATIONS = frozenset(_ABBREVIATION_WORDS.split())
_LAST_WORDS = "inc ltd co corp bros a.m p.m u.s u.k u.n d.c ph.d m.d b.c a.d b.a m.a jr sr al"
_MAY_END_A_SENTENCE = frozenset(_LAST_WORDS.split())
_STARTER_WORDS = (
    "the a an this that these those it its he she they we you i in on at after before when while if for "
    "from his her their our there here however although as by during since with to both each many most"
)
_SENTENCE_STARTERS = frozenset(_STARTER_WORDS.split())
_MARKER = r"(?:#{1,6}[ \t]+|>[ \t]?|[-*+•–◦▪‣][ \t]+|\(?\d{1,3}[.)][ \t]+|\(?[a-zA-Z][)][ \t]+)"
_LINE_MARKER = re.compile(rf"[ \t]*(?:{_MARKER})+(?:\[[ xX]\][ \t]+)?")
_STRUCTURE = re.compile(rf"[ \t]*(?:{_MARKER}|\||```|~~~|[-*_=]{{3,}}[ \t]*$)")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
# It starts where a run of signs starts: tried at each of a million exclamation marks, it took hours.
_TERMINATOR = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]]*(?:\[[\w ]{1,12}\])*(?=\s+[\"'“‘«(\[]*[^\s\"'“‘«(\[])"
    r"|[。！？]+[」』”’)]*"
)
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘]*$")
_FIRST_WORD = re.compile(r"[\s\"'“‘«(\[]*(\S+)")
_SOFT_BORDER = re.compile(r"[;:|]\s+|,\s+|\s+")
_WRAPPED_LINE = 50
"""A shorter plain line that meets a capital or a digit is a sentence; a longer one is wrapped prose."""


def split_sentences(text: str) -> list[Span]:
    """Return the (start, end) character spans of the sentences of `text`, in order and without overlap.

    Every character outside the spans is white space. Headings, list items, table rows and blank lines end
    a sentence; a list or heading marker belongs to its sentence (`without_marker` drops it for quotation).
    Abbreviations, initials, decimals and numbered items do not end one.
    """
    spans: list[Span] = []
    for start, end in _blocks(text):
        for sentence in _sentences_of_block(text, start, end):
            spans.extend(_within_length(text, *sentence))
    return spans


def without_marker(text: str, span: Span) -> Span:
    """Return `span` without a leading heading, quotation or list marker; never an empty span."""
    start, end = span
    match = _LINE_MARKER.match(text, start, end)
    return (match.end(), end) if match and match.end() < end else span


def _blocks(text: str) -> list[Span]:
    """Group the lines that belong to one paragraph, list item, heading or table row."""
    blocks: list[Span] = []
    position = 0
    previous = ""
    for line in text.splitlines(keepends=True):
        end = position + len(line)
        if not blocks or _starts_block(previous, line):
            blocks.append((position, end))
        else:
            blocks[-1] = (blocks[-1][0], end)
        position, previous = end, line
    return [block for block in (_trim(text, *b) for b in blocks) if block[0] < block[1]]


def _starts_block(previous: str, line: str) -> bool:
    if not line.strip() or not previous.strip():
        return True
    if _STRUCTURE.match(line) or _HEADING.match(previous) or previous.lstrip().startswith("|"):
        return True
    first = line.lstrip()[0]
    return len(previous.rstrip()) < _WRAPPED_LINE and (first.isupper() or first.isdigit())


def _sentences_of_block(text: str, start: int, end: int) -> list[Span]:
    if text[start] == "|":
        return [(start, end)]
    marker = _LINE_MARKER.match(text, start, end)
    searched_from = marker.end() if marker else start
    spans: list[Span] = []
    for match in _TERMINATOR.finditer(text, searched_from, end):
        if match.end() < end and _ends_sentence(text, start, match, end):
            spans.append((start, match.end()))
            start = match.end()
    spans.append((start, end))
    return [span for span in (_trim(text, *s) for s in spans) if span[0] < span[1]]


def _ends_sentence(text: str, start: int, match: re.Match[str], end: int) -> bool:
    if match.group()[0] in "。！？":
        return True
    following = _FIRST_WORD.match(text, match.end(), end)
    word_after = following.group(1) if following else ""
    if match.group()[0] != ".":
        return not word_after[:1].islower()
    if word_after[:1].islower():
        return False
    before = _LAST_WORD.search(text[max(start, match.start() - 30) : match.start()])
    word = before.group().lower() if before else ""
    if word in _MAY_END_A_SENTENCE:
        return re.sub(r"\W", "", word_after).lower() in _SENTENCE_STARTERS
    is_initial = len(word) == 1 and word.isalpha() and text[match.start() - 1].isupper()
    if is_initial:  # "Use model A. It is faster." against "John A. Smith" and "met J. K. Rowling"
        return re.sub(r"\W", "", word_after).lower() in _SENTENCE_STARTERS
    return word not in _ABBREVIATIONS


def _within_length(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    while end - start > LONGEST_SENTENCE:
        cut = _soft_cut(text, start, start + LONGEST_SENTENCE)
        spans.append(_trim(text, start, cut))
        start = cut
    spans.append(_trim(text, start, end))
    return [span for span in spans if span[0] < span[1]]


def _soft_cut(text: str, start: int, limit: int) -> int:
    """The last border of the strongest kind in the second half of the allowance, otherwise the allowance."""
    best_rank, best = 3, limit
    for match in _SOFT_BORDER.finditer(text, start + LONGEST_SENTENCE // 2, limit):
        rank = 0 if match.group()[0] in ";:|" else 1 if match.group()[0] == "," else 2
        if rank <= best_rank:
            best_rank, best = rank, match.end()
    return best


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end
