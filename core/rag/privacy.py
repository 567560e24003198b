"""Masks personal data that has a form: e-mail, telephone, IBAN, card, IP and social security numbers.

Pattern recognisers with checksums where the form has one. Names of people have no form and are not found:
say so wherever masking is offered.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import accumulate

from core.rag.documents import Parsed


@dataclass(frozen=True, slots=True)
class Found:
    """One piece of personal data: its kind and where it stands."""

    kind: str
    start: int
    end: int


def find_personal_data(text: str) -> list[Found]:
    """What was recognised, in order and without overlap; the more specific kind wins."""
    found: list[Found] = []
    # 1 where something was found: a file can hold a quarter of a million addresses.
    taken = bytearray(len(text))
    for kind, pattern, accepts in _RECOGNISERS:
        for match in pattern.finditer(text):
            start, end = match.span()
            if not any(taken[start:end]) and accepts(match.group()):
                found.append(Found(kind, start, end))
                taken[start:end] = b"\1" * (end - start)
    return sorted(found, key=lambda item: item.start)


def mask(text: str) -> str:
    """`text` with every piece replaced by its kind in brackets: "[e-mail]"."""
    return _masked(text, find_personal_data(text))


def mask_in_place(text: str) -> str:
    """`text` of the same length with the letters and digits of personal data as dots: offsets stay right."""
    characters = list(text)
    for item in find_personal_data(text):
        for i in range(item.start, item.end):
            if characters[i].isalnum():
                characters[i] = "•"
    return "".join(characters)


def mask_parsed(parsed: Parsed) -> Parsed:
    """A parsed source without its personal data; blocks are moved along and a notice says how many."""
    found = find_personal_data(parsed.text)
    if not found:
        return parsed
    text = _masked(parsed.text, found)
    moved = _Offsets(found).moved
    blocks = tuple(replace(one, start=moved(one.start), end=moved(one.end)) for one in parsed.blocks)
    count = f"{len(found):,} pieces of personal data were masked (names of people are not recognised)"
    return replace(
        parsed, text=text, blocks=blocks, title=mask(parsed.title), notices=(*parsed.notices, count)
    )


def _masked(text: str, found: list[Found]) -> str:
    parts, position = [], 0
    for item in found:
        parts += [text[position : item.start], f"[{item.kind}]"]
        position = item.end
    return "".join([*parts, text[position:]])


class _Offsets:
    """Where places of the text are once every piece of ``found`` is replaced by its kind in brackets."""

    def __init__(self, found: list[Found]) -> None:
        self._found = found
        self._ends = [item.end for item in found]
        growth = (len(item.kind) + 2 - (item.end - item.start) for item in found)
        self._shifts = list(accumulate(growth, initial=0))

    def moved(self, offset: int) -> int:
        """The new place of an offset; one inside a masked piece goes to its end."""
        before = bisect_right(self._ends, offset)
        item = self._found[before] if before < len(self._found) else None
        if item is not None and item.start < offset:
            return item.start + self._shifts[before] + len(item.kind) + 2
        return offset + self._shifts[before]


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _is_card(text: str) -> bool:
    """Luhn's checksum (ISO/IEC 7812)."""
    digits = [int(digit) for digit in reversed(_digits(text))]
    doubled = (2 * d - 9 if 2 * d > 9 else 2 * d for d in digits[1::2])
    return 13 <= len(digits) <= 19 and (sum(digits[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    """The ISO 13616 check: moved round and read as a number, the rest by 97 is 1."""
    compact = re.sub(r"\s", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = _digits(text)
    return 8 <= len(digits) <= 15 and not re.fullmatch(r"\d{4}[-./ ]\d{1,2}[-./ ]\d{1,4}", text.strip())


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_RECOGNISERS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        "e-mail",
        re.compile(r"[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}\b"),
        lambda _: True,
    ),
    ("IBAN", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    ("card number", re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"), _is_card),
    ("IP address", re.compile(r"(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)"), _is_ip),
    ("IP address", re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F:]{1,9}(?![\w:])"), _is_ip),
    ("social security number", re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), lambda _: True),
    (
        "telephone number",
        re.compile(
            r"(?<![\w.])(?:\+|(?<!\d )00)\d{1,3}(?:[ ./()-]{0,2}\d){6,12}(?!\w)"
            r"|(?<![\w.,])(?<!\d )\(?0\d{1,5}\)?(?:[ /-]\d{2,8}){1,4}(?!\w)"
        ),
        _is_phone,
    ),
    (
        "telephone number",
        re.compile(r"(?<![\w.])(?:\(\d{3}\) ?|\d{3}[-.])\d{3}[-.]\d{4}(?!\w)"),
        _is_phone,
    ),
)
