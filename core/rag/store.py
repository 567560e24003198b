"""Where a collection lives: the manifest (truth), the Chroma index (mirror), and the lock for writers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.config import settings
from core.errors import StoreError
from core.log import get_logger
from core.rag.manifest import Contents, Entry, Manifest
from core.rag.vectors import BrokenIndex
from core.stores import Fault, fault_of, store_error

if TYPE_CHECKING:
    from filelock import BaseFileLock
    from numpy.typing import NDArray

    from core.rag.corpus import Corpus
    from core.rag.retrieval import QueryEncoder, Request
    from core.rag.vectors import ChromaIndex

_SHOWN_NAME = 60  # characters of a folder's name in a message
_CANDIDATES_PER_HIT = 50  # approximate search fetches this many per passage asked for, then scores exactly


@dataclass(frozen=True, slots=True)
class IndexReport:
    """Health of a collection: everything empty means that manifest and index agree chunk by chunk."""

    chunks: int
    index: str
    missing: tuple[str, ...] = ()
    surplus: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    damage: tuple[str, ...] = ()

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.missing or self.surplus or self.lost or self.damage)


class Store:
    """Writes go to the manifest in one transaction and are then mirrored; a killed mirror step is redone
    at the next opening. In-memory stores have no mirror: exact search needs none."""

    def __init__(self, manifest: Manifest, index: ChromaIndex | None, lock: BaseFileLock | None) -> None:
        self.manifest = manifest
        self._index = index
        self._file_lock = lock
        self._lock = threading.RLock()
        self._seen = manifest.version  # what our Chroma client knows; another process may be ahead

    @classmethod
    def open(cls, folder: Path | None, collection: str) -> Store:
        """The store of a collection in `folder`, reconciled if a writer was killed; in memory for None."""
        if folder is None:
            return cls(Manifest(None), None, None)
        from filelock import FileLock

        folder = _made(folder)
        manifest = Manifest(folder / f"{collection}.sqlite")
        # thread_local=False: the lock belongs to this store, whichever of its threads holds it
        lock = FileLock(folder / "write.lock", timeout=settings().rag.lock_timeout_s, thread_local=False)
        store = cls(manifest, _index(folder, collection, manifest), lock)
        store.recover()
        return store

    def put(
        self, entries: Sequence[Entry], properties: dict[str, str], check: Callable[[], None] = lambda: None
    ) -> None:
        """Store documents, replacing those of the same id, and mirror them.

        ``check`` is called when nobody else writes any more, and raises to refuse.
        """
        with self._writing():
            check()
            before = self.manifest.version
            dropped, version = self.manifest.put(entries, properties)
            self._mended(lambda: self._mirror(before, version, entries, dropped))

    def delete(self, document_id: str) -> bool:
        """Remove a document and mirror that; False when there is none."""
        with self._writing():
            before = self.manifest.version
            removed = self.manifest.delete(document_id)
            if removed is None:
                return False
            self._mended(lambda: self._mirror(before, removed[1], [], removed[0]))
            return True

    def replace_all(self, entries: Sequence[Entry], properties: dict[str, str], read_at: int) -> bool:
        """Store documents made with other properties and rebuild the mirror, whose dimension may change.

        False, and nothing done, when somebody has written since the manifest's version was ``read_at``.
        """
        with self._writing():
            if self.manifest.version != read_at:
                return False
            self.manifest.put(entries, properties)
            self._mended(self._rebuild)
            return True

    def recover(self) -> None:
        """Bring the mirror up to the manifest when a writer was killed between the two."""
        if self._index is None or self._mirrors():
            return
        with self._writing():
            if not self._mirrors():
                get_logger(__name__).warning("index_behind_manifest", version=self.manifest.version)
                self._mended(self._reconcile)

    def check(self) -> IndexReport:
        """Compare the mirror with the manifest: id sets, and every vector has to find itself."""
        with self._writing():
            contents = self.manifest.contents()
            damage = tuple(self.manifest.problems())
            if self._index is None:
                return IndexReport(len(contents.chunks), "exact, in memory", damage=damage)
            try:
                missing, surplus, lost = self._differences(contents)
            except StoreError as error:
                if not self._index.is_local:
                    raise
                return IndexReport(len(contents.chunks), "Chroma", damage=(*damage, error.message))
            return IndexReport(len(contents.chunks), "Chroma", missing, surplus, lost, damage)

    def _differences(self, contents: Contents) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Chunk ids that the mirror lacks, has too many, and has but does not find."""
        assert self._index is not None
        self._catch_up()
        ours = {chunk.id for chunk in contents.chunks}
        theirs = self._index.ids()
        shared = [row for row, chunk in enumerate(contents.chunks) if chunk.id in theirs]
        ids = [contents.chunks[row].id for row in shared]
        lost = self._index.lost(ids, contents.vectors[shared]) if ids else []
        return tuple(sorted(ours - theirs)), tuple(sorted(theirs - ours)), tuple(lost)

    def rebuild(self) -> None:
        """Make the mirror anew from the manifest; raises StoreError when it cannot be written."""
        with self._writing():
            self._renewed(self._rebuild)

    def narrowed(self, corpus: Corpus, encode: QueryEncoder, request: Request) -> Corpus | None:
        """Large corpora: the candidates of approximate search and keyword search, scored exactly afterwards.

        None when the whole corpus is to be searched exactly: up to the setting `exact_limit`, in memory,
        and whenever a filter or diversity is asked for.
        """
        choice = settings().rag.vector_index
        exact = choice == "exact" or (choice == "auto" and len(corpus) <= settings().rag.exact_limit)
        if self._index is None or exact or request.where or request.mode == "keyword" or not len(corpus):
            return None
        if self._synced() != self.manifest.version:
            return None  # the index could not be written; approximate search would miss the newest documents
        self._catch_up()
        wanted = max(request.k, request.rerank_pool) * _CANDIDATES_PER_HIT
        try:
            hits = self._nearest(encode(request.question), min(wanted, len(corpus)))
        except StoreError as error:
            get_logger(__name__).warning("index_broken", reason=error.message)
            hits = []
        if not hits:  # broken, or emptied by somebody: this search is exact, the next one has an index again
            self._renew()
            return None
        return corpus.part([identity for identity, _ in hits], request)

    def _nearest(self, vector: NDArray[np.float32], k: int) -> list[tuple[str, float]]:
        """The hits of the index, opened again when it fails: another process may have made it anew."""
        assert self._index is not None
        try:
            return self._index.nearest(vector, k)
        except StoreError:
            self._index.reopen()
            return self._index.nearest(vector, k)

    def close(self) -> None:
        """Release the database and the Chroma client."""
        if self._index is not None:
            self._index.close()
        self.manifest.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time: a lock for this process's threads, a file lock for other processes."""
        from filelock import Timeout

        with self._lock:
            guard: Any = self._file_lock if self._file_lock is not None else nullcontext()
            try:
                guard.__enter__()
            except Timeout:
                raise StoreError(
                    "Another process has been writing to the document store for too long",
                    "Wait for it to finish, or stop it (the wait is the setting RAG__LOCK_TIMEOUT_S).",
                ) from None
            try:
                yield
            finally:
                guard.__exit__(None, None, None)

    def _mirror(self, before: int, version: int, entries: Sequence[Entry], dropped: Sequence[str]) -> None:
        if self._index is None:
            return
        if self._synced() != before:
            self._reconcile()
            return
        if self._seen != before:
            self._index.reopen()
        if dropped:
            self._index.delete(dropped)
        if entries:
            chunks = [chunk for entry in entries for chunk in entry.chunks]
            self._index.upsert(chunks, np.vstack([entry.vectors for entry in entries]))
        self._mark(version)

    def _reconcile(self) -> None:
        assert self._index is not None
        self._index.reopen()
        contents = self.manifest.contents()
        theirs = self._index.ids()
        surplus = theirs - {chunk.id for chunk in contents.chunks}
        if surplus:
            self._index.delete(sorted(surplus))
        missing = [row for row, chunk in enumerate(contents.chunks) if chunk.id not in theirs]
        if missing:
            self._index.upsert([contents.chunks[row] for row in missing], contents.vectors[missing])
        self._mark(contents.version)

    def _rebuild(self) -> None:
        if self._index is None:
            return
        self._index.reopen()
        contents: Contents = self.manifest.contents()
        self._index.rebuild(contents.chunks, contents.vectors)
        self._mark(contents.version)

    def _mended(self, work: Callable[[], None]) -> None:
        """Do this to the mirror. A local one that cannot be written stays behind, and searches are exact.

        The manifest has what was written; the next write or start brings the mirror up to it.
        """
        try:
            self._renewed(work)
        except StoreError as error:
            assert self._index is not None
            if not self._index.is_local:
                raise
            get_logger(__name__).warning("index_left_behind", reason=error.message)

    def _renewed(self, work: Callable[[], None]) -> None:
        """Do this to the mirror; a damaged local one is set aside and made anew from the manifest."""
        try:
            work()
        except BrokenIndex as error:
            assert self._index is not None
            if not self._index.set_aside():
                raise
            get_logger(__name__).warning("index_made_anew", reason=error.message)
            self._rebuild()

    def _renew(self) -> None:
        try:
            self.rebuild()
        except StoreError as error:
            get_logger(__name__).warning("index_not_made_anew", reason=error.message)

    def _mirrors(self) -> bool:
        """Whether the index has all that the manifest has, as far as that can be told without opening it."""
        version = self.manifest.version
        missing = self._index is not None and version > 0 and self._index.is_missing()
        return self._synced() == version and not missing

    def _catch_up(self) -> None:
        """Another process's rows are invisible to an open client: reopen when the version moved."""
        version = self.manifest.version
        if self._index is not None and self._seen != version:
            self._index.reopen()
            self._seen = version

    def _synced(self) -> int:
        return int(self.manifest.meta("index_version") or 0)

    def _mark(self, version: int) -> None:
        self.manifest.set_meta(index_version=str(version))
        self._seen = version


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder.resolve(strict=True)
    except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
        what = f"The document folder '{folder.name[:_SHOWN_NAME]}'"  # not the path: visitors read it
        if fault_of(error) not in (None, Fault.GONE):
            raise store_error(what, error) from error
        reason = getattr(error, "strerror", error)
        raise StoreError(f"{what} cannot be used: {reason}", "Choose another folder.") from None


def _index(folder: Path, collection: str, manifest: Manifest) -> ChromaIndex:
    from core.rag.vectors import ChromaIndex

    host, port = settings().chroma_host, settings().chroma_port
    location: Path | tuple[str, int] = (host, port) if host else folder / "chroma"
    return ChromaIndex(location, collection, {"store_id": manifest.store_id})
