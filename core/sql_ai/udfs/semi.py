"""JSON functions: paths, objects, arrays, FLATTEN. Values travel as JSON text."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from core.errors import BadInput, LimitReached
from core.sql_ai import values
from core.sql_ai.kinds import Kind, SqlType
from core.sql_ai.udfs.registry import row_maker, scalar, tried
from core.sql_ai.values import dumps, dumps_sorted, first_repeated, loads

_MAX_ITEMS = 100_000
_MAX_FLATTENED = 16_000_000  # characters of every THIS; a value that reaches SQL may have fewer still
_MISSING = object()
_WORDS = re.compile(r'("(?:[^"\\]|\\.)*")|\b(?:null|true|false)\b', re.IGNORECASE)
_LEFT_OUT = re.compile(r'("(?:[^"\\]|\\.)*")|[,\[](?=\s*,)|,(?=\s*\])')
_PLACE = re.compile(r"""\s*(?:\[\s*(\d+)\s*\]|\[\s*'([^']*)'\s*\]|[.:]?\s*"([^"]*)"|[.:]?\s*([^.:\["\s]+))""")


@scalar(nulls=True)
def path(text: str | None, steps: str, plain_nulls: int) -> str | None:
    """The element at ``steps`` (a JSON array of keys and indexes); NULL where there is none."""
    if text is None:
        return None
    value = loads(text)
    for step in loads(steps):
        value = _step(value, step)
        if value is _MISSING:
            return None
    return None if value is None and plain_nulls else dumps(value)


def _step(value: Any, step: Any) -> Any:
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, _MISSING)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return _MISSING if value[step] != value[step] else value[step]  # NaN is undefined
    return _MISSING


@scalar(nulls=True)
def get(text: str | None, step: Any, plain_nulls: int) -> str | None:
    """The element under a key or index as JSON text; NULL where none is, with ``plain_nulls`` also for a JSON null."""
    if text is None or step is None:
        return None
    value = _step(loads(text), int(step) if isinstance(step, float) else step)
    return None if value is _MISSING or (value is None and plain_nulls) else dumps(value)


@scalar()
def get_ignore_case(text: str, step: Any) -> str | None:
    """The element under the first key that differs in case only."""
    value = loads(text)
    if isinstance(value, dict):
        for key, item in value.items():
            if key.lower() == str(step).lower():
                return dumps(item)
        return None
    return get(text, step, 0)


@scalar()
def get_path(text: str, dotted: str) -> str | None:
    """The element that a path such as ``a.b[0]`` leads to, as JSON text."""
    return path(text, dumps(_steps(dotted)), 0)


@scalar()
def json_extract_path_text(text: str, dotted: str) -> str | None:
    """The element that a path in JSON text leads to, as text without quotes."""
    parsed = parse_json(text)
    found = None if parsed is None else get_path(parsed, dotted)
    plain = None if found is None else values.cast(found, Kind.VARIANT, SqlType(Kind.VARCHAR))
    return None if plain is None else str(plain)


@scalar(nulls=True)
def variant(value: Any, kind: str) -> str | None:
    """A value of the given kind as JSON text: dates become text, vectors and objects stay as they are."""
    return values.variant(value, kind)


@scalar(nulls=True)
def native(text: str | None) -> Any:
    """A JSON scalar as SQLite keeps it: text without quotes, booleans as 0 and 1, objects as JSON text."""
    return values.native(text)


@scalar(nulls=True)
def object(keep_nulls: int, *pairs: Any) -> str:
    """An object from key, JSON value, key, JSON value; pairs with NULL are left out unless kept."""
    built: dict[str, Any] = {}
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        if key is not None and (value is not None or keep_nulls):
            if str(key) in built:
                raise BadInput(f"Duplicate field key '{key}'", "Write each key once.")
            built[str(key)] = None if value is None else loads(value)
    return dumps_sorted(built)


@scalar(nulls=True)
def array(*items: str | None) -> str:
    """An array of items given as JSON text; NULL items become JSON null."""
    return "[" + ",".join("null" if item is None else item for item in items) + "]"


def _list(text: str) -> list[Any]:
    value = loads(text)
    if not isinstance(value, list):
        raise BadInput(f"An ARRAY is expected, found {text[:60]}", "Wrap it in ARRAY_CONSTRUCT.")
    return value


def _dict(text: str) -> dict[str, Any]:
    value = loads(text)
    if not isinstance(value, dict):
        raise BadInput(f"An OBJECT is expected, found {text[:60]}", "Wrap it in OBJECT_CONSTRUCT.")
    return value


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@tried
@scalar()
def parse_json(text: str, option: str = "s") -> str | None:
    """JSON text in its shortest form; NULL for an empty text. Raises BadInput for text that is no JSON.

    A key that an object has twice is an error, unless ``option`` is 'd': then the last one counts.
    """
    if not text.strip():
        return None
    hook = dict if option == "d" else _unique_keys
    try:
        return dumps_sorted(_read(text, hook))
    except (ValueError, RecursionError) as error:
        raise BadInput(f"Error parsing JSON: {error}", "TRY_PARSE_JSON gives NULL instead.") from None


def _read(text: str, hook: Callable[[list[tuple[str, Any]]], Any]) -> Any:
    """The value of JSON text; items that are left out, as in ``[1,,2]`` and ``[1,]``, are undefined and kept as NaN.

    NULL, TRUE and FALSE may be in any case.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, object_pairs_hook=hook)
    except json.JSONDecodeError:
        lower = _WORDS.sub(lambda match: match[1] or match[0].lower(), text)
        if lower != text:
            return _read(lower, hook)
        outside = _LEFT_OUT.sub(lambda match: "" if match[1] else match[0], text)
        if "NaN" in outside or "Infinity" in outside or "{," in "".join(outside.split()):
            raise
        filled = _LEFT_OUT.sub(lambda match: match[1] or f"{match[0]}NaN", text)
        if filled == text:
            raise
        return json.loads(filled, object_pairs_hook=hook)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if (twice := first_repeated(pairs)) is not None:
        raise ValueError(f'duplicate object attribute "{twice}"')
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@scalar()
def check_json(text: str) -> str | None:
    """NULL for valid JSON, else what is wrong with it."""
    try:
        parse_json(text)
    except BadInput as error:
        return error.message
    return None


@scalar()
def to_json(text: str) -> str:
    """The value as JSON text."""
    return dumps(loads(text))


@scalar()
def to_array(text: str) -> str:
    """An array as it is, anything else as an array of one item."""
    return text if isinstance(loads(text), list) else f"[{text}]"


@scalar()
def to_object(text: str) -> str:
    """An object as it is. Raises BadInput for anything else."""
    _dict(text)
    return text


@scalar()
def shaped(text: str, shape: str) -> str:
    """The value with each element cast to the type that ``shape`` gives it (see `coercion.structured`)."""
    return dumps_sorted(_shaped(loads(text), loads(shape)))


def _shaped(value: Any, shape: list[Any]) -> Any:
    kind, precision, scale, size, inner = shape
    if value is None:
        return None
    if isinstance(value, list) and kind == Kind.ARRAY:
        return [_shaped(item, inner[0]) for item in value] if inner else value
    if isinstance(value, dict) and kind == Kind.OBJECT:
        return _shaped_object(value, inner)
    if kind in (Kind.ARRAY, Kind.OBJECT):
        raise BadInput(
            f"{dumps(value)[:60]} is not of type {kind}", "Each element must be of the type given for it."
        )
    target = SqlType(Kind(kind), precision, scale, size)
    result = values.variant(values.cast(dumps(value), Kind.VARIANT, target), target.kind)
    return None if result is None else loads(result)


def _shaped_object(value: dict[str, Any], inner: list[Any]) -> dict[str, Any]:
    """By key for OBJECT(name T, ..), whatever the case of its letters; by value for MAP(K, V)."""
    if not inner:
        return value
    if len(inner[0]) != 2:
        return {str(_shaped(key, inner[0])): _shaped(item, inner[1]) for key, item in value.items()}
    shapes = {name.lower(): shape for name, shape in inner}
    if {key.lower() for key in value} != set(shapes):
        raise BadInput(
            f"The keys {', '.join(value)} are not those of the OBJECT type: {', '.join(shapes)}",
            "Name each key of the value in the type.",
        )
    return {key: _shaped(item, shapes[key.lower()]) for key, item in value.items()}


@scalar()
def typeof(text: str) -> str:
    """OBJECT, ARRAY, VARCHAR, INTEGER, DECIMAL, DOUBLE, BOOLEAN or NULL_VALUE."""
    value = loads(text)
    if isinstance(value, float):
        return "DECIMAL" if value != int(value) else "DOUBLE"
    names = {
        bool: "BOOLEAN",
        int: "INTEGER",
        str: "VARCHAR",
        list: "ARRAY",
        dict: "OBJECT",
        type(None): "NULL_VALUE",
    }
    return names[type(value)]


@scalar()
def strip_null_value(text: str) -> str | None:
    """NULL for a JSON null, any other value as it is."""
    return None if loads(text) is None else text


@scalar()
def is_null_value(text: str) -> int:
    """1 for a JSON null, which is not SQL's NULL."""
    return int(loads(text) is None)


def _is(name: str, *kinds: type) -> None:
    def check(text: str) -> int:
        return int(type(loads(text)) in kinds)

    def take(text: str) -> Any:
        value = loads(text)
        if type(value) not in kinds:
            return None
        return int(value) if isinstance(value, bool) else text if isinstance(value, list | dict) else value

    scalar(f"is_{name}")(check)
    scalar(f"as_{name}")(take)


_is("array", list)
_is("object", dict)
_is("integer", int)
_is("decimal", int, float)
_is("double", int, float)
_is("varchar", str)
_is("boolean", bool)


@scalar()
def array_size(text: str) -> int | None:
    """How many items an array has; NULL for anything else."""
    value = loads(text)
    return len(value) if isinstance(value, list) else None


@scalar(nulls=True)
def array_contains(item: str | None, text: str | None) -> int | None:
    """1 when an item equals ``item`` in type and value; a NULL item asks for a JSON null."""
    if text is None:
        return None
    keys = {_key(value) for value in _list(text)}
    return int(_key(loads(item)) in keys) if item is not None else int("null" in keys)


@scalar()
def array_position(item: str, text: str) -> int | None:
    """The index of the first equal item, from 0; NULL when there is none."""
    keys = [_key(value) for value in _list(text)]
    wanted = _key(loads(item))
    return keys.index(wanted) if wanted in keys else None


@scalar()
def array_append(text: str, item: str) -> str:
    """The array with one more item at its end."""
    return dumps([*_list(text), loads(item)])


@scalar()
def array_prepend(text: str, item: str) -> str:
    """The array with one more item at its start."""
    return dumps([loads(item), *_list(text)])


@scalar()
def array_cat(a: str, b: str) -> str:
    """The items of both arrays, in order."""
    return dumps([*_list(a), *_list(b)])


@scalar()
def array_compact(text: str) -> str:
    """The array without its nulls."""
    return dumps([item for item in _list(text) if item is not None])


@scalar()
def array_distinct(text: str) -> str:
    """Each item once, in the order of first appearance."""
    return dumps(list({_key(item): item for item in _list(text)}.values()))


@scalar()
def array_slice(text: str, start: float, end: float) -> str:
    """Items from ``start`` up to, but not including, ``end``; negative positions count from the end."""
    return dumps(_list(text)[int(start) : int(end)])


@scalar()
def array_sort(text: str, ascending: int = 1, nulls_first: int | None = None) -> str:
    """The items in order of their values; nulls last when ascending, else first, unless asked otherwise."""
    nulls_first = not ascending if nulls_first is None else nulls_first
    items = _list(text)
    known = sorted((item for item in items if item is not None), key=_sort_key, reverse=not ascending)
    nulls = [None] * (len(items) - len(known))
    return dumps([*nulls, *known] if nulls_first else [*known, *nulls])


def _sort_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool | int | float):
        return (0, value)
    return (1, value) if isinstance(value, str) else (2, _key(value))


@scalar()
def array_min(text: str) -> str | None:
    """The smallest item, nulls left out; NULL for an empty array."""
    items = [item for item in _list(text) if item is not None]
    return dumps(min(items, key=_sort_key)) if items else None


@scalar()
def array_max(text: str) -> str | None:
    """The largest item, nulls left out; NULL for an empty array."""
    items = [item for item in _list(text) if item is not None]
    return dumps(max(items, key=_sort_key)) if items else None


@scalar()
def array_to_string(text: str, separator: str) -> str:
    """The items as text, joined by ``separator``."""
    return separator.join(
        "" if item is None else item if isinstance(item, str) else dumps(item) for item in _list(text)
    )


@scalar()
def array_intersection(a: str, b: str) -> str:
    """Items of ``a`` that are in ``b`` as well, as often as in both."""
    return dumps(_divided(a, b)[0])


@scalar()
def array_except(a: str, b: str) -> str:
    """Items of ``a`` that are not in ``b``, each of ``b`` taking away one."""
    return dumps(_divided(a, b)[1])


def _divided(a: str, b: str) -> tuple[list[Any], list[Any]]:
    """The items of ``a`` that have a partner in ``b``, and those that have none."""
    free = Counter(map(_key, _list(b)))
    partnered: list[Any] = []
    alone: list[Any] = []
    for item in _list(a):
        key = _key(item)
        (partnered if free[key] > 0 else alone).append(item)
        free[key] -= 1
    return partnered, alone


@scalar()
def arrays_overlap(a: str, b: str) -> int:
    """1 when the arrays have an item in common."""
    return int(bool({_key(item) for item in _list(a)} & {_key(item) for item in _list(b)}))


@scalar()
def array_insert(text: str, place: float, item: str) -> str:
    """The array with ``item`` at the index ``place``, later items moved up; undefined items fill a gap."""
    items = list(_list(text))
    gap = int(place) - len(items)
    if gap > _MAX_ITEMS:
        raise BadInput(f"ARRAY_INSERT fills a gap of at most {_MAX_ITEMS:,} items", "Use a smaller index.")
    items += [math.nan] * gap
    items.insert(int(place), loads(item))
    return dumps(items)


@scalar()
def array_remove(text: str, item: str) -> str:
    """The array without the items equal to ``item``."""
    return dumps([value for value in _list(text) if _key(value) != _key(loads(item))])


@scalar()
def array_remove_at(text: str, place: float) -> str:
    """The array without the item at the index ``place``."""
    items = list(_list(text))
    if -len(items) <= place < len(items):
        items.pop(int(place))
    return dumps(items)


@scalar()
def array_flatten(text: str) -> str:
    """The items of an array of arrays as one array."""
    return dumps([inner for item in _list(text) for inner in (item if isinstance(item, list) else [item])])


@scalar()
def array_reverse(text: str) -> str:
    """The items from last to first."""
    return dumps(_list(text)[::-1])


@scalar()
def array_generate_range(start: float, stop: float, step: float = 1) -> str:
    """Whole numbers from ``start`` up to, but not including, ``stop``; at most as many as an array may have."""
    numbers = range(int(start), int(stop), int(step))
    if len(numbers) > _MAX_ITEMS:
        raise BadInput(f"ARRAY_GENERATE_RANGE makes at most {_MAX_ITEMS:,} items", "Use GENERATOR.")
    return dumps(list(numbers))


@scalar()
def arrays_zip(*texts: str) -> str:
    """An array of objects ``{"$1": .., "$2": ..}`` made of the items that stand at the same index."""
    lists = [_list(text) for text in texts]
    size = max(len(items) for items in lists)
    return dumps(
        [
            {f"${i}": items[n] if n < len(items) else None for i, items in enumerate(lists, 1)}
            for n in range(size)
        ]
    )


@scalar()
def arrays_to_object(keys: str, items: str) -> str:
    """An object of keys from one array and values from the other."""
    return dumps_sorted(dict(zip(map(str, _list(keys)), _list(items), strict=False)))


@scalar()
def object_keys(text: str) -> str:
    """The keys of an object in alphabetical order."""
    return dumps(sorted(_dict(text)))


@scalar()
def object_delete(text: str, *keys: str) -> str:
    """The object without these keys."""
    return dumps({key: value for key, value in _dict(text).items() if key not in keys})


@scalar()
def object_pick(text: str, *keys: Any) -> str:
    """The object with these keys only; they may come as one array."""
    wanted: list[str] = []
    for key in keys:
        wanted += loads(key) if str(key).startswith("[") else [str(key)]
    source = _dict(text)
    return dumps_sorted({key: source[key] for key in wanted if key in source})


@scalar(nulls=True)
def object_insert(text: str | None, key: str, value: str | None, update: int = 0) -> str | None:
    """The object with one more key. Raises BadInput when it is there, unless ``update`` is 1."""
    if text is None:
        return None
    built = dict(_dict(text))
    if key in built and not update:
        raise BadInput(
            f"The key '{key}' is in the object already", "Pass TRUE as the fourth argument to change it."
        )
    if value is not None:
        built[key] = loads(value)
    elif update:
        built.pop(key, None)
    return dumps_sorted(built)


@row_maker
def flatten(number: int, text: str | None, inner: str | None, outer: int, recursive: int, mode: str) -> str:
    """FLATTEN's rows as JSON: [seq, key, path, index, value as JSON text, number of the row that holds its THIS].

    The rows of one value share their THIS, so it stands once, as JSON text at the end of the first of them.
    """
    start = path(text, dumps(_steps(inner)), 0) if inner and text is not None else text
    value = loads(start) if start is not None else None
    rows: list[list[Any]] = []
    _flatten_into(
        rows, number, value, inner or "", bool(recursive), (mode or "BOTH").upper(), [_MAX_FLATTENED]
    )
    if not rows and outer:
        rows.append([number, None, inner or "" if text is not None else None, None, None, 0, start])
    return dumps(rows)


def _steps(dotted: str) -> list[str | int]:
    """The keys and indexes of a path such as ``a[0]."b.c"['d']`` or ``a:b.c``."""
    return [
        int(match[1]) if match[1] is not None else match[2] or match[3] or match[4]
        for match in _PLACE.finditer(dotted)
    ]


def _flatten_into(
    rows: list[list[Any]], number: int, value: Any, where: str, recursive: bool, mode: str, room: list[int]
) -> None:
    this = dumps(value)
    entries: list[tuple[str | None, int | None, str, Any]]
    if isinstance(value, dict) and mode in ("BOTH", "OBJECT"):
        entries = [
            (key, None, f"{where}.{key}" if where else key, item) for key, item in sorted(value.items())
        ]
    elif isinstance(value, list) and mode in ("BOTH", "ARRAY"):
        entries = [
            (None, index, f"{where}[{index}]", item)
            for index, item in enumerate(value)
            if item == item  # an undefined item, kept as NaN, gives no row
        ]
    else:
        return
    room[0] -= len(this)  # nested values repeat what is inside them
    if room[0] < 0:
        raise LimitReached(
            f"FLATTEN makes at most {_MAX_FLATTENED:,} characters of one value and of the values inside it",
            "Flatten a part of it.",
        )
    first = len(rows)
    for key, index, place, item in entries:
        if len(rows) >= _MAX_ITEMS:
            raise LimitReached(
                f"FLATTEN makes at most {_MAX_ITEMS:,} rows of one value", "Flatten a part of it."
            )
        rows.append([number, key, place, index, dumps(item), first, *([this] if len(rows) == first else [])])
        if recursive:
            _flatten_into(rows, number, item, place, recursive, mode, room)


@row_maker
def split_rows(number: int, text: str | None, separator: str | None) -> str:
    """SPLIT_TO_TABLE's rows as JSON: [seq, index, part]."""
    parts = [] if text is None or separator is None else text.split(separator) if separator else [text]
    _check_parts(len(parts))
    return dumps([[number, index, part] for index, part in enumerate(parts, 1)])


def _check_parts(count: int) -> None:
    if count > _MAX_ITEMS:
        raise BadInput(f"A text is split into at most {_MAX_ITEMS:,} rows", "Split a part of it.")


@row_maker
def strtok_rows(number: int, text: str | None, delimiters: str = " ") -> str:
    """STRTOK_SPLIT_TO_TABLE's rows as JSON: [seq, index, part]."""
    cleaned = "".join("\0" if char in delimiters else char for char in text or "")
    parts = [part for part in cleaned.split("\0") if part]
    _check_parts(len(parts))
    return dumps([[number, index, part] for index, part in enumerate(parts, 1)])
