"""VECTOR functions over JSON arrays; parsed vectors are cached, because joins compare each many times."""

import math
from collections.abc import Callable
from functools import lru_cache
from statistics import fmean

from core.errors import BadInput
from core.sql_ai.udfs.aggregates import Collecting
from core.sql_ai.udfs.registry import aggregate, scalar
from core.sql_ai.values import dumps, loads

Vector = tuple[float, ...]


@lru_cache(maxsize=4096)
def _vector(text: str) -> Vector:
    items = loads(text) if isinstance(text, str) else None
    if not isinstance(items, list) or not all(isinstance(x, int | float) for x in items):
        raise BadInput(
            "A vector function needs vectors", "Write [1.0, 2.0]::VECTOR(FLOAT, 2), or use AI_EMBED."
        )
    return tuple(float(x) for x in items)


def _pair(a: str, b: str) -> tuple[Vector, Vector]:
    left, right = _vector(a), _vector(b)
    if len(left) != len(right):
        raise BadInput(
            f"The vectors have {len(left)} and {len(right)} elements",
            "Compare vectors of one embedding model.",
        )
    return left, right


@scalar()
def vector_inner_product(a: str, b: str) -> float:
    """The sum of the products of the elements. Raises BadInput for vectors of different length."""
    left, right = _pair(a, b)
    return math.fsum(x * y for x, y in zip(left, right, strict=True))


@scalar()
def vector_cosine_similarity(a: str, b: str) -> float | None:
    """-1 to 1, more for closer vectors (not a distance); NULL when one has no length."""
    left, right = _pair(a, b)
    norms = math.sqrt(math.fsum(x * x for x in left) * math.fsum(y * y for y in right))
    if norms == 0:
        return None
    value = math.fsum(x * y for x, y in zip(left, right, strict=True)) / norms
    return max(-1.0, min(1.0, value))


@scalar()
def vector_l1_distance(a: str, b: str) -> float:
    """The sum of the absolute differences of the elements."""
    left, right = _pair(a, b)
    return math.fsum(abs(x - y) for x, y in zip(left, right, strict=True))


@scalar()
def vector_l2_distance(a: str, b: str) -> float:
    """The Euclidean distance."""
    left, right = _pair(a, b)
    return math.dist(left, right)


@scalar()
def vector_normalize(a: str) -> str:
    """The vector brought to length 1, as JSON text."""
    vector = _vector(a)
    norm = math.sqrt(math.fsum(x * x for x in vector)) or 1.0
    return dumps([x / norm for x in vector])


@scalar()
def vector_truncate(a: str, size: float) -> str:
    """The first ``size`` elements, as JSON text."""
    return dumps(list(_vector(a)[: int(size)]))


def _elementwise(name: str, compute: Callable[[list[float]], float]) -> None:
    """Register the aggregate that computes one number from each place of the vectors."""

    class Elementwise(Collecting):
        def result(self) -> str | None:
            vectors = [_vector(text) for text in self.known()]
            if len({len(vector) for vector in vectors}) > 1:
                raise BadInput("The vectors have different lengths", "Aggregate vectors of one dimension.")
            return dumps([compute(list(place)) for place in zip(*vectors, strict=True)]) if vectors else None

    aggregate(name)(Elementwise)


_elementwise("vector_sum", math.fsum)
_elementwise("vector_avg", fmean)
_elementwise("vector_min", min)
_elementwise("vector_max", max)
