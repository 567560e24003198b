"""A conversation as a file: Markdown to read, JSON to process. Passages go along with their answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from core.errors import HubError
from core.markdown import escape
from core.ui.rag.passages import place
from core.ui.rag.state import Turn


def as_markdown(turns: Sequence[Turn]) -> str:
    """Questions as headings, answers with their citation numbers, passages with document and score.

    Text of documents and models is escaped or indented as code, so that a viewer of the file follows no
    link and loads no image that a document smuggled in.
    """
    return "# Conversation with the documents\n\n" + "\n".join(_section(turn) for turn in turns)


def as_json(turns: Sequence[Turn]) -> str:
    """Every turn with settings, answer, support, passages with all scores, prompt and timings."""
    return json.dumps([_plain(turn) for turn in turns], indent=2, ensure_ascii=False, default=_value)


def _section(turn: Turn) -> str:
    lines = [f"## {_line(turn.question)}", "", f"Settings: {_line(turn.settings.label)}", ""]
    if turn.answer is None:
        return "\n".join([*lines, _line(turn.problem.message if turn.problem else "Stopped."), ""])
    answer = turn.answer
    lines += [_line(answer.text)]
    if answer.reason:
        lines += ["", _line(answer.reason)]
    lines += [
        "",
        f"Confidence {answer.confidence:.2f}, threshold {answer.threshold:.2f}.",
        "",
        "Passages:",
        "",
    ]
    for number, passage in enumerate(answer.passages, 1):
        where = " · ".join(part for part in (passage.document, place(passage)) if part)
        lines += [f"{number}. {_line(where)}, score {passage.score:.2f}", ""]
        lines += [f"        {line}" for line in passage.text.splitlines()]
        lines += [""]
    return "\n".join(lines)


def _line(text: str) -> str:
    """One line of Markdown that shows ``text`` as it is; `!` and `.` keep addresses from becoming links."""
    return escape(" ".join(text.split())).replace("!", "\\!")


def _plain(turn: Turn) -> dict[str, Any]:
    problem = turn.problem.to_dict() if turn.problem else None
    return {
        "question": turn.question,
        "settings": asdict(turn.settings),
        "elapsed_ms": round(turn.elapsed_ms, 1),
        "problem": problem,
        "answer": asdict(turn.answer) if turn.answer else None,
    }


def _value(value: object) -> object:
    if isinstance(value, HubError):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)
