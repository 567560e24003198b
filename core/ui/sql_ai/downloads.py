"""A result as a file: CSV that no spreadsheet runs, JSON, Parquet."""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from core.ui.spreadsheets import harmless


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a byte order mark, for spreadsheets; text that starts like a formula gets an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([harmless(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8-sig")


def to_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A list of objects; a column name that repeats gets a number."""
    keys = unique(columns)
    records = [dict(zip(keys, row, strict=True)) for row in rows]
    return json.dumps(records, ensure_ascii=False, indent=1, default=_plain, allow_nan=True).encode()


def to_parquet(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Typed columns; OBJECT, ARRAY and VECTOR values are JSON text, columns of mixed types are text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    keys = unique(columns)
    arrays = [_arrow([row[index] for row in rows]) for index in range(len(keys))]
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays, names=keys), buffer, compression="zstd")
    return buffer.getvalue()


def unique(columns: Sequence[str]) -> list[str]:
    """The names with repeats numbered: A, A_2, A_3."""
    taken: set[str] = set()
    names = []
    for column in columns:
        name, number = column, 1
        while name in taken:
            number += 1
            name = f"{column}_{number}"
        taken.add(name)
        names.append(name)
    return names


def json_text(value: Any) -> str:
    """A value as JSON text, dates as ISO text."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _arrow(values: list[Any]) -> Any:
    import pyarrow as pa

    plain = [json_text(value) if isinstance(value, (dict, list)) else value for value in values]
    try:
        return pa.array(plain)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return pa.array([None if value is None else str(value) for value in plain])


def _cell(value: Any) -> Any:
    text = json_text(value) if isinstance(value, (dict, list)) else value
    return harmless(text) if isinstance(text, str) else text


def _plain(value: Any) -> Any:
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "item"):
        return value.item()
    return str(value)
