"""Reads the interview guide from ``assets/guide`` and refuses what is misspelt.

``<chapter>.toml`` holds one chapter, ``practice.toml`` the checklist and tips, ``tour.toml`` the tour.
A reference is written ``code:core.rag.fusion:fuse``, ``page:rag_chat?tab=Code``, ``bench:sql_fixpoint``,
``setting:RAG__TOP_K``, ``doc:retrieval.md#Fusion`` (a section of docs/) or ``test:rag/test_parsing.py::test_name``
(below tests/), each optionally followed by `` | label``.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import parse_qsl

from core import demos
from core.config import ASSETS
from core.errors import BadInput
from core.guide.content import (
    Chapter,
    Guide,
    Question,
    Reference,
    ReferenceKind,
    Script,
    Step,
    Story,
    Topic,
)

FOLDER = ASSETS / "guide"
_NOT_CHAPTERS = ("practice", "tour")


@cache
def load_guide(folder: Path = FOLDER) -> Guide:
    """The guide's content; raises BadInput naming the file and what is wrong in it."""
    written = [path for path in folder.glob("*.toml") if path.stem not in _NOT_CHAPTERS]
    chapters = [_chapter(path) for path in written]
    chapters += [
        _from_registry(demo) for demo in demos.projects() if folder / f"{demo.key}.toml" not in written
    ]
    practice = _read(folder / "practice.toml")
    tour = _read(folder / "tour.toml")
    return Guide(
        chapters=tuple(chapter for _, chapter in sorted(chapters, key=lambda item: item[0])),
        tour=Script("tour", tour["title"], _steps(tour["step"], folder / "tour.toml")),
        checklist=tuple(practice["checklist"]),
        tips=tuple(practice["tips"]),
    )


def parse_reference(text: str) -> Reference:
    """The evidence that a guide file names; raises BadInput when it is not in the documented form."""
    body, _, label = text.partition(" | ")
    kind, _, target = body.strip().partition(":")
    if kind not in get_args(ReferenceKind) or not target:
        known = ", ".join(get_args(ReferenceKind))
        raise BadInput(f"{text!r} is not a reference", f"Start it with one of {known} and a colon.")
    query: tuple[tuple[str, str], ...] = ()
    if kind == "page":
        target, _, parameters = target.partition("?")
        query = tuple(parse_qsl(parameters))
    return Reference(kind, target, query, label.strip())  # type: ignore[arg-type]


def _chapter(path: Path) -> tuple[int, Chapter]:
    data = _read(path)
    order, steps = int(data.pop("order", 99)), data.pop("step", [])
    data["key"] = path.stem
    data["script"] = (
        Script(path.stem, f"Demo script: {data['title']}", _steps(steps, path)) if steps else None
    )
    rows = data.pop("question", [])
    data["questions"] = tuple(_question(path, number, row) for number, row in enumerate(rows, 1))
    data["stories"] = tuple(_build(Story, _with_references(row), path) for row in data.pop("story", []))
    return order, _build(Chapter, data, path)


def _from_registry(demo: demos.Demo) -> tuple[int, Chapter]:
    """The chapter of a demo whose guide is not written yet: it is there, with the registry's own words."""
    return demo.order, Chapter(demo.key, demo.menu, pitch=f"{demo.claim} {demo.summary}".strip())


def _question(path: Path, number: int, row: dict[str, Any]) -> Question:
    values = _with_references(row) | {"key": f"{path.stem}-{number}", "project": path.stem}
    try:
        values["topic"] = Topic(row.get("topic", ""))
    except ValueError:
        known = ", ".join(Topic)
        raise BadInput(
            f"{path.name}: topic {row.get('topic')!r} is unknown", f"Use one of {known}."
        ) from None
    return _build(Question, values, path)


def _steps(rows: Iterable[dict[str, Any]], path: Path) -> tuple[Step, ...]:
    return tuple(_build(Step, row | {"query": _query(row.get("query", {}))}, path) for row in rows)


def _query(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())


def _with_references(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"show": tuple(parse_reference(text) for text in row.get("show", []))}


def _build(kind: type, values: dict[str, Any], path: Path) -> Any:
    known = {item.name for item in fields(kind)}
    if unknown := set(values) - known:
        names = ", ".join(sorted(unknown))
        raise BadInput(
            f"{path.name}: {kind.__name__.lower()} has unknown fields: {names}", f"Known: {sorted(known)}."
        )
    # Not isinstance: stripping a Topic would make it a plain string.
    clean = {name: value.strip() if type(value) is str else value for name, value in values.items()}
    try:
        return kind(**clean)
    except TypeError as error:
        raise BadInput(f"{path.name}: {error}", "Fill in every required field.") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadInput(f"The guide has no {path.name}", "Restore assets/guide.") from None
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path.name} is not valid TOML: {error}", "Correct the file.") from None
