"""Sentences, clauses and words of ordinary English text, without downloaded corpora."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

DATA = Path(__file__).resolve().parents[3] / "assets" / "sql" / "data"
MOST_CHARACTERS = 100_000  # of a text that are read; patterns over a longer one are time that nobody can stop
MOST_OF_A_SENTENCE = 4_000  # characters; the embedding reads a quarter of that

_BOUNDARY = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[^\sa-z])|\n\s*\n|\n(?=\s*[-*•\d])")
_LAST_WORD = re.compile(r"([\w.]+)\.[\"'”’)\]]*$")
_CLAUSE = re.compile(
    r"\s*(?:[;:]|\s[-–—]{1,2}\s|,?\s+\b(?:but|however|although|though|whereas|while|yet|except(?: that)?|"
    r"unfortunately|sadly|luckily|on the other hand|that said|mais|aber|pero|però)\b,?|,\s+(?:and|so)\s+|,\s+)\s*",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"(?:[,;.]?\s+|^)(?:but|however|yet|unfortunately|sadly|luckily|thankfully|nevertheless|on the other hand|"
    r"that said|mais|aber|pero|però)\b,?\s+(?P<after>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_CONCESSION = re.compile(
    r"^(?:although|though|even though|while|despite|in spite of)\b[^,]+,\s+(?P<after>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_GAP = re.compile(r"\s{3,}")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*")
_SUFFIXES = ("ingly", "edly", "ings", "ing", "ied", "ies", "ed", "es", "ly", "s", "e", "y")


def sentences(text: str) -> list[str]:
    """Return the sentences of a text in order, without surrounding white space; empty ones are left out."""
    starts = [0] + [match.end() for match in _BOUNDARY.finditer(text) if not _is_abbreviation(text, match)]
    pieces = (text[start:end].strip() for start, end in pairwise([*starts, len(text)]))
    return [piece for piece in pieces if piece]


def beginnings(text: str) -> Iterator[str]:
    """Yield the sentences, each as far as it is judged: one without end would be time that nobody can stop."""
    return (sentence[:MOST_OF_A_SENTENCE] for sentence in sentences(text))


def clauses(sentence: str) -> list[str]:
    """Return the parts of one sentence between contrast words, semicolons and commas."""
    parts = _CLAUSE.split(without_gaps(sentence))
    return [part.strip(" ,;:") for part in parts if part and part.strip(" ,;:.!?")]


def turn(sentence: str) -> str:
    """Return what stands after the turn of a sentence ('but', 'Although ..,'), where its verdict lies; '' if none."""
    sentence = without_gaps(sentence)
    match = _CONCESSION.match(sentence) or _TURN.search(sentence)
    after = match.group("after").strip() if match else ""
    return after if len(words(after)) > 1 and after != sentence else ""


def without_gaps(text: str) -> str:
    """Return the text with a blank for each longer run of white space, one or two line breaks where it had some.

    Patterns with several places for white space try each way to divide a run among them: a thousand blanks took half
    a minute, in which nothing else in the process ran.
    """
    return _GAP.sub(lambda gap: "\n" * min(gap.group().count("\n"), 2) or " ", text)


def words(text: str) -> list[str]:
    """Return the lower-case words and numbers of a text; an apostrophe stays inside its word."""
    return [match.group().lower().replace("’", "'") for match in _WORD.finditer(text)]


@cache
def word_list(name: str) -> frozenset[str]:
    """Return a list of lower-case words from assets/sql/data/words.toml."""
    with (DATA / "words.toml").open("rb") as file:
        return frozenset(tomllib.load(file)[name].split())


def stem(word: str) -> str:
    """Return a crude common form of an English word, good enough to match 'deliveries' with 'delivered'."""
    word = word.removesuffix("'s")
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            base = word[: -len(suffix)]
            return base[:-1] if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "ls" else base
    return word


def _is_abbreviation(text: str, boundary: "re.Match[str]") -> bool:
    if "\n" in boundary.group():
        return False
    last = _LAST_WORD.search(text[max(0, boundary.start() - 20) : boundary.start()])
    if last is None:
        return False
    word = last.group(1).lower()
    return word in word_list("abbreviations") or (len(word) == 1 and word.isalpha() and word != "i")
