"""Number functions: Snowflake rounds halves away from zero and refuses to divide by zero."""

import hashlib
import math
import operator
from collections.abc import Callable, Iterable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from core.errors import BadInput
from core.sql_ai import values
from core.sql_ai.kinds import Kind, SqlType
from core.sql_ai.udfs.registry import scalar

Number = int | float
_MOST_SCALE = 38


def _quantized(value: Number, digits: Number, rounding: str) -> Number:
    if isinstance(value, float) and not math.isfinite(value):
        return value
    if abs(int(digits)) > _MOST_SCALE:
        raise BadInput(f"The scale {digits} is not between -38 and 38", "Numbers have at most 38 digits.")
    step = Decimal(1).scaleb(-int(digits))
    result = (Decimal(repr(value)) / step).to_integral_value(rounding) * step
    return (
        int(result)
        if result == result.to_integral_value() and int(digits) <= 0 and isinstance(value, int)
        else float(result)
        if isinstance(value, float) or int(digits) > 0
        else int(result)
    )


def _whole(name: str, operation: Callable[[Any, Any], Any]) -> None:
    """Register ``sf_whole_<name>``: SQLite would go on in floats, and lose digits, where 64 bits end.

    ``sf_any_<name>`` is for numbers of unknown scale, those of a VARIANT, where floats stay floats.
    """

    def loose(a: Number | None, b: Number | None) -> Number | None:
        if isinstance(a, int) and isinstance(b, int):
            return exact(a, b)
        return None if a is None or b is None else operation(a, b)

    def exact(a: Number | None, b: Number | None) -> Number | None:
        if a is None or b is None:
            return None
        if isinstance(a, int) and isinstance(b, int):
            result = operation(a, b)
            return result if _SMALLEST <= result <= _LARGEST else values.kept_exactly(result)
        if float(a).is_integer() and float(b).is_integer():
            return values.kept_exactly(operation(int(a), int(b)))
        result = operation(a, b)
        return float(result)

    scalar(f"whole_{name}", nulls=True)(exact)
    scalar(f"any_{name}", nulls=True)(loose)


@scalar()
def whole_total(value: Number) -> Number:
    """The sum of whole numbers. Raises BadInput where SQLite added floats and may have lost a digit."""
    if isinstance(value, float) and abs(value) >= 2**53:
        raise BadInput(
            f"The sum, about {value:.3g}, has more digits than are kept here", "Cast the numbers to FLOAT."
        )
    return value


_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_whole("sum", operator.add)
_whole("difference", operator.sub)
_whole("product", operator.mul)


@scalar()
def round(value: Number, digits: Number = 0, mode: Any = None) -> Number:
    """Half away from zero; negative ``digits`` round before the point; mode HALF_TO_EVEN rounds half to even."""
    if mode == "HALF_TO_EVEN":
        return _integral(_quantized(value, digits, "ROUND_HALF_EVEN"), digits)
    return _integral(_quantized(value, digits, ROUND_HALF_UP), digits)


@scalar()
def trunc(value: Number, digits: Number = 0) -> Number:
    """Cut towards zero after so many digits."""
    return _integral(_quantized(value, digits, ROUND_DOWN), digits)


@scalar()
def ceil(value: Number, digits: Number = 0) -> Number:
    """The next number up with so many digits."""
    return _integral(_quantized(value, digits, ROUND_CEILING), digits)


@scalar()
def floor(value: Number, digits: Number = 0) -> Number:
    """The next number down with so many digits."""
    return _integral(_quantized(value, digits, ROUND_FLOOR), digits)


def _integral(value: Number, digits: Number) -> Number:
    return int(value) if digits <= 0 and math.isfinite(value) and abs(value) < 2**63 else value


@scalar(nulls=True)
def divide(a: Number | None, b: Number | None, scale: int | None) -> Number | None:
    """Never an integer division; rounded to ``scale`` decimals when given. Raises BadInput for a zero divisor."""
    if a is None or b is None:
        return None
    if b == 0:
        raise BadInput("Division by zero", "Use DIV0 to get 0, or NULLIF(divisor, 0) to get NULL.")
    if scale is None:
        return a / b
    exact = Decimal(repr(a)) / Decimal(repr(b))
    return (
        float(exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP))
        if abs(exact) < Decimal(10) ** 15
        else values.kept_decimal(exact)
    )


@scalar(nulls=True)
def div0(a: Number | None, b: Number | None, scale: int | None) -> Number | None:
    """As divide, but 0 for a zero divisor."""
    return 0 if a is not None and b == 0 else divide(a, b, scale)


@scalar(nulls=True)
def div0null(a: Number | None, b: Number | None, scale: int | None) -> Number | None:
    """As divide, but 0 for a divisor that is zero or NULL."""
    return 0 if a is not None and (b is None or b == 0) else divide(a, b, scale)


@scalar()
def mod(a: Number, b: Number) -> Number:
    """The remainder with the sign of ``a``. Raises BadInput for a zero divisor."""
    if b == 0:
        raise BadInput("Division by zero", "Use NULLIF(divisor, 0).")
    if isinstance(a, int) and isinstance(b, int):
        return abs(a) % abs(b) * (1 if a > 0 else -1)
    return float(Decimal(repr(a)) % Decimal(repr(b)))


def _plain(name: str, function: Callable[..., Any]) -> None:
    def call(*numbers: Number) -> Any:
        try:
            return function(*numbers)
        except (ValueError, ArithmeticError):
            raise BadInput(
                f"{name.upper()} is not defined for {', '.join(map(str, numbers))}", "Check the range."
            ) from None

    call.__name__ = name
    scalar(name)(call)


for _name in (
    "sqrt",
    "exp",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "asinh",
    "acosh",
    "atanh",
    "radians",
    "degrees",
):
    _plain(_name, getattr(math, _name))
_plain("cot", lambda angle: 1 / math.tan(angle))
_plain("ln", math.log)
_plain("log", lambda base, value: math.log(value, base))
_plain("power", lambda a, b: float(a) ** b)
_plain("square", lambda a: float(a * a))
_plain("pi", lambda: math.pi)
_plain("sign", lambda a: (a > 0) - (a < 0))
_plain("bitxor", lambda a, b: int(a) ^ int(b))


@scalar()
def cbrt(value: Number) -> float:
    """The cube root, exact for cubes of whole numbers."""
    near = round(math.cbrt(value))
    return float(near) if near**3 == value else math.cbrt(value)


@scalar()
def factorial(value: Number) -> Number:
    """Defined for 0 to 33, as in Snowflake; BadInput where its digits are more than are kept."""
    if not 0 <= value <= 33:
        raise BadInput(f"FACTORIAL is defined for 0 to 33, not {value}", "Use EXP and LN for larger numbers.")
    return values.kept_exactly(math.factorial(int(value)))


@scalar()
def width_bucket(value: Number, low: Number, high: Number, buckets: Number) -> int:
    """The number of the equal-width bucket, counted from 1; 0 below the range, buckets + 1 above it."""
    if value < low:
        return 0
    if value >= high:
        return int(buckets) + 1
    return int((value - low) / (high - low) * buckets) + 1


@scalar()
def haversine(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Kilometres between two points given in degrees, along the great circle."""
    a, b = math.radians(lat1), math.radians(lat2)
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * 6371.0 * math.asin(math.sqrt(h))


@scalar()
def greatest(*numbers: Any) -> Any:
    """The largest value; NULL when one of them is NULL."""
    return max(numbers)


@scalar()
def least(*numbers: Any) -> Any:
    """The smallest value; NULL when one of them is NULL."""
    return min(numbers)


@scalar(nulls=True)
def greatest_ignore_nulls(*numbers: Any) -> Any:
    """The largest value that is not NULL."""
    return max((number for number in numbers if number is not None), default=None)


@scalar(nulls=True)
def least_ignore_nulls(*numbers: Any) -> Any:
    """The smallest value that is not NULL."""
    return min((number for number in numbers if number is not None), default=None)


def _of_variants(name: str, choose: Callable[..., str | None]) -> None:
    """GREATEST or LEAST of VARIANTs by the scalars inside; NULL when one of them is NULL, be it JSON's."""

    def ranks(texts: Iterable[str | None]) -> dict[str, Any]:
        natives = {text: values.native(text) for text in texts if text is not None}
        return {text: values.rank(native) for text, native in natives.items() if native is not None}

    def chosen(known: dict[str, Any]) -> str | None:
        return choose(known, key=known.__getitem__, default=None)

    def of_known(*texts: str | None) -> str | None:
        return chosen(ranks(texts))

    def of_all(*texts: str) -> str | None:
        known = ranks(texts)
        return chosen(known) if len(known) == len(set(texts)) else None

    scalar(f"{name}_variant")(of_all)
    scalar(f"{name}_ignore_nulls_variant", nulls=True)(of_known)


_of_variants("greatest", max)
_of_variants("least", min)


@scalar()
def draw(row: int, seed: int) -> float:
    """A number in [0, 1) that depends on the row and the seed alone."""
    digest = hashlib.blake2b(f"{row}/{seed}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@scalar(nulls=True)
def cast(
    value: Any, source: str, kind: str, precision: int | None, scale: int | None, size: int | None
) -> Any:
    """``value`` as another type, strictly: raises BadInput where SQLite would make 0 of a text."""
    return values.cast(value, source, SqlType(Kind(kind), precision, scale, size))


@scalar(nulls=True)
def try_cast(
    value: Any, source: str, kind: str, precision: int | None, scale: int | None, size: int | None
) -> Any:
    """As cast, but NULL where cast raises."""
    try:
        return cast(value, source, kind, precision, scale, size)
    except (BadInput, ValueError, ArithmeticError):
        return None


@scalar()
def display(value: Any, scale: int) -> str:
    """A fixed-point number as text with all its decimals."""
    return values.display(value, Kind.NUMBER, scale)


@scalar()
def number(value: Any, source: str) -> Any:
    """Text or VARIANT as a number of any scale. Raises BadInput for what is none, or has more digits than are kept."""
    if source != Kind.VARCHAR:
        return _number_in(value)
    found = values.number(value)
    if isinstance(found, float) and not math.isfinite(found):
        raise BadInput(f"Numeric value '{value[:60]}' is not recognized", "TRY_TO_DOUBLE gives NULL.")
    return values.kept_exactly(int(Decimal(value.strip()))) if _is_large_and_whole(found, value) else found


def _is_large_and_whole(found: Any, text: str) -> bool:
    return isinstance(found, float) and abs(found) >= 2**63 and text.strip().lstrip("+-").isdigit()


def _number_in(text: str) -> Any:
    inner = values.loads(text)
    if inner is None or isinstance(inner, bool):
        return None if inner is None else int(inner)
    if isinstance(inner, dict | list):
        raise BadInput(f"Failed to cast variant value {text[:60]} to a number", "Pick an element first.")
    try:
        return values.number(inner)
    except BadInput:
        raise BadInput(
            f"Failed to cast variant value {text[:60]} to a number",
            "TRY_CAST(.. ::VARCHAR AS FLOAT) gives NULL.",
        ) from None


@scalar(nulls=True)
def always(*_columns: Any) -> int:
    """1, whatever the columns; ties a condition to the tables it reads (see selects.py)."""
    return 1


@scalar(nulls=True)
def single(count: int, value: Any) -> Any:
    """The value of a scalar subquery. Raises BadInput when it gave more than one row."""
    if count > 1:
        raise BadInput("Single-row subquery returns more than one row", "Add LIMIT 1 or an aggregate.")
    return value


@scalar()
def bitshiftleft(value: Number, places: Number) -> int:
    """The bits moved to the left within 64 of them."""
    return _signed(int(value) << min(max(int(places), 0), 64))


@scalar()
def bitshiftright(value: Number, places: Number) -> int:
    """The bits moved to the right, the sign kept."""
    return int(value) >> min(max(int(places), 0), 64)


@scalar()
def getbit(value: Number, place: Number) -> int:
    """The bit at ``place``, from 0 for the lowest."""
    return int(value) >> min(max(int(place), 0), 64) & 1


def _signed(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63
