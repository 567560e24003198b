"""Patterns of MATCH_RECOGNIZE as regular expressions over rows.

A row is one character, whose number says which of the defined symbols the row may be: bit 0 for the first of them. A
symbol of the pattern is then the class of all characters with its bit, and the regex library does the matching.
"""

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import regex

from core.errors import BadInput, LimitReached, NotAvailable

MOST_SYMBOLS = 8
_TOKEN = regex.compile(
    r"\s*(?:(?P<name>[A-Za-z_][\w$]*)|(?P<times>[*+?]|\{\d*,?\d*\})(?P<lazy>\??)|(?P<mark>[()|^$]))"
)
_FIRST = 0x100  # the character of a row that is none of the symbols
_TIME_S = 2.0  # for one partition: nothing else stops a pattern that backtracks
_MOST_LENGTH = 1_000  # characters of a pattern
_MOST_TIMES = 1_000
_MOST_PARTS = 2_000  # symbols of a pattern with its counts written out, as the regex library holds them
_MOST_NESTED = 50
_MOST_SPANS = 1_000_000  # rows of all matches of a partition
PAST_LAST, TO_NEXT = "PAST LAST ROW", "TO NEXT ROW"
_HINT = "Write symbols with * + ? {n,m} ( ) | ^ $, as in PATTERN (start down+ up*)."

Span = tuple[int, str, int]  # the match's number, the symbol of a row, and the row's number in the match


def row_mark(mask: int) -> str:
    """The character of a row with these bits."""
    return chr(_FIRST + mask)


@lru_cache(maxsize=32)
def symbols_of(pattern: str) -> tuple[str, ...]:
    """The symbols of a pattern in upper case, each once, in the order written."""
    return tuple(dict.fromkeys(found["name"].upper() for found in _tokens(pattern) if found["name"]))


@lru_cache(maxsize=32)
def compiled(pattern: str, defined: tuple[str, ...]) -> Any:
    """The regular expression; group ``s0`` takes the rows of the first symbol of the pattern.

    Raises BadInput for a pattern that is none, NotAvailable for what is not done here, LimitReached for one too large.
    """
    names, tokens = symbols_of(pattern), _tokens(pattern)
    may_be_empty = _may_be_empty(tokens)
    pieces = []
    for token in tokens:
        if token["name"]:
            name = token["name"].upper()
            pieces.append(f"(?P<s{names.index(name)}>{_class(name, defined)})")
        elif token["times"]:
            pieces.append(token["times"] + token["lazy"])
        else:
            pieces.append({"(": "(?:", "$": r"\Z", "^": r"\A"}.get(token["mark"], token["mark"]))
    try:
        made = regex.compile("".join(pieces), regex.DOTALL, cache_pattern=False)
    except regex.error as error:
        raise BadInput(f"The PATTERN is wrong: {error}", _HINT) from None
    if may_be_empty:
        raise NotAvailable(
            "A PATTERN that also matches no rows is not supported here",
            "Write + where one row must be there.",
        )
    return made


class Matches:
    """The matches in one partition, found as its rows are asked for one by one: between two the caller may stop.

    ``skip`` says where the next match may begin.
    """

    def __init__(self, rows: str, pattern: str, defined: tuple[str, ...], skip: str = PAST_LAST) -> None:
        self._rows, self._skip = rows, skip
        self._pattern, self._names = compiled(pattern, defined), symbols_of(pattern)
        self._found: dict[int, list[Span]] = {}
        self._start = self._number = self._spans = 0
        self._left_s = _TIME_S

    def of_row(self, row: int) -> list[Span]:
        """The matches that a row is in; each row can be asked for once, and only behind those before it.

        Raises LimitReached when matching takes longer than two seconds or finds too much, BadInput when ``skip``
        leads to no row or back to the first one of a match.
        """
        while self._start <= row:
            match = self._next()
            if match is None:
                self._start = len(self._rows)
            else:
                self._keep(match)
        return self._found.pop(row, [])

    def _next(self) -> Any:
        began = time.monotonic()
        try:
            return self._pattern.search(self._rows, self._start, timeout=max(self._left_s, 0.001))
        except TimeoutError:
            raise LimitReached(
                f"The PATTERN takes longer than {_TIME_S:g} s on one partition",
                "Avoid repeats inside repeats: (a|b*)*.",
            ) from None
        finally:
            self._left_s -= time.monotonic() - began

    def _keep(self, match: Any) -> None:
        self._number += 1
        self._spans += match.end() - match.start()
        if self._spans > _MOST_SPANS:
            raise LimitReached(f"The matches have more than {_MOST_SPANS:,} rows", "Skip PAST LAST ROW.")
        places = {name: [place for place, _end in match.spans(f"s{i}")] for i, name in enumerate(self._names)}
        for name, taken in places.items():
            for place in taken:
                self._found.setdefault(place, []).append((self._number, name, place - match.start() + 1))
        self._start = _next_start(match, places, self._skip)


def skipped_symbol(skip: str) -> str:
    """The symbol of ``TO FIRST x``, ``TO LAST x`` and ``TO x``, '' for the other ways to go on."""
    return "" if skip in (PAST_LAST, TO_NEXT) else skip.split()[-1]


def _next_start(match: Any, places: dict[str, list[int]], skip: str) -> int:
    if skip == PAST_LAST:
        return int(match.end())
    if skip == TO_NEXT:
        return int(match.start()) + 1
    taken = places[skipped_symbol(skip)]
    if not taken:
        raise BadInput(f"A match has no row to SKIP {skip}", "Skip to a symbol that every match has.")
    start = taken[0] if skip.startswith("TO FIRST") else taken[-1]
    if start == match.start():
        raise BadInput(f"SKIP {skip} leads back to the first row of a match", "Skip TO NEXT ROW.")
    return start


@dataclass
class _Group:
    """What is known of an open group of a pattern: its symbols, and whether it may stand for no rows."""

    parts: int = 0
    empty: bool = True  # the branch being read
    other_empty: bool = False  # a branch before it

    def take(self, parts: int, empty: bool, times: str) -> None:
        """The next piece of the branch with its quantifier."""
        least, most = _bounds(times)
        self.parts += parts * max(most, 1)
        self.empty = self.empty and (empty or least == 0)


def _may_be_empty(tokens: list[Any]) -> bool:
    """Whether a pattern also stands for no rows.

    Raises LimitReached when it is too large: the regex library writes the counts out, each inside of the other.
    """
    groups = [_Group()]
    for token, behind in zip(tokens, [*tokens[1:], None], strict=True):
        times = (behind["times"] if behind else None) or "{1}"
        if token["name"]:
            groups[-1].take(1, False, times)
        elif token["mark"] == "(":
            groups.append(_Group())
        elif token["mark"] == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1].take(closed.parts, closed.empty or closed.other_empty, times)
        elif token["mark"] == "|":
            groups[-1].other_empty |= groups[-1].empty
            groups[-1].empty = True
        if groups[-1].parts > _MOST_PARTS:
            raise LimitReached(
                f"The PATTERN stands for more than {_MOST_PARTS:,} symbols", "Use + or smaller counts."
            )
        if len(groups) > _MOST_NESTED:
            raise LimitReached(
                f"The PATTERN nests deeper than {_MOST_NESTED} levels", "Leave out parentheses."
            )
    return groups[0].empty or groups[0].other_empty


def _bounds(times: str) -> tuple[int, int]:
    """The least and the most written repeats of a quantifier."""
    if times in ("*", "?", "+"):
        return int(times == "+"), 1
    least, _comma, most = times.strip("{}").partition(",")
    return int(least or 0), max(int(least or 0), int(most or 0))


def _class(name: str, defined: tuple[str, ...]) -> str:
    if name not in defined:
        return "."
    bit = 1 << defined.index(name)
    return "[" + "".join(row_mark(mask) for mask in range(1 << len(defined)) if mask & bit) + "]"


def _tokens(pattern: str) -> list[Any]:
    if len(pattern) > _MOST_LENGTH:
        raise LimitReached(f"A PATTERN has at most {_MOST_LENGTH:,} characters", _HINT)
    found: list[Any] = []
    place, text = 0, pattern.rstrip()
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None or (token["times"] and (not found or not _repeats(found[-1], token["times"]))):
            raise _wrong(text[place:].lstrip())
        if token["name"] and token["name"].upper() == "PERMUTE":
            raise NotAvailable("PERMUTE in a PATTERN is not supported here", "Write the orders with |.")
        found.append(token)
        place = token.end()
    if not any(token["name"] for token in found):
        raise BadInput("The PATTERN names no symbols", _HINT)
    return found


def _repeats(before: Any, times: str) -> bool:
    """Whether a quantifier of this size may stand behind the token ``before``."""
    sizes = [int(size) for size in regex.findall(r"\d+", times)]
    return (bool(before["name"]) or before["mark"] == ")") and (
        times in ("*", "+", "?") or (bool(sizes) and max(sizes) <= _MOST_TIMES)
    )


def _wrong(rest: str) -> BadInput | NotAvailable:
    if rest.startswith(("{-", "-}")):
        return NotAvailable(
            "Leaving rows out of a PATTERN with {- -} is not supported here", "Filter by CLASSIFIER()."
        )
    return BadInput(f"The PATTERN cannot be read at: {rest[:20]}", _HINT)
