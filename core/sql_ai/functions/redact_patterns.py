"""Patterns of personal data; whatever has a check digit or a numbering plan is validated, not only matched."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Span:
    """Where a piece of personal data stands: `end` is exclusive."""

    start: int
    end: int
    category: str


# Characters before a piece that are looked at for what it is called: all of them would be quadratic.
BEFORE = 60
Finder = Callable[[str], Iterator[Span]]

_EMAIL = re.compile(r"(?<![\w.+%'-])[\w.+%'-]+@(?:[\w-]+\.)+[^\W\d_]{2,}", re.UNICODE)
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})(?![\w:]|\.\d)"
)
_VERSION = re.compile(r"\b(?:version|release|firmware|build|v\.?)\s*$", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CVV = re.compile(r"\b(?:cvv2?|cvc2?|security code)\b\D{0,6}(\d{3,4})\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\d-])(?!000|666|9\d\d)\d{3}[- ](?!00)\d{2}[- ](?!0000)\d{4}(?![\d-])")
_NUMBER_WORD = r"(?:\s*(?:no\.?|nr\.?|num(?:ber)?|id|code|#))*\s*(?:is|was|:|=|#|-)?\s*[:#]?\s*"
_ID_VALUE = r"((?=[A-Z0-9 -]*\d)[A-Z0-9](?:[ -]?[A-Z0-9]){5,13})\b"
_LABELLED: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "NATIONAL_ID",
        re.compile(
            r"(?i:\b(?:ssn|social security|national (?:id|insurance|identity)(?: card)?|nino|nhs|"
            r"identity card|id card|aadhaar|citizen id)\b)(?i:" + _NUMBER_WORD + ")" + _ID_VALUE
        ),
    ),
    ("PASSPORT", re.compile(r"(?i:\bpassport\b)(?i:" + _NUMBER_WORD + ")" + _ID_VALUE)),
    (
        "TAX_IDENTIFIER",
        re.compile(
            r"(?i:\b(?:tax(?:payer)? (?:id(?:entification)?|identifier)|tin|itin|ein|vat(?: id)?|"
            r"steuernummer|tax)\b)(?i:" + _NUMBER_WORD + ")" + _ID_VALUE
        ),
    ),
    (
        "DRIVERS_LICENSE",
        re.compile(
            r"(?i:\b(?:driver'?s?'? licen[cs]e|driving licen[cs]e|licen[cs]e|dl)\b)(?i:"
            + _NUMBER_WORD
            + ")"
            + _ID_VALUE
        ),
    ),
)
_NINO = re.compile(r"\b(?![DFIQUV])[A-Z](?![DFIQUVO])[A-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b")
_EIN = re.compile(r"(?<![\d-])\d{2}-\d{7}(?![\d-])")
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DATE = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|"
    rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH}\.?,? \d{{4}}|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_BIRTH = re.compile(
    r"\b(?:born(?: on)?|birth ?da(?:y|te)(?: is)?|date of birth(?: is)?|d\.?o\.?b\.?(?: is)?)"
    rf"\W{{0,4}}({DATE})",
    re.IGNORECASE,
)
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_ONES = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEENS = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_AGE_WORDS = re.compile(
    rf"\b((?:{_TENS}(?:[- ]{_ONES})?|{_TEENS}|{_ONES})(?:[- ]years?[- ]old| years of age))\b", re.IGNORECASE
)
_AGE = re.compile(
    r"\b(?:aged?(?: of)?:? (\d{1,3})\b|(\d{1,3}(?:[- ]years?[- ]old| years of age|[- ]?yo| y/o))\b|"
    r"(?:i am|i'm|he is|she is|he's|she's|turned|turning) (\d{2})(?=[.,;!?]|\s+and\b|$))",
    re.IGNORECASE,
)
_GENDER = re.compile(
    r"\b(?:(?:gender|sex)(?: is)?\W{0,3}(male|female|man|woman|non-?binary|m|f)|"
    r"(?:i am|i'm|he is|she is|identif\w+ as) (?:an? )?(?:\d+[- ]year[- ]old )?"
    r"(male|female|man|woman|non-?binary(?: person)?|trans(?:gender)?(?: man| woman)?)|"
    r"years?[- ]old (male|female|man|woman))\b",
    re.IGNORECASE,
)
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|close|square|sq|place|pl|way|"
    r"terrace|crescent|parkway|pkwy|highway|hwy)"
)
_ADDRESS = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]? (?:[NSEW]\.? )?(?:[A-Z][\w'-]*\.? ){{1,3}}(?i:{_STREET})\b\.?(?: (?:NE|NW|SE|SW)\b\.?)?"
    r"(?:,? (?i:apt|apartment|suite|unit|flat|no)\.? ?#?\w+)?"
    r"(?:,? [A-Z][\w'-]+(?: [A-Z][a-z'-]+)?(?:,? [A-Z]{2}\b)?(?:,? (?:\d{5}(?:-\d{4})?|[A-Z]{1,2}\d\w? ?\d[A-Z]{2}))?)?"
)
_GERMAN_STREET = re.compile(
    r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|weg|platz|allee|gasse) \d{1,4}[a-z]?"
    r"(?:,? \d{5} [A-ZÄÖÜ][\wäöüß-]+)?"
)
_POST_BOX = re.compile(r"\bP\.? ?O\.? Box \d+\b", re.IGNORECASE)
_SHORT_PHONE = re.compile(r"(?<![\w.$€£#/-])(?:\(\d{3}\) ?|\d{3}[-. ])?555[-. ]\d{4}(?![\w-])")
_PHONE_CONTEXT = re.compile(
    r"(?:\b(?:phone|tel(?:ephone)?|mobile|cell|call|ring|text|fax|whatsapp|number is|reach me)\b"
    r"\D{0,25})$",
    re.IGNORECASE,
)
_PHONE_LIKE = re.compile(r"(?<![\w.$€£#/-])\(?\+?\d[\d ().-]{5,16}\d(?![\w-])")
# A number that begins with a trunk 0, or with 00 for another country, and the separators that numbers have.
_TRUNK = re.compile(r"(?<!\d)[(\[]?0[\d \t\xa0().\[\]/‐–-]{5,30}(?:(?:x|ext\.?|#) ?\d{1,6})?", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"(?<!\d)0")
_TRUNK_REGIONS = ("GB", "DE", "FR", "IN")


def luhn(number: str) -> bool:
    """Tell whether the digits of a card number carry a valid Luhn check digit."""
    digits = [int(character) for character in number if character.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return len(digits) >= 13 and len(set(digits)) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def iban(number: str) -> bool:
    """Tell whether an IBAN's check digits are right (ISO 7064, modulo 97)."""
    compact = number.replace(" ", "")
    return (
        15 <= len(compact) <= 34
        and int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1
    )


def emails(text: str) -> Iterator[Span]:
    """Find e-mail addresses."""
    yield from (Span(match.start(), match.end(), "EMAIL") for match in _EMAIL.finditer(text))


def addresses_of_hosts(text: str) -> Iterator[Span]:
    """Find valid IPv4 and IPv6 addresses."""
    for match in _IP.finditer(text):
        try:
            ipaddress.ip_address(match.group())
        except ValueError:
            continue
        if match.group().strip(":") and not _VERSION.search(
            text, max(0, match.start() - BEFORE), match.start()
        ):
            yield Span(match.start(), match.end(), "IP_ADDRESS")


def cards(text: str) -> Iterator[Span]:
    """Find card numbers with a valid check digit, card security codes and valid IBANs."""
    for match in _CARD.finditer(text):
        if luhn(match.group()):
            yield Span(match.start(), match.end(), "PAYMENT_CARD_DATA")
    for match in _IBAN.finditer(text):
        if iban(match.group()):
            yield Span(match.start(), match.end(), "PAYMENT_CARD_DATA")
    yield from (Span(match.start(1), match.end(1), "PAYMENT_CARD_DATA") for match in _CVV.finditer(text))


def labelled_numbers(text: str) -> Iterator[Span]:
    """Find identity, passport, tax and licence numbers that the text names as such."""
    for category, pattern in _LABELLED:
        yield from (Span(match.start(1), match.end(1), category) for match in pattern.finditer(text))


def shaped_numbers(text: str) -> Iterator[Span]:
    """Find national and tax numbers that can be told by their shape alone."""
    yield from (Span(match.start(), match.end(), "NATIONAL_ID") for match in _SSN.finditer(text))
    yield from (Span(match.start(), match.end(), "NATIONAL_ID") for match in _NINO.finditer(text))
    yield from (Span(match.start(), match.end(), "TAX_IDENTIFIER") for match in _EIN.finditer(text))


def births(text: str) -> Iterator[Span]:
    """Find dates that the text calls a birth date."""
    yield from (Span(match.start(1), match.end(1), "DATE_OF_BIRTH") for match in _BIRTH.finditer(text))


def postal_addresses(text: str) -> Iterator[Span]:
    """Find street addresses with a house number, and post boxes."""
    for pattern in (_ADDRESS, _GERMAN_STREET, _POST_BOX):
        yield from (Span(match.start(), match.end(), "ADDRESS") for match in pattern.finditer(text))


def phones(text: str) -> Iterator[Span]:
    """Find numbers that are valid in a numbering plan, lie in the range reserved for fiction, or are called a phone."""
    import phonenumbers

    covered: set[int] = set()
    # "+44 .." is found in any region.
    for found in phonenumbers.PhoneNumberMatcher(text, "US", leniency=phonenumbers.Leniency.VALID):
        covered.update(range(found.start, found.end))
        yield Span(found.start, found.end, "PHONE_NUMBER")
    position = 0
    while (window := _TRUNK.search(text, position)) is not None:
        inside = window.start() in covered
        position = window.start() + 1 if inside else window.end()
        if not inside:
            yield from _with_trunk(text, max(0, window.start() - 1), window.end() + 1)
    yield from (Span(match.start(), match.end(), "PHONE_NUMBER") for match in _SHORT_PHONE.finditer(text))
    for match in _PHONE_LIKE.finditer(text):
        called = _PHONE_CONTEXT.search(text, max(0, match.start() - BEFORE), match.start())
        if called and sum(c.isdigit() for c in match.group()) >= 7:
            yield Span(match.start(), match.end(), "PHONE_NUMBER")


def _with_trunk(text: str, start: int, end: int) -> Iterator[Span]:
    """The valid numbers between two places that begin with a 0."""
    import phonenumbers

    part = text[start:end]
    for region in _regions_of(part):
        for found in phonenumbers.PhoneNumberMatcher(part, region, leniency=phonenumbers.Leniency.VALID):
            if found.raw_string.startswith(("0", "(0")):
                yield Span(start + found.start, start + found.end, "PHONE_NUMBER")


def _regions_of(written: str) -> list[str]:
    """The regions in whose plan a number with a trunk 0 can be; asking the matcher costs 50 times as much."""
    starts = [re.sub(r"\D", "", written[match.start() :]) for match in _TRUNK_ZERO.finditer(written)]
    if any(digits.startswith("00") for digits in starts):
        return list(_TRUNK_REGIONS)  # another country's number
    return [region for region in _TRUNK_REGIONS if any(_plan(region).match(digits, 1) for digits in starts)]


@cache
def _plan(region: str) -> "re.Pattern[str]":
    """What a national number of a region looks like, without the trunk 0."""
    import phonenumbers

    found = phonenumbers.PhoneMetadata.metadata_for_region(region)
    assert found is not None
    assert found.general_desc is not None
    return re.compile(str(found.general_desc.national_number_pattern))


def ages(text: str) -> Iterator[Span]:
    """Find ages of people, up to 120; those in words up to ninety-nine."""
    for match in _AGE.finditer(text):
        group = next(index for index in (1, 2, 3) if match.group(index))
        digits = re.match(r"\d+", match.group(group))
        if digits and 0 < int(digits.group()) <= 120:
            yield Span(match.start(group), match.end(group), "AGE")
    for match in _AGE_WORDS.finditer(text):
        yield Span(match.start(), match.end(), "AGE")


def genders(text: str) -> Iterator[Span]:
    """Find stated genders."""
    for match in _GENDER.finditer(text):
        group = next(index for index in (1, 2, 3) if match.group(index))
        yield Span(match.start(group), match.end(group), "GENDER")


# Most certain first: where two finders claim the same characters, the earlier one has them.
FINDERS: tuple[Finder, ...] = (
    emails,
    cards,
    labelled_numbers,
    births,
    shaped_numbers,
    addresses_of_hosts,
    postal_addresses,
    phones,
    ages,
    genders,
)
