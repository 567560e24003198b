"""Personal data found by pattern and checksum, and masked without moving a single character.

A mask is exactly as long as what it replaces, so that every offset (chunks, quotations, citations) stays
true. Names of people are not found: that needs a model, and the page says so.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

_FILLER = "·"


@dataclass(frozen=True, slots=True)
class Finding:
    """One stretch of personal data: its kind, as it is shown in the mask, and `text[start:end]`."""

    kind: str
    start: int
    end: int


def find_personal_data(text: str) -> list[Finding]:
    """E-mail addresses, IBANs, payment cards, social security numbers, IP addresses and phone numbers.

    IBANs, cards and IP addresses count only when their checksum or syntax holds. In order of position,
    never overlapping.
    """
    found: list[Finding] = []
    for kind, pattern, holds in _RECOGNISERS:
        for match in pattern.finditer(text):
            free = all(match.end() <= other.start or match.start() >= other.end for other in found)
            if free and holds(match.group()):
                found.append(Finding(kind, match.start(), match.end()))
    return sorted(found, key=lambda finding: finding.start)


def mask_personal_data(text: str) -> str:
    """`text` with what `find_personal_data` finds replaced by its kind, at the same length."""
    pieces, position = [], 0
    for finding in find_personal_data(text):
        length = finding.end - finding.start
        pieces += [text[position : finding.start], f"[{finding.kind}]"[:length].ljust(length, _FILLER)]
        position = finding.end
    return "".join([*pieces, text[position:]])


def _is_iban(text: str) -> bool:
    """ISO 13616: the first four characters moved to the end, letters as numbers, remainder 1 modulo 97."""
    compact = text.replace(" ", "")
    if not 15 <= len(compact) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    """Luhn's checksum over 13 to 19 digits (ISO/IEC 7812)."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [d if i % 2 == 0 else sum(divmod(2 * d, 10)) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_phone(text: str) -> bool:
    """E.164 allows 15 digits; fewer than 8 are more often a price, a code or a date."""
    return 8 <= sum(c.isdigit() for c in text) <= 15


def _always(_text: str) -> bool:
    return True


# Earlier recognisers win where two find the same characters.
_RECOGNISERS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("e-mail", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), _always),
    ("IBAN", re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), _is_iban),
    ("card", re.compile(r"\b[0-9](?:[ -]?[0-9]){12,18}\b"), _is_card),
    ("ID", re.compile(r"\b[0-9]{3}-[0-9]{2}-[0-9]{4}\b"), _always),
    ("IP", re.compile(r"(?<![\w.:])(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,39})(?![\w:])"), _is_ip),
    ("phone", re.compile(r"(?<!\w)(?:\+|00)[0-9](?:[ ()./-]{0,2}[0-9]){6,14}(?!\w)"), _is_phone),
    ("phone", re.compile(r"(?<![\w.,-])\(?0[0-9]{1,4}\)?[ /-](?:[0-9][ -]?){5,9}[0-9](?!\w)"), _is_phone),
)
