"""Words as the evidence check reads them: stems, names, numbers, opposites."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

from core.rag.keyword import terms

_WORD = re.compile(r"\d+(?:[.,:]\d+)*(?:%|(?:st|nd|rd|th)\b)?|[^\W\d_]+(?:['’][^\W\d_]+)*(?:\d+\w*)?|\w+")

_FUNCTION_WORDS = frozenset(
    [
        "who",
        "whom",
        "whose",
        "what",
        "when",
        "where",
        "which",
        "why",
        "how",
        "much",
        "many",
        "also",
        "did",
        "does",
        "done",
        "was",
        "were",
        "been",
        "being",
        "has",
        "had",
        "have",
        "having",
        "can",
        "could",
        "may",
        "might",
        "must",
        "shall",
        "should",
        "will",
        "would",
        "not",
        "no",
        "nor",
        "its",
        "it's",
        "their",
        "there",
        "one",
        "ones",
        "else",
        "whether",
        "upon",
        "within",
        "without",
        "among",
        "against",
        "toward",
        "towards",
        "via",
        "per",
        "since",
        "ago",
        "let",
        "tell",
        "name",
        "called",
        "known",
        "give",
        "gave",
        "given",
        "kind",
        "type",
        "sort",
        "use",
        "used",
        "using",
        "get",
        "got",
        "become",
        "became",
        "made",
        "make",
        "ok",
        "okay",
        "something",
        "anything",
        "everything",
        "nothing",
        "somebody",
        "anybody",
        "everybody",
        "nobody",
        "someone",
        "anyone",
        "everyone",
    ]
)
_NEGATED_WORDS = 5
_NEGATION = re.compile(
    r"\b(?:not(?! only\b)|never|neither|nor|cannot|without|no(?!-| longer\b))\b|n['’]t\b", re.IGNORECASE
)
_BORDER = re.compile(r"[,;:.()]|\b(?:but|although|except|until|because|and|if|when)\b", re.IGNORECASE)
_UNITS_OF_COUNT = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "thousand": 1000,
    "million": 1_000_000, "billion": 1_000_000_000, "half": 0.5, "dozen": 12,
}  # fmt: skip
_DEGREES = ("est", "er")
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10,
}  # fmt: skip

_OPPOSITE_PAIRS = (
    "first last; begin end; start end; start stop; open close; largest smallest; biggest smallest; large small; "
    "big small; highest lowest; high low; longest shortest; long short; more less; most least; most fewest; "
    "increase decrease; rise fall; grow shrink; gain lose; win lose; accept reject; approve reject; "
    "support oppose; allow forbid; permit prohibit; include exclude; found dissolve; found abolish; "
    "create destroy; build destroy; construct demolish; establish abolish; invent abolish; appear disappear; "
    "arrive leave; enter leave; join leave; before after; early late; earliest latest; old young; oldest youngest; "
    "oldest newest; north south; east west; northern southern; eastern western; hot cold; warm cold; strong weak; "
    "best worst; good bad; rich poor; richest poorest; male female; man woman; king queen; husband wife; "
    "friend enemy; ally enemy; same different; minimum maximum; above below; over under; inside outside; "
    "internal external; public private; legal illegal; common rare; simple complex; fast slow; fastest slowest; "
    "easy difficult; easy hard; wet dry; absorb release; absorb emit; gain loss; profit loss; buy sell; borrow lend; "
    "import export; input output; employ dismiss; hire dismiss; hire fire; appoint dismiss; positive negative; "
    "majority minority; urban rural; ancient modern; temporary permanent; formal informal; active inactive; "
    "attack defend; victory defeat; success failure; succeed fail; remember forget; teach learn; birth death; "
    "born died; live die; heavy light; dark light; full empty; wide narrow; thick thin; deep shallow; "
    "encourage discourage; agree disagree; connect disconnect; expand contract; upper lower; upward downward; "
    "odd even; prime composite; finite infinite; direct indirect; dependent independent; related unrelated; "
    "able unable; possible impossible; likely unlikely; necessary unnecessary; usual unusual; known unknown; "
    "popular unpopular; equal unequal; stable unstable; certain uncertain; convert revert; separate unite; "
    "retain lose; reduce increase; raise lower; strengthen weaken; widen narrow; start finish; begin finish"
)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a text: where it stands, its stem ("" for words without content), what it looks like."""

    text: str
    start: int
    end: int
    stem: str
    is_name: bool
    number: float | None


def words_of(text: str) -> list[Word]:
    """The words of `text` in order. A capitalised word is a name unless it opens a sentence or heading."""
    found: list[Word] = []
    opens = True
    for match in _WORD.finditer(text):
        word = match.group()
        opens = (
            opens if not found else bool(re.search(r"[.!?:;|\n\"“(]", text[found[-1].end : match.start()]))
        )
        found.append(_word(word, match.start(), match.end(), opens))
    return found


def content_words(words: list[Word]) -> list[Word]:
    """The words that say what a text is about, each stem once."""
    seen: set[str] = set()
    kept: list[Word] = []
    for word in words:
        if word.stem and word.stem not in seen:
            seen.add(word.stem)
            kept.append(word)
    return kept


def are_opposites(stem: str, other: str) -> bool:
    """Whether two stems are listed as opposites (in the same degree), or differ by a negating prefix."""
    if other in _opposites().get(stem, ()) or _differs_by_prefix(stem, other):
        return True
    pairs = (
        (stem.removesuffix(d), other.removesuffix(d))
        for d in _DEGREES
        if stem.endswith(d) and other.endswith(d)
    )
    return any(right in _opposites().get(left, ()) for left, right in pairs)


def negated_stems(text: str) -> set[str]:
    """The stems that a negation of `text` covers: the words behind it, up to the next border, at most five."""
    words = words_of(text)
    starts = [word.start for word in words]
    borders = [*(border.start() for border in _BORDER.finditer(text)), len(text)]
    covered: set[str] = set()
    for match in _NEGATION.finditer(text):
        first = bisect_left(starts, match.end())
        border = borders[bisect_left(borders, match.end())]
        covered |= {
            word.stem for word in words[first : first + _NEGATED_WORDS] if word.stem and word.start < border
        }
    return covered


def number_value(word: str) -> float | None:
    """The value of a figure or number word; None when it is neither. "1,240" is 1240, "0.9" is 0.9."""
    lowered = word.lower()
    if lowered in _UNITS_OF_COUNT:
        return float(_UNITS_OF_COUNT[lowered])
    figure = re.fullmatch(r"(\d[\d,]*(?:\.\d+)?)%?(?:st|nd|rd|th|s)?", lowered)
    if figure is None:
        return None
    return float(figure.group(1).replace(",", ""))


def ordinal_value(word: str) -> int | None:
    """The value of "first" to "tenth" or "12th"; None otherwise."""
    lowered = word.lower()
    if lowered in _ORDINALS:
        return _ORDINALS[lowered]
    figure = re.fullmatch(r"(\d+)(?:st|nd|rd|th)", lowered)
    return int(figure.group(1)) if figure else None


@lru_cache(maxsize=50_000)
def stem_of(word: str) -> str:
    """The stem of a word with content, otherwise an empty text."""
    lowered = word.lower()
    if lowered in _FUNCTION_WORDS:
        return ""
    stems = terms(lowered)
    return stems[0] if stems else ""


def _word(word: str, start: int, end: int, opens_sentence: bool) -> Word:
    stem = stem_of(re.sub(r"['’]s?$", "", word))
    has_inner_capital = any(letter.isupper() for letter in word[1:])
    has_digit_and_letter = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    looks_like_name = word[0].isupper() and not opens_sentence
    is_name = bool(stem) and (looks_like_name or has_inner_capital or has_digit_and_letter)
    return Word(word, start, end, stem, is_name, number_value(word))


@lru_cache(maxsize=1)
def _opposites() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for pair in _OPPOSITE_PAIRS.split(";"):
        left, right = (terms(word)[0] if terms(word) else word for word in pair.split())
        table.setdefault(left, set()).add(right)
        table.setdefault(right, set()).add(left)
    return table


def _differs_by_prefix(stem: str, other: str) -> bool:
    longer, shorter = (stem, other) if len(stem) > len(other) else (other, stem)
    return len(shorter) > 3 and longer in {
        prefix + shorter for prefix in ("un", "non", "dis", "im", "in", "il")
    }
