"""Reading single values out of text: blanks, numbers in several notations, dates, yes and no."""

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

NumberStyle = Literal["plain", "comma_thousands", "comma_decimal"]

MISSING = "(missing)"  # the category that stands for a blank
LARGEST = 3.4028234663852886e38  # as a 32-bit float: the forests of scikit-learn take no larger number
BLANK_TOKENS = frozenset({"", "na", "n/a", "nan", "null", "#n/a", "<na>", "nat", "?", "-", "--"})
_BLANK_IN_NUMBERS = BLANK_TOKENS | {"none", "unknown", "missing", "not available", "."}
_TRUE = frozenset({"yes", "y", "true", "t", "1", "on"})
_FALSE = frozenset({"no", "n", "false", "f", "0", "off"})

_DECORATION = re.compile(r"[$€£¥₹%\s\u00a0\u202f'’]|(?:usd|eur|gbp|chf)\b", re.IGNORECASE)
_NUMBER: dict[NumberStyle, str] = {
    "plain": r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
    "comma_thousands": r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?",
    "comma_decimal": r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d*)?",
}
_DATE_LIKE = re.compile(r"\d{1,4}[-/. ](?:\d{1,2}|[A-Za-z]{3,9})[-/. ,]|[A-Za-z]{3,9} \d{1,2},? \d{4}")
_DATE_FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%Y/%m/%d",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)


def whole(text: str) -> str:
    """The text with half characters replaced: JSON and file names can have them, no file and no answer can."""
    return text.encode("utf-8", "replace").decode()


def is_blank(texts: "pd.Series") -> "pd.Series":
    """Which of the texts stand for a missing value."""
    return texts.str.strip().str.casefold().isin(BLANK_TOKENS)


def normal(value: object) -> str:
    """A value as it is compared: trimmed, lower case, ``True.`` as ``true``, ``1.0`` as ``1``."""
    text = str(value).strip().casefold().rstrip(".")
    return text[:-2] if re.fullmatch(r"-?\d+\.0", text) else text


def truth(value: object) -> bool | None:
    """True, False, or None when the text is neither a yes nor a no."""
    text = normal(value)
    return True if text in _TRUE else False if text in _FALSE else None


def number_style(texts: "pd.Series") -> tuple[NumberStyle, float]:
    """The notation that reads most of the non-blank texts, and the share that it reads (0 without texts)."""
    cleaned = _cleaned(texts)
    present = cleaned[cleaned != ""]
    if present.empty:
        return "plain", 0.0
    shares = {style: float(present.str.fullmatch(pattern).mean()) for style, pattern in _NUMBER.items()}
    best = max(shares, key=lambda style: shares[style])  # the first of equals: plain before thousands
    return best, shares[best]


def to_numbers(texts: "pd.Series", style: NumberStyle) -> "pd.Series":
    """The texts as float64 under one notation; what cannot be read, or is beyond ``LARGEST``, is NaN."""
    import pandas as pd

    if style == "plain":  # most columns need no repair
        blank = is_blank(texts)
        numbers = pd.to_numeric(texts.mask(blank, ""), errors="coerce").astype("float64")
        if (numbers[~blank].abs() <= LARGEST).all():
            return numbers
    cleaned = _cleaned(texts)
    readable = cleaned.where(cleaned.str.fullmatch(_NUMBER[style]), "")
    if style == "comma_thousands":
        readable = readable.str.replace(",", "", regex=False)
    elif style == "comma_decimal":
        readable = readable.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(readable, errors="coerce").astype("float64")
    return numbers.where(numbers.abs() <= LARGEST)


def has_leading_zeros(texts: "pd.Series") -> bool:
    """True for codes such as '02134', which must stay text."""
    return bool(texts.str.fullmatch(r"0\d+").any())


def date_format(texts: "pd.Series") -> str | None:
    """The strptime format that reads at least 95 % of the non-blank texts, or None.

    Where day and month cannot be told apart, month first is taken, as in most published CSV files.
    """
    present = texts[~is_blank(texts)].str.strip()
    if present.empty or not present.iloc[:50].str.contains(_DATE_LIKE).mean() > 0.9:
        return None
    sample = present.iloc[:: max(1, len(present) // 400)]
    shares = {form: float(_dates(sample, form).notna().mean()) for form in _DATE_FORMATS}
    best = max(shares, key=lambda form: shares[form])
    return best if float(_dates(present, best).notna().mean()) >= 0.95 else None


def to_days(texts: "pd.Series", form: str) -> "pd.Series":
    """Dates as days since 1970-01-01 (float64); what cannot be read is NaN."""
    import pandas as pd

    dates = _dates(texts.str.strip(), form)
    if form != "%Y-%m-%d":  # a service is sent ISO dates, whatever the file had
        dates = dates.fillna(_dates(texts.str.strip(), "%Y-%m-%d"))
    return ((dates - pd.Timestamp(0)) / pd.Timedelta(days=1)).astype("float64")


def _cleaned(texts: "pd.Series") -> "pd.Series":
    plain = texts.str.strip()
    plain = plain.mask(plain.str.casefold().isin(_BLANK_IN_NUMBERS), "")
    plain = plain.str.replace(_DECORATION, "", regex=True)
    return plain.str.replace(r"^\((.+)\)$", r"-\1", regex=True)


def _dates(texts: "pd.Series", form: str) -> "pd.Series":
    import pandas as pd

    return pd.to_datetime(texts, format=form, errors="coerce", utc=False)
