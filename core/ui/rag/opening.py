"""Opens the shared documents behind the page: indexed at first start, watched by every waiting visitor."""

import threading
from typing import TYPE_CHECKING

import streamlit as st

from core.config import settings

if TYPE_CHECKING:
    from core.rag import KnowledgeBase, Progress

_LOOK_EVERY_S = 0.2


class Opening:
    """One opening of the shared documents in a thread of its own, so that no visitor's page freezes."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self._base: KnowledgeBase | None = None
        self._problem: Exception | None = None
        self._done = threading.Event()
        threading.Thread(target=self._open, name="rag-opening", daemon=True).start()

    @property
    def failed(self) -> bool:
        """Whether it has ended in an error."""
        return self._problem is not None

    def wait(self, seconds: float) -> bool:
        """Whether the opening has ended, after waiting at most that long."""
        return self._done.wait(seconds)

    def result(self) -> "KnowledgeBase":
        """The open documents; raises what went wrong while opening."""
        self._done.wait()
        if self._problem is not None:
            raise self._problem
        assert self._base is not None
        return self._base

    def _open(self) -> None:
        from core import rag

        try:
            self._base = rag.open_shared_corpus(on_progress=self._note)
        except Exception as error:  # noqa: BLE001  raised again in `result`, in the thread of each visitor
            self._problem = error
        finally:
            self._done.set()

    def _note(self, progress: "Progress") -> None:
        self.progress = progress


@st.cache_resource(show_spinner=False)
def _opening() -> Opening:
    return Opening()


def peek() -> "KnowledgeBase | None":
    """The shared documents when they are open by now; never waits."""
    opening = _opening() if settings().hub_warmup else None
    return opening.result() if opening and opening.wait(0) and not opening.failed else None


def start_opening() -> None:
    """Begin to open the documents while the visitor is still reading; follows the setting HUB_WARMUP."""
    if settings().hub_warmup:
        _opening()


def shared_corpus() -> "KnowledgeBase":
    """The shared documents, the same for every visitor; shows progress while they are being indexed.

    A failed opening is tried again at the next call.
    """
    opening = _opening()
    if not opening.wait(0):
        bar = st.progress(0.0, text=_WAITING)
        while not opening.wait(_LOOK_EVERY_S):
            bar.progress(*progress_bar(opening.progress))
        bar.empty()
    if opening.failed:
        _opening.clear()
    return opening.result()


_WAITING = "Opening the documents. A new server loads the embedding model first, some seconds."


def progress_bar(progress: "Progress | None") -> tuple[float, str]:
    """Share done (0 to 1) and a sentence with rate and remaining time, for ``st.progress``."""
    if progress is None or not progress.chunks_total:
        return 0.0, _WAITING
    done, total = progress.chunks_done, progress.chunks_total
    left = "" if progress.remaining_s is None else f", about {progress.remaining_s:.0f} s left"
    text = f"Indexing: {done:,} of {total:,} chunks, {progress.rate:.0f} a second{left}"
    return min(done / total, 1.0), text
