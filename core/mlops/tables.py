"""Reading a CSV file of unknown origin into a table of texts."""

import csv
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config_mlops import TrainingSettings
from core.errors import BadInput, LimitReached
from core.mlops import values

if TYPE_CHECKING:
    import pandas as pd

_SEPARATORS = ",;\t|"
_SAMPLE = 64_000
_UTF32 = b"\xff\xfe\0\0"  # begins as UTF-16 does
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # what the files of Excel begin with


@dataclass(frozen=True)
class Table:
    """Cells as texts, trimmed; a missing cell is the empty text."""

    cells: "pd.DataFrame"
    name: str
    notes: tuple[str, ...] = ()


def read_table(
    source: "str | Path | bytes | pd.DataFrame", limits: TrainingSettings, name: str = ""
) -> Table:
    """A Table from a path, the bytes of a file, or a DataFrame.

    Encoding (UTF-8, UTF-16 with mark, Windows-1252) and separator (comma, semicolon, tab, bar) are
    recognised and told in ``notes``. Raises BadInput for what is no table, LimitReached for what is too big.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return Table(_checked(as_texts(source), limits), values.whole(name or "table"))
    if not isinstance(source, str | Path | bytes):
        raise BadInput(
            f"A table cannot be read from {type(source).__name__}",
            "Give the path of a CSV file, its bytes, or a DataFrame.",
        )
    content, found_name = _content(source, limits)
    text, encoding = _decode(content)
    separator = _separator(text)
    notes = [f"read as {encoding}"] if encoding != "UTF-8" else []
    notes += [f"columns separated by '{separator}'"] if separator != "," else []
    _require_width(text, separator, limits)
    cells = _checked(_parse(text, separator), limits)
    return Table(cells, values.whole(name or found_name), tuple(notes))


def _content(source: str | Path | bytes, limits: TrainingSettings) -> tuple[bytes, str]:
    if isinstance(source, bytes):
        _require_size(len(source), "upload.csv", limits)
        return source, "upload.csv"
    path = Path(source)
    try:
        if not path.is_file():
            raise BadInput(f"There is no file '{path}'", "Give the path of a CSV file.")
        _require_size(path.stat().st_size, path.name, limits)
        return path.read_bytes(), path.name
    except OSError as error:
        raise BadInput(
            f"'{path}' cannot be read: {error.strerror}", "Give the path of a CSV file that may be read."
        ) from None


def _require_size(size: int, name: str, limits: TrainingSettings) -> None:
    if size > limits.max_bytes:
        raise LimitReached(
            f"'{name}' has {size:,} bytes; the limit is {limits.max_bytes:,}",
            "Train on a sample of the rows, or raise MLOPS__TRAINING__MAX_BYTES.",
        )


def _decode(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and not content.startswith(_UTF32):
        return _utf16(content), "UTF-16"
    if content.startswith(_WORKBOOK):
        raise BadInput(
            "The file is a workbook or an archive, not a table in text",
            "In Excel save the sheet as CSV (UTF-8), then choose that file.",
        )
    if b"\0" in content[:_SAMPLE]:
        raise BadInput("The file is binary, not text", "Save the table as CSV (UTF-8) and try again.")
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "Windows-1252"


def _utf16(content: bytes) -> str:
    try:
        return content.decode("utf-16")
    except UnicodeDecodeError:
        raise BadInput(
            "The file begins like UTF-16 but is not", "Save the table as CSV (UTF-8) and try again."
        ) from None


def _separator(text: str) -> str:
    """The separator that splits the first lines into the same, largest number of cells."""
    lines = text[:_SAMPLE].splitlines()[:30]
    if not any(line.strip() for line in lines):
        raise BadInput("The file is empty", "It needs a header line and rows below it.")
    if len(lines) == 30:
        lines = lines[:-1]  # may be cut by the sample

    def quality(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in csv.reader(lines, delimiter=separator) if row]
        same = sum(width == widths[0] for width in widths) / len(widths)
        return (same if widths[0] > 1 else 0.0), widths[0]

    return max(_SEPARATORS, key=quality)


def _require_width(text: str, separator: str, limits: TrainingSettings) -> None:
    """Raise LimitReached for too many columns before pandas makes them: a million take minutes and gigabytes."""
    try:
        header = next(
            (row for row in csv.reader(io.StringIO(text, newline=None), delimiter=separator) if row), []
        )
    except csv.Error as error:
        raise BadInput(
            f"The file is no regular table: {error}", "Its first line has to hold the names of the columns."
        ) from None
    _require_count("columns", len(header), limits.max_columns)


def _require_count(what: str, count: int, limit: int) -> None:
    if count > limit:
        raise LimitReached(
            f"The table has {count:,} {what}; the limit is {limit:,}", "Train on a part of it."
        )


def _parse(text: str, separator: str) -> "pd.DataFrame":
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Without index_col a first row that is too long makes pandas take its first cell for a row's name.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=object,
                keep_default_na=False,
                skipinitialspace=True,
                index_col=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise BadInput(
            f"The file is not a regular table: {str(error).strip()}",
            "Every row needs as many cells as the header has names.",
        ) from None


def as_texts(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Cells of any type as texts: whole floats without decimals, missing ones as the empty text."""
    import pandas as pd

    texts = [_column_texts(frame.iloc[:, position]) for position in range(frame.shape[1])]
    result = pd.concat(texts, axis=1) if texts else pd.DataFrame()
    result.columns = [str(name) for name in frame.columns]
    return result


def _column_texts(column: "pd.Series") -> "pd.Series":
    import pandas as pd

    if pd.api.types.infer_dtype(column, skipna=False) == "string":
        return column.astype(object)
    return column.map(_as_text).astype(object)


def _as_text(value: Any) -> str:
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _checked(cells: "pd.DataFrame", limits: TrainingSettings) -> "pd.DataFrame":
    if len(cells.columns) < 2:
        raise BadInput(
            f"The table has {len(cells.columns)} column(s)",
            "A target and at least one other column are needed; is the separator unusual?",
        )
    _require_count("rows", len(cells), limits.max_rows)
    _require_count("columns", len(cells.columns), limits.max_columns)
    cells.columns = _names([str(name) for name in cells.columns])
    return (
        cells.fillna("")
        .apply(lambda column: column.astype(str).str.strip().astype(object))
        .reset_index(drop=True)
    )


def _names(names: list[str]) -> list[str]:
    """Trimmed names; nameless and repeated ones get a number."""
    seen: dict[str, int] = {}
    result = []
    for position, name in enumerate(names, 1):
        plain = name.strip() or f"column_{position}"
        seen[plain] = seen.get(plain, 0) + 1
        result.append(plain if seen[plain] == 1 else f"{plain}_{seen[plain]}")
    return result
