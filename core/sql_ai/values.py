"""Values: Snowflake's casts, and the way between SQLite, JSON text and Python."""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from core.errors import BadInput
from core.sql_ai import zoned as zones
from core.sql_ai.kinds import JSON_KINDS, TEMPORAL, Kind, SqlType

SqlValue = int | float | str | bytes | None

_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_MAX_INTEGER = 2**63 - 1
_CAST_HINT = "TRY_CAST gives NULL instead of an error."
_OTHER_DATES = ("%m/%d/%Y", "%d-%b-%Y", "%Y/%m/%d")
_OTHER_TIMESTAMPS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%Y/%m/%d %H:%M:%S", "%d-%b-%Y %H:%M:%S")
# Those of e-mails and of X's API, which begin with the day of the week.
_NAMED_TIMESTAMPS = (
    "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S.%f %z", "%a, %d %b %Y %I:%M:%S %p %z", "%a, %d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S.%f", "%a, %d %b %Y %I:%M:%S %p", "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip
_NAMED_OFFSET = re.compile(r"[A-Za-z]{3},? .*\d ([+-]\d{4})(?: \d{4})?")
_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?\d{0,2})?)?"
)
_UNDEFINED = re.compile(r'("(?:[^"\\]|\\.)*")|NaN')
_EPOCH_SECONDS, _EPOCH_MILLIS, _EPOCH_MICROS = 31_536_000_000, 31_536_000_000_000, 31_536_000_000_000_000


def dumps(value: Any) -> str:
    """``value`` as compact JSON text, the form in which VARIANT, OBJECT, ARRAY and VECTOR are kept."""
    return _COMPACT.encode(value)


def first_repeated(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """The first key that comes twice, None when each comes once."""
    if len(dict(pairs)) == len(pairs):
        return None
    return next(key for key, count in Counter(key for key, _value in pairs).items() if count > 1)


def dumps_sorted(value: Any) -> str:
    """As ``dumps``, with the keys of objects in alphabetical order: Snowflake keeps no other."""
    return _SORTED.encode(value)


@lru_cache(maxsize=4096)
def _loads_cached(text: str) -> Any:
    return json.loads(text)


def loads(text: str) -> Any:
    """The Python value of JSON text; the result is shared, callers do not change it."""
    try:
        return _loads_cached(text)
    except (ValueError, RecursionError):
        raise BadInput(
            f"Not a JSON value: {_short(text)}", "Use PARSE_JSON or TRY_PARSE_JSON on text."
        ) from None


def to_python(value: SqlValue, sql_type: SqlType) -> Any:
    """A value from SQLite as the Python value that a result row shows."""
    if value is None:
        return None
    kind = sql_type.kind
    if kind is Kind.BOOLEAN:
        return bool(value)
    if kind in JSON_KINDS:
        return _shown(value) if isinstance(value, str) else value
    if kind is Kind.DATE and isinstance(value, str):
        return date.fromisoformat(value)
    if kind is Kind.TIMESTAMP and isinstance(value, str):
        return datetime.fromisoformat(value)
    if kind is Kind.TIME and isinstance(value, str):
        return time.fromisoformat(value)
    if kind is Kind.ZONED and isinstance(value, str):
        return zones.zoned(value)
    if kind is Kind.FLOAT and isinstance(value, int):
        return float(value)
    if kind is Kind.NUMBER and isinstance(value, float) and value.is_integer():
        return int(value)  # beyond 64 bits SQLite keeps whole numbers as floats, those that lose no digit
    return value


def _shown(text: str) -> Any:
    """The value of JSON text as a result shows it; an item that PARSE_JSON('[1,,2]') left undefined is None."""
    if "NaN" not in text or text[:1] not in "[{":
        return json.loads(text)
    return json.loads(text, parse_constant=lambda name: None if name == "NaN" else float(name))


def typed_rows(rows: list[tuple[Any, ...]], types: list[SqlType]) -> list[tuple[Any, ...]]:
    """Rows from SQLite as result rows; columns of text and whole numbers are taken as they are."""
    changed = [
        (index, kind)
        for index, kind in enumerate(types)
        if kind.kind not in (Kind.VARCHAR, Kind.NUMBER)
        or (kind.scale == 0 and any(type(row[index]) is float for row in rows))
    ]
    if not changed:
        return rows
    result = []
    for row in rows:
        cells = list(row)
        for index, kind in changed:
            cells[index] = to_python(cells[index], kind)
        result.append(tuple(cells))
    return result


def from_python(value: Any) -> SqlValue:
    """A Python (or pandas, numpy) value as SQLite keeps it."""
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, bool):
        return int(value)
    if hasattr(value, "item") and not isinstance(value, datetime) and getattr(value, "ndim", 0) == 0:
        return from_python(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return None if value != value else timestamp_text(value)  # NaT is unequal to itself
    if isinstance(value, date | time):
        return value.isoformat()
    if hasattr(value, "tolist"):
        return dumps(value.tolist())
    return dumps(value)


def variant(value: SqlValue, kind: str) -> str | None:
    """A value of another type as VARIANT: its JSON text."""
    if value is None:
        return None
    if kind == Kind.BOOLEAN:
        return "true" if value else "false"
    if kind in JSON_KINDS:
        return str(value)
    if kind == Kind.TIMESTAMP and isinstance(value, str):
        return dumps(timestamp_display(value))
    if kind == Kind.ZONED and isinstance(value, str):
        return dumps(zones.shown(value))
    if isinstance(value, bytes):
        return dumps(value.hex().upper())
    return dumps(value)


def native(text: str | None) -> SqlValue:
    """The scalar inside a VARIANT as SQLite compares it; objects and arrays as canonical text."""
    if text is None:
        return None
    value = loads(text)
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


def rank(value: SqlValue) -> tuple[int, Any]:
    """What values of any kinds sort by: numbers before everything else, which sorts as text."""
    return (0, value) if isinstance(value, int | float) else (1, str(value))


_MOST_DIGITS = 38  # of Snowflake's NUMBER
_SMALLEST_DECIMAL = Decimal("1e-12")


def number(value: SqlValue) -> int | float | None:
    """Text as a number, at the precision it has; raises as Snowflake does when it is none."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value).strip()
    try:
        parsed = Decimal(text)
    except InvalidOperation:
        raise BadInput(f"Numeric value '{_short(value)}' is not recognized", _CAST_HINT) from None
    if not parsed.is_finite() or parsed.adjusted() >= _MOST_DIGITS:
        # As an integer it would take minutes and gigabytes: '1e999999999' is 11 characters.
        return float(parsed)
    return _fit(int(parsed)) if parsed == parsed.to_integral_value() else float(parsed)


def cast(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    """``value`` of kind ``source`` as ``target``; raises BadInput where Snowflake raises."""
    if value is None:
        return None
    if source in JSON_KINDS and target.kind not in JSON_KINDS:
        return _cast_json(str(value), target)
    if source == Kind.ZONED and target.kind in (Kind.DATE, Kind.TIME, Kind.TIMESTAMP):
        value, source = timestamp_text(zones.wall_clock(str(value))), Kind.TIMESTAMP
    return _CASTS[target.kind](value, source, target)


def timestamp_text(value: datetime) -> str:
    """A datetime as TIMESTAMP text, in UTC when it has a zone."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC).replace(tzinfo=None)
    return value.isoformat(" ", "microseconds" if value.microsecond else "seconds")


def timestamp_display(text: str) -> str:
    """A TIMESTAMP as Snowflake's default output format writes it: three decimals of a second."""
    return text + ".000" if len(text) == 19 else text[:23]


def parse_timestamp(value: SqlValue) -> datetime:
    """Text or epoch number as a datetime without zone; raises BadInput when it is neither."""
    if isinstance(value, int | float):
        return _from_epoch(value)
    text = str(value).strip()
    match = _ISO.fullmatch(text)
    try:
        if match:
            return _from_match(match)
        if text.lstrip("-").isdigit():
            return _from_epoch(int(text))
        return _other_format(text).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise BadInput(f"Timestamp '{_short(value)}' is not recognized", _CAST_HINT) from None


def parse_instant(value: SqlValue) -> datetime:
    """As ``parse_timestamp``, but moved to UTC by the offset that the text names."""
    return parse_timestamp(value) - offset_of(value)


def _offset(zone: str) -> timedelta:
    digits = zone[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if zone[0] == "-" else size


def _from_match(match: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, fraction, _zone = match.groups()
    micro = int((fraction or "0").ljust(9, "0")[:6])
    return datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro
    )


def _from_epoch(value: float) -> datetime:
    size = abs(value)
    divisor = (
        1 if size < _EPOCH_SECONDS else 1e3 if size < _EPOCH_MILLIS else 1e6 if size < _EPOCH_MICROS else 1e9
    )
    return datetime.fromtimestamp(value / divisor, UTC).replace(tzinfo=None)


def _other_format(text: str) -> datetime:
    named = text[:1].isalpha()
    for pattern in _NAMED_TIMESTAMPS if named else (*_OTHER_DATES, *_OTHER_TIMESTAMPS):
        try:
            return datetime.strptime(text, pattern)
        except ValueError:
            continue
    raise ValueError(text)


def _cast_json(text: str, target: SqlType) -> SqlValue:
    value = loads(text)
    if value is None:
        return None
    if target.kind is Kind.VARCHAR:
        plain = (
            value
            if isinstance(value, str)
            else _UNDEFINED.sub(lambda match: match[1] or "undefined", dumps(value))
            if not isinstance(value, float)
            else _float_text(value)
        )
        return _to_varchar(plain, Kind.VARCHAR, target)
    if isinstance(value, dict | list):
        raise BadInput(
            f"Failed to cast variant value {_short(text)} to {target.text}", "Pick an element first."
        )
    kind = Kind.BOOLEAN if isinstance(value, bool) else Kind.VARCHAR if isinstance(value, str) else Kind.FLOAT
    try:
        return _CASTS[target.kind](value, kind, target)
    except BadInput:
        raise BadInput(f"Failed to cast variant value {_short(text)} to {target.text}", _CAST_HINT) from None


def _to_number(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if source in (*TEMPORAL, Kind.BINARY):
        raise BadInput(f"A {source} cannot be cast to NUMBER", "Use DATE_PART or DATEDIFF.")
    plain = number(value)
    if plain is None or (isinstance(plain, int) and not target.precision):
        return plain
    if isinstance(plain, float) and not math.isfinite(plain):
        raise BadInput(f"Numeric value '{_short(value)}' is not recognized", _CAST_HINT)
    if isinstance(plain, float) and abs(plain) >= 10.0**_MOST_DIGITS:
        if not target.precision:
            return plain
        raise BadInput(
            f"Number {_short(value)} is out of representable range of {target.text}", "Use a wider type."
        )
    scale = target.scale or 0
    exact = (
        Decimal(repr(plain))
        if isinstance(value, float)
        else Decimal(value.strip() if isinstance(value, str) else int(plain))
    )
    rounded = (
        exact.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP) if abs(exact) < Decimal(10) ** 28 else exact
    )
    if target.precision and abs(rounded) >= Decimal(10) ** (target.precision - scale):
        raise BadInput(f"Number {plain} is out of representable range of {target.text}", "Use a wider type.")
    if scale:
        return kept_decimal(rounded) if isinstance(value, str) else float(rounded)
    return kept_exactly(int(rounded)) if isinstance(value, str) else _fit(int(rounded))


def _to_float(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if source in (*TEMPORAL, Kind.BINARY):
        raise BadInput(f"A {source} cannot be cast to FLOAT", "Use DATE_PART or DATEDIFF.")
    plain = number(value)
    if plain is not None and math.isnan(plain):
        raise BadInput("NaN is not kept here", "SQLite makes NULL of it; write NULL, or TRY_CAST.")
    return None if plain is None else float(plain)


def _to_varchar(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    text = display(value, source)
    return text[: target.size] if target.size else text


def display(value: SqlValue, source: str, scale: int | None = None) -> str:
    """A value as text, the way a cast to VARCHAR writes it."""
    if source == Kind.BOOLEAN:
        return "true" if value else "false"
    if source == Kind.TIMESTAMP and isinstance(value, str):
        return timestamp_display(value)
    if source == Kind.ZONED and isinstance(value, str):
        return zones.shown(value)
    if scale and isinstance(value, int | float):
        return f"{value:.{scale}f}"
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, bytes):
        return value.hex().upper()
    return str(value)


def _float_text(value: float) -> str:
    if math.isfinite(value) and value == int(value) and abs(value) < 1e16:  # where repr begins to write e+16
        return str(int(value))
    return repr(value)


def _to_boolean(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if isinstance(value, int | float):
        return int(value != 0)
    text = str(value).strip().lower()
    if text in _TRUE:
        return 1
    if text in _FALSE:
        return 0
    raise BadInput(f"Boolean value '{_short(value)}' is not recognized", _CAST_HINT)


def _to_date(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if source == Kind.DATE:
        return value
    if source in (Kind.BOOLEAN, Kind.TIME):
        raise BadInput(f"A {source} cannot be cast to DATE", "Cast a text or timestamp.")
    try:
        return parse_timestamp(value).date().isoformat()
    except BadInput:
        raise BadInput(f"Date '{_short(value)}' is not recognized", _CAST_HINT) from None


def _to_timestamp(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if source in (Kind.BOOLEAN, Kind.TIME):
        raise BadInput(f"A {source} cannot be cast to TIMESTAMP", "Cast a text, date or number.")
    moment = parse_timestamp(value)
    return timestamp_text(moment.replace(microsecond=_cut(moment.microsecond, target.scale)))


def _to_zoned(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    if source == Kind.ZONED:
        moment = zones.zoned(str(value))
    elif source in (Kind.BOOLEAN, Kind.TIME):
        raise BadInput(f"A {source} cannot be cast to TIMESTAMP_TZ", "Cast a text, date or number.")
    else:
        moment = parse_timestamp(value).replace(tzinfo=timezone(offset_of(value)))
    return zones.zoned_text(moment.replace(microsecond=_cut(moment.microsecond, target.scale)))


def offset_of(value: SqlValue) -> timedelta:
    """The offset that a text names; the session's time zone, UTC, where it names none."""
    text = str(value).strip()
    match, named = _ISO.fullmatch(text), _NAMED_OFFSET.fullmatch(text)
    zone = match[8] if match else named[1] if named else None
    return _offset(zone or "Z")


def _cut(micro: int, digits: int | None) -> int:
    """Microseconds with so many decimals of a second."""
    step = 10 ** max(6 - (digits if digits is not None else 6), 0)
    return micro // step * step


def _to_time(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    text = str(value).strip()
    text = f"0{text}" if text[1:2] == ":" else text  # one digit of an hour is enough
    if source == Kind.TIMESTAMP:
        text = text[11:]
    try:
        moment = _from_epoch(int(text)).time() if text.isdigit() else time.fromisoformat(text)
        return moment.replace(microsecond=_cut(moment.microsecond, target.scale)).isoformat()
    except (ValueError, OverflowError):
        raise BadInput(f"Time '{_short(value)}' is not recognized", _CAST_HINT) from None


def _to_variant(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    return variant(value, source)


def _to_array(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    text = variant(value, source)
    if text is None or isinstance(loads(text), list):
        return text
    return None if text == "null" else f"[{text}]"


def _to_object(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    text = variant(value, source)
    if text is None or isinstance(loads(text), dict):
        return text
    raise BadInput(f"Failed to cast value {_short(text)} to OBJECT", "Use OBJECT_CONSTRUCT or PARSE_JSON.")


def _to_vector(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    items = loads(str(value)) if source in JSON_KINDS else None
    if not isinstance(items, list) or not all(
        isinstance(x, int | float) and not isinstance(x, bool) for x in items
    ):
        raise BadInput(
            f"{_short(value)} is not a list of numbers, so not a VECTOR",
            "Write [1.0, 2.0]::VECTOR(FLOAT, 2).",
        )
    if target.size and len(items) != target.size:
        raise BadInput(
            f"A vector of {len(items)} elements cannot be cast to {target.text}",
            "The dimension is fixed by the type.",
        )
    if target.scale == 0:
        if not all(float(x).is_integer() for x in items):
            raise BadInput(f"{_short(value)} is not a list of whole numbers", "Write ::VECTOR(FLOAT, n).")
        return dumps([int(x) for x in items])
    return dumps([float(x) for x in items])


def _to_binary(value: SqlValue, source: str, target: SqlType) -> SqlValue:
    try:
        return value if isinstance(value, bytes) else bytes.fromhex(str(value))
    except ValueError:
        raise BadInput(f"The value '{_short(value)}' is not legal hex", _CAST_HINT) from None


def kept_exactly(value: int) -> int | float:
    """A whole number as SQLite keeps it. Raises BadInput instead of changing one of its digits."""
    kept = _fit(value)
    if int(kept) != value:
        raise BadInput(
            f"The whole number {value} has more digits than are kept here",
            f"Beyond {_MAX_INTEGER} keep it as text, or as FLOAT.",
        )
    return kept


def kept_decimal(value: Decimal) -> float:
    """A number with decimals as SQLite keeps it, in about 15 digits.

    Raises BadInput when one of its first 12 decimals, which is as many as arithmetic keeps, would be another.
    """
    kept = float(value)
    if Decimal(repr(kept)) != value and abs(Decimal(kept) - value) >= _SMALLEST_DECIMAL:
        raise BadInput(
            f"The number {value} has more digits than are kept here",
            "Round it, keep it as text, or as FLOAT.",
        )
    return kept


def _fit(value: int) -> int | float:
    """SQLite's integers have 64 bits; larger ones are kept as floats."""
    return value if -_MAX_INTEGER <= value <= _MAX_INTEGER else float(value)


def _json_default(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, datetime):
        return timestamp_display(timestamp_text(value))
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


# Made once: `json.dumps` makes an encoder for each value.
_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_json_default)
_SORTED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_json_default, sort_keys=True)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


_CASTS = {
    Kind.NULL: lambda value, source, target: value,
    Kind.NUMBER: _to_number,
    Kind.FLOAT: _to_float,
    Kind.VARCHAR: _to_varchar,
    Kind.BOOLEAN: _to_boolean,
    Kind.DATE: _to_date,
    Kind.TIMESTAMP: _to_timestamp,
    Kind.TIME: _to_time,
    Kind.ZONED: _to_zoned,
    Kind.VARIANT: _to_variant,
    Kind.ARRAY: _to_array,
    Kind.OBJECT: _to_object,
    Kind.VECTOR: _to_vector,
    Kind.BINARY: _to_binary,
}
