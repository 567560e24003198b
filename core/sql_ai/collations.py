"""Snowflake's collations: what ``COLLATE 'en-ci'`` means, and the text by which SQLite then compares.

Texts of a locale are compared as the Unicode Collation Algorithm does it with its root rules: letters first, then
accents, then case. A language whose letters are in another order than those listed here is refused.
"""

import re
import unicodedata
from dataclasses import astuple, dataclass, replace
from functools import lru_cache

from core.errors import BadInput, LimitReached, NotAvailable

# Languages whose letters sort by the root rules; others move letters, as Swedish moves ä behind z. There is no
# language sp, which Snowflake's documentation uses in an example: what is no language has the root rules.
_ROOT_LOCALES = frozenset({"en", "de", "fr", "it", "nl", "pt", "ga", "id", "ms", "sw", "sp"})
_OTHER_RULES = frozenset({"fr_ca"})  # which compares accents from the end
_BEHIND = {  # letters that are letters of their own, behind another
    "es": {"ñ": "n1"},
    "pl": {"ą": "a1", "ć": "c1", "ę": "e1", "ł": "l1", "ń": "n1", "ó": "o1", "ś": "s1", "ź": "z1", "ż": "z2"},
}
_LANGUAGES = sorted({*_ROOT_LOCALES, *_BEHIND} - {"sp"})
_CHOICES = {
    "case": ("cs", "ci"), "accents": ("as", "ai"), "punctuation": ("ps", "pi"), "first": ("fl", "fu"),
    "conversion": ("upper", "lower"), "trimming": ("trim", "ltrim", "rtrim"),
}  # fmt: skip
_OF_LOCALE = ("case", "accents", "punctuation", "first")
_PREFIX = "sf_collate "
_SHORT = 300  # characters of a text whose key is remembered: a join or DISTINCT compares it many times
_MAX_CHARACTERS = 200_000  # about a tenth of a second, in which nothing can stop the statement
# The order of ASCII's marks in the root rules; the letters that are another one and a stroke, or two.
_MARKS = "_-,;:!?.'\"()[]{}@*/\\&#%"
_SIGNS = "`^+<=>|~"
_COMPOSED = {"ø": "o", "đ": "d", "ł": "l", "ħ": "h", "æ": "ae", "œ": "oe"}  # in small letters
_NEXT_LEVEL = "\x01"  # sorts before everything that a level holds


@dataclass(frozen=True)
class Collation:
    """A collation as written, and whether COLLATE said so at this place rather than at the column."""

    written: str
    explicit: bool = False

    def compared(self, one: str, other: str) -> int:
        """-1, 0 or 1: which of two texts comes first; an order for SQLite."""
        first, second = sort_key(one, self.written), sort_key(other, self.written)
        return (first > second) - (first < second)

    @property
    def name(self) -> str:
        """Its name as an order of SQLite, one for all ways to write it: there are not many."""
        return _PREFIX + "-".join(filter(None, astuple(_rules(self.written))))


@dataclass(frozen=True)
class _Rules:
    language: str = ""  # none where texts are compared by their code points
    case: str = "cs"
    accents: str = "as"
    punctuation: str = "ps"
    first: str = "fl"
    conversion: str = ""
    trimming: str = ""


def collation(written: str) -> Collation:
    """The collation that ``written`` names, as COLLATE takes it.

    Raises BadInput for what Snowflake does not know, NotAvailable for a locale with letters in another order.
    """
    _rules(written.lower())
    return Collation(written.lower())


def explicit(one: Collation) -> Collation:
    """The same collation, said by COLLATE at this place."""
    return replace(one, explicit=True)


def agreed(several: list[Collation | None]) -> Collation | None:
    """The collation of a comparison or a result: an explicit one goes before those of columns.

    Raises BadInput when two of the same rank differ.
    """
    known = [one for one in several if one is not None]
    leading = [one for one in known if one.explicit] or known
    for one in leading[1:]:
        if _rules(one.written) != _rules(leading[0].written):
            raise BadInput(
                f"Incompatible collations: '{leading[0].written}' and '{one.written}'",
                "Give one of the texts the other's with COLLATE(text, '..').",
            )
    return leading[0] if leading else None


def effective(collation: Collation | None) -> Collation | None:
    """The collation, or None where texts are compared as they are: without one, under '' and under 'utf8'."""
    return None if collation is None or _rules(collation.written) == _Rules() else collation


def sort_key(text: str, written: str) -> str:
    """The text by which SQLite compares ``text`` under a collation, byte by byte.

    Raises LimitReached when a text of a language is too long to be looked at character by character.
    """
    return _short_key(text, written) if len(text) <= _SHORT else _key(text, written)


@lru_cache(maxsize=4096)
def _short_key(text: str, written: str) -> str:
    return _key(text, written)


def _key(text: str, written: str) -> str:
    rules = _rules(written)
    if not rules.language:
        return folded(text, written)
    elements = _elements(text, written)
    levels = ["".join(base for base, _accents, _case in elements)]
    if rules.accents == "as":
        levels.append("".join(("\x02" if base else "") + accents for base, accents, _case in elements))
    if rules.case == "cs":
        small, capital = ("a", "b") if rules.first == "fl" else ("b", "a")
        levels.append(
            "".join({"u": capital, "l": small}.get(case, case) for base, _a, case in elements if base)
        )
    return _NEXT_LEVEL.join(levels)


def sortable(text: str, written: str) -> str:
    """The text itself; raises LimitReached when it is too long for the rules of a language."""
    if _rules(written).language and len(text) > _MAX_CHARACTERS:
        raise LimitReached(
            f"A text of {len(text):,} characters is compared under a collation, which takes {_MAX_CHARACTERS:,}",
            "Compare its beginning, LEFT(text, 1000), or its MD5.",
        )
    return text


def found_at(text: str, part: str, written: str) -> tuple[bool, bool, bool]:
    """Whether ``part`` is at the beginning of ``text``, at its end, and anywhere in it."""
    numbers: dict[tuple[str, ...], int] = {}
    whole, wanted = (
        "".join(chr(numbers.setdefault(one, len(numbers))) for one in _compared_elements(given, written))
        for given in (text, part)
    )
    return whole.startswith(wanted), whole.endswith(wanted), wanted in whole


def searches(written: str) -> bool:
    """Whether texts can be searched in others under this collation: not without marks, nor by case without accents."""
    rules = _rules(written)
    return rules.punctuation == "ps" and (rules.case, rules.accents) != ("cs", "ai")


def folded(text: str, written: str) -> str:
    """``text`` as ``upper``, ``lower``, ``trim`` and their kin change it before a comparison."""
    rules = _rules(written)
    if rules.trimming:
        text = {"trim": text.strip, "ltrim": text.lstrip, "rtrim": text.rstrip}[rules.trimming](" ")
    return {"upper": text.upper, "lower": text.lower}.get(rules.conversion, text.__str__)()


def only_folds(written: str) -> bool:
    """Whether nothing but ``folded`` changes a comparison: what LIKE takes."""
    return not _rules(written).language


@lru_cache(maxsize=256)
def _rules(written: str) -> _Rules:
    parts = written.split("-") if written else []
    locale = parts.pop(0) if parts and not _choice(parts[0]) else ""
    found: dict[str, str] = {}
    for part in parts:
        kind = _choice(part)
        if kind is None or kind in found:
            raise BadInput(
                f"Invalid collation specification '{written[:40]}'",
                "Write a locale first, then each of -ci, -ai, -pi, -fu, -upper, -trim at most once: 'en-ci'.",
            )
        found[kind] = part
    return _Rules(_language(locale, written, found), **found)


def _choice(part: str) -> str | None:
    return next((kind for kind, words in _CHOICES.items() if part in words), None)


def _language(locale: str, written: str, found: dict[str, str]) -> str:
    """The language by whose rules texts are compared; '' when they are compared by their code points."""
    if locale in ("", "utf8"):
        needing = [found[kind] for kind in _OF_LOCALE if kind in found]
        if needing:
            raise BadInput(
                f"The collation '{written[:40]}' has no language for -{needing[0]}",
                f"Write 'en-{needing[0]}'.",
            )
        return ""
    if not re.fullmatch(r"[a-z]{2,3}(_[a-z0-9]{2,4})?", locale):
        raise BadInput(
            f"Invalid collation specification '{written[:40]}'", "Write a locale first: 'en-ci', 'de_DE-ai'."
        )
    language = locale.partition("_")[0]
    if language not in {*_ROOT_LOCALES, *_BEHIND} or locale in _OTHER_RULES:
        raise NotAvailable(
            f"The collation '{written[:40]}' is not supported here: {locale} may order letters in its own way",
            f"Known languages: {', '.join(_LANGUAGES)}. Without one, write 'upper' or 'lower'.",
        )
    return language


def _elements(text: str, written: str) -> list[tuple[str, str, str]]:
    rules = _rules(written)
    composed = unicodedata.normalize("NFC", folded(sortable(text, written), written))
    elements = [element for char in composed for element in _elements_of(char, rules.language)]
    if rules.punctuation == "pi":
        return [one for one in elements if one[0][:1] not in ("\x02", "\x03")]
    return elements


def _compared_elements(text: str, written: str) -> list[tuple[str, ...]]:
    rules = _rules(written)
    if not rules.language:
        return [(char,) for char in folded(text, written)]
    kept = 3 if rules.case == "cs" else 2 if rules.accents == "as" else 1
    return [tuple(element[:kept]) for element in _elements(text, written)]


@lru_cache(maxsize=4096)
def _elements_of(char: str, language: str) -> tuple[tuple[str, str, str], ...]:
    """What one character sorts by: base, accents, case ('l', 'u', or 'c' for a variant form); none if ignorable."""
    case = "u" if char.isupper() or char.istitle() else "l"
    small = char.lower()
    if small in _BEHIND.get(language, {}):
        place = _BEHIND[language][small]
        return ((f"{_weight(place[0])}\x08{place[1]}", "", case),)
    stroke = "\u0338" if small in _COMPOSED else ""
    small = unicodedata.normalize("NFD", _COMPOSED.get(small, small))
    spread = unicodedata.normalize("NFKD", small).casefold()
    found: list[tuple[str, str, str]] = []
    for part in spread:
        if unicodedata.combining(part):
            base, accents, _case = found.pop() if found else ("", "", case)
            found.append((base, accents + part, case))
        elif weight := _weight(part):
            found.append((weight, stroke, case if spread == small else "c"))
    return tuple(found)


def _weight(char: str) -> str:
    """Spaces, marks, signs, currencies, digits and letters, in this order; '' for what is ignored."""
    kind = unicodedata.category(char)
    if kind in ("Zs", "Zl", "Zp") or char in "\t\n\v\f\r":
        return "\x02" + char
    if char in _MARKS or char in _SIGNS:
        return ("\x03" if char in _MARKS else "\x04") + chr(32 + (_MARKS + _SIGNS).index(char))
    if kind == "Nd":
        return "\x06" + chr(48 + unicodedata.digit(char))
    groups = {"P": "\x03", "S": "\x04", "N": "\x06", "L": "\x07", "M": "\x07"}
    return ("\x05" if kind == "Sc" else groups[kind[0]]) + char if kind[0] in groups else ""
