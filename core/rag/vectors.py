"""The Chroma side of a collection: a rebuildable index of the vectors that the manifest holds.

Chroma's habits that this module lives with (chromadb 1.5.9): one system per path as written, construction
races between threads, rows written by another process are never found by `query`, `add` ignores known ids,
`delete` counts what is not there. So: one client per resolved path under a lock, `upsert` only, the
manifest's counts, reopening when another process has written.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import NotAvailable, StoreError
from core.log import get_logger
from core.rag.documents import Chunk
from core.stores import HINTS, Fault, fault_of, open_existing, told_as

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BATCH = 500  # rows a call; Chroma allows 5,461
_WAIT_S = 5.0  # for a lock on Chroma's database
_clients: dict[str, Any] = {}
_clients_lock = threading.RLock()


class BrokenIndex(StoreError):
    """Chroma cannot read or write its files; the manifest still has all that was in them."""


class ChromaIndex:
    """One Chroma collection, in a folder or on a server, that mirrors a manifest."""

    def __init__(self, location: Path | tuple[str, int], name: str, properties: dict[str, str]) -> None:
        self._location = location
        self._name = name
        self._properties = properties
        self._lock = threading.RLock()
        self._collection: Any = None

    def upsert(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Write chunks with their vectors; known ids are overwritten."""
        with self._working():
            collection = self._open()
            for start in range(0, len(chunks), _BATCH):
                part = chunks[start : start + _BATCH]
                collection.upsert(
                    ids=[chunk.id for chunk in part],
                    embeddings=vectors[start : start + _BATCH],
                    documents=[chunk.text for chunk in part],
                    metadatas=[{"document": chunk.document_id, "start": chunk.start} for chunk in part],
                )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove chunks; unknown ids do not matter."""
        with self._working():
            for start in range(0, len(ids), _BATCH):
                self._open().delete(ids=list(ids[start : start + _BATCH]))

    def ids(self) -> set[str]:
        """The ids in the index."""
        with self._working():
            return set(self._open().get(include=[])["ids"])

    def nearest(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The `k` nearest chunks by approximate search: (id, cosine), best first."""
        with self._working():
            answer = self._open().query(query_embeddings=[vector], n_results=max(1, k), include=["distances"])
        return [(i, 1.0 - d) for i, d in zip(answer["ids"][0], answer["distances"][0], strict=True)]

    def lost(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> list[str]:
        """The ids that their own vector does not find: the only check that sees a damaged HNSW graph."""
        missing: list[str] = []
        with self._working():
            for start in range(0, len(ids), _BATCH):
                part = list(ids[start : start + _BATCH])
                answer = self._open().query(
                    query_embeddings=vectors[start : start + _BATCH], n_results=1, include=["distances"]
                )
                for identity, found, distance in zip(part, answer["ids"], answer["distances"], strict=True):
                    # Equal texts share a vector.
                    if not found or (found[0] != identity and distance[0] > 1e-4):
                        missing.append(identity)
        return missing

    def rebuild(self, chunks: Sequence[Chunk], vectors: NDArray[np.float32]) -> None:
        """Drop the collection and write it anew; nobody else may write to the folder meanwhile."""
        from chromadb.errors import NotFoundError

        with self._working():
            try:
                self._client().delete_collection(self._name)
            except (NotFoundError, ValueError):
                pass  # nothing to drop
            self._collection = None
            self.upsert(chunks, vectors)
        if isinstance(self._location, Path):
            _remove_leftovers(self._location)

    def reopen(self) -> None:
        """Forget what this process has read: the folder was written by another one."""
        with self._lock, _clients_lock:
            client = _clients.pop(self._key(), None)
            self._collection = None
            if client is not None:
                client.close()

    @property
    def is_local(self) -> bool:
        """Whether the index lies in a folder of ours, not on a server."""
        return isinstance(self._location, Path)

    def is_missing(self) -> bool:
        """Whether the folder of a local index was deleted, or was never made."""
        return isinstance(self._location, Path) and not (self._location / "chroma.sqlite3").is_file()

    def set_aside(self) -> bool:
        """Move a damaged local folder to `<name>.damaged`, in place of an earlier one; False for a server."""
        if not isinstance(self._location, Path):
            return False
        with self._lock, _clients_lock:
            with suppress(Exception):  # closed whatever it says, or Chroma goes on with the old files
                self.reopen()
            aside = self._location.with_name(f"{self._location.name}.damaged")
            shutil.rmtree(aside, ignore_errors=True)
            with told_as("The folder of the vector index"):
                if self._location.exists():
                    self._location.rename(aside)
        return True

    def close(self) -> None:
        """Release the client."""
        self.reopen()

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Hold the lock, and tell a failure of Chroma as a StoreError: BrokenIndex when a new index would help."""
        from chromadb.errors import ChromaError

        with self._lock:
            try:
                yield
            except ChromaError as error:
                fault = fault_of(error) or Fault.UNKNOWN
                if fault in (Fault.FULL, Fault.LOCKED):
                    raise StoreError(f"The vector index {fault}", HINTS[fault]) from error
                raise BrokenIndex(
                    f"The vector index cannot be used: {str(error)[:200]}",
                    "Rebuild it: `python -m core.rag --store DIR check --rebuild`. Nothing is embedded again.",
                ) from error

    def _open(self) -> Any:
        if self._collection is None or self._collection_is_stale():
            self._collection = self._get_or_create()
            if not self._is_ours() and isinstance(self._location, Path):
                get_logger(__name__).warning("index_of_a_lost_store_dropped", collection=self._name)
                self._client().delete_collection(self._name)
                self._collection = self._get_or_create()
            self._check_owner()
        return self._collection

    def _get_or_create(self) -> Any:
        return self._client().get_or_create_collection(
            self._name,
            configuration={"hnsw": {"space": "cosine", "ef_search": 100}},
            embedding_function=None,
            metadata=self._properties,
        )

    def _is_ours(self) -> bool:
        ours = self._properties["store_id"]
        return bool((self._collection.metadata or {}).get("store_id", ours) == ours)

    def _collection_is_stale(self) -> bool:
        return self._owner is not _clients.get(self._key())

    def _check_owner(self) -> None:
        if not self._is_ours():
            self._collection = None
            raise StoreError(
                f"The Chroma collection {self._name!r} belongs to another knowledge base",
                "Open that knowledge base's folder, or choose another collection name.",
            )

    def _key(self) -> str:
        return str(self._location)

    def _client(self) -> Any:
        with _clients_lock:
            if self._key() not in _clients:
                _clients[self._key()] = _connect(self._location)
            self._owner = _clients[self._key()]
            return self._owner

    _owner: Any = None


def _remove_leftovers(location: Path) -> None:
    """Remove the folders of dropped collections, which Chroma leaves behind, or none if the others cannot be told.

    A process that still has one open asks the database before its files, and is told that the collection is gone.
    https://github.com/chroma-core/chroma/issues/5259
    """
    try:
        # Folders first: one that is made meanwhile is named in the database before.
        folders = [path for path in location.iterdir() if _is_of_a_collection(path)]
        with closing(open_existing(location / "chroma.sqlite3", _WAIT_S)) as database:
            in_use = {row[0] for row in database.execute("SELECT id FROM segments")}
    except (sqlite3.Error, OSError) as error:
        get_logger(__name__).warning("index_leftovers_stay", reason=str(error))
        return
    for folder in folders:
        if folder.name not in in_use:
            shutil.rmtree(folder, ignore_errors=True)


def _is_of_a_collection(path: Path) -> bool:
    """Whether it is a folder with a name as Chroma gives them."""
    try:
        return str(uuid.UUID(path.name)) == path.name and path.is_dir()
    except ValueError:
        return False


def _forget(path: str) -> None:
    """A client whose construction failed stays registered half made: every later one on the path fails too."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient._identifier_to_system.pop(path, None)
    SharedSystemClient._identifier_to_refcount.pop(path, None)


def _connect(location: Path | tuple[str, int]) -> Any:
    import chromadb
    from chromadb.config import Settings

    options = Settings(anonymized_telemetry=False)
    if isinstance(location, Path):
        try:
            return chromadb.PersistentClient(path=str(location), settings=options)
        except Exception:
            _forget(str(location))
            raise
    host, port = location
    try:
        return chromadb.HttpClient(host=host, port=port, settings=options)
    except ValueError as error:
        raise NotAvailable(
            f"The Chroma server {host}:{port} does not answer: {error}",
            "Start it with `chroma run`, or remove CHROMA_HOST to use the local store.",
        ) from None
