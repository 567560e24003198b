"""Parses a file at a safe distance: foreign formats go to a child process with limits on everything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from core import errors
from core.errors import BadInput, HubError, LimitReached, NotAvailable
from core.rag.documents import Block, Parsed
from core.rag.parsing import kinds
from core.rag.parsing.limits import ParseLimits, over_limit
from core.rag.parsing.plain import decode, parse_text

_ROOT = Path(__file__).resolve().parents[3]
_IN_PROCESS_BYTES = 300_000  # Markdown above this size is parsed in the child as well
# Files in child processes: each may take the whole memory limit, however many visitors add at once.
_AT_ONCE = 2
_places = threading.BoundedSemaphore(_AT_ONCE)
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")


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
    """Files as stdio: nothing to deadlock on, and RLIMIT_FSIZE bounds the answer."""
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as answer:
        header = json.dumps({"limits": limits.as_dict(), "media_type": media_type})
        source.write(header.encode() + b"\n" + data)
        source.seek(0)
        with _place(name, limits):
            code = _run(source, answer, name, limits)
        answer.seek(0)
        raw = answer.read()
    if code != 0:
        raise _death(code, name, limits)
    return _result(json.loads(raw))


@contextmanager
def _place(name: str, limits: ParseLimits) -> Iterator[None]:
    """One of the few places for files that are read at the same time."""
    if not _places.acquire(timeout=limits.time_s * 2):
        raise NotAvailable(f"{name} was not read: other files are being read", "Add it again in a minute.")
    try:
        yield
    finally:
        _places.release()


def _run(source: IO[bytes], answer: IO[bytes], name: str, limits: ParseLimits) -> int:
    environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    environment |= {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
    child = subprocess.Popen(
        [sys.executable, "-m", "core.rag.parsing.worker"],
        stdin=source,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=_ROOT,
    )
    try:
        # The processor limit is the sharper one; this one is for sleepers.
        return child.wait(timeout=limits.time_s * 2)
    except subprocess.TimeoutExpired:
        raise _too_slow(name, limits) from None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def _death(code: int, name: str, limits: ParseLimits) -> HubError:
    if code in (-getattr(signal, "SIGXCPU", 24), -signal.SIGTERM, -9):
        return _too_slow(name, limits)
    if code == -getattr(signal, "SIGXFSZ", 25):
        return over_limit(f"Characters in {name}", limits.characters + 1, limits.characters, "MAX_CHARACTERS")
    if code == 1 or code == -signal.SIGABRT or code == -signal.SIGSEGV:
        return BadInput(
            f"{name} could not be read: the parser gave up on it", "Save the document again, or add its text."
        )
    return BadInput(f"{name} could not be read (the parser stopped with {code})", "Save the document again.")


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
