"""What a model takes in: its columns, and how outside records are brought into that shape."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from core.errors import BadInput
from core.mlops import values

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category", "date"]
_MOST_NAMES = 1_000  # that a wrong one is compared with: a request can have a million


@dataclass(frozen=True)
class InputColumn:
    """One model input: a number (float64), a category (text), or a date (days since 1970, float64)."""

    name: str
    kind: Kind
    boolean: bool = False
    integer: bool = False
    style: values.NumberStyle = "plain"
    date_format: str = ""
    categories: tuple[str, ...] = ()  # most frequent first
    low: float | None = None
    high: float | None = None
    typical: float | str | None = None  # median or most frequent value, as a form's default


@dataclass(frozen=True)
class InputSchema:
    """The input columns in model order, and what the two answers are called."""

    columns: tuple[InputColumn, ...]
    target: str
    positive: str
    negative: str

    @property
    def names(self) -> list[str]:
        """Column names in model order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> InputColumn:
        """One column; raises BadInput with the nearest name when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise BadInput(f"The model has no input '{name}'{did_you_mean(name, self.names)}", self._all())

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready copy, read back by ``from_dict``."""
        return asdict(self)

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> "InputSchema":
        """The schema that ``to_dict`` wrote."""
        columns = tuple(
            InputColumn(**{**item, "categories": tuple(item["categories"])}) for item in data["columns"]
        )
        return InputSchema(columns, data["target"], data["positive"], data["negative"])

    def _all(self) -> str:
        return f"Its inputs are: {', '.join(self.names)}."


@dataclass(frozen=True)
class Conformed:
    """Records in the model's shape, and what had to be overlooked to get there."""

    frame: "pd.DataFrame"
    unknown: dict[str, tuple[str, ...]]  # categories that training never saw, by column
    unreadable: dict[str, int]  # cells that should be numbers or dates and are not, by column
    extra: tuple[str, ...]  # columns the model does not use


def conform(records: "pd.DataFrame | Sequence[Mapping[str, Any]]", schema: InputSchema) -> Conformed:
    """Bring records (JSON values or CSV texts) into the model's columns, order and types.

    Raises BadInput when a column is missing or there is no record. Unknown categories pass (the model treats
    them as rare), unreadable numbers become missing values; both are reported.
    """
    import pandas as pd

    from core.mlops.tables import as_texts

    source = records if isinstance(records, pd.DataFrame) else pd.DataFrame(list(records))
    _require_columns([str(name) for name in source.columns], schema)
    if not len(source):
        raise BadInput("There are no records", "Give at least one row below the names of the columns.")
    wanted = source.loc[:, [name for name in source.columns if str(name) in set(schema.names)]]
    texts = as_texts(wanted)
    columns: dict[str, pd.Series] = {}
    unknown: dict[str, tuple[str, ...]] = {}
    unreadable: dict[str, int] = {}
    for column in schema.columns:
        cells = texts[column.name].str.strip()
        if column.kind == "category":
            columns[column.name], strange = _categories(cells, column)
            if strange:
                unknown[column.name] = strange
            continue
        columns[column.name] = _numbers(cells, column)
        lost = int((columns[column.name].isna() & ~values.is_blank(cells)).sum())
        if lost:
            unreadable[column.name] = lost
    extra = tuple(str(name) for name in source.columns if str(name) not in set(schema.names))
    return Conformed(pd.DataFrame(columns), unknown, unreadable, extra)


def without_missing(frame: "pd.DataFrame") -> "pd.DataFrame":
    """A conformed frame in which blanks of categories are missing values again, as those of numbers are."""
    return frame.mask(frame == values.MISSING, None)


def as_received(cells: "pd.DataFrame", conformed: "pd.DataFrame") -> "pd.DataFrame":
    """A conformed frame that shows its unreadable numbers as the texts they arrived as, for quality checks."""
    shown = without_missing(conformed)
    for name in shown.columns:
        texts = cells[name]
        unread = shown[name].isna() & ~values.is_blank(texts)
        if unread.any():
            shown[name] = shown[name].astype(object).where(~unread, texts)
    return shown


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """'; did you mean "x"?' when a known name is near, else nothing; looks at the first thousand names."""
    by_fold = {known.casefold(): known for known in islice(names, _MOST_NAMES)}
    near = difflib.get_close_matches(str(name).strip().casefold(), list(by_fold), n=1, cutoff=0.6)
    return f"; did you mean '{by_fold[near[0]]}'?" if near else ""


def _require_columns(names: Sequence[str], schema: InputSchema) -> None:
    missing = [name for name in schema.names if name not in set(names)]
    if missing:
        told = ", ".join(f"'{name}'" for name in missing[:8]) + (" and more" if len(missing) > 8 else "")
        raise BadInput(
            f"The records lack {len(missing)} column(s) that the model needs: {told}"
            f"{did_you_mean(missing[0], names)}",
            f"The model's inputs are: {', '.join(schema.names)}.",
        )


def _numbers(cells: "pd.Series", column: InputColumn) -> "pd.Series":
    if column.kind == "date":
        days = values.to_days(cells, column.date_format)
        return days.fillna(values.to_numbers(cells, "plain"))  # days already, as the signature says
    plain = values.to_numbers(cells, column.style)
    if column.style != "plain":
        plain = plain.fillna(values.to_numbers(cells, "plain"))
    if column.boolean:
        truths = cells.map(values.truth).map({True: 1.0, False: 0.0})
        plain = plain.fillna(truths.astype("float64"))
    return plain


def _categories(cells: "pd.Series", column: InputColumn) -> tuple["pd.Series", tuple[str, ...]]:
    cells = cells.mask(values.is_blank(cells), values.MISSING)
    known = set(column.categories)
    distinct = [text for text in cells.unique() if text not in known]
    by_fold = {values.normal(text): text for text in column.categories}
    renamed = {text: _known_spelling(text, column, by_fold) for text in distinct}
    strange = tuple(sorted(t for t in distinct if renamed[t] not in known and t != values.MISSING))
    return cells.map(lambda text: renamed.get(text, text)).astype(object), strange


def _known_spelling(text: str, column: InputColumn, by_fold: Mapping[str, str]) -> str:
    same = by_fold.get(values.normal(text))
    if same is not None:
        return same
    if column.boolean and values.truth(text) is not None:
        for known in column.categories:
            if values.truth(known) == values.truth(text):
                return known
    return text
