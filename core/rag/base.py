"""What every knowledge base does in the same way: take texts and files as sources, and answer questions."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.config import settings
from core.errors import BadInput
from core.rag.documents import DocumentInfo, Metadata
from core.rag.indexing import OnProgress
from core.rag.parsing import kinds


@dataclass(frozen=True, slots=True)
class Source:
    """One thing to add: a text, or the bytes of a file. `title` None means: take it from the source.

    With `mask_personal_data` what is stored, embedded and shown is masked, and the original file is not kept.
    """

    name: str
    text: str | None = None
    data: bytes | None = None
    metadata: Metadata | None = None
    title: str | None = None
    media_type: str = kinds.TEXT
    mask_personal_data: bool = False


class AbstractKnowledgeBase(ABC):
    """Texts and files go in by `add_many`, which a knowledge base defines, as does its search."""

    @abstractmethod
    def add_many(
        self,
        sources: Sequence[Source],
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> list[DocumentInfo]:
        """Index sources; one line of `documents()` for each, in their order."""

    def add_text(
        self,
        text: str,
        *,
        name: str,
        metadata: Metadata | None = None,
        title: str | None = None,
        media_type: str = kinds.TEXT,
        mask_personal_data: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> DocumentInfo:
        """Index a text under `name`, replacing what had that name; media types text/plain, markdown, csv.

        Raises BadInput when it is empty, LimitReached naming the limit, IndexingCancelled; then the
        store is as it was.
        """
        source = Source(
            name,
            text=text,
            metadata=metadata,
            title=title,
            media_type=media_type,
            mask_personal_data=mask_personal_data,
        )
        return self.add_many([source], on_progress=on_progress, cancel=cancel)[0]

    def add_file(
        self,
        path: str | Path,
        *,
        name: str | None = None,
        metadata: Metadata | None = None,
        title: str | None = None,
        mask_personal_data: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> DocumentInfo:
        """Index a txt, md, html, pdf, docx or csv file under its file name; errors as in `add_text`."""
        path = Path(path)
        return self.add_bytes(
            read_file(path),
            name=name or path.name,
            metadata=metadata,
            title=title,
            mask_personal_data=mask_personal_data,
            on_progress=on_progress,
            cancel=cancel,
        )

    def add_bytes(
        self,
        data: bytes,
        *,
        name: str,
        metadata: Metadata | None = None,
        title: str | None = None,
        mask_personal_data: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> DocumentInfo:
        """Index an uploaded file; its kind is told by its content, `name` is only a label."""
        label = name.replace("\\", "/").rsplit("/", 1)[-1]
        source = Source(
            label,
            data=data,
            metadata=metadata,
            title=title,
            mask_personal_data=mask_personal_data,
        )
        return self.add_many([source], on_progress=on_progress, cancel=cancel)[0]

    def ask(self, question: str, **options: Any) -> Any:
        """A verified answer with citations, or a refusal; options as in `answer_question`."""
        from core.rag.answering import answer_question

        return answer_question(self, question, **options)

    def stream(self, question: str, **options: Any) -> Iterator[Any]:
        """The same as events, for the page."""
        from core.rag.answering import stream_answer

        return stream_answer(self, question, **options)


def read_file(path: Path) -> bytes:
    """The bytes of a file, at most one more than the size limit; raises BadInput when it cannot be read."""
    limit = settings().rag.max_file_bytes
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)  # one byte more than allowed tells that the limit is passed
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}", "Check the path.") from None
    except (OSError, ValueError) as error:  # a path with a NUL in it is a ValueError
        raise BadInput(
            f"{path} cannot be read: {getattr(error, 'strerror', error)}", "Give a readable file."
        ) from None
