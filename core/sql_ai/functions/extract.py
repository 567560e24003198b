"""AI_EXTRACT and EXTRACT_ANSWER: named values out of a text, in every documented response format."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from core.sql_ai.functions.answering import Found, Question, answer
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.text import sentences, stem, words

MOST_QUESTIONS = 100
_LIST_PREFIX = re.compile(r"^\s*list\s*:\s*", re.IGNORECASE)
_CELL = re.compile(r"\s*(?:\||\t|;| {2,}|,(?=\s|\S))\s*")


@dataclass(frozen=True)
class _Table:
    """A question whose answer is a table: one column of values per property."""

    key: str
    columns: tuple[Question, ...]


_Field = Question | _Table


class _BadFormat(ValueError):
    """The response format cannot be read; the text is the message."""


def extract(items: list[tuple[str, Any, bool]]) -> list[dict[str, Any]]:
    """Return `{"error", "response"[, "scoring"]}` for each (text, response format, scores wanted).

    The response holds null for what the text does not say. A format that cannot be read sets `error` for that row.
    """
    fields: list[list[_Field] | str] = [_readable(form) for _, form, _ in items]
    asked = [
        (text, question)
        for (text, _, _), known in zip(items, fields, strict=True)
        if not isinstance(known, str)
        for field in known
        for question in _questions(field)
    ]
    found = dict(zip(asked, answer(asked), strict=True))
    return [
        _failure(known) if isinstance(known, str) else _result(text, known, found, scores)
        for (text, _, scores), known in zip(items, fields, strict=True)
    ]


def extract_answer(items: list[tuple[str, str]]) -> list[str | RowError]:
    """Return the span of each document that best answers the question; the nearest sentence when none is sure."""
    from core.sql_ai.functions.similarity import similarity

    found = answer([(document, Question(question, question)) for document, question in items])
    results: list[str | RowError] = []
    for (document, question), answers in zip(items, found, strict=True):
        parts = sentences(document)
        if answers:
            results.append(answers[0].text)
        elif not parts:
            results.append(RowError("the document is empty"))
        else:
            near = similarity([(part, question) for part in parts])
            results.append(parts[max(range(len(parts)), key=lambda place: near[place])])
    return results


def _readable(form: Any) -> "list[_Field] | str":
    try:
        fields = _read(form)
    except _BadFormat as error:
        return str(error)
    if not fields:
        return "responseFormat asks for nothing"
    if sum(len(_questions(field)) for field in fields) > MOST_QUESTIONS:
        return f"responseFormat asks more than {MOST_QUESTIONS} questions"
    return fields


def _read(form: Any) -> "list[_Field]":
    if isinstance(form, str):
        return [_question(form, form)]
    if isinstance(form, Mapping):
        schema = form.get("schema") if isinstance(form.get("schema"), Mapping) else form
        if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
            return [_property(str(key), value) for key, value in schema["properties"].items()]
        return [_question(str(key), value) for key, value in form.items()]
    if isinstance(form, Sequence):
        return [_pair(entry) for entry in form]
    raise _BadFormat(f"responseFormat must be an object or an array, not {type(form).__name__}")


def _pair(entry: Any) -> Question:
    if isinstance(entry, str):
        return _question(entry, entry)
    if isinstance(entry, Sequence) and len(entry) == 2 and all(isinstance(part, str) for part in entry):
        return _question(entry[0], entry[1])
    raise _BadFormat(f"responseFormat entry {entry!r} is neither a question nor a [key, question] pair")


def _question(key: str, text: Any) -> Question:
    if not isinstance(text, str) or not text.strip():
        raise _BadFormat(f"the question for '{key}' must be a text")
    many = _LIST_PREFIX.match(text) is not None
    return Question(
        _LIST_PREFIX.sub("", key) if key == text and not many else key, _LIST_PREFIX.sub("", text), many
    )


def _property(key: str, schema: Any) -> "_Field":
    if not isinstance(schema, Mapping):
        raise _BadFormat(f"the schema of '{key}' must be an object")
    text = str(schema.get("description") or key.replace("_", " "))
    kind = schema.get("type", "string")
    if kind == "object" and isinstance(schema.get("properties"), Mapping):
        order = [str(name) for name in schema.get("column_ordering") or schema["properties"]]
        missing = [name for name in order if name not in schema["properties"]]
        if missing:
            raise _BadFormat(
                f"column_ordering of '{key}' names '{missing[0]}', which is not one of its properties"
            )
        columns = [(name, schema["properties"][name]) for name in order]
        return _Table(
            key,
            tuple(
                Question(name, str(entry.get("description") or name.replace("_", " ")), many=True, row=True)
                for name, entry in columns
            ),
        )
    if kind not in ("string", "array", "number", "integer", "boolean"):
        raise _BadFormat(f"the schema of '{key}' has the type '{kind}'; use string, array or object")
    return Question(
        key, _LIST_PREFIX.sub("", text), many=kind == "array" or _LIST_PREFIX.match(text) is not None
    )


def _questions(field: "_Field") -> tuple[Question, ...]:
    return field.columns if isinstance(field, _Table) else (field,)


def _failure(message: str) -> dict[str, Any]:
    return {"error": message, "response": None}


def _result(
    text: str, fields: "list[_Field]", found: dict[tuple[str, Question], list[Found]], scores: bool
) -> dict[str, Any]:
    response: dict[str, Any] = {}
    sure: dict[str, dict[str, float]] = {}
    for field in fields:
        if isinstance(field, _Table):
            response[field.key], score = _table(text, field, found)
        else:
            answers = found[(text, field)]
            response[field.key] = (
                [item.text for item in answers] if field.many else (answers[0].text if answers else None)
            )
            score = max((item.score for item in answers), default=0.0)
        sure[field.key] = {"score": round(score, 4)}
    result: dict[str, Any] = {"error": None, "response": response}
    return {**result, "scoring": {"scores": sure}} if scores else result


def _table(
    text: str, field: _Table, found: dict[tuple[str, Question], list[Found]]
) -> tuple[dict[str, list[Any]], float]:
    """Return one list of equal length per column: from a written table, else one row per sentence."""
    written = _written_table(text, [column.key for column in field.columns])
    if written is not None:
        return written, 0.95
    by_column = {column.key: _by_sentence(found[(text, column)]) for column in field.columns}
    places = sorted({place for cells in by_column.values() for place in cells})
    rows = [row for place in places for row in _rows([cells.get(place, []) for cells in by_column.values()])]
    table = {
        key: [cell and cell.text for cell in column]
        for key, column in zip(by_column, zip(*rows, strict=True), strict=False)
    }
    used = [cell.score for row in rows for cell in row if cell]
    empty: dict[str, list[Any]] = {key: [] for key in by_column}
    return {**empty, **table}, sum(used) / len(used) if used else 0.0


def _by_sentence(found: list[Found]) -> dict[int, list[Found]]:
    cells: dict[int, list[Found]] = {}
    for item in found:
        cells.setdefault(item.sentence, []).append(item)
    return cells


def _rows(columns: list[list[Found]]) -> list[tuple[Found | None, ...]]:
    """The rows one sentence gives: as many as its fullest column, if at least half of the columns speak."""
    if sum(bool(column) for column in columns) * 2 < len(columns):
        return []
    return list(zip_longest(*columns))


def _written_table(text: str, names: list[str]) -> dict[str, list[Any]] | None:
    """Read lines with separators whose first line names the columns."""
    lines = [_CELL.split(line.strip().strip("|").strip()) for line in text.splitlines() if line.strip(" |-+")]
    for start, header in enumerate(lines):
        places = [_header_place(name, header) for name in names]
        if len(header) >= 2 and all(place is not None for place in places):
            body = [row for row in lines[start + 1 :] if len(row) == len(header)]
            return {
                name: [row[place] for row in body]
                for name, place in zip(names, places, strict=True)
                if place is not None
            }
    return None


def _header_place(name: str, header: list[str]) -> int | None:
    wanted = {stem(word) for word in words(name.replace("_", " "))}
    return next(
        (place for place, cell in enumerate(header) if wanted and {stem(w) for w in words(cell)} == wanted),
        None,
    )
