"""A small filter language over the runs table, for what MLflow's own search lacks.

    filter     = term, {"OR", term} ; term = factor, {"AND", factor} ; factor = ["NOT"], test | "(", filter, ")"
    test       = key, ("=" | "!=" | "<" | "<=" | ">" | ">="), value
               | key, ["NOT"], ("IN", "(", value, {",", value}, ")" | ("LIKE" | "ILIKE"), text
               | "BETWEEN", value, "AND", value) | key, "IS", ["NOT"], "NULL"

Keys are ``metrics.x``, ``params.x``, ``tags.x``, ``attributes.x`` (back-ticks allow any characters).
Parameters compare as numbers with a number and as texts with a text. Missing values follow SQL: a test on
one is neither true nor false, and NOT does not change that.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from core.errors import BadInput
from core.mlops.schema import did_you_mean

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))"
    r"|(?P<text>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")|(?P<operator><=|>=|!=|<>|==|=|<|>)|(?P<mark>[(),])"
    r"|(?P<word>(?:[A-Za-z_][\w\-/]*|`[^`]+`)(?:\.(?:[\w\-/]+|`[^`]+`))*)"
)
_GROUPS = ("metrics", "params", "tags", "attributes")
_SHORT = {
    "metric": "metrics",
    "param": "params",
    "parameter": "params",
    "tag": "tags",
    "attribute": "attributes",
}
_ATTRIBUTES = {"run_name": "name", "run_id": "run_id", "status": "status", "start_time": "start_time"}
_RESERVED = {"AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE", "BETWEEN"}
_LONGEST = 5000
_DEEPEST = 50


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


@dataclass(frozen=True)
class _Truth:
    """For each run whether a test is true, and whether it is false; missing values are neither."""

    yes: "np.ndarray"
    no: "np.ndarray"


def filter_runs(runs: "pd.DataFrame", text: str | None) -> "pd.DataFrame":
    """The runs for which the filter is true; an empty filter keeps all.

    Raises BadInput with the position of the first mistake.
    """
    if text is None or not text.strip():
        return runs
    return runs[_Parser(runs, text).parse().yes]


class _Parser:
    """Recursive descent over the tokens; each rule returns the truth of its part for every run."""

    def __init__(self, runs: "pd.DataFrame", text: str) -> None:
        self._runs, self._text = runs, text
        self._tokens = self._tokenize(text)
        self._at = self._depth = 0

    def parse(self) -> _Truth:
        result = self._either()
        if self._peek().kind != "end":
            self._fail(f"'{self._peek().text}' is not expected here", "Join tests with AND or OR.")
        return result

    def _tokenize(self, text: str) -> list[_Token]:
        if len(text) > _LONGEST:
            raise BadInput(
                f"The filter has {len(text):,} characters; the limit is {_LONGEST:,}",
                "Shorten it: key IN ('a', 'b') says what many conditions with OR say.",
            )
        tokens, place = [], 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                hint = (
                    "Close the quotation mark."
                    if text[place] in "'\"`"
                    else "Quote texts: params.x = 'text'."
                )
                raise BadInput(f"Filter, position {place + 1}: '{text[place]}' cannot be read", hint)
            kind = str(found.lastgroup)
            if kind == "word" and found.group().upper() in _RESERVED:
                kind = "keyword"
            if kind != "space":
                tokens.append(_Token(kind, found.group(), place))
            place = found.end()
        return [*tokens, _Token("end", "the end", len(text))]

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _take(self, *texts: str) -> bool:
        token = self._peek()
        if token.kind in ("keyword", "mark", "operator") and token.text.upper() in texts:
            self._next()
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            self._fail(f"'{text}' is expected, found '{self._peek().text}'")

    def _fail(self, problem: str, hint: str = "", place: int | None = None) -> NoReturn:
        at = (self._peek().place if place is None else place) + 1
        raise BadInput(
            f"Filter, position {at}: {problem}",
            hint or "Example: metrics.roc_auc > 0.8 AND params.algorithm IN ('knn', 'mlp')",
        )

    def _either(self) -> _Truth:
        result = self._both()
        while self._take("OR"):
            other = self._both()
            result = _Truth(result.yes | other.yes, result.no & other.no)
        return result

    def _both(self) -> _Truth:
        result = self._negated()
        while self._take("AND"):
            other = self._negated()
            result = _Truth(result.yes & other.yes, result.no | other.no)
        return result

    def _negated(self) -> _Truth:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"more than {_DEEPEST} levels of brackets and NOT")
        if self._take("NOT"):
            inner = self._negated()
            result = _Truth(inner.no, inner.yes)
        elif self._take("("):
            result = self._either()
            self._need(")")
        else:
            result = self._test()
        self._depth -= 1
        return result

    def _test(self) -> _Truth:
        key = self._next()
        if key.kind != "word":
            self._fail(f"a key such as metrics.roc_auc is expected, found '{key.text}'", place=key.place)
        name = self._column(key)
        if self._take("IS"):
            negated = self._take("NOT")
            self._need("NULL")
            missing = self._values(name).isna().to_numpy()
            return _Truth(~missing, missing) if negated else _Truth(missing, ~missing)
        column = self._known(name, key)
        negated = self._take("NOT")
        result = self._compare(column, name)
        return _Truth(result.no, result.yes) if negated else result

    def _compare(self, column: "pd.Series", name: str) -> _Truth:
        token = self._next()
        word = token.text.upper()
        if word == "IN":
            self._need("(")
            options = [self._value()]
            while self._take(","):
                options.append(self._value())
            self._need(")")
            parts = [self._relation(column, name, "=", option) for option in options]
            return _Truth(_any([part.yes for part in parts]), _all([part.no for part in parts]))
        if word == "BETWEEN":
            low = self._value()
            self._need("AND")
            high = self._value()
            above, below = (self._relation(column, name, op, v) for op, v in ((">=", low), ("<=", high)))
            return _Truth(above.yes & below.yes, above.no | below.no)
        if word in ("LIKE", "ILIKE"):
            return self._like(column, word == "ILIKE")
        if token.kind != "operator":
            self._fail(
                f"a comparison is expected, found '{token.text}'",
                "Use =, !=, <, <=, >, >=, IN, LIKE, ILIKE, BETWEEN or IS NULL.",
                token.place,
            )
        return self._relation(column, name, token.text, self._value())

    def _value(self) -> _Token:
        token = self._next()
        if token.kind not in ("number", "text"):
            self._fail(
                f"a number or a quoted text is expected, found '{token.text}'",
                "Put texts in single quotes: params.algorithm = 'knn'.",
                token.place,
            )
        return token

    def _like(self, column: "pd.Series", fold: bool) -> _Truth:
        pattern = self._value()
        if pattern.kind != "text":
            self._fail("LIKE needs a quoted text, with % and _ as wildcards", place=pattern.place)
        plain = "".join({"%": ".*", "_": "."}.get(sign, re.escape(sign)) for sign in _unquoted(pattern.text))
        expression = re.compile(plain, re.DOTALL | (re.IGNORECASE if fold else 0))
        known = column.notna().to_numpy()
        hits = column.map(lambda cell: bool(expression.fullmatch(str(cell)))).to_numpy(dtype=bool)
        return _Truth(known & hits, known & ~hits)

    def _relation(self, column: "pd.Series", name: str, operator: str, value: _Token) -> _Truth:
        import pandas as pd

        if name.startswith("metrics.") and value.kind == "text":
            self._fail(
                f"'{name}' is a number, {value.text} a text", "Write the number without quotes.", value.place
            )
        cells: pd.Series
        wanted: float | str | pd.Timestamp
        if value.kind == "number":
            cells, wanted = pd.to_numeric(column, errors="coerce"), float(value.text)
        elif name in ("start_time", "end_time"):
            cells, wanted = column, self._moment(value)
        else:
            cells, wanted = column, _unquoted(value.text)
        known = cells.notna().to_numpy()
        hits = _apply(operator, cells[known], wanted)
        yes = known.copy()
        yes[known] = hits
        return _Truth(yes, known & ~yes)

    def _moment(self, value: _Token) -> "pd.Timestamp":
        import pandas as pd

        try:
            moment = pd.Timestamp(_unquoted(value.text))
        except ValueError:
            self._fail(
                f"{value.text} is not a time", "Write it as '2026-01-31' or '2026-01-31 12:00'.", value.place
            )
        return moment.tz_localize("UTC") if moment.tzinfo is None else moment

    def _column(self, key: _Token) -> str:
        group, _, name = key.text.partition(".")
        group = _SHORT.get(group.casefold(), group.casefold())
        name = name.replace("`", "")
        if not name and key.text in self._runs.columns:
            return key.text
        if not name and f"params.{key.text}" in self._runs.columns:
            return f"params.{key.text}"
        if group not in _GROUPS or not name:
            near = did_you_mean(key.text, [str(column) for column in self._runs.columns])
            self._fail(
                f"'{key.text}' is not a key{near}", f"Keys start with {', '.join(_GROUPS)}.", key.place
            )
        return _ATTRIBUTES.get(name, name) if group == "attributes" else f"{group}.{name}"

    def _known(self, name: str, key: _Token) -> "pd.Series":
        if name not in self._runs.columns and len(self._runs):
            near = did_you_mean(name, [str(column) for column in self._runs.columns])
            self._fail(
                f"no run has '{key.text}'{near}", "Use IS NULL to find runs without a value.", key.place
            )
        return self._values(name)

    def _values(self, name: str) -> "pd.Series":
        import pandas as pd

        if name in self._runs.columns:
            return self._runs[name]
        return pd.Series(None, index=self._runs.index, dtype=object)


def _unquoted(text: str) -> str:
    return text[1:-1].replace(text[0] * 2, text[0])


def _apply(operator: str, cells: "pd.Series", wanted: object) -> "np.ndarray":
    if isinstance(wanted, str):
        cells = cells.astype(str)
    compare = {"=": "eq", "==": "eq", "!=": "ne", "<>": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
    return getattr(cells, compare[operator])(wanted).to_numpy(dtype=bool)


def _any(parts: "list[np.ndarray]") -> "np.ndarray":
    import numpy as np

    return np.logical_or.reduce(parts)


def _all(parts: "list[np.ndarray]") -> "np.ndarray":
    import numpy as np

    return np.logical_and.reduce(parts)
