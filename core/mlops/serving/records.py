"""Turns the records of a request into the frame a model scores, naming every field that is wrong."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.mlops import values
from core.mlops.schema import InputColumn, InputSchema, conform, did_you_mean
from core.mlops.serving.refusal import Problem, Refused

if TYPE_CHECKING:
    import pandas as pd

_MAX_PROBLEMS = 20
_SHOWN = 60  # characters of a value or name that a message repeats

Where = tuple[str | int, ...]


@dataclass(frozen=True)
class Batch:
    """Rows ready to be scored, the warnings of each record, and the columns that had an unknown category."""

    frame: "pd.DataFrame"
    warnings: tuple[tuple[str, ...], ...]
    unknown: tuple[str, ...]


def as_batch(payload: Any, schema: InputSchema, max_batch: int) -> Batch:
    """The batch of one record or a list of records; raises Refused (422) naming record, field and reason."""
    records = _as_records(payload, max_batch)
    reader = _Reader(schema, records)
    for index, record in enumerate(records):
        reader.read(record, ("body", index) if isinstance(payload, list) else ("body",))
        if len(reader.problems) >= _MAX_PROBLEMS:
            break
    if reader.problems:
        names = ", ".join(schema.names)
        raise Refused(
            422, reader.problems[0].text, f"The model's fields: {names}.", reader.problems[:_MAX_PROBLEMS]
        )
    return Batch(reader.frame(), tuple(reader.warnings), tuple(reader.unknown))


def _as_records(payload: Any, max_batch: int) -> list[Mapping[str, Any]]:
    many = isinstance(payload, list)
    records = payload if many else [payload]
    if isinstance(payload, bytes):  # FastAPI's way to hand on a body that is not marked as JSON
        raise Refused(
            415, "The body is not marked as JSON.", "Send the header Content-Type: application/json."
        )
    if not records:
        raise _refuse(("body",), "the list of records is empty", "too_short")
    require_batch(len(records), max_batch)
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            text = f"a record must be an object of field names and values, not {_kind(record)}"
            raise _refuse(("body", index) if many else ("body",), text, "dict_type")
    return records


def require_batch(count: int, max_batch: int) -> None:
    """Raise Refused (422) when a request has more than ``max_batch`` records."""
    if count > max_batch:
        text = f"{count} records in one request; the limit is {max_batch}"
        raise Refused(422, text, "Send them in several requests.", [Problem(("body",), text, "too_long")])


def _refuse(where: Where, message: str, code: str) -> Refused:
    return Refused(422, message, "Send one record or a list of records.", [Problem(where, message, code)])


@dataclass
class _Reader:
    """Collects rows, warnings and problems record by record.

    Values that arrive as JSON numbers or known categories take a fast path; anything odd goes through
    ``conform``, which knows blanks, notations of numbers, spellings and dates but costs milliseconds: once a
    column, not once a value.
    """

    schema: InputSchema
    records: Sequence[Mapping[str, Any]]
    rows: list[list[Any]] = field(default_factory=list)
    warnings: list[tuple[str, ...]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = set(self.schema.names)
        self._known = {column.name: frozenset(column.categories) for column in self.schema.columns}
        self._conformed = {column.name: self._conform(column) for column in self.schema.columns}

    def read(self, record: Mapping[str, Any], where: Where) -> None:
        """Add one record."""
        notes = self._strays(record)
        row = []
        for column in self.schema.columns:
            try:
                value = self._value(column, record)
            except ValueError as error:
                code = "missing" if column.name not in record else f"{column.kind}_type"
                self.problems.append(Problem((*where, column.name), str(error), code))
                continue
            row.append(value)
            notes.extend(self._notes(column, value))
        self.rows.append(row)
        self.warnings.append(tuple(notes))

    def frame(self) -> "pd.DataFrame":
        """The rows in the model's columns and types."""
        import pandas as pd

        cells = zip(*self.rows, strict=True)
        kinds = [object if column.kind == "category" else "float64" for column in self.schema.columns]
        return pd.DataFrame(
            {
                name: pd.Series(cell, dtype=kind)
                for name, cell, kind in zip(self.schema.names, map(list, cells), kinds, strict=True)
            }
        )

    def _value(self, column: InputColumn, record: Mapping[str, Any]) -> Any:
        if column.name not in record:
            strays = (str(name) for name in record if name not in self._names)
            raise ValueError(f"field '{column.name}' is required{did_you_mean(column.name, strays)}")
        value = record[column.name]
        if isinstance(value, list | dict):
            raise ValueError(f"field '{column.name}' must be a single value, not {_kind(value)}")
        if column.kind == "category":
            return value if value in self._known[column.name] else self._category(column, value)
        return self._number(column, value)

    def _conform(self, column: InputColumn) -> dict[tuple[type, Any], Any]:
        """The odd values of a column by type and value (True equals 1) as the model knows them.

        A category is a text, a number a float: NaN when it cannot be read.
        """
        import pandas as pd

        given = (record[column.name] for record in self.records if column.name in record)
        odd = list(dict.fromkeys((type(value), value) for value in given if self._is_odd(column, value)))
        if not odd:
            return {}
        texts = [values.whole(value) if isinstance(value, str) else value for _, value in odd]
        alone = InputSchema((column,), target="", positive="", negative="")
        cells = pd.DataFrame({column.name: pd.Series(texts, dtype=object)})
        return dict(zip(odd, conform(cells, alone).frame[column.name], strict=True))

    def _is_odd(self, column: InputColumn, value: Any) -> bool:
        if isinstance(value, list | dict):
            return False
        if column.kind == "category":
            return value not in self._known[column.name]
        return isinstance(value, bool) or not (isinstance(value, int | float) or _is_blank(value))

    def _category(self, column: InputColumn, value: Any) -> str:
        """An odd value as a category; one that the model does not know is cut, for it is kept a while."""
        text = str(self._conformed[column.name][type(value), value])
        return text if text in self._known[column.name] else cut(text)

    def _strays(self, record: Mapping[str, Any]) -> list[str]:
        strays = [name for name in record if name not in self._names]
        notes = [f"extra field '{cut(name)}' is ignored" for name in strays[:_MAX_PROBLEMS]]
        more = len(strays) - len(notes)
        return [*notes, f"{more} more extra fields are ignored"] if more else notes

    def _number(self, column: InputColumn, value: Any) -> float:
        if _is_blank(value):
            return math.nan
        if self._is_odd(column, value):
            number = float(self._conformed[column.name][type(value), value])
        else:
            number = _as_float(value)
        if not abs(number) <= values.LARGEST:
            wanted = "a date" if column.kind == "date" else f"a finite number up to {values.LARGEST:.1e}"
            raise ValueError(f"field '{column.name}' must be {wanted}, not {cut(repr(value))}")
        return number

    def _notes(self, column: InputColumn, value: Any) -> list[str]:
        name = column.name
        if value == values.MISSING or value != value:
            return [f"field '{name}' is empty; the model fills it in"]
        if column.kind == "category":
            if value in self._known[name]:
                return []
            self.unknown.append(name)
            return [f"field '{name}': '{cut(value)}' is a category the model has not seen"]
        if column.low is not None and column.high is not None and not column.low <= value <= column.high:
            seen = f"{column.low:g} to {column.high:g}"
            return [f"field '{name}': {value:g} is outside the training range {seen}"]
        return []


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in values.BLANK_TOKENS)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON integers have no upper limit
        return math.inf


def _kind(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number")


def cut(text: Any) -> str:
    """A client's text as far as a message repeats it, with half characters replaced."""
    text = values.whole(str(text))
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
