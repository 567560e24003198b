"""Aggregates that SQLite lacks; each also works as a window function."""

import math
import statistics
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, ClassVar

from core.errors import BadInput, LimitReached
from core.sql_ai.udfs.registry import aggregate
from core.sql_ai.values import dumps_sorted, first_repeated, loads, native, rank

_MAX_COLLECTED = 2_000_000
MAX_COLLECTED_BYTES = 8_000_000
_MOST_TOGETHER = 256_000_000  # bytes: a statement can have a thousand aggregates
_ROW_BYTES = 120  # a row's tuple, its numbers, and its place
_CHARGED_AT_ONCE = 1_000_000


def too_much_collected() -> LimitReached:
    """The error for an aggregate that keeps more text than it may."""
    return LimitReached(
        f"An aggregate collects more than its limit of {MAX_COLLECTED_BYTES // 1_000_000} MB",
        "Aggregate fewer rows.",
    )


class Collecting:
    """An aggregate that keeps its rows; SQLite removes them from the front when a window moves.

    What the aggregates of all running statements keep is bounded together, as SQLite's own memory is.
    """

    together: ClassVar[int] = 0
    _turn: ClassVar[Any] = threading.RLock()  # a collection may free one while another is counted

    def __init__(self) -> None:
        self.rows: deque[tuple[Any, ...]] = deque()
        self.options: tuple[Any, ...] = ()
        self._bytes = self._charged = 0

    def step(self, *arguments: Any) -> None:
        """Take a row."""
        self.rows.append(arguments)
        self._bytes += _text_bytes(arguments)
        if self._bytes > MAX_COLLECTED_BYTES or len(self.rows) > _MAX_COLLECTED:
            raise too_much_collected()
        if self._bytes + _ROW_BYTES * len(self.rows) > self._charged + _CHARGED_AT_ONCE:
            self._charge(_CHARGED_AT_ONCE)

    def _charge(self, size: int) -> None:
        with Collecting._turn:
            self._charged += size
            Collecting.together += size
            too_much = Collecting.together > _MOST_TOGETHER
        if too_much:
            raise LimitReached(
                "The aggregates of all running statements collect more than their limit of "
                f"{_MOST_TOGETHER // 1_000_000} MB",
                "Aggregate fewer rows or fewer columns at once; others share this memory: trying again may help.",
            )

    def __del__(self) -> None:
        with Collecting._turn:
            Collecting.together -= self._charged

    def inverse(self, *_arguments: Any) -> None:
        """Give up the oldest row."""
        self._bytes -= _text_bytes(self.rows.popleft())

    def value(self) -> Any:
        """The result over the rows kept."""
        return self.result()

    def finalize(self) -> Any:
        """The result over all rows."""
        return self.result()

    def result(self) -> Any:
        """Overridden: the aggregate of ``rows``."""
        raise NotImplementedError

    def known(self) -> list[Any]:
        """The first argument of each row, without NULLs."""
        return [row[0] for row in self.rows if row[0] is not None]


def _text_bytes(arguments: tuple[Any, ...]) -> int:
    return sum(len(item) for item in arguments if isinstance(item, str | bytes))


def _simple(name: str, least: int, compute: Callable[[list[Any]], Any]) -> None:
    class Simple(Collecting):
        def result(self) -> Any:
            items = self.known()
            return compute(items) if len(items) >= least else None

    aggregate(name)(Simple)


def _median(items: list[Any]) -> float | int:
    middle = statistics.median(items)
    return (
        int(middle)
        if isinstance(middle, float) and all(isinstance(x, int) for x in items) and middle.is_integer()
        else middle
    )


def _skew(items: list[float]) -> float | None:
    n, mean = len(items), statistics.fmean(items)
    deviation = statistics.stdev(items)
    return n / ((n - 1) * (n - 2)) * sum(((x - mean) / deviation) ** 3 for x in items) if deviation else None


def _kurtosis(items: list[float]) -> float | None:
    n, mean = len(items), statistics.fmean(items)
    deviation = statistics.stdev(items)
    if not deviation:
        return None
    total = sum(((x - mean) / deviation) ** 4 for x in items)
    return n * (n + 1) / ((n - 1) * (n - 2) * (n - 3)) * total - 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))


def _fold(operation: Callable[[int, int], int]) -> Callable[[list[Any]], int]:
    def run(items: list[Any]) -> int:
        result = int(items[0])
        for item in items[1:]:
            result = operation(result, int(item))
        return result

    return run


def _union(texts: list[str]) -> str:
    """Each item as often as in the array that has it most often."""
    kept: Counter[str] = Counter()
    for text in texts:
        kept |= Counter(dumps_sorted(item) for item in loads(text))
    return "[" + ",".join(kept.elements()) + "]"


_simple("median", 1, _median)
_simple("mode", 1, lambda items: Counter(items).most_common(1)[0][0])
_simple("skew", 3, _skew)
_simple("kurtosis", 4, _kurtosis)
_simple("bitand_agg", 1, _fold(lambda a, b: a & b))
_simple("bitor_agg", 1, _fold(lambda a, b: a | b))
_simple("bitxor_agg", 1, _fold(lambda a, b: a ^ b))
_simple("boolxor_agg", 1, lambda items: int(sum(map(bool, items)) == 1))
_simple("array_union_agg", 0, _union)
for _name in ("stddev", "stddev_samp"):
    _simple(_name, 2, statistics.stdev)
for _name in ("variance", "var_samp", "variance_samp"):
    _simple(_name, 2, statistics.variance)
_simple("stddev_pop", 1, statistics.pstdev)
for _name in ("var_pop", "variance_pop"):
    _simple(_name, 1, statistics.pvariance)


def _pairs(name: str, least: int, compute: Callable[[list[float], list[float]], Any]) -> None:
    class Pairs(Collecting):
        def result(self) -> Any:
            pairs = [row for row in self.rows if None not in row]
            if len(pairs) < least:
                return None
            return compute([float(row[0]) for row in pairs], [float(row[1]) for row in pairs])

    aggregate(name)(Pairs)


def _sums(a: list[float], b: list[float]) -> tuple[float, float, float]:
    x, y = statistics.fmean(a), statistics.fmean(b)
    return (
        math.fsum((p - x) * (q - y) for p, q in zip(a, b, strict=True)),
        math.fsum((p - x) ** 2 for p in a),
        math.fsum((q - y) ** 2 for q in b),
    )


def _corr(a: list[float], b: list[float]) -> float | None:
    both, x, y = _sums(a, b)
    return both / math.sqrt(x * y) if x and y else None


def _slope(y: list[float], x: list[float]) -> float | None:
    both, _yy, xx = _sums(y, x)
    return both / xx if xx else None


def _intercept(y: list[float], x: list[float]) -> float | None:
    slope = _slope(y, x)
    return statistics.fmean(y) - slope * statistics.fmean(x) if slope is not None else None


_pairs("corr", 2, _corr)
_pairs("covar_samp", 2, lambda a, b: _sums(a, b)[0] / (len(a) - 1))
_pairs("covar_pop", 1, lambda a, b: _sums(a, b)[0] / len(a))
_pairs("regr_slope", 2, _slope)
_pairs("regr_intercept", 2, _intercept)
_pairs("regr_r2", 2, lambda y, x: (_corr(y, x) or 0.0) ** 2)
_pairs("regr_count", 0, lambda a, b: len(a))
_pairs("regr_avgx", 1, lambda y, x: statistics.fmean(x))
_pairs("regr_avgy", 1, lambda y, x: statistics.fmean(y))
_pairs("regr_sxx", 1, lambda y, x: _sums(y, x)[2])
_pairs("regr_syy", 1, lambda y, x: _sums(y, x)[1])
_pairs("regr_sxy", 1, lambda y, x: _sums(y, x)[0])


@aggregate("count_distinct")
class CountDistinct(Collecting):
    """COUNT(DISTINCT a, b): rows without any NULL."""

    def result(self) -> int:
        """How many different rows."""
        return len({row for row in self.rows if None not in row})


@aggregate("count_rows")
class CountRows(Collecting):
    """COUNT(a, b): rows without any NULL."""

    def result(self) -> int:
        """How many rows."""
        return sum(None not in row for row in self.rows)


def _sorted_rows(rows: list[tuple[Any, ...]], marks: str, first_key: int) -> list[tuple[Any, ...]]:
    """Rows by their keys, least important first: Python's sort is stable."""
    for index in reversed(range(len(marks) // 2)):
        descending, nulls_first = marks[2 * index] == "d", marks[2 * index + 1] == "f"
        column = first_key + index
        known = sorted(
            (row for row in rows if row[column] is not None),
            key=lambda row: rank(row[column]),
            reverse=descending,
        )
        nulls = [row for row in rows if row[column] is None]
        rows = [*nulls, *known] if nulls_first else [*known, *nulls]
    return rows


class Ordered(Collecting):
    """(distinct, marks, separator, value, key..): values in the order of WITHIN GROUP."""

    def values(self) -> list[Any]:
        """The values in order, each once when distinct."""
        if not self.rows:
            return []
        distinct, marks = self.rows[0][0], self.rows[0][1]
        rows = [row for row in self.rows if row[3] is not None]
        ordered = [row[3] for row in _sorted_rows(rows, marks, 4)]
        return list(dict.fromkeys(ordered)) if distinct else ordered


@aggregate("listagg")
class ListAgg(Ordered):
    """LISTAGG: '' when there is nothing to join."""

    def result(self) -> str:
        """The joined text."""
        separator = self.rows[0][2] if self.rows else ""
        return (separator or "").join(self.values())


@aggregate("array_agg")
class ArrayAgg(Ordered):
    """ARRAY_AGG: leaves NULLs out."""

    def result(self) -> str:
        """The array as JSON text."""
        return "[" + ",".join(self.values()) + "]"


@aggregate("object_agg")
class ObjectAgg(Collecting):
    """OBJECT_AGG(key, value)."""

    def result(self) -> str:
        """The object as JSON text. Raises BadInput for a key that comes twice."""
        pairs = [(row[0], loads(row[1])) for row in self.rows if None not in row]
        if (twice := first_repeated(pairs)) is not None:
            raise BadInput(f"Duplicate field key '{twice}'", "Aggregate the values of a key first.")
        return dumps_sorted(dict(pairs))


def _by(name: str, last: bool, many: bool) -> None:
    class By(Collecting):
        def result(self) -> Any:
            rows = [row for row in self.rows if row[1] is not None]
            rows.sort(key=lambda row: rank(row[1]), reverse=last)
            if many:
                return (
                    "[" + ",".join(row[0] or "null" for row in rows[: int(self.rows[0][2])]) + "]"
                    if rows
                    else None
                )
            return rows[0][0] if rows else None

    aggregate(name)(By)


def _extreme(name: str, greater: bool) -> None:
    class Extreme:
        """The VARIANT with the least or the greatest scalar inside; no row leaves again, so one is kept."""

        def __init__(self) -> None:
            self.kept: tuple[tuple[int, Any], str] | None = None

        def step(self, text: str | None) -> None:
            scalar = native(text)
            if scalar is None or text is None:
                return
            place = rank(scalar)
            if self.kept is None or (place > self.kept[0] if greater else place < self.kept[0]):
                self.kept = (place, text)

        def inverse(self, _text: str | None) -> None:
            """Not called: a moving frame has MIN_BY and MAX_BY."""

        def value(self) -> str | None:
            return self.kept[1] if self.kept is not None else None

        finalize = value

    aggregate(name)(Extreme)


_extreme("max_variant", True)
_extreme("min_variant", False)
_by("max_by", True, False)
_by("min_by", False, False)
_by("max_by_n", True, True)
_by("min_by_n", False, True)


@aggregate("percentile_cont")
class PercentileCont(Collecting):
    """(share, value): linear interpolation."""

    def result(self) -> float | None:
        """The percentile."""
        items = sorted(row[1] for row in self.rows if row[1] is not None)
        if not items:
            return None
        place = float(self.rows[0][0]) * (len(items) - 1)
        low = math.floor(place)
        high = min(low + 1, len(items) - 1)
        return float(items[low] + (items[high] - items[low]) * (place - low))


@aggregate("percentile_disc")
class PercentileDisc(Collecting):
    """(share, value): the first value whose rank reaches the share."""

    def result(self) -> Any:
        """The percentile."""
        items = sorted(row[1] for row in self.rows if row[1] is not None)
        if not items:
            return None
        return items[max(math.ceil(float(self.rows[0][0]) * len(items)) - 1, 0)]


def _known(name: str, pick: Callable[[Iterator[Any], Iterator[Any], int], Any]) -> None:
    """A position among the values that are not NULL; ``pick`` sees them from the first and from the last row."""

    class Known(Collecting):
        def result(self) -> Any:
            count = int(self.rows[0][1]) if self.rows and len(self.rows[0]) > 1 else 1
            return pick(iter(self.rows), reversed(self.rows), count)

    aggregate(name)(Known)


def _nth(rows: Iterator[Any], n: int) -> Any:
    known = (row[0] for row in rows if row[0] is not None)
    return next(islice(known, n - 1, None), None) if n > 0 else None


_known("first_value_known", lambda rows, _back, n: _nth(rows, 1))
_known("last_value_known", lambda _rows, back, n: _nth(back, 1))
_known("nth_value_known", lambda rows, _back, n: _nth(rows, n))
# The current row is the last of LAG's frame and the first of LEAD's, and never the answer.
_known("lag_known", lambda _rows, back, n: _nth(islice(back, 1, None), n))
_known("lead_known", lambda rows, _back, n: _nth(islice(rows, 1, None), n))


class _TopK(Collecting):
    """(value as JSON text, how many): the most frequent values with their counts, exact here."""

    def result(self) -> str:
        """An array of [value, count], the most frequent first."""
        counts = Counter(row[0] for row in self.rows if row[0] is not None)
        most = int(self.rows[0][1]) if self.rows else 1
        return "[" + ",".join(f"[{text},{count}]" for text, count in counts.most_common(most)) + "]"


aggregate("approx_top_k")(_TopK)


class _Hashed(Collecting):
    """Values of any kind: a number that does not depend on the order of the rows."""

    def result(self) -> int:
        """A signed 64-bit number, 0 for no rows; not the number that Snowflake gives."""
        from core.sql_ai.udfs.text import hash as hashed

        total = sum(hashed(*row) for row in self.rows)
        return (total + 2**63) % 2**64 - 2**63


aggregate("hash_agg")(_Hashed)


class _Changes:
    """CONDITIONAL_CHANGE_EVENT: how often the value has changed since the window began."""

    def __init__(self) -> None:
        self.count, self.started, self.last = 0, False, None

    def step(self, value: Any) -> None:
        """Compare with the row before."""
        self.count += self.started and value != self.last
        self.started, self.last = True, value

    def inverse(self, _value: Any) -> None:
        """The window always begins at its first row, so nothing leaves it."""

    def value(self) -> int:
        """The number of changes so far."""
        return self.count

    def finalize(self) -> int:
        """The number of changes."""
        return self.count


aggregate("change_count")(_Changes)
