"""The server holds a bounded number of bytes for visitors: the store that Streamlit puts their files into."""

import asyncio
import uuid

import pytest
import requests
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from bench.server import started
from bench.visitor import Visitor
from core.ui import upload_room
from core.ui.upload_room import keep_within
from tests.support.running import run

MOST = 100


@pytest.fixture
def live():
    return {"a", "b", "c"}


@pytest.fixture
def files(live):
    made = MemoryUploadedFileManager("/upload")
    keep_within(made, MOST, live.__contains__)
    return made


def put(files, session, size, name=None):
    files.add_file(session, UploadedFileRec(name or uuid.uuid4().hex, "x.csv", "text/csv", b"x" * size))


def held(files, session):
    return sum(len(file.data) for file in files.file_storage[session].values())


def test_a_session_holds_so_many_bytes_and_room_that_is_given_back_is_room_again(files):
    put(files, "a", 60, "first")
    with pytest.raises(HTTPException) as caught:
        put(files, "a", 60)
    assert caught.value.status_code == 413
    assert held(files, "a") == 60
    files.remove_file("a", "first")
    put(files, "a", 60)


def test_a_file_that_is_sent_again_takes_its_own_place(files):
    for _ in range(3):
        put(files, "a", 90, "same")
    assert held(files, "a") == 90


def test_a_session_holds_so_many_files_however_small(files, monkeypatch):
    monkeypatch.setattr(upload_room, "_MOST_FILES", 3)
    for _ in range(3):
        put(files, "a", 0)
    with pytest.raises(HTTPException):
        put(files, "a", 0)
    put(files, "b", 0)


def test_all_sessions_together_hold_twice_as_much_and_those_that_left_make_room(files, live):
    put(files, "a", 100)
    put(files, "b", 100)
    with pytest.raises(HTTPException, match="other visitors"):
        put(files, "c", 10)
    live.remove("a")
    put(files, "c", 10)
    assert "a" not in files.file_storage
    assert held(files, "b") == 100


async def _send(port, count, content):
    """What the server answers to that many files of one visitor who has opened a page."""
    async with Visitor(port) as visitor:
        await visitor.run("SQL_AI_Playground")
        with requests.Session() as browser:
            address = await visitor.upload_address()
            browser.get(f"http://127.0.0.1:{port}/_stcore/health")
            token = browser.cookies.get("_streamlit_xsrf")
            return [
                await asyncio.to_thread(
                    _put, browser, f"http://127.0.0.1:{port}{address}{number}", content, token
                )
                for number in range(count)
            ]


def _put(browser, address, content, token):
    sent = browser.put(
        address, files={"file": ("x.csv", content)}, headers={"X-Xsrftoken": token}, timeout=30
    )
    return sent.status_code


def test_the_running_app_refuses_files_beyond_its_limit_and_those_without_a_token():
    limits = {"RAG__MAX_FILE_BYTES": "100000", "RAG__VISITOR_DOCUMENTS": "2"}
    with started("run", "Home.py", HUB_WARMUP="0", **limits) as server:
        assert run(_send(server.port, 4, b"x" * 60_000)) == [204, 204, 204, 413]
        assert "upload.refused" in server.log.read_text()
        assert (
            requests.put(
                f"{server.url}/_stcore/upload_file/a/b", files={"file": b"x"}, timeout=30
            ).status_code
            == 403
        )
