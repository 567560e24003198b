"""Two columns made comparable: numbers for the tests, counts over the same cells for the distances."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Kind = Literal["numeric", "categorical"]
MISSING = "(missing)"
OTHER = "(other)"

_MAX_NUMERIC_LEVELS = 5  # a number with so few values is a code (SeniorCitizen 0/1), not a measurement
# Text that differs in more than half of the rows names rows, it does not describe them.
_IDENTIFIER_SHARE = 0.5
_MIN_ROWS_IDENTIFIER = 50


@dataclass(frozen=True, eq=False)
class Sample:
    """Reference and current values of one column over common cells."""

    kind: Kind
    cells: tuple[str, ...]
    reference_counts: "np.ndarray"
    current_counts: "np.ndarray"
    numbers: "tuple[np.ndarray, np.ndarray] | None"


def column_kind(column: "pd.Series") -> Kind:
    """Whether a reference column is compared as numbers or as categories."""
    import pandas as pd

    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "numeric" if numeric and column.nunique() > _MAX_NUMERIC_LEVELS else "categorical"


def unusable(column: "pd.Series") -> str:
    """Why a reference column cannot be compared, or an empty string."""
    values = column.dropna()
    if not len(values):
        return "has no values in the reference"
    if column_kind(column) == "categorical" and len(values) >= _MIN_ROWS_IDENTIFIER:
        share = values.nunique() / len(values)
        if share > _IDENTIFIER_SHARE:
            return f"looks like an identifier ({share:.0%} distinct values)"
    return ""


def as_numbers(column: "pd.Series") -> "pd.Series":
    """The column as floats; what is not a finite number becomes missing."""
    import numpy as np
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").astype(float)
    return numbers.replace([np.inf, -np.inf], np.nan)


def as_labels(column: "pd.Series") -> "pd.Series":
    """The column as text in which 1, 1.0, True and "1" are the same label; missing values stay missing."""
    return by_distinct_value(column, _label)


def by_distinct_value(column: "pd.Series", change: Callable[[object], object]) -> "pd.Series":
    """``change`` applied once per distinct value instead of once per row; missing values stay missing."""
    import numpy as np
    import pandas as pd

    codes, distinct = pd.factorize(column)
    changed = np.array([change(value) for value in distinct] + [None], dtype=object)
    return pd.Series(changed[codes], index=column.index, dtype=object)  # code -1 takes the last, None


def as_sample(
    kind: Kind, reference: "pd.Series", current: "pd.Series", *, bins: int, max_categories: int
) -> Sample:
    """Both columns over the reference's quantile bins, or over its most frequent categories."""
    if kind == "numeric":
        return _numeric(as_numbers(reference), as_numbers(current), bins)
    return _categorical(as_labels(reference), as_labels(current), max_categories)


def _numeric(reference: "pd.Series", current: "pd.Series", bins: int) -> Sample:
    import numpy as np

    known, seen = reference.dropna().to_numpy(), current.dropna().to_numpy()
    inner = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(inner, v, side="left"), minlength=len(inner) + 1) for v in (known, seen)
    ]
    cells = _interval_names(inner)
    missing = int(reference.isna().sum()), int(current.isna().sum())
    if any(missing):
        counts = [np.append(c, m) for c, m in zip(counts, missing, strict=True)]
        cells = (*cells, MISSING)
    # Without a single number (every value unreadable) the test runs on the counts alone.
    numbers = (known, seen) if len(seen) else None
    return Sample("numeric", cells, counts[0], counts[1], numbers)


def _interval_names(inner: "np.ndarray") -> tuple[str, ...]:
    if not len(inner):
        return ("all",)
    texts = [f"{edge:.4g}" for edge in inner]
    middle = (f"{low} to {high}" for low, high in pairwise(texts))
    return (f"up to {texts[0]}", *middle, f"over {texts[-1]}")


def _categorical(reference: "pd.Series", current: "pd.Series", max_categories: int) -> Sample:
    import numpy as np

    old, new = (column.fillna(MISSING).value_counts() for column in (reference, current))
    together = old.add(new, fill_value=0).sort_values(ascending=False, kind="stable")
    kept = list(together.index[:max_categories])
    rows = []
    for counts in (old, new):
        head = counts.reindex(kept, fill_value=0).to_numpy()
        tail = int(counts.sum() - head.sum())
        rows.append(np.append(head, tail) if len(together) > len(kept) else head)
    cells = tuple(str(name) for name in kept) + ((OTHER,) if len(together) > len(kept) else ())
    return Sample("categorical", cells, rows[0], rows[1], None)


def _label(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.15g}"
