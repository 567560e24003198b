"""Ordinary functions as data: name, arguments, result type, and what computes them.

Arguments are written with one letter each: s text, n number, b condition, v VARIANT, j JSON as it is,
t date or timestamp, d text or BINARY, a anything, k anything that compares, u unit of time (bare word or text). ``?`` makes
the rest optional, ``*`` repeats the last. The user-defined function is ``sf_`` and the name, unless given.
"""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from collections.abc import Callable
from dataclasses import dataclass

from core.sql_ai.dialect.pieces import DRAWING, Piece
from core.sql_ai.kinds import (
    ARRAY,
    BINARY,
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    NUMBER,
    OBJECT,
    TEMPORAL,
    TIME,
    TIMESTAMP,
    VARCHAR,
    VARIANT,
    VECTOR,
    Kind,
    SqlType,
    common,
)
from core.sql_ai.udfs.dates import is_shorter_than_a_day

Result = SqlType | Callable[[list[Piece]], SqlType]


@dataclass(frozen=True)
class Rule:
    """How one function is called."""

    name: str
    arguments: str
    result: Result
    target: str
    native: str = ""  # SQLite text with {0}, {1}.. instead of a user-defined function

    @property
    def draws(self) -> bool:
        """Whether each call gives another value: RANDOM and its kin."""
        return self.target.startswith(DRAWING)

    @property
    def least(self) -> int:
        """Fewest arguments."""
        return len(self.arguments.split("?")[0].replace("*", ""))

    @property
    def most(self) -> int | None:
        """Most arguments, None for any number."""
        return None if "*" in self.arguments else len(self.arguments.replace("?", ""))

    def result_of(self, pieces: list[Piece]) -> SqlType:
        """The type of the result for these arguments."""
        return self.result(pieces) if callable(self.result) else self.result

    def letter(self, index: int) -> str:
        """The letter of the argument at ``index``."""
        letters = self.arguments.replace("?", "").replace("*", "")
        return letters[min(index, len(letters) - 1)]


def _first(pieces: list[Piece]) -> SqlType:
    return pieces[0].type


def _data(pieces: list[Piece]) -> SqlType:
    return BINARY if pieces[0].type.kind is Kind.BINARY else VARCHAR


def _second(pieces: list[Piece]) -> SqlType:
    return pieces[1].type


def _number(pieces: list[Piece]) -> SqlType:
    return FLOAT if pieces[0].type.kind is Kind.FLOAT else NUMBER


def _rounded(pieces: list[Piece]) -> SqlType:
    if pieces[0].type.kind is Kind.FLOAT:
        return FLOAT
    digits = pieces[1].literal if len(pieces) > 1 else 0
    if not isinstance(digits, int):
        return NUMBER
    return SqlType(Kind.NUMBER, 38, max(digits, 0))


def _common(pieces: list[Piece]) -> SqlType:
    return common([piece.type for piece in pieces])


def _of_bounds(pieces: list[Piece]) -> SqlType:
    return _common(pieces[:2])


def _truncated(pieces: list[Piece]) -> SqlType:
    return pieces[1].type if pieces[1].type.kind in TEMPORAL else TIMESTAMP


def _shifted(pieces: list[Piece]) -> SqlType:
    unit, moved = str(pieces[0].literal or ""), pieces[2].type.kind
    if moved is Kind.TIME:
        return TIME
    return DATE if moved is Kind.DATE and not is_shorter_than_a_day(unit) else TIMESTAMP


def _slice_type(pieces: list[Piece]) -> SqlType:
    return pieces[0].type if pieces[0].type.kind in TEMPORAL else TIMESTAMP


# name(s), arguments, result[, user-defined function or native text]
_TABLE: tuple[tuple[str, str, Result] | tuple[str, str, Result, str], ...] = (
    # text
    ("LEFT", "dn", _data), ("RIGHT", "dn", _data), ("SUBSTR SUBSTRING", "dn?n", _data),
    ("LENGTH LEN CHAR_LENGTH CHARACTER_LENGTH", "d", INTEGER, "LENGTH({0})"), ("UPPER", "s", VARCHAR),
    ("LOWER", "s", VARCHAR), ("TRIM", "s?s", VARCHAR), ("LTRIM", "s?s", VARCHAR), ("RTRIM", "s?s", VARCHAR),
    ("REPLACE", "ss?s", VARCHAR), ("SPLIT", "ss", ARRAY), ("SPLIT_PART", "ssn", VARCHAR), ("STRTOK", "s?sn", VARCHAR),
    ("CONTAINS", "ss", BOOLEAN), ("STARTSWITH", "ss", BOOLEAN), ("ENDSWITH", "ss", BOOLEAN),
    ("CONCAT", "s*", VARCHAR), ("CONCAT_WS", "ss*", VARCHAR), ("INITCAP", "s?s", VARCHAR), ("REVERSE", "s", VARCHAR),
    ("REPEAT", "sn", VARCHAR), ("SPACE", "n", VARCHAR), ("LPAD", "sn?s", VARCHAR), ("RPAD", "sn?s", VARCHAR),
    ("POSITION CHARINDEX", "ss?n", INTEGER), ("REGEXP_REPLACE", "ss?snns", VARCHAR), ("REGEXP_SUBSTR", "ss?nnsn", VARCHAR),
    ("REGEXP_COUNT", "ss?ns", INTEGER), ("REGEXP_INSTR", "ss?nnns", INTEGER), ("RLIKE REGEXP_LIKE", "ss?s", BOOLEAN),
    ("TRANSLATE", "sss", VARCHAR), ("ASCII", "s", INTEGER), ("CHR CHAR", "n", VARCHAR), ("UNICODE", "s", INTEGER, "sf_ascii"),
    ("MD5 MD5_HEX", "d", VARCHAR), ("SHA1 SHA1_HEX", "d", VARCHAR), ("SHA2 SHA2_HEX", "d?n", VARCHAR),
    ("MD5_BINARY", "d", BINARY), ("SHA1_BINARY", "d", BINARY), ("SHA2_BINARY", "d?n", BINARY), ("INSERT", "snns", VARCHAR),
    ("EDITDISTANCE", "ss?n", INTEGER), ("BASE64_ENCODE", "d?ns", VARCHAR), ("BASE64_DECODE_STRING", "s?s", VARCHAR),
    ("BASE64_DECODE_BINARY", "s?s", BINARY), ("TRY_BASE64_DECODE_BINARY", "s?s", BINARY), ("HEX_DECODE_BINARY", "s", BINARY), ("TRY_HEX_DECODE_BINARY", "s", BINARY),
    ("HEX_ENCODE", "d?n", VARCHAR), ("LIKE", "ss", BOOLEAN, "sf_like({0}, {1}, NULL, 0)"),
    ("ILIKE", "ss", BOOLEAN, "sf_like({0}, {1}, NULL, 1)"), ("JAROWINKLER_SIMILARITY", "ss", INTEGER),
    ("STRTOK_TO_ARRAY", "s?s", ARRAY), ("SOUNDEX", "s", VARCHAR), ("OCTET_LENGTH", "d", INTEGER), ("BIT_LENGTH", "d", INTEGER), ("RTRIMMED_LENGTH", "s", INTEGER, "LENGTH(sf_rtrim({0}, ' '))"),
    ("HEX_DECODE_STRING", "s", VARCHAR), ("TRY_HEX_DECODE_STRING", "s", VARCHAR), ("TRY_BASE64_DECODE_STRING", "s?s", VARCHAR),
    ("REGEXP_SUBSTR_ALL REGEXP_EXTRACT_ALL", "ss?nnsn", ARRAY), ("PARSE_URL", "s?n", OBJECT),
    ("PARSE_IP", "ss?n", OBJECT),
    # numbers
    ("ABS", "n", _first, "ABS({0})"), ("CEIL CEILING", "n?n", _rounded), ("FLOOR", "n?n", _rounded),
    ("ROUND", "n?na", _rounded), ("TRUNCATE", "n?n", _rounded, "sf_trunc"), ("SIGN", "n", INTEGER), ("SQRT", "n", FLOAT),
    ("CBRT", "n", FLOAT), ("EXP", "n", FLOAT), ("LN", "n", FLOAT), ("LOG", "nn", FLOAT), ("POWER POW", "nn", FLOAT),
    ("SQUARE", "n", FLOAT), ("MOD", "nn", _number), ("PI", "", FLOAT), ("SIN", "n", FLOAT), ("COS", "n", FLOAT),
    ("TAN", "n", FLOAT), ("ASIN", "n", FLOAT), ("ACOS", "n", FLOAT), ("ATAN", "n", FLOAT), ("ATAN2", "nn", FLOAT),
    ("SINH", "n", FLOAT), ("COSH", "n", FLOAT), ("TANH", "n", FLOAT), ("ASINH", "n", FLOAT), ("ACOSH", "n", FLOAT), ("ATANH", "n", FLOAT),
    ("COT", "n", FLOAT), ("REGR_VALX", "nn", _second, "(CASE WHEN {0} IS NOT NULL THEN {1} END)"), ("REGR_VALY", "nn", _number, "(CASE WHEN {1} IS NOT NULL THEN {0} END)"),
    ("RADIANS", "n", FLOAT), ("DEGREES", "n", FLOAT), ("WIDTH_BUCKET", "nnnn", INTEGER), ("FACTORIAL", "n", INTEGER),
    ("BITAND BIT_AND", "nn", INTEGER, "({0} & {1})"), ("BITOR BIT_OR", "nn", INTEGER, "({0} | {1})"), ("BITXOR BIT_XOR", "nn", INTEGER),
    ("BITNOT BIT_NOT", "n", INTEGER, "(~{0})"), ("BITSHIFTLEFT BIT_SHIFTLEFT", "nn", INTEGER), ("BITSHIFTRIGHT BIT_SHIFTRIGHT", "nn", INTEGER), ("GETBIT", "nn", INTEGER),
    ("GREATEST", "k*", _common), ("LEAST", "k*", _common), ("HAVERSINE", "nnnn", FLOAT), ("HASH", "a*", INTEGER),
    ("GREATEST_IGNORE_NULLS", "k*", _common), ("LEAST_IGNORE_NULLS", "k*", _common),
    ("NULLIFZERO", "n", _number, "NULLIF({0}, 0)"),
    ("BITMAP_BUCKET_NUMBER", "n", INTEGER), ("BITMAP_BIT_POSITION", "n", INTEGER), ("BITMAP_COUNT", "a", INTEGER),
    ("BITMAP_TO_ARRAY", "a?n", ARRAY),
    # draws: methods of `udfs.draws.Draws`
    ("RANDOM", "?n", INTEGER, f"{DRAWING}random"), ("UNIFORM", "nnn", _of_bounds, f"{DRAWING}uniform"),
    ("UUID_STRING", "", VARCHAR, f"{DRAWING}uuid_string"), ("RANDSTR", "nn", VARCHAR, f"{DRAWING}randstr"),
    ("NORMAL", "nnn", FLOAT, f"{DRAWING}normal"), ("SEQ1 SEQ2 SEQ4 SEQ8", "?n", INTEGER, f"{DRAWING}seq"),
    # dates
    ("DATE_TRUNC", "ut", _truncated), ("DATEADD TIMESTAMPADD TIMEADD", "unt", _shifted),
    ("DATEDIFF TIMESTAMPDIFF TIMEDIFF", "utt", INTEGER), ("DATE_PART", "ut", INTEGER),
    ("LAST_DAY", "t?u", DATE), ("NEXT_DAY", "ts", DATE), ("PREVIOUS_DAY", "ts", DATE), ("DAYNAME", "t", VARCHAR),
    ("MONTHNAME", "t", VARCHAR), ("ADD_MONTHS", "tn", _first), ("MONTHS_BETWEEN", "tt", FLOAT), ("DATE_FROM_PARTS DATEFROMPARTS", "nnn", DATE),
    ("TIMESTAMP_FROM_PARTS TIMESTAMP_NTZ_FROM_PARTS", "nnnnnn?n", TIMESTAMP), ("TIME_SLICE", "tnu?s", _slice_type),
    ("CONVERT_TIMEZONE", "sa?a", TIMESTAMP), ("TIME_FROM_PARTS TIMEFROMPARTS", "nnn?n", TIME),
    # semi-structured
    ("PARSE_JSON", "s?a", VARIANT), ("TRY_PARSE_JSON", "s?a", VARIANT), ("CHECK_JSON", "s", VARCHAR), ("TO_JSON", "v", VARCHAR),
    ("TO_VARIANT", "v", VARIANT, "{0}"), ("TO_ARRAY", "v", ARRAY), ("TO_OBJECT", "v", OBJECT), ("GET", "ja", VARIANT, "sf_get({0}, {1}, 0)"),
    ("GET_PATH", "js", VARIANT), ("JSON_EXTRACT_PATH_TEXT", "ss", VARCHAR), ("GET_IGNORE_CASE", "ja", VARIANT), ("TYPEOF", "v", VARCHAR), ("STRIP_NULL_VALUE", "v", VARIANT), ("IS_NULL_VALUE", "v", BOOLEAN),
    ("IS_ARRAY", "v", BOOLEAN), ("IS_OBJECT", "v", BOOLEAN), ("IS_INTEGER", "v", BOOLEAN), ("IS_DECIMAL IS_DOUBLE IS_REAL", "v", BOOLEAN, "sf_is_decimal"),
    ("IS_VARCHAR IS_CHAR", "v", BOOLEAN, "sf_is_varchar"), ("IS_BOOLEAN", "v", BOOLEAN), ("AS_ARRAY", "v", ARRAY), ("AS_OBJECT", "v", OBJECT),
    ("AS_INTEGER", "v", INTEGER), ("AS_VARCHAR AS_CHAR", "v", VARCHAR, "sf_as_varchar"), ("AS_DOUBLE AS_REAL AS_DECIMAL AS_NUMBER", "v", FLOAT, "sf_as_double"), ("AS_BOOLEAN", "v", BOOLEAN),
    ("ARRAY_SIZE", "j", INTEGER), ("ARRAY_CONTAINS", "vj", BOOLEAN), ("ARRAY_POSITION", "vj", INTEGER), ("ARRAY_APPEND", "jv", ARRAY),
    ("ARRAY_PREPEND", "jv", ARRAY), ("ARRAY_CAT", "jj", ARRAY), ("ARRAY_COMPACT", "j", ARRAY), ("ARRAY_DISTINCT", "j", ARRAY),
    ("ARRAY_SLICE", "jnn", ARRAY), ("ARRAY_SORT", "j?bb", ARRAY), ("ARRAY_MIN", "j", VARIANT), ("ARRAY_MAX", "j", VARIANT),
    ("ARRAY_TO_STRING", "js", VARCHAR), ("ARRAY_INTERSECTION", "jj", ARRAY), ("ARRAY_EXCEPT", "jj", ARRAY), ("ARRAYS_OVERLAP", "jj", BOOLEAN),
    ("ARRAY_INSERT", "jnv", ARRAY), ("ARRAY_REMOVE", "jv", ARRAY), ("ARRAY_REMOVE_AT", "jn", ARRAY), ("ARRAY_FLATTEN", "j", ARRAY), ("ARRAY_REVERSE", "j", ARRAY),
    ("ARRAY_GENERATE_RANGE", "nn?n", ARRAY), ("ARRAYS_ZIP", "j*", ARRAY), ("ARRAYS_TO_OBJECT", "jj", OBJECT),
    ("OBJECT_KEYS", "j", ARRAY), ("OBJECT_DELETE", "js*", OBJECT), ("OBJECT_PICK", "ja*", OBJECT), ("OBJECT_INSERT", "jsv?b", OBJECT),
    ("MAP_KEYS", "j", ARRAY, "sf_object_keys"), ("MAP_SIZE", "j", INTEGER), ("MAP_CONTAINS_KEY", "aj", BOOLEAN), ("MAP_CAT", "jj", OBJECT),
    ("MAP_DELETE", "js*", OBJECT, "sf_object_delete"), ("MAP_PICK", "ja*", OBJECT, "sf_object_pick"), ("MAP_INSERT", "jsv?b", OBJECT, "sf_object_insert"),
    ("TO_BINARY", "s?s", BINARY), ("TRY_TO_BINARY", "s?s", BINARY), ("BOOLAND", "nn", BOOLEAN, "({0} <> 0 AND {1} <> 0)"), ("BOOLOR", "nn", BOOLEAN, "({0} <> 0 OR {1} <> 0)"),
    ("BOOLNOT", "n", BOOLEAN, "({0} = 0)"), ("BOOLXOR", "nn", BOOLEAN, "(({0} <> 0) <> ({1} <> 0))"),
    # vectors
    ("VECTOR_COSINE_SIMILARITY", "jj", FLOAT), ("VECTOR_INNER_PRODUCT", "jj", FLOAT), ("VECTOR_L1_DISTANCE", "jj", FLOAT),
    ("VECTOR_L2_DISTANCE", "jj", FLOAT), ("VECTOR_NORMALIZE", "j", VECTOR), ("VECTOR_TRUNCATE", "jn", VECTOR),
    # the first example of the page: an ordinary user-defined function
    ("SENTIMENT_ANALYSIS", "s", FLOAT, "sentiment_analysis({0})"),
)  # fmt: skip


def _rules() -> dict[str, Rule]:
    table: dict[str, Rule] = {}
    for row in _TABLE:
        names, extra = row[0].split(), row[3] if len(row) == 4 else ""
        native = extra if "{" in extra else ""
        for name in names:
            target = extra if extra and not native else f"sf_{names[0].lower()}"
            table[name] = Rule(name, row[1], row[2], target, native)
    return table


RULES = _rules()
