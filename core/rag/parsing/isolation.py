"""Parses a file at a safe distance: foreign formats go to a child process with limits on everything."""

from __future__ import annotations

import json
import signal
from typing import Any

from core import errors
from core.errors import BadInput, HubError, LimitReached
from core.isolated import Ended, Isolated, Limits
from core.rag.documents import Block, Parsed
from core.rag.parsing import kinds
from core.rag.parsing.limits import ParseLimits, over_limit
from core.rag.parsing.plain import decode, parse_text

_IN_PROCESS_BYTES = 300_000  # Markdown above this size is parsed in the child as well
_ANSWER_BYTES, _ANSWER_BYTES_PER_CHARACTER = 1_000_000, 16  # JSON escapes and block records, generously
# Each child may take the whole memory limit, however many visitors add at once.
_CHILD = Isolated("core.rag.parsing.worker", at_once=2)


def parse_bytes(data: bytes, name: str, limits: ParseLimits) -> Parsed:
    """The text of a file; `name` serves for the type of text files and for messages.

    Raises BadInput when it is empty, damaged, encrypted, unsupported or not what its name says,
    LimitReached naming the limit it hits, and NotAvailable when others' files take all the time it could wait.
    """
    if len(data) > limits.file_bytes:
        raise over_limit(f"Bytes in {name}", len(data), limits.file_bytes, "MAX_FILE_BYTES")
    media_type = kinds.media_type(data, name, limits)
    if media_type in (kinds.TEXT, kinds.CSV) or (
        media_type == kinds.MARKDOWN and len(data) <= _IN_PROCESS_BYTES
    ):
        text, notices = decode(data, name)
        parsed = parse_text(text, media_type, limits)
        return _with_notices(parsed, notices)
    return _parse_in_child(data, media_type, name, limits)


def _with_notices(parsed: Parsed, notices: tuple[str, ...]) -> Parsed:
    from dataclasses import replace

    return replace(parsed, notices=notices + parsed.notices) if notices else parsed


def _parse_in_child(data: bytes, media_type: str, name: str, limits: ParseLimits) -> Parsed:
    header = json.dumps({"limits": limits.as_dict(), "media_type": media_type})
    ended = _CHILD.run(
        name,
        header.encode() + b"\n" + data,
        Limits(
            memory_bytes=limits.memory_mb * 1024 * 1024,
            seconds=limits.time_s,
            answer_bytes=_ANSWER_BYTES + limits.characters * _ANSWER_BYTES_PER_CHARACTER,
        ),
    )
    if ended.code != 0:
        raise _death(ended, name, limits)
    return _result(json.loads(ended.answer))


def _death(ended: Ended, name: str, limits: ParseLimits) -> HubError:
    if ended.took_too_long:
        return _too_slow(name, limits)
    if ended.wrote_too_much:
        return over_limit(f"Characters in {name}", limits.characters + 1, limits.characters, "MAX_CHARACTERS")
    if ended.code in (1, -signal.SIGABRT, -signal.SIGSEGV):
        return BadInput(
            f"{name} could not be read: the parser gave up on it", "Save the document again, or add its text."
        )
    return BadInput(
        f"{name} could not be read (the parser stopped with {ended.code})", "Save the document again."
    )


def _too_slow(name: str, limits: ParseLimits) -> LimitReached:
    return LimitReached(
        f"Reading {name} takes longer than {limits.time_s:g} s",
        "Split or simplify the document (the limit is the setting RAG__PARSE_TIME_S).",
    )


def _result(answer: dict[str, Any]) -> Parsed:
    if "error" in answer:
        problem = answer["error"]
        kind: type[HubError] = getattr(errors, problem["kind"], BadInput)
        raise kind(problem["message"], problem["hint"])
    fields = answer["parsed"]
    fields["blocks"] = tuple(Block(**block) for block in fields["blocks"])
    fields["notices"] = tuple(fields["notices"])
    return Parsed(**fields)
