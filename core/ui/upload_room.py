"""How many files the server holds for visitors at a time.

Streamlit bounds the size of a file, not how many a session sends to the address where browsers put them: one visitor
with a script could fill the memory, without any button that has a rate.
"""

import threading
from collections.abc import Callable

import streamlit as st
from starlette.exceptions import HTTPException
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.config import settings
from core.log import get_logger

_MOST_FILES = 200  # of one session; pages that take several say lower limits of their own
_SESSIONS = 2  # that may hold all that one may, at the same time
_TOO_LARGE = 413


def bound() -> None:
    """Bound the files of this server; calling it again changes nothing, and neither where no server runs."""
    if runtime.exists():
        _bound_once()


@st.cache_resource(show_spinner=False)
def _bound_once() -> None:
    server, limits = runtime.get_instance(), settings().rag
    files = server.uploaded_file_mgr
    if isinstance(files, MemoryUploadedFileManager):  # what tests of a page put in its place holds nothing
        # No page takes more than that from a visitor at once.
        keep_within(files, limits.visitor_documents * limits.max_file_bytes, server.is_active_session)


def keep_within(files: MemoryUploadedFileManager, most_bytes: int, is_live: Callable[[str], bool]) -> None:
    """Refuse (413) files beyond ``most_bytes`` of a session, or twice as many of all sessions together.

    Before a file is refused for what others hold, the files of sessions whose browser is gone make room.
    """
    add, turn = files.add_file, threading.Lock()

    def add_within(session_id: str, file: UploadedFileRec) -> None:
        with turn:
            number, size = _held(files, session_id, but=file.file_id)
            if number >= _MOST_FILES or size + len(file.data) > most_bytes:
                _refuse("The server holds no more files of one visitor at a time")
            others = [session for session in list(files.file_storage) if session != session_id]
            room = _SESSIONS * most_bytes - size - len(file.data)
            if _sum(files, others) > room:
                for session in others:
                    if not is_live(session):
                        files.remove_session_files(session)
            if _sum(files, others) > room:
                _refuse("The server holds too many files of other visitors: try again in a few minutes")
            add(session_id, file)

    files.add_file = add_within  # type: ignore[method-assign]


def _held(files: MemoryUploadedFileManager, session_id: str, but: str = "") -> tuple[int, int]:
    """How many files a session has, and their bytes; a file that is sent again takes its own place."""
    held = [file for file in list(files.file_storage.get(session_id, {}).values()) if file.file_id != but]
    return len(held), sum(len(file.data) for file in held)


def _sum(files: MemoryUploadedFileManager, sessions: list[str]) -> int:
    return sum(_held(files, session)[1] for session in sessions)


def _refuse(why: str) -> None:
    get_logger(__name__).warning("upload.refused", reason=why)
    raise HTTPException(_TOO_LARGE, why)
