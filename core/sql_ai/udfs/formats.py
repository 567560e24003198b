"""Numbers as text by a format, and back: TO_CHAR(x, '$9,990.00') and TO_NUMBER(text, 'XXX')."""

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from core.errors import BadInput
from core.sql_ai.udfs.registry import scalar, tried

_QUOTED = re.compile(r'((?:"[^"]*")*)([^"]*)((?:"[^"]*")*)')
_SHORTEST = re.compile(r"TM(9|E)?", re.IGNORECASE)
_HEX = re.compile(r"(?P<compact>FM)?(?P<sign>S)?(?P<zero>0*)(?P<digits>X+)", re.IGNORECASE)
_DIGITS = re.compile(
    r"(?P<compact>FM)?(?P<before>MI|S)?(?P<marks>[$B]*)(?P<whole>[09][09,G]*|)"
    r"(?:[.D](?P<fraction>[09]*))?(?P<after>MI|S)?",
    re.IGNORECASE,
)
_MOST_DIGITS = 38  # of Snowflake's NUMBER
_WIDE = Context(prec=400)  # a FLOAT has up to 309 digits before the point
_HINT = "Use 9, 0, X, comma, point, $, B, S, MI, TM9, TME and FM."


def number_text(value: float, pattern: str) -> str:
    """``value`` in the format; # fills the places of a number that has too many digits for it."""
    if not math.isfinite(value):
        raise BadInput(f"{value} has no digits to put into a format", "Leave the format out.")
    parts = _QUOTED.fullmatch(pattern)
    before, body, after = parts.groups() if parts else ("", pattern, "")
    return before.replace('"', "") + _formatted(value, body) + after.replace('"', "")


def _formatted(value: float, body: str) -> str:
    if match := _SHORTEST.fullmatch(body):
        return _scientific(value) if (match[1] or "").upper() == "E" else _plain(value)
    if match := _HEX.fullmatch(body):
        return _hexadecimal(value, match)
    match = _DIGITS.fullmatch(body) if body else None
    if match is None or (match["before"] and match["after"]):
        raise BadInput(f"The number format '{body[:40]}' is not supported", _HINT)
    return _by_places(value, match)


def _plain(value: float) -> str:
    return f"{Decimal(repr(value)):f}"


def _scientific(value: float) -> str:
    digits = Decimal(repr(value)).normalize()
    mantissa = digits.scaleb(-digits.adjusted()) if digits else Decimal(0)
    return f"{mantissa:f}E{digits.adjusted() if digits else 0}"


def _hexadecimal(value: float, match: re.Match[str]) -> str:
    places = len(match["zero"]) + len(match["digits"])
    whole = int(_rounded(value, 0))
    sign = "" if not match["sign"] else "-" if whole < 0 else "+"
    shown = f"{abs(whole) if sign else whole % 16**places:X}"
    if len(shown) > places:
        shown = "#" * places
    if match["zero"]:
        return sign + shown.rjust(places, "0")
    return sign + shown if match["compact"] else (sign + shown).rjust(places + len(sign))


def _rounded(value: float, places: int) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _WIDE)


def _by_places(value: float, match: re.Match[str]) -> str:
    whole, fraction = match["whole"].upper().replace("G", ","), match["fraction"] or ""
    exact = _rounded(value, len(fraction))
    marks, sign = match["marks"].upper(), _sign(exact, match)
    tail = f".{f'{exact.copy_abs():f}'.partition('.')[2]}" if match["fraction"] is not None else ""
    digits = _whole_digits(int(exact.copy_abs()), whole, "B" in marks)
    if digits is None:
        digits, tail = re.sub("[09]", "#", whole), re.sub(r"\d", "#", tail)
    dollar = "$" if "$" in marks else ""
    number = sign[0] + dollar + digits + tail
    if match["compact"]:
        return number + sign[1].strip()
    implicit = not match["before"] and not match["after"]
    width = len(dollar + whole + tail) + (1 if implicit else len(sign[0]))
    return number.rjust(width) + sign[1]


def _sign(value: Decimal, match: re.Match[str]) -> tuple[str, str]:
    """The sign before and behind the number: S always shows one, MI and no mark only a minus."""
    kind = (match["before"] or match["after"] or "").upper()
    shown = "-" if value < 0 else "+" if kind == "S" else " " if kind else ""
    return ("", shown) if match["after"] else (shown, "")


def _whole_digits(value: int, places: str, blank: bool) -> str | None:
    """The digits before the point with the group marks of the format; None when they do not fit."""
    slots = places.replace(",", "")
    least = len(slots) - slots.index("0") if "0" in slots else 0 if blank or not slots else 1
    digits = (str(value) if value else "").rjust(least, "0")
    if len(digits) > len(slots):
        return None
    shown, position = "", len(digits)
    for place in reversed(places):
        if position == 0:
            break
        shown = ("," if place == "," else digits[position - 1]) + shown
        position -= place != ","
    return shown


@tried
@scalar()
def parse_number(value: str, pattern: str) -> str:
    """The number that ``value`` stands for by its format, as plain text. Raises BadInput when it does not fit."""
    text, marks = value.strip(), pattern.upper().replace("D", ".").replace("G", ",")
    try:
        if _HEX.fullmatch(marks):
            return str(int(text, 16))
        if not _DIGITS.fullmatch(marks) and not _SHORTEST.fullmatch(marks):
            raise BadInput(f"The number format '{pattern[:40]}' is not supported", _HINT)
        plain = text.replace(",", "" if "," in marks else ",").replace("$", "" if "$" in marks else "$")
        if plain.endswith(("-", "+")) and marks.endswith(("MI", "S")):
            plain = plain[-1] + plain[:-1]
        number = Decimal(plain)
    except (ValueError, ArithmeticError):
        raise BadInput(
            f"Can't parse '{value[:40]}' as number with format '{pattern[:40]}'", "TRY_TO_NUMBER gives NULL."
        ) from None
    places = sum(mark in "09" for mark in marks.partition(".")[0]) or _MOST_DIGITS
    if not number.is_finite() or number.adjusted() >= places:
        raise BadInput(
            f"Can't parse '{value[:40]}' as number with format '{pattern[:40]}'", "Add more 9s to the format."
        )
    return f"{number:f}"
