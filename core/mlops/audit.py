"""The record of decisions: append-only, hash-chained, on disk before anything it tells of happens."""

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import StoreError
from core.mlops.locks import file_lock
from core.stores import HINTS, Fault, told_as

_GENESIS = "0" * 64
_WHAT = "The audit log"
_REMEDY = "Nothing was changed. Restore the log file."


@dataclass(frozen=True)
class AuditRecord:
    """One line of the log. ``hash`` covers all other fields, ``previous`` is the hash of the line before."""

    number: int
    at: str  # ISO 8601, UTC
    kind: str
    content: dict[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class AuditStatus:
    """Whether the chain holds, and where it does not."""

    intact: bool
    records: int
    problem: str = ""
    quarantined: int = 0  # torn last lines that were set aside, in this and earlier openings


class AuditLog:
    """A JSON-lines file in which each line seals all lines before it.

    A line counts once it ends in a newline; a torn last line (the process died while writing) is moved to a
    file of its own when the log is opened. Anything else that does not fit the chain is reported, kept, and
    stops further writing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._torn = path.with_suffix(".torn")
        self._lock = path.with_suffix(".lock")
        self._cached: tuple[tuple[int, int], list[AuditRecord], str] | None = None
        with told_as(_WHAT, _REMEDY):
            path.parent.mkdir(parents=True, exist_ok=True)
            with file_lock(self._lock):
                self._set_torn_line_aside()

    def append(self, kind: str, content: dict[str, Any]) -> AuditRecord:
        """Add a record; it is on disk when this returns. Raises StoreError when the chain is broken."""
        with told_as(_WHAT, _REMEDY), file_lock(self._lock):
            self._set_torn_line_aside()  # another process may have died since
            records, problem = self._read()
            if problem:
                raise StoreError(f"The audit log is damaged: {problem}", _REMEDY)
            record = _sealed(records[-1] if records else None, kind, content)
            line = json.dumps(vars(record), ensure_ascii=False, sort_keys=True) + "\n"
            self._write(line.encode())
            return record

    def records(self) -> list[AuditRecord]:
        """All records up to the first that does not fit, oldest first."""
        return self._read()[0]

    def verify(self, anchor: str = "") -> AuditStatus:
        """Check the whole chain; ``anchor`` ("number:hash", kept elsewhere) tells whether the end was cut off."""
        records, problem = self._read()
        number, _, digest = anchor.partition(":")
        if not problem and number.isdigit():
            at = int(number)
            if at > len(records):
                problem = f"{at - len(records)} record(s) at the end are missing"
            elif records[at - 1].hash != digest:
                problem = f"record {at} is not the one that was written"
        torn = len(self._torn.read_bytes().splitlines()) if self._torn.is_file() else 0
        return AuditStatus(not problem, len(records), problem, torn)

    def head(self) -> str:
        """Number and hash of the last record, to be kept elsewhere as an anchor."""
        records = self.records()
        return f"{records[-1].number}:{records[-1].hash}" if records else ""

    def _write(self, line: bytes) -> None:
        """Put the whole line on disk, or leave the file as it was."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            before = os.fstat(descriptor).st_size
            try:
                if os.write(descriptor, line) < len(line):  # the disk took a part: it is full
                    raise StoreError(f"{_WHAT} {Fault.FULL}", HINTS[Fault.FULL])
                os.fsync(descriptor)
            except (OSError, StoreError):
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _read(self) -> tuple[list[AuditRecord], str]:
        with told_as(_WHAT, _REMEDY):
            return self._parsed()

    def _parsed(self) -> tuple[list[AuditRecord], str]:
        if not self._path.is_file():
            return [], ""
        facts = self._path.stat()
        key = (facts.st_size, facts.st_mtime_ns)
        if self._cached is None or self._cached[0] != key:
            records, problem = _parse(self._path.read_bytes())
            self._cached = (key, records, problem)
        return list(self._cached[1]), self._cached[2]

    def _set_torn_line_aside(self) -> None:
        if not self._path.is_file():
            return
        content = self._path.read_bytes()
        if not content or content.endswith(b"\n"):
            return
        whole = content.rfind(b"\n") + 1
        with self._torn.open("ab") as torn:
            torn.write(content[whole:] + b"\n")
        os.truncate(self._path, whole)


def _sealed(last: AuditRecord | None, kind: str, content: dict[str, Any]) -> AuditRecord:
    number = last.number + 1 if last else 1
    previous = last.hash if last else _GENESIS
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    content = json.loads(json.dumps(content))  # what is sealed is what will be read back
    return AuditRecord(number, at, kind, content, previous, _hash(number, at, kind, content, previous))


def _hash(number: int, at: str, kind: str, content: dict[str, Any], previous: str) -> str:
    text = json.dumps([number, at, kind, content, previous], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _parse(content: bytes) -> tuple[list[AuditRecord], str]:
    records: list[AuditRecord] = []
    lines = content.split(b"\n")[:-1]  # a last line without newline is still being written, or torn
    for number, line in enumerate(lines, 1):
        try:
            record = AuditRecord(**json.loads(line))
        except (ValueError, TypeError):
            return records, f"line {number} cannot be read"
        expected = records[-1].hash if records else _GENESIS
        sealed = _hash(record.number, record.at, record.kind, record.content, record.previous)
        if record.number != number or record.previous != expected or record.hash != sealed:
            return records, f"record {number} was changed, or one before it was removed"
        records.append(record)
    return records, ""
