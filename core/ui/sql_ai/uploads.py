"""A visitor's file as a data frame, within stated limits; the content decides, never the file name alone."""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

from core.errors import BadInput, LimitReached

if TYPE_CHECKING:
    import pandas as pd

FORMATS: Final = ("csv", "tsv", "json", "jsonl", "parquet")
MAX_NAME_CHARS: Final = 60
_ISO_DATE: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
)
_DATE_SHARE_LOOKED_AT: Final = 500
_COMMA_NUMBER: Final = re.compile(r"[-+]?(?:\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d+)?")
_WORKBOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # what Excel's files begin with


@dataclass(frozen=True, slots=True)
class Limits:
    """What an upload may measure."""

    megabytes: int = 10
    rows: int = 100_000
    columns: int = 200

    @property
    def text(self) -> str:
        """The limits as a caption."""
        return f"Up to {self.megabytes} MB, {self.rows:,} rows and {self.columns} columns"


def table_name(file_name: str) -> str:
    """A table name from a file name: 'My data (2).csv' becomes MY_DATA_2."""
    stem = PurePath(file_name.replace("\\", "/")).name.split(".")[0]
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").upper()[:MAX_NAME_CHARS]
    if not name:
        return "UPLOAD"
    return name if name[0].isalpha() or name[0] == "_" else f"T_{name}"


def read(file_name: str, content: bytes, limits: Limits) -> "pd.DataFrame":
    """The file's table with unique column names and typed dates.

    Raises BadInput when the file cannot be read as what its name says, LimitReached when it is too large.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise BadInput(f"{file_name} is empty", "Choose a file with a header and at least one row.")
    if len(content) > limits.megabytes * 1_000_000:
        raise LimitReached(
            f"{file_name} has {len(content) / 1e6:.1f} MB, the limit is {limits.megabytes} MB",
            "Upload a part of it, or Parquet with fewer columns.",
        )
    if content.startswith(_WORKBOOK):
        raise BadInput(
            f"{file_name} is a workbook or an archive, not a table in text",
            f"In Excel save the sheet as CSV. Endings read: {', '.join(FORMATS)}.",
        )
    frame = _reader(file_name)(file_name, content, limits)
    _check(file_name, frame, limits)
    return _tidied(frame)


def _reader(file_name: str) -> Callable[[str, bytes, Limits], "pd.DataFrame"]:
    readers = {"csv": _csv, "tsv": _csv, "json": _json, "jsonl": _json, "parquet": _parquet}
    ending = PurePath(file_name).suffix.lower().lstrip(".")
    if ending not in readers:
        raise BadInput(
            f"{file_name} is not a CSV, JSON or Parquet file", f"Endings read: {', '.join(FORMATS)}."
        )
    return readers[ending]


def _csv(file_name: str, content: bytes, limits: Limits) -> "pd.DataFrame":
    import pandas as pd

    text = _text(file_name, content)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    separator = max((",", ";", "\t", "|"), key=first.count)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            nrows=limits.rows + 1,
            skipinitialspace=True,
            index_col=_index(file_name, text, separator, limits),
        )
        return frame if separator == "," else frame.apply(_decimal_commas)
    except (ValueError, OverflowError, csv.Error) as error:  # ParserError is a ValueError
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise BadInput(
            f"{file_name} is not a readable CSV file: {detail}",
            "Each line needs as many cells as the header; quote cells that hold the separator.",
        ) from None


def _index(file_name: str, text: str, separator: str, limits: Limits) -> Literal[False] | None:
    """What pandas is told of an index: False, that there is none, where lines end with a separator.

    Raises LimitReached for too many columns before pandas makes them, which takes minutes for a million, and BadInput
    for rows longer than the header, whose first cells pandas would take for an index and this page would lose.
    """
    rows = (row for row in csv.reader(io.StringIO(text, newline=None), delimiter=separator) if row)
    header, first = next(rows, []), next(rows, [])
    _check_size(file_name, 0, max(len(header), len(first) - 1), limits)
    if len(first) <= len(header):
        return None
    if any(first[len(header) :]):
        raise ValueError(f"the first row has {len(first)} cells, the header {len(header)}")
    return False


def _decimal_commas(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A text column in which every value is a number like 1.234,50 becomes numbers; one comma at least is needed."""
    import pandas as pd

    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return column
    known = [str(value).strip() for value in column.dropna()]
    if not any("," in value for value in known) or not all(map(_COMMA_NUMBER.fullmatch, known)):
        return column
    plain = column.str.replace(r"[.\s]", "", regex=True).str.replace(",", ".", regex=False)
    return pd.to_numeric(plain)


def _json(file_name: str, content: bytes, limits: Limits) -> "pd.DataFrame":
    import pandas as pd

    records = _records(file_name, _text(file_name, content))
    if len(records) > limits.rows:
        return pd.DataFrame(index=range(len(records)))  # the caller's check names the limit
    if not all(isinstance(record, dict) for record in records):
        raise BadInput(
            f"{file_name} is not a list of objects", 'Write [{"a": 1}, {"a": 2}] or one object a line.'
        )
    # Checked before there is a table: rows that share no name make one of rows times rows.
    _check_size(file_name, len(records), len(set().union(*records)), limits)
    return pd.DataFrame.from_records(records)


def _records(file_name: str, text: str) -> list[Any]:
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        try:
            return _rows_of(json.loads(text))
        except json.JSONDecodeError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{file_name} is not readable JSON: {error}", 'Write [{"a": 1}, {"a": 2}] or one object a line.'
        ) from None


def _rows_of(value: Any) -> list[Any]:
    """A document with one list of objects in it (`{"data": [..]}`) is that list; any other object is one row."""
    if isinstance(value, dict):
        lists = [
            item for item in value.values() if isinstance(item, list) and item and isinstance(item[0], dict)
        ]
        return lists[0] if len(lists) == 1 and len(value) <= 2 else [value]
    return [value]


def _parquet(file_name: str, content: bytes, limits: Limits) -> "pd.DataFrame":
    from core.ui.sql_ai.parquet import unpack

    table = unpack(file_name, content, limits.megabytes * 10_000_000)
    _check_size(file_name, table.num_rows, table.num_columns, limits)
    try:
        return table.to_pandas()
    except ValueError as error:  # Arrow's errors are among them: a date that pandas cannot hold
        raise BadInput(
            f"{file_name} cannot be made a table: {error}", "Write it again, or use CSV."
        ) from None


def _text(file_name: str, content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise BadInput(f"{file_name} is not a text file", "Save it as UTF-8, or as .parquet if it is Parquet.")


def _check(file_name: str, frame: "pd.DataFrame", limits: Limits) -> None:
    _check_size(file_name, len(frame), len(frame.columns), limits)
    if frame.empty:
        raise BadInput(f"{file_name} has no rows", "A header alone makes no table; add at least one row.")


def _check_size(file_name: str, rows: int, columns: int, limits: Limits) -> None:
    if rows > limits.rows:
        raise LimitReached(f"{file_name} has more than {limits.rows:,} rows", "Upload a sample of them.")
    if columns > limits.columns:
        raise LimitReached(
            f"{file_name} has {columns} columns, the limit is {limits.columns}",
            "Leave out columns you do not need.",
        )


def _tidied(frame: "pd.DataFrame") -> "pd.DataFrame":
    from core.ui.sql_ai.downloads import unique

    names = [str(name).strip() or f"COLUMN_{number}" for number, name in enumerate(frame.columns, 1)]
    frame = frame.set_axis(_unique_upper(unique(names)), axis=1).reset_index(drop=True)
    return frame.apply(_dates)


def _unique_upper(names: list[str]) -> list[str]:
    """SQL compares names without case: 'a' and 'A' would be one column."""
    from core.ui.sql_ai.downloads import unique

    return unique([name.upper() for name in names])


def _dates(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A text column in which every value is an ISO date becomes timestamps."""
    import pandas as pd

    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return column
    known = column.dropna()
    if known.empty or not all(
        isinstance(item, str) and _ISO_DATE.fullmatch(item) for item in known.head(_DATE_SHARE_LOOKED_AT)
    ):
        return column
    parsed = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    return parsed if parsed.notna().sum() == len(known) else column
