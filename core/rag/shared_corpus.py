"""The corpus every visitor sees: assets/documents, indexed once into the data folder, read-only."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.config import ASSETS, settings
from core.errors import BadInput, StoreError
from core.log import get_logger
from core.rag.base import Source
from core.rag.calibration import SHARED
from core.rag.documents import DocumentInfo
from core.rag.indexing import OnProgress
from core.rag.knowledge_base import KnowledgeBase
from core.rag.parsing.kinds import SUFFIXES
from core.rag.store import Store

COLLECTION = "shared"
_BOOTSTRAP_WAIT_S = 600.0  # a first start on a busy machine embeds the whole corpus
_opened: dict[Path, SharedKnowledgeBase] = {}
_open_lock = threading.Lock()


def open_shared_corpus(
    documents: Path | None = None, store: Path | None = None, *, on_progress: OnProgress | None = None
) -> SharedKnowledgeBase:
    """The shared corpus of this process, indexed or brought up to date first where that is needed.

    Safe to call from many threads and processes: one of them indexes, the others wait. Changed, new and
    removed files in `documents` are noticed by a digest.
    """
    documents = documents or ASSETS / "documents"
    folder = (store or settings().data_dir / "rag").resolve()
    with _open_lock:
        if folder not in _opened:
            _opened[folder] = SharedKnowledgeBase(Store.open(folder, COLLECTION))
        shared = _opened[folder]
        shared.bring_up_to_date(documents, folder, on_progress)
        return shared


class SharedKnowledgeBase(KnowledgeBase):
    """A knowledge base that refuses writes of visitors."""

    calibrated_as = SHARED

    def add_many(self, sources: Iterable[Source], **options: Any) -> list[DocumentInfo]:
        """Refused: visitors add to their own session."""
        raise BadInput("The shared corpus is read-only", "Add the document to your session instead.")

    def delete(self, document: str | DocumentInfo) -> bool:
        """Refused: the corpus follows the folder of documents."""
        raise BadInput("The shared corpus is read-only", "Change the files in assets/documents instead.")

    def reindex(self, **options: Any) -> int:
        """Refused: opening the corpus reindexes it where that is needed."""
        raise BadInput(
            "The shared corpus is read-only", "It is reindexed when it is opened with other settings."
        )

    def bring_up_to_date(self, documents: Path, folder: Path, on_progress: OnProgress | None = None) -> None:
        """Index what has changed in `documents` since the last time; nothing is done when nothing has."""
        files = corpus_files(documents)
        digest = _digest(files, self.properties())
        if self._store.manifest.meta("corpus_digest") == digest:
            return
        with _bootstrap_lock(folder):
            if self._store.manifest.meta("corpus_digest") == digest:
                return
            get_logger(__name__).info("indexing_shared_corpus", documents=len(files))
            self._index(files, on_progress)
            self._store.manifest.set_meta(corpus_digest=digest)

    def _index(self, files: list[Path], on_progress: OnProgress | None) -> None:
        if not self.matches_settings():
            super().reindex(on_progress=on_progress)
        super().add_many(
            [Source(file.name, data=file.read_bytes()) for file in files], on_progress=on_progress
        )
        names = {file.name for file in files}
        for info in self.documents():
            if info.id not in names:
                super().delete(info.id)


def corpus_names(documents: Path | None = None) -> list[str]:
    """The names of the corpus's documents without opening it; empty when the folder is missing."""
    folder = documents or ASSETS / "documents"
    return sorted(path.name for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)


def corpus_files(documents: Path) -> list[Path]:
    """The files of the corpus in order of their names; raises StoreError when there are none."""
    files = sorted(path for path in documents.glob("*") if path.suffix.lower() in SUFFIXES)
    if not files:
        raise StoreError(f"There are no documents in {documents}", "Restore the folder assets/documents.")
    return files


def _digest(files: list[Path], properties: dict[str, str]) -> str:
    digest = hashlib.sha256(repr(sorted(properties.items())).encode())
    for file in files:
        digest.update(f"\0{file.name}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


@contextmanager
def _bootstrap_lock(folder: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / "bootstrap.lock", timeout=_BOOTSTRAP_WAIT_S):
            yield
    except Timeout:
        raise StoreError(
            "Another process has been indexing the shared corpus for too long",
            "Stop it, or delete the folder of the store, and try again.",
        ) from None
