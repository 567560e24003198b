"""What arrays with lambdas (TRANSFORM, FILTER) and maps are made of."""

from typing import Any

from core.errors import BadInput, LimitReached
from core.sql_ai.udfs.registry import aggregate, scalar
from core.sql_ai.values import dumps, dumps_sorted, loads

_MAX_BYTES = 8_000_000
_EMPTY = "[0]"  # a number where items are texts: the one row that says "an array without items"


@scalar()
def items(text: str) -> str:
    """The items of an array, each as JSON text, in an array for json_each; one number for an empty array."""
    value = loads(text)
    if not isinstance(value, list):
        raise BadInput(f"An ARRAY is expected, found {text[:60]}", "Wrap it in ARRAY_CONSTRUCT.")
    return dumps([dumps(item) for item in value]) if value else _EMPTY


@scalar()
def array_only(text: str) -> str:
    """The array itself. Raises BadInput for anything else."""
    items(text)
    return text


class _Collected:
    """The rows of ``json_each(sf_items(..))`` put together again; no rows at all give NULL."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.size = 0

    def keep(self, text: str) -> None:
        """Take one item, given as JSON text."""
        self.texts.append(text)
        self.size += len(text)
        if self.size > _MAX_BYTES:
            raise LimitReached("An array grows beyond its limit of 8 MB", "Transform fewer items.")

    def inverse(self, *_arguments: Any) -> None:
        """Never reached: the aggregate stands in a subquery without a window."""
        raise BadInput("A lambda cannot run over a window", "Use a subquery.")

    def value(self) -> str:
        """The array as JSON text."""
        return "[" + ",".join(self.texts) + "]"

    def finalize(self) -> str:
        """The array as JSON text."""
        return self.value()


@aggregate("collect")
class Collect(_Collected):
    """(kind of row, value as JSON text): TRANSFORM."""

    def step(self, kind: str, text: str | None) -> None:
        """Take one transformed item; NULL becomes a JSON null."""
        if kind == "text":
            self.keep("null" if text is None else text)


@aggregate("collect_if")
class CollectIf(_Collected):
    """(kind of row, item, condition): FILTER."""

    def step(self, kind: str, text: str, kept: int | None) -> None:
        """Take one item when its condition is true."""
        if kind == "text" and kept:
            self.keep(text)


@aggregate("rows")
class Rows(_Collected):
    """The rows of a lateral subquery as an array of arrays; an empty one for no rows."""

    def step(self, *cells: Any) -> None:
        """Take one row."""
        self.keep(dumps(list(cells)))


def _map(text: str) -> dict[str, Any]:
    value = loads(text)
    if not isinstance(value, dict):
        raise BadInput(f"A MAP is expected, found {text[:60]}", "Write {'a': 1}::MAP(VARCHAR, NUMBER).")
    return value


@scalar()
def map_size(text: str) -> int:
    """How many keys a map has."""
    return len(_map(text))


@scalar()
def map_contains_key(key: Any, text: str) -> int:
    """1 when the map has the key."""
    return int(str(key) in _map(text))


@scalar()
def map_cat(a: str, b: str) -> str:
    """The keys of both maps, those of the second winning."""
    return dumps_sorted({**_map(a), **_map(b)})
