"""Date functions with Snowflake's meaning: DATEDIFF counts boundaries, DATEADD keeps the time of day."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

import base64
import calendar
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import BadInput
from core.sql_ai import zoned as zones
from core.sql_ai.udfs.formats import number_text
from core.sql_ai.udfs.registry import scalar, tried
from core.sql_ai.values import offset_of, parse_instant, parse_timestamp, timestamp_text

_UNITS = {
    "year": "year y yy yyy yyyy yr years yrs", "quarter": "quarter q qtr qtrs quarters", "month": "month mm mon mons months",
    "week": "week w wk weekofyear woy wy weeks", "day": "day d dd days dayofmonth", "hour": "hour h hh hr hours hrs",
    "minute": "minute m mi min minutes mins", "second": "second s sec seconds secs", "millisecond": "millisecond ms msec milliseconds",
    "microsecond": "microsecond us usec microseconds", "nanosecond": "nanosecond ns nsec nanosec nsecond nanoseconds nanosecs nseconds",
    "dayofweek": "dayofweek weekday dow dw", "dayofweekiso": "dayofweekiso dayofweek_iso weekday_iso dow_iso dw_iso", "dayofyear": "dayofyear yearday doy dy",
    "weekiso": "weekiso week_iso weekofyeariso weekofyear_iso", "yearofweek": "yearofweek", "yearofweekiso": "yearofweekiso",
    "epoch_second": "epoch_second epoch epoch_seconds", "epoch_millisecond": "epoch_millisecond epoch_milliseconds",
    "epoch_microsecond": "epoch_microsecond epoch_microseconds", "epoch_nanosecond": "epoch_nanosecond epoch_nanoseconds",
}  # fmt: skip
_NAMES = {alias: unit for unit, aliases in _UNITS.items() for alias in aliases.split()}
_STEPS = {"week": timedelta(weeks=1), "day": timedelta(days=1), "hour": timedelta(hours=1), "minute": timedelta(minutes=1),
          "second": timedelta(seconds=1), "millisecond": timedelta(milliseconds=1), "microsecond": timedelta(microseconds=1)}  # fmt: skip
_SHORTER_THAN_A_DAY = frozenset({"hour", "minute", "second", "millisecond", "microsecond", "nanosecond"})
_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_FORMAT = re.compile(
    r'"[^"]*"|YYYY|YY|MMMM|MM|MON|DD|DY|DAY|HH24|HH12|HH|AM|PM|MI|SS|FF\d?|TZH:?TZM|TZH|TZM|Q|WW',
    re.IGNORECASE,
)
_LONGEST_FORMAT = 200
_PAST_MICROSECONDS = re.compile(r"(\.\d{6})\d{1,3}(?!\d)")
_PYTHON_FORMAT = {"YYYY": "%Y", "YY": "%y", "MMMM": "%B", "MM": "%m", "MON": "%b", "DD": "%d", "DY": "%a", "HH24": "%H", "HH12": "%I",
                  "HH": "%H", "AM": "%p", "PM": "%p", "MI": "%M", "SS": "%S"}  # fmt: skip
_MONTH_NAMES = tuple(calendar.month_abbr)
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _unit(name: str) -> str:
    unit = _NAMES.get(name.lower().partition(":")[0])
    if unit is None:
        raise BadInput(f"'{name}' is not a unit of time", f"Known: {', '.join(_UNITS)}.")
    return unit


def in_calendar(name: str, week_start: int, policy: int) -> str:
    """The unit called ``name`` in a calendar whose weeks begin on ``week_start`` (1 Monday to 7 Sunday, 0 not set).

    With ``policy`` 1, the week of 1 January is a year's first one; with 0, the week with four of its days.
    """
    counts_weeks = _NAMES.get(name.lower()) in ("week", "dayofweek", "yearofweek")
    return f"{name}:{week_start}{policy}" if counts_weeks and (week_start or policy) else name


def _calendar(unit: str) -> tuple[int, int]:
    """The start of the week and the policy that ``in_calendar`` wrote behind the unit."""
    written = unit.partition(":")[2]
    return (int(written[0]), int(written[1])) if written else (0, 0)


def is_shorter_than_a_day(unit: str) -> bool:
    """Whether a date that is moved by this unit gets a time of day; False for a unit that does not exist."""
    return _NAMES.get(unit.lower()) in _SHORTER_THAN_A_DAY


def has_fixed_length(unit: str) -> bool:
    """Whether each such unit of time is as long as the next: months, quarters and years are not."""
    return _unit(unit) in _STEPS


def microseconds(unit: str, amount: int) -> int:
    """``amount`` units of time in microseconds; raises BadInput for months and years, which differ in length."""
    step = _STEPS.get(_unit(unit))
    if step is None:
        raise BadInput(f"A {unit} has no fixed length", "Write days, for example INTERVAL '30 days'.")
    return amount * (step // timedelta(microseconds=1))


def _moment(value: str) -> datetime:
    return _of_time(value) if _is_time(value) else datetime.fromisoformat(value)


def _is_time(value: str) -> bool:
    return value[2:3] == ":"


def _of_time(value: str) -> datetime:
    return datetime.fromisoformat(f"1970-01-01 {value}")


def _like_input(result: datetime, value: str) -> str:
    """A date stays a date, a timestamp a timestamp."""
    if len(value) == 10:
        return result.date().isoformat()
    return result.time().isoformat() if _is_time(value) else timestamp_text(result)


def _midnight(value: datetime) -> datetime:
    return value.replace(hour=0, minute=0, second=0, microsecond=0)


def _truncated(unit: str, value: datetime, week_start: int = 0) -> datetime:
    if unit in ("week", "weekiso"):
        first = week_start if unit == "week" and week_start else 1
        return _midnight(value) - timedelta(days=(value.isoweekday() - first) % 7)
    if unit == "quarter":
        return _midnight(value.replace(month=(value.month - 1) // 3 * 3 + 1, day=1))
    if unit in ("year", "month", "day"):
        return _midnight(
            value.replace(month=1 if unit == "year" else value.month, day=value.day if unit == "day" else 1)
        )
    if unit == "hour":
        return value.replace(minute=0, second=0, microsecond=0)
    if unit == "minute":
        return value.replace(second=0, microsecond=0)
    if unit == "second":
        return value.replace(microsecond=0)
    if unit == "millisecond":
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value


@scalar()
def date_trunc(unit: str, value: str) -> str:
    """The start of the unit that ``value`` lies in. A date stays a date."""
    return _like_input(_truncated(_unit(unit), _moment(value), _calendar(unit)[0]), value)


def _add_months(value: datetime, months: int) -> datetime:
    """The same day, or the month's last one: 31 January and a month is 28 or 29 February."""
    index = value.year * 12 + value.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return value.replace(year=year, month=month + 1, day=min(value.day, last))


def _shifted(unit: str, amount: int, value: datetime) -> datetime:
    if unit in _MONTHS:
        return _add_months(value, amount * _MONTHS[unit])
    if unit == "nanosecond":
        return value + timedelta(microseconds=amount / 1000)
    return value + _STEPS[unit] * amount


@scalar()
def dateadd(unit: str, amount: float, value: str) -> str:
    """``value`` moved by whole units, the time of day kept; the end of a shorter month where the day does not exist."""
    name = _unit(unit)
    whole = int(amount + (0.5 if amount >= 0 else -0.5))
    try:
        result = _shifted(name, whole, _moment(value))
    except (OverflowError, ValueError):
        raise BadInput(
            f"DATEADD leaves the years 1 to 9999: {value} and {whole} {name}", "Use a smaller amount."
        ) from None
    except KeyError:
        raise BadInput(
            f"DATEADD cannot add '{unit}'", "Use day, month, year, hour, minute or second."
        ) from None
    becomes_timestamp = is_shorter_than_a_day(name) and len(value) == 10
    return timestamp_text(result) if becomes_timestamp else _like_input(result, value)


@scalar()
def datediff(unit: str, start: str, end: str) -> int:
    """How many boundaries of the unit lie between the two."""
    name = _unit(unit)
    a, b = _moment(start), _moment(end)
    if name in _MONTHS:
        size = _MONTHS[name]
        return (b.year * 12 + b.month - 1) // size - (a.year * 12 + a.month - 1) // size
    if name == "nanosecond":
        return int((b - a) / timedelta(microseconds=1)) * 1000
    if name not in _STEPS:
        raise BadInput(
            f"DATEDIFF cannot count '{unit}'", "Use day, week, month, year, hour, minute or second."
        )
    first = _calendar(unit)[0]
    return (_truncated(name, b, first) - _truncated(name, a, first)) // _STEPS[name]


_PARTS: dict[str, Callable[[datetime], int]] = {
    "year": lambda d: d.year,
    "quarter": lambda d: (d.month - 1) // 3 + 1,
    "month": lambda d: d.month,
    "week": lambda d: d.isocalendar().week,
    "weekiso": lambda d: d.isocalendar().week,
    "yearofweek": lambda d: d.isocalendar().year,
    "yearofweekiso": lambda d: d.isocalendar().year,
    "day": lambda d: d.day,
    "dayofweek": lambda d: d.isoweekday() % 7,  # Sunday is 0
    "dayofweekiso": lambda d: d.isoweekday(),
    "dayofyear": lambda d: d.timetuple().tm_yday,
    "hour": lambda d: d.hour,
    "minute": lambda d: d.minute,
    "second": lambda d: d.second,
    "millisecond": lambda d: d.microsecond // 1000,
    "microsecond": lambda d: d.microsecond,
    "nanosecond": lambda d: d.microsecond * 1000,
    "epoch_second": lambda d: (d - datetime(1970, 1, 1)) // timedelta(seconds=1),
    "epoch_millisecond": lambda d: (d - datetime(1970, 1, 1)) // timedelta(milliseconds=1),
    "epoch_microsecond": lambda d: (d - datetime(1970, 1, 1)) // timedelta(microseconds=1),
    "epoch_nanosecond": lambda d: (d - datetime(1970, 1, 1)) // timedelta(microseconds=1) * 1000,
}


@scalar()
def date_part(unit: str, value: str) -> int:
    """A part of a date or timestamp as a number; raises BadInput for an unknown unit."""
    name, moment = _unit(unit), _moment(value)
    week_start, policy = _calendar(unit)
    if name == "dayofweek" and week_start:
        return (moment.isoweekday() - week_start) % 7 + 1
    if name in ("week", "yearofweek") and (week_start or policy):
        return _week_of_year(moment, week_start, policy)[name == "week"]
    return _PARTS[name](moment)


def _week_of_year(value: datetime, week_start: int, policy: int) -> tuple[int, int]:
    """The year that a week belongs to, and its number in it."""
    start = _truncated("week", value, week_start)
    if policy:
        return value.year, (start - _truncated("week", datetime(value.year, 1, 1), week_start)).days // 7 + 1
    middle = start + timedelta(days=3)  # of seven days, four lie in its year
    return middle.year, (middle.timetuple().tm_yday - 1) // 7 + 1


@scalar()
def last_day(value: str, unit: str = "month") -> str:
    """The last day of the month, or of another unit, that a date lies in."""
    name = _unit(unit)
    start = _truncated(name, _moment(value), _calendar(unit)[0])
    return (_shifted(name, 1, start) - timedelta(days=1)).date().isoformat()


@scalar()
def next_day(value: str, name: str) -> str:
    """The first such day of the week after a date, which does not count itself."""
    return _weekday(value, name, 1)


@scalar()
def previous_day(value: str, name: str) -> str:
    """The last such day of the week before a date, which does not count itself."""
    return _weekday(value, name, -1)


def _weekday(value: str, name: str, direction: int) -> str:
    days = ("mo", "tu", "we", "th", "fr", "sa", "su")
    if name.strip().lower()[:2] not in days:
        raise BadInput(f"'{name}' is not a day of the week", "Write 'mo' to 'su'.")
    wanted, today = days.index(name.strip().lower()[:2]), _moment(value)
    distance = (wanted - today.weekday()) * direction % 7 or 7
    return (today + timedelta(days=distance * direction)).date().isoformat()


@scalar()
def dayname(value: str) -> str:
    """The day of the week in three letters, Mon to Sun."""
    return _DAY_NAMES[_moment(value).weekday()]


@scalar()
def monthname(value: str) -> str:
    """The month in three letters, Jan to Dec."""
    return _MONTH_NAMES[_moment(value).month]


@scalar()
def add_months(value: str, months: float) -> str:
    """A last day of the month stays a last day."""
    moment = _moment(value)
    result = _add_months(moment, int(months))
    if moment.day == calendar.monthrange(moment.year, moment.month)[1]:
        result = result.replace(day=calendar.monthrange(result.year, result.month)[1])
    return _like_input(result, value)


@scalar()
def months_between(a: str, b: str) -> float:
    """Months from ``b`` to ``a``: whole between equal days and between last days of months, else with parts of 31 days."""
    x, y = _moment(a), _moment(b)
    months = (x.year - y.year) * 12 + x.month - y.month
    last = all(d.day == calendar.monthrange(d.year, d.month)[1] for d in (x, y))
    return float(months) if last or x.day == y.day else round(months + (x.day - y.day) / 31, 6)


@scalar()
def date_from_parts(year: float, month: float, day: float) -> str:
    """Months and days outside their range roll over."""
    start = _add_months(datetime(int(year), 1, 1), int(month) - 1)
    return (start + timedelta(days=int(day) - 1)).date().isoformat()


@scalar()
def timestamp_from_parts(
    year: float, month: float, day: float, hour: float, minute: float, second: float, nano: float = 0
) -> str:
    """Parts outside their range roll over; ``nano`` is cut to microseconds."""
    start = _add_months(datetime(int(year), 1, 1), int(month) - 1)
    extra = timedelta(
        days=int(day) - 1, hours=hour, minutes=minute, seconds=second, microseconds=int(nano) // 1000
    )
    return timestamp_text(start + extra)


@scalar()
def time_from_parts(hour: float, minute: float, second: float, nano: float = 0) -> str:
    """Parts outside their range roll over, midnight included; ``nano`` is cut to microseconds."""
    extra = timedelta(hours=hour, minutes=minute, seconds=second, microseconds=int(nano) // 1000)
    moment = datetime(1970, 1, 1) + extra
    return moment.time().isoformat()


@scalar()
def time_slice(value: str, length: float, unit: str, end: str = "START") -> str:
    """The START or the END of the slice of ``length`` units, counted from 1970, that a value lies in; weeks from that of 1 January."""
    name, moment = _unit(unit), _moment(value)
    origin = datetime(1970, 1, 1)
    if name in _MONTHS:
        months = (moment.year - 1970) * 12 + moment.month - 1
        size = int(length) * _MONTHS[name]
        start = _add_months(origin, months // size * size)
        finish = _add_months(start, size)
    else:
        if name == "week":
            origin = _truncated("week", origin, _calendar(unit)[0])
        step = _STEPS[name] * int(length)
        start = origin + (moment - origin) // step * step
        finish = start + step
    return _like_input(finish if end.upper() == "END" else start, value)


@scalar()
def convert_timezone(source: str, target: str, value: str) -> str:
    """What the clocks of ``target`` show when those of ``source`` show ``value``."""
    moment = parse_timestamp(value).replace(tzinfo=_zone(source)).astimezone(_zone(target))
    return timestamp_text(moment.replace(tzinfo=None))


@tried
@scalar()
def instant(value: str) -> str:
    """Text with an offset as the TIMESTAMP it is in UTC, the session's time zone."""
    return timestamp_text(parse_instant(value))


@scalar()
def utc(value: str) -> str:
    """The moment of a TIMESTAMP_TZ as a TIMESTAMP in UTC."""
    return timestamp_text(zones.utc(value))


@scalar()
def wall_clock(value: str) -> str:
    """A TIMESTAMP_TZ as the TIMESTAMP that a clock at its place shows."""
    return timestamp_text(zones.wall_clock(value))


@scalar()
def offset_minutes(value: str) -> int:
    """How many minutes the place of a TIMESTAMP_TZ is ahead of UTC."""
    return (zones.zoned(value).utcoffset() or timedelta()) // timedelta(minutes=1)


@scalar()
def at_offset_of(value: str, like: str) -> str:
    """The TIMESTAMP_TZ that a clock at the place of ``like`` shows as ``value``."""
    return zones.at_offset_of(_moment(value), like)


@scalar()
def in_zone(value: str, zone: str) -> str:
    """The TIMESTAMP_TZ that a clock in a zone shows as ``value``."""
    return zones.zoned_text(_moment(value).replace(tzinfo=_zone(zone)))


@scalar()
def at_zone(zone: str, value: str) -> str:
    """The same moment at the offset of another zone."""
    return zones.zoned_text(zones.zoned(value).astimezone(_zone(zone)))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput(f"Unknown time zone {name[:40]}", "Write America/Los_Angeles or UTC.") from None


@scalar()
def from_epoch(value: float, scale: float) -> str:
    """The timestamp that lies ``value`` / 10^``scale`` seconds after the start of 1970."""
    return timestamp_text(datetime(1970, 1, 1) + timedelta(seconds=float(value) / 10 ** int(scale)))


@scalar()
def to_char(value: Any, kind: str, pattern: str) -> str:
    """A date, a time, a number or bytes as text in a format; raises BadInput for any other ``kind``."""
    if kind in ("DATE", "TIMESTAMP_NTZ", "TIME"):
        return _FORMAT.sub(lambda match: _formatted(match[0], _moment(value)), pattern)
    if kind == "TIMESTAMP_TZ":
        return _FORMAT.sub(lambda match: _formatted(match[0], zones.zoned(value)), pattern)
    if kind in ("NUMBER", "FLOAT"):
        return number_text(value, pattern)
    if kind == "BINARY":
        return _binary_text(value, pattern)
    raise BadInput(f"TO_CHAR with a format needs a number or a date, not {kind}", "Cast it first.")


def _binary_text(value: bytes, pattern: str) -> str:
    name = pattern.upper().replace("-", "")
    if name not in ("HEX", "BASE64", "UTF8"):
        raise BadInput(
            f"'{pattern[:20]}' is not a format of binary data", "Write 'HEX', 'BASE64' or 'UTF-8'."
        )
    if name == "UTF8":
        return value.decode()
    return value.hex().upper() if name == "HEX" else base64.b64encode(value).decode()


def _formatted(mark: str, value: datetime) -> str:
    upper = mark.upper()
    if mark.startswith('"'):
        return mark[1:-1]
    special = {
        "DY": lambda: _DAY_NAMES[value.weekday()], "DAY": lambda: calendar.day_name[value.weekday()], "MON": lambda: _MONTH_NAMES[value.month],
        "MMMM": lambda: calendar.month_name[value.month], "Q": lambda: str((value.month - 1) // 3 + 1),
        "WW": lambda: f"{value.isocalendar().week:02d}", "TZH": lambda: _offset(value)[:3], "TZM": lambda: _offset(value)[3:], "YYYY": lambda: f"{value.year:04d}",
    }  # fmt: skip
    if upper in special:
        return special[upper]()
    if upper.startswith("TZH"):
        return _offset(value)[:3] + upper[3:-3] + _offset(value)[3:]
    if upper.startswith("FF"):
        return f"{value.microsecond:06d}000"[: int(upper[2:] or 9)]
    return value.strftime(_PYTHON_FORMAT[upper])


def _offset(value: datetime) -> str:
    """+HHMM; a value without an offset is in the session's zone, UTC."""
    return zones.offset_text(value.utcoffset() or timedelta())


@scalar()
def parse_date(value: str, pattern: str, kind: str, tried: int) -> str | None:
    """Text as a DATE, TIME or timestamp of ``kind``; one that does not fit gives NULL if ``tried``, else raises BadInput."""
    if pattern.upper() == "AUTO":
        moment = parse_timestamp(value)
    else:
        if len(pattern) > _LONGEST_FORMAT:
            raise BadInput(
                f"The format has {len(pattern):,} characters, more than {_LONGEST_FORMAT}",
                "Write one like 'YYYY-MM-DD HH24:MI:SS'.",
            )
        python = _FORMAT.sub(_strptime_mark, pattern.replace("%", "%%"))
        try:
            moment = datetime.strptime(_PAST_MICROSECONDS.sub(r"\1", value.strip()), python)
        except ValueError:
            if tried:
                return None
            raise BadInput(
                f"Can't parse '{value}' as date with format '{pattern}'", "TRY_TO_DATE gives NULL."
            ) from None
    if kind == "TIMESTAMP_TZ":
        offset = moment.tzinfo or timezone(offset_of(value) if pattern.upper() == "AUTO" else timedelta())
        return zones.zoned_text(moment.replace(tzinfo=offset))
    moment = moment.replace(tzinfo=None)  # the clock's time, whatever the offset
    if kind == "DATE":
        return moment.date().isoformat()
    return moment.time().isoformat() if kind == "TIME" else timestamp_text(moment)


def _strptime_mark(match: re.Match[str]) -> str:
    mark = match[0].upper()
    if mark.startswith('"'):
        return match[0][1:-1]
    if mark.startswith("FF"):
        return "%f"
    if mark.startswith("TZH"):  # strptime reads +0200 and +02:00 alike
        return "%z"
    if mark not in _PYTHON_FORMAT:
        raise BadInput(f"The format element {match[0]} is not supported here", "Use YYYY MM DD HH24 MI SS.")
    return _PYTHON_FORMAT[mark]
