"""What a broken store means: locked, read-only, full, damaged or gone, each told with its remedy."""

import errno
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from core.errors import HubError, StoreError


class Fault(StrEnum):
    """The ways a store breaks, in the words a page uses."""

    LOCKED = "is locked by another process"
    READ_ONLY = "cannot be written: the place is read-only"
    FULL = "cannot be written: the disk is full"
    DAMAGED = "is damaged"
    GONE = "is not there any more"
    UNOPENED = "cannot be opened"
    UNKNOWN = "cannot be used"


HINTS = {
    Fault.LOCKED: "Wait until the other process has finished, then try again.",
    Fault.READ_ONLY: "Make the data folder (HUB_DATA_DIR) writable, or name another one, then try again.",
    Fault.FULL: "Free some space in the data folder (HUB_DATA_DIR) and in that for temporary files (TMPDIR), "
    "then try again.",
    Fault.DAMAGED: "Move the damaged file away and restart the hub, which rebuilds what it needs.",
    Fault.GONE: "Restart the hub, which rebuilds what it needs, or put the file back first.",
    Fault.UNOPENED: "Check that the data folder (HUB_DATA_DIR) is there and can be written, then try again.",
    Fault.UNKNOWN: "The server's log has the details; try again.",
}
_CODES = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EROFS: Fault.READ_ONLY,
    errno.EACCES: Fault.READ_ONLY,
    errno.EPERM: Fault.READ_ONLY,
    errno.ENOENT: Fault.GONE,
    errno.ENOTDIR: Fault.GONE,
}
# SQLite's words, which also stand in the messages of libraries that wrap its errors.
_WORDS = (
    ("database is locked", Fault.LOCKED),
    ("database table is locked", Fault.LOCKED),
    ("readonly database", Fault.READ_ONLY),
    ("read-only file system", Fault.READ_ONLY),
    ("permission denied", Fault.READ_ONLY),
    ("database or disk is full", Fault.FULL),
    ("no space left on device", Fault.FULL),
    ("file too large", Fault.FULL),
    ("malformed", Fault.DAMAGED),
    ("file is not a database", Fault.DAMAGED),
    ("unsupported file format", Fault.DAMAGED),
    ("no such table", Fault.GONE),
    ("no such file", Fault.GONE),
    ("unable to open database file", Fault.UNOPENED),
    ("disk i/o error", Fault.UNKNOWN),
)

_LIBRARIES = ("sqlalchemy", "mlflow", "chromadb")


def fault_of(error: BaseException) -> Fault | None:
    """Which fault of a store an error tells of, looking at its causes too; None for any other error."""
    seen: BaseException | None = error
    looked_at: set[int] = set()  # an error raised again may be among its own causes
    while seen is not None and id(seen) not in looked_at:
        looked_at.add(id(seen))
        if isinstance(seen, OSError) and seen.errno in _CODES:
            return _CODES[seen.errno]
        text = str(seen).casefold() if _tells_of_a_store(seen) else ""
        for words, fault in _WORDS:
            if words in text:
                return fault
        if isinstance(seen, sqlite3.Error):
            return Fault.UNKNOWN
        seen = seen.__cause__ or seen.__context__
    return None


def _tells_of_a_store(error: BaseException) -> bool:
    """Whether its words are SQLite's or the system's: a visitor's own text may say "malformed" too."""
    library = type(error).__module__.partition(".")[0]
    return isinstance(error, OSError | sqlite3.Error) or library in _LIBRARIES


def store_error(what: str, error: BaseException, hint: str = "") -> StoreError:
    """The error to show for ``what`` ("The run table"); ``hint`` replaces the remedy for damage only."""
    fault = fault_of(error) or Fault.UNKNOWN
    remedy = hint if hint and fault in (Fault.DAMAGED, Fault.GONE) else HINTS[fault]
    return StoreError(f"{what} {fault}", remedy)


@contextmanager
def told_as(what: str, hint: str = "") -> Iterator[None]:
    """Raise what SQLite or the file system reports inside the block as a StoreError about ``what``."""
    try:
        yield
    except HubError:
        raise
    except (sqlite3.Error, OSError) as error:
        raise store_error(what, error, hint) from error


def open_existing(database: Path, timeout_s: float, *, any_thread: bool = False) -> sqlite3.Connection:
    """A connection to a SQLite file that is there (sqlite3.OperationalError when not), waiting so long for a lock.

    Opened for writing even by who only reads: what a killed process left half-written is undone by the
    first who opens the file, and a connection that must not write calls the store read-only instead. A file
    that may not be written is opened for reading by SQLite itself.
    """
    address = f"{database.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=timeout_s, check_same_thread=not any_thread)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A file beside ``path`` to write to, which takes its place at the end: readers see the old or the new one.

    Its name is this block's alone, as the number of a process is not: in containers every hub may be number 1.
    """
    partial = path.with_name(f".{path.stem}-{uuid.uuid4().hex}{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class OpenFile:
    """The file behind an open store, watched for being deleted or replaced.

    SQLite goes on with a deleted file as if nothing had happened: what is written then is lost.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity = _identity(path)

    def require(self, what: str, hint: str = "") -> None:
        """Nothing, or StoreError when the file is not the one that was opened."""
        if _identity(self._path) != self._identity:
            raise StoreError(f"{what} {Fault.GONE}", hint or HINTS[Fault.GONE])


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino
