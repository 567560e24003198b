"""TIMESTAMP_TZ as SQLite keeps it: the moment in UTC, then the offset, so that text sorts as moments do.

``2024-01-01 08:00:00.000000+0200`` is ten o'clock two hours east of Greenwich. Equality looks at the moment alone.
"""

from datetime import UTC, datetime, timedelta, timezone

COLLATION = "sf_moment"  # the order in SQLite by which two texts of one moment are equal
_MOMENT = 26  # characters of the moment in UTC


def zoned_text(moment: datetime) -> str:
    """A datetime with a zone as text; its offset is kept in whole minutes."""
    offset = moment.utcoffset() or timedelta()
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f").rjust(_MOMENT, "0") + offset_text(offset)


def zoned(text: str) -> datetime:
    """The datetime with its offset that the text stands for."""
    return utc(text).replace(tzinfo=UTC).astimezone(timezone(_offset(text[_MOMENT:])))


def utc(text: str) -> datetime:
    """The moment in UTC, without a zone."""
    return datetime.fromisoformat(text[:_MOMENT])


def compared(one: str, other: str) -> int:
    """-1, 0 or 1: which of two moments is the earlier one, whatever their offsets; a collation for SQLite."""
    first, second = one[:_MOMENT], other[:_MOMENT]
    return (first > second) - (first < second)


def wall_clock(text: str) -> datetime:
    """What a clock at the offset's place shows, without a zone."""
    return zoned(text).replace(tzinfo=None)


def offset_text(offset: timedelta) -> str:
    """An offset as +HHMM."""
    minutes = round(abs(offset) / timedelta(minutes=1))
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02d}{minutes % 60:02d}"


def at_offset_of(moment: datetime, text: str) -> str:
    """The moment that a clock at the place of ``text`` shows as ``moment``, at the same offset."""
    return zoned_text(moment.replace(tzinfo=timezone(_offset(text[_MOMENT:]))))


def shown(text: str) -> str:
    """As Snowflake's default output format writes it: three decimals of a second, then the offset."""
    return f"{wall_clock(text).isoformat(' ', 'milliseconds')} {text[_MOMENT:]}"


def _offset(written: str) -> timedelta:
    size = timedelta(hours=int(written[1:3]), minutes=int(written[3:5]))
    return -size if written[0] == "-" else size
