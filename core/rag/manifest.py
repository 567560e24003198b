"""The truth of a collection: sources, chunks and vectors in one SQLite file.

A document is in or it is not: each change is one transaction, so a killed process leaves the state before
it. The Chroma index beside it holds nothing that cannot be made again from here.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.config import settings
from core.errors import StoreError
from core.rag.documents import Block, Chunk, Document, DocumentInfo, Metadata
from core.stores import OpenFile, store_error, told_as

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA_VERSION = 1

_WHAT = "The document store"
_REMEDY = "Move the folder of the document store away and restart; the documents are then indexed again."

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, media_type TEXT NOT NULL, text TEXT NOT NULL,
    blocks TEXT NOT NULL, metadata TEXT NOT NULL, notices TEXT NOT NULL, pages INTEGER NOT NULL,
    digest TEXT NOT NULL, embedder TEXT NOT NULL, added_at TEXT NOT NULL, original BLOB);
CREATE TABLE IF NOT EXISTS chunks (
    id TEXT PRIMARY KEY,
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER,
    heading TEXT NOT NULL, context TEXT NOT NULL, vector BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_by_document ON chunks(document_id, position);
"""
_COUNTED = """
SELECT d.id, d.title, d.media_type, length(d.text), d.embedder, d.added_at, d.digest, d.pages, d.metadata,
       d.notices, (SELECT count(*) FROM chunks c WHERE c.document_id = d.id)
FROM documents d ORDER BY d.rowid
"""
_CHUNKS = """
SELECT c.id, c.document_id, c.position, c.start, c.end, c.page, c.heading, c.context, c.vector
FROM chunks c JOIN documents d ON d.id = c.document_id ORDER BY d.rowid, c.position
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Everything that is stored of one document; `vectors` has one row per chunk."""

    document: Document
    chunks: Sequence[Chunk]
    vectors: NDArray[np.float32]
    embedder: str
    blocks: Sequence[Block] = ()
    pages: int = 0
    original: bytes | None = None


@dataclass(frozen=True, slots=True)
class Contents:
    """All chunks of a collection at one version, with their vectors (n, dimension) in the same order."""

    version: int
    chunks: list[Chunk]
    vectors: NDArray[np.float32]
    metadata: dict[str, Metadata] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    media_types: dict[str, str] = field(default_factory=dict)


class Manifest:
    """One collection's SQLite file, or a private in-memory database when `path` is None."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.RLock()
        self._file: OpenFile | None = None
        self._where = f"{path.parent.name}/{path.name}" if path else "memory"  # visitors see it
        try:
            self._db = sqlite3.connect(
                str(path) if path else ":memory:",
                check_same_thread=False,
                isolation_level=None,
                timeout=settings().rag.lock_timeout_s,
            )
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._prepare()
            self._file = OpenFile(path) if path else None
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The document store {self._where} cannot be opened: {error}",
                store_error(_WHAT, error, _REMEDY).hint,
            ) from error

    def close(self) -> None:
        """Close the file; the manifest cannot be used afterwards."""
        with self._lock:
            self._db.close()

    def meta(self, key: str) -> str | None:
        """A recorded property of the collection, None when it was never set."""
        with self._reading():
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def set_meta(self, **values: str) -> None:
        """Record properties of the collection."""
        with self._change():
            self._set(values)

    @property
    def version(self) -> int:
        """A number that grows with every change, also by another process."""
        return int(self.meta("version") or 0)

    @property
    def store_id(self) -> str:
        """The identity of this collection, made once."""
        return self.meta("store_id") or ""

    def put(self, entries: Sequence[Entry], properties: dict[str, str]) -> tuple[list[str], int]:
        """Store documents, replacing those of the same id, and record what their chunks and vectors depend on.

        Returns the ids of dropped chunks and the new version.
        """
        dropped: list[str] = []
        with self._change():
            self._set(properties)
            for entry in entries:
                dropped += self._drop(entry.document.id)
                self._insert(entry)
            version = self._next_version()
        kept = {chunk.id for entry in entries for chunk in entry.chunks}
        return [chunk for chunk in dropped if chunk not in kept], version

    def delete(self, document_id: str) -> tuple[list[str], int] | None:
        """Remove a document; its chunk ids and the new version, None when there is no such document."""
        with self._change():
            known = self._db.execute("SELECT 1 FROM documents WHERE id = ?", (document_id,)).fetchone()
            if not known:
                return None
            return self._drop(document_id), self._next_version()

    def documents(self) -> list[DocumentInfo]:
        """One line per document, in the order they were added."""
        with self._reading():
            rows = self._db.execute(_COUNTED).fetchall()
        return [_info(row) for row in rows]

    def document(self, document_id: str) -> Document | None:
        """A document with its source text."""
        with self._reading():
            row = self._db.execute(
                "SELECT text, media_type, metadata, added_at, title, digest, notices FROM documents WHERE id = ?",
                (document_id,),
            ).fetchone()
        if row is None:
            return None
        text, media_type, metadata, added_at, title, digest, notices = row
        return Document(
            document_id,
            document_id,
            text,
            media_type,
            json.loads(metadata),
            datetime.fromisoformat(added_at),
            title,
            digest,
            tuple(json.loads(notices)),
        )

    def digests(self) -> dict[str, str]:
        """Document ids with the digest of what was indexed."""
        with self._reading():
            return dict(self._db.execute("SELECT id, digest FROM documents").fetchall())

    def blocks(self, document_id: str) -> tuple[list[Block], int, bytes | None]:
        """The structure of a source as it was parsed, its page count, and the original file."""
        with self._reading():
            row = self._db.execute(
                "SELECT blocks, pages, original FROM documents WHERE id = ?", (document_id,)
            ).fetchone()
        return ([Block(*block) for block in json.loads(row[0])], row[1], row[2]) if row else ([], 0, None)

    def contents(self) -> Contents:
        """All chunks and vectors of one version, read in one transaction."""
        import numpy as np

        with self._reading():
            self._db.execute("BEGIN")
            try:
                version = self.version
                sources = {
                    row[0]: row
                    for row in self._db.execute(
                        "SELECT id, text, metadata, title, media_type FROM documents ORDER BY rowid"
                    )
                }
                rows = self._db.execute(_CHUNKS).fetchall()
            finally:
                self._db.execute("COMMIT")
        chunks = [_chunk(row, sources[row[1]][1]) for row in rows]
        raw = b"".join(row[8] for row in rows)
        vectors = (
            np.frombuffer(raw, dtype=np.float32).reshape(len(rows), -1)
            if rows
            else np.zeros((0, 0), np.float32)
        )
        return Contents(
            version,
            chunks,
            vectors,
            {key: json.loads(row[2]) for key, row in sources.items()},
            {key: row[3] for key, row in sources.items()},
            {key: row[4] for key, row in sources.items()},
        )

    def problems(self) -> list[str]:
        """What SQLite's own integrity check finds; empty when the file is sound."""
        with self._reading():
            rows = self._db.execute("PRAGMA integrity_check").fetchall()
        return [row[0] for row in rows if row[0] != "ok"]

    def _prepare(self) -> None:
        with self._change():
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    self._db.execute(statement)
            recorded = self.meta("schema")
            if recorded not in (None, str(SCHEMA_VERSION)):
                raise StoreError(
                    f"The document store {self._where} has layout {recorded}, this version reads {SCHEMA_VERSION}",
                    "Move the folder away and add the documents again.",
                )
            if recorded is None:
                self._set({"schema": str(SCHEMA_VERSION), "store_id": uuid.uuid4().hex, "version": "0"})

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, told_as(_WHAT, _REMEDY):
            yield

    @contextmanager
    def _change(self) -> Iterator[None]:
        with self._reading():
            if self._db.in_transaction:  # part of a larger change
                yield
                return
            if self._file is not None:
                self._file.require(_WHAT, _REMEDY)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite has rolled back by itself when the disk was full
                    self._db.execute("ROLLBACK")
                raise

    def _set(self, values: dict[str, str]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def _next_version(self) -> int:
        version = self.version + 1
        self._set({"version": str(version)})
        return version

    def _drop(self, document_id: str) -> list[str]:
        ids = [
            row[0] for row in self._db.execute("SELECT id FROM chunks WHERE document_id = ?", (document_id,))
        ]
        self._db.execute("DELETE FROM documents WHERE id = ?", (document_id,))
        return ids

    def _insert(self, entry: Entry) -> None:
        document = entry.document
        self._db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                document.title,
                document.media_type,
                document.text,
                json.dumps([[b.start, b.end, b.kind, b.level, b.page] for b in entry.blocks]),
                json.dumps(dict(document.metadata)),
                json.dumps(list(document.notices)),
                entry.pages,
                document.digest,
                entry.embedder,
                document.added_at.isoformat(),
                entry.original,
            ),
        )
        self._db.executemany(
            "INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (c.id, c.document_id, c.index, c.start, c.end, c.page, c.heading, c.context, vector.tobytes())
                for c, vector in zip(entry.chunks, entry.vectors, strict=True)
            ],
        )


def _info(row: Sequence[Any]) -> DocumentInfo:
    identity, title, media_type, characters, embedder, added_at, digest, pages, metadata, notices, chunks = (
        row
    )
    return DocumentInfo(
        id=identity,
        name=identity,
        title=title,
        media_type=media_type,
        chunks=chunks,
        characters=characters,
        embedder=embedder,
        added_at=datetime.fromisoformat(added_at),
        digest=digest,
        pages=pages,
        metadata=json.loads(metadata),
        notices=tuple(json.loads(notices)),
    )


def _chunk(row: Sequence[Any], text: str) -> Chunk:
    identity, document_id, position, start, end, page, heading, context, _ = row
    return Chunk(document_id, position, text[start:end], start, end, page, heading, context, identity)
