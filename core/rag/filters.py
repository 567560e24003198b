"""Metadata filters in Chroma's notation, over document metadata and the fields every chunk has.

`{"department": "HR"}`, `{"year": {"$gte": 2024}}`, `{"$and": [..]}`, `{"$or": [..]}`,
`{"tags": {"$contains": "travel"}}`. Fields beside the metadata: document, title, page, heading, chunk (the
number of the chunk within its document, from 0), file_type (txt, md, html, csv, pdf, docx) and origin ("corpus",
or "upload" for what a visitor added to the session).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.rag.parsing import kinds

if TYPE_CHECKING:
    from core.rag.corpus import Corpus
    from core.rag.documents import DocumentInfo

Where = Mapping[str, Any]
Test = Callable[[Mapping[str, Any]], bool]

_CHUNK_FIELDS = ("page", "heading", "chunk")
_MISSING = object()
_DEEPEST = 20


def matching(corpus: Corpus, where: Where) -> Iterator[bool]:
    """For every chunk whether it passes; documents are tested once unless a chunk's field is asked for."""
    test = compile_filter(where)
    per_chunk = any(field in _CHUNK_FIELDS for field in _fields(where))
    verdicts: dict[str, bool] = {}
    for chunk in corpus.chunks:
        verdict = verdicts.get(chunk.document_id)
        if verdict is None or per_chunk:
            values = {
                "title": corpus.titles.get(chunk.document_id, ""),
                **corpus.metadata.get(chunk.document_id, {}),
                "document": chunk.document_id,
                "page": chunk.page,
                "heading": chunk.heading,
                "chunk": chunk.index,
                "file_type": kinds.short_name(corpus.media_types.get(chunk.document_id, "")),
                "origin": corpus.origin,
            }
            verdict = verdicts[chunk.document_id] = test(values)
        yield verdict


def keeps_document(where: Where | None, info: DocumentInfo) -> bool:
    """Whether chunks of that document can pass; a filter on a chunk's page, heading or number keeps it."""
    if not where or any(field in _CHUNK_FIELDS for field in _fields(where)):
        return True
    values = {"title": info.title, **info.metadata, "document": info.id, "origin": info.origin}
    return compile_filter(where)(values | {"file_type": kinds.short_name(info.media_type)})


def compile_filter(where: Where, depth: int = 0) -> Test:
    """A filter as a function of a chunk's values; raises BadInput naming what is not understood."""
    if not isinstance(where, Mapping):
        raise BadInput(
            f"A filter is an object, not {type(where).__name__}", 'For example {"department": "HR"}.'
        )
    if depth > _DEEPEST:
        raise BadInput("The filter nests too deeply", f"At most {_DEEPEST} levels.")
    tests = [_clause(key, value, depth) for key, value in where.items()]
    return lambda values: all(test(values) for test in tests)


def _clause(key: str, value: Any, depth: int) -> Test:
    if key in ("$and", "$or"):
        if not isinstance(value, list) or not value:
            raise BadInput(
                f"{key} needs a list of filters", f'For example {{"{key}": [{{"a": 1}}, {{"b": 2}}]}}.'
            )
        tests = [compile_filter(part, depth + 1) for part in value]
        combine = all if key == "$and" else any
        return lambda values: combine(test(values) for test in tests)
    if not isinstance(key, str) or key.startswith("$"):
        raise BadInput(
            f"Unknown operator {key}", f"Known are $and, $or and, on a field, {', '.join(_OPERATORS)}."
        )
    comparisons = value if isinstance(value, Mapping) else {"$eq": value}
    if not comparisons:
        raise BadInput(f"The condition on {key!r} is empty", f'For example {{"{key}": {{"$eq": "x"}}}}.')
    tests = [_comparison(key, name, operand) for name, operand in comparisons.items()]
    return lambda values: all(test(values) for test in tests)


def _comparison(key: str, name: str, operand: Any) -> Test:
    compare = _OPERATORS.get(name)
    if compare is None:
        raise BadInput(f"Unknown operator {name} on {key!r}", f"Known are {', '.join(_OPERATORS)}.")
    if name in ("$in", "$nin") and not isinstance(operand, list):
        raise BadInput(f"{name} on {key!r} needs a list", f'For example {{"{key}": {{"{name}": ["x"]}}}}.')
    return lambda values: compare(values.get(key, _MISSING), operand)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, operand: Any) -> bool:
        if isinstance(value, str) != isinstance(operand, str) or not isinstance(value, int | float | str):
            return False
        return compare(value, operand)

    return test


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return str(operand).casefold() in value.casefold()
    return isinstance(value, list) and operand in value


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, operand: bool(value == operand),
    "$ne": lambda value, operand: bool(value != operand),
    "$in": lambda value, operand: value in operand,
    "$nin": lambda value, operand: value not in operand,
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
    "$contains": _contains,
    "$not_contains": lambda value, operand: not _contains(value, operand),
}


def _fields(where: Where) -> Iterator[str]:
    for key, value in where.items():
        if key in ("$and", "$or"):
            for part in value:
                yield from _fields(part)
        else:
            yield key
