"""What each column of an unknown table is: numeric, categorical, date, identifier, leak, and so on."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from core.config_mlops import TrainingSettings
from core.mlops import values
from core.mlops.schema import InputColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class Role(StrEnum):
    """What a column is used for; the first four are model inputs, the others are left out."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATE = "date"
    IDENTIFIER = "identifier"
    CONSTANT = "constant"
    HIGH_CARDINALITY = "high_cardinality"
    LEAK = "leak"
    TARGET = "target"
    IGNORED = "ignored"


INPUT_ROLES = frozenset({Role.NUMERIC, Role.CATEGORICAL, Role.BOOLEAN, Role.DATE})

_ID_NAME = re.compile(
    r"(^|[_\s\-])(id|ids|uuid|guid|key|row|rownumber|index|phone|email|number|no|nr|surname|name|unnamed)"
    r"([_\s\-:.\d]|$)|id$|num$|^unnamed|rownumber|phone|msisdn|e-?mail|surname"
)
_ID_CAMEL = re.compile(r"[a-z](ID|Id|Number|No)$")
_CODE_DIGITS = 6  # whole numbers of one length from here on, never repeated, are account numbers
# 'Churn Score', 'exit_reason', 'Cancellation Date': known only once the outcome is.
_AFTERMATH = re.compile(
    r"(churn|exit|attrit|cancel|terminat|leav)[a-z]*[\s_\-.]*"
    r"(score|prob|reason|risk|predict|category|categ|date|value|label|flag|status)"
)


@dataclass(frozen=True)
class ColumnProfile:
    """One column with its inferred (or edited) role and the facts behind it."""

    name: str
    role: Role
    distinct: int
    blanks: int
    examples: tuple[str, ...]
    why: str
    style: values.NumberStyle = "plain"
    date_format: str = ""
    reads_as_number: bool = False
    unreadable: int = 0
    alone_auc: float | None = None  # ROC-AUC of this column by itself, 0.5..1
    suspect: bool = False  # taken for a leak, whatever role it was given by hand

    @property
    def is_input(self) -> bool:
        """True when the model gets this column."""
        return self.role in INPUT_ROLES


def profile_column(
    name: str, cells: "pd.Series", y: "np.ndarray | None", limits: TrainingSettings
) -> ColumnProfile:
    """The profile of one column of texts; ``y`` (0/1) lets leaks be found."""
    blank = values.is_blank(cells)
    present = cells[~blank]
    distinct = int(present.nunique())
    style, share = values.number_style(present)
    numeric = share >= 0.95 and not values.has_leading_zeros(present)
    form = "" if numeric else values.date_format(present) or ""
    role, why = _role(name, present, distinct, len(cells), numeric, form, limits)
    alone = None
    if y is not None and role not in (Role.IDENTIFIER, Role.CONSTANT):
        alone = _alone_auc(cells, y, style if numeric else None, form)
        if alone > limits.leak_auc:
            role, why = Role.LEAK, f"alone it tells the target with ROC-AUC {alone:.3f}"
        elif _AFTERMATH.search(name.casefold()):
            role, why = Role.LEAK, "by its name it was made from the outcome"
    return ColumnProfile(
        name=name,
        role=role,
        distinct=distinct,
        blanks=int(blank.sum()),
        examples=tuple(present.drop_duplicates().iloc[:3]),
        why=why,
        style=style if numeric else "plain",
        date_format=form,
        reads_as_number=numeric,
        unreadable=round((1 - share) * len(present)) if numeric else 0,
        alone_auc=alone,
        suspect=role == Role.LEAK,
    )


def input_column(profile: ColumnProfile, cells: "pd.Series") -> InputColumn:
    """How the model takes this column in, with the range or the categories that training has seen."""
    if profile.role == Role.DATE and profile.date_format:
        days = values.to_days(cells, profile.date_format)
        low, high = _range(days)
        return InputColumn(
            profile.name, "date", date_format=profile.date_format, low=low, high=high, typical=_median(days)
        )
    if profile.reads_as_number and profile.role in (Role.NUMERIC, Role.BOOLEAN):
        numbers = values.to_numbers(cells, profile.style)
        whole = bool((numbers.dropna() % 1 == 0).all())
        low, high = _range(numbers)
        return InputColumn(
            profile.name,
            "number",
            boolean=profile.role == Role.BOOLEAN,
            integer=whole,
            style=profile.style,
            low=low,
            high=high,
            typical=_median(numbers),
        )
    counts = cells.mask(values.is_blank(cells), values.MISSING).value_counts()
    return InputColumn(
        profile.name,
        "category",
        boolean=profile.role == Role.BOOLEAN,
        categories=tuple(map(str, counts.index)),
        typical=str(counts.index[0]),
    )


def _role(
    name: str,
    present: "pd.Series",
    distinct: int,
    rows: int,
    numeric: bool,
    form: str,
    limits: TrainingSettings,
) -> tuple[Role, str]:
    if distinct == 0:
        return Role.CONSTANT, "every cell is blank"
    if distinct == 1 and len(present) == rows:
        return Role.CONSTANT, f"every row has '{present.iloc[0]}'"
    why_id = _identifier(name, present, distinct, numeric)
    if why_id and not form:
        return Role.IDENTIFIER, why_id
    if distinct <= 2 and _two_sided(present):
        return Role.BOOLEAN, "two opposite values"
    if form:
        return Role.DATE, f"dates as {form}; the model gets days"
    if numeric:
        return Role.NUMERIC, "numbers"
    if distinct > limits.max_categories:
        return Role.HIGH_CARDINALITY, f"{distinct:,} different texts; more than {limits.max_categories}"
    return Role.CATEGORICAL, f"{distinct} different texts"


def _identifier(name: str, present: "pd.Series", distinct: int, numeric: bool) -> str:
    unique = distinct / max(1, len(present))
    named = bool(_ID_NAME.search(name.casefold()) or _ID_CAMEL.search(name))
    if len(present) < 20 or unique < 0.9:
        return ""
    if not numeric:
        return "a different text in (nearly) every row" if unique > 0.98 or named else ""
    if not present.str.fullmatch(r"[+-]?\d+(\.0)?").all():
        return ""  # measurements with decimals are often unique
    if named:
        return "an identifier by its name, different in (nearly) every row"
    if distinct < len(present):
        return ""
    if bool((present.astype(float).diff().dropna() == 1).all()):
        return "consecutive numbers"
    digits = present.str.len()
    same_length = bool((digits == digits.iloc[0]).all()) and digits.iloc[0] >= _CODE_DIGITS
    return f"codes of {digits.iloc[0]} digits, none twice" if same_length else ""


def _two_sided(present: "pd.Series") -> bool:
    sides = {values.truth(text) for text in present.unique()}
    return sides == {True, False} or (len(sides) == 1 and None not in sides)


def _alone_auc(cells: "pd.Series", y: "np.ndarray", style: values.NumberStyle | None, form: str) -> float:
    """ROC-AUC of the column by itself; texts are scored by the target rate of the other half of the rows."""
    import numpy as np

    from core.mlops.evaluation import roc_auc

    if style is None and not form:
        return _text_auc(cells, y)
    numbers = (values.to_days(cells, form) if form else values.to_numbers(cells, style or "plain")).to_numpy()
    blank = np.isnan(numbers)
    best = 0.5
    if 0 < blank.sum() < len(blank):  # a blank can tell as much as a value: 'reason for leaving'
        auc = roc_auc(y, blank.astype(float))
        best = max(auc, 1 - auc)
    if len(np.unique(y[~blank])) == 2 and blank.mean() < 0.5:
        auc = roc_auc(y[~blank], numbers[~blank])
        best = max(best, auc, 1 - auc)
    if len(np.unique(numbers[~blank])) <= 20:  # a code may tell without an order
        best = max(best, _text_auc(cells, y))
    return best


def _text_auc(cells: "pd.Series", y: "np.ndarray") -> float:
    import numpy as np
    import pandas as pd

    from core.mlops.evaluation import roc_auc

    half = np.arange(len(y)) % 2 == 0
    rate = float(np.mean(y))
    scores = np.full(len(y), rate)
    codes = cells.mask(values.is_blank(cells), values.MISSING).to_numpy()
    for fit, use in ((half, ~half), (~half, half)):
        means = pd.Series(y[fit]).groupby(codes[fit]).mean()
        scores[use] = pd.Series(codes[use]).map(means).fillna(rate).to_numpy()
    return max(0.5, roc_auc(y, scores))


def _range(numbers: "pd.Series") -> tuple[float | None, float | None]:
    known = numbers.dropna()
    return (float(known.min()), float(known.max())) if len(known) else (None, None)


def _median(numbers: "pd.Series") -> float | None:
    known = numbers.dropna()
    return float(known.median()) if len(known) else None
