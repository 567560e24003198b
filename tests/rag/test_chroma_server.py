"""The vector index on a real Chroma server on loopback, chosen by settings alone."""

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from core.errors import HubError, NotAvailable, StoreError
from core.ports import free_port
from core.rag import open_knowledge_base, vectors


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "chroma"),
        *(
            "run",
            "--path",
            str(tmp_path_factory.mktemp("chroma")),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v2/heartbeat", timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    yield port
    process.terminate()
    process.wait(10)


@pytest.fixture
def on_server(server, set_settings, hashing):
    set_settings(CHROMA_HOST="127.0.0.1", CHROMA_PORT=str(server), RAG__VECTOR_INDEX="chroma")
    yield server
    vectors._clients.clear()


def test_chunks_are_mirrored_to_the_server_and_found_there(on_server, tmp_path):
    base = open_knowledge_base(tmp_path, "mirrored")
    base.add_text("The pump is replaced every two years.", name="pump.txt")
    base.add_text("Annual leave is 27 days.", name="leave.txt")
    report = base.check_index()
    assert (report.index, report.healthy, report.chunks) == ("Chroma", True, 2)
    assert base.search("annual leave days", mode="vector", k=1)[0].document == "leave.txt"
    assert not (tmp_path / "chroma").exists()
    base.delete("leave.txt")
    assert base.check_index().chunks == 1
    assert [p.document for p in base.search("annual leave days", mode="vector")] == ["pump.txt"]


def test_a_collection_of_another_knowledge_base_is_refused(on_server, tmp_path):
    open_knowledge_base(tmp_path / "one", "taken").add_text("Some words.", name="a.txt")
    with pytest.raises(StoreError, match="another knowledge base") as caught:
        open_knowledge_base(tmp_path / "two", "taken").add_text("Other words.", name="b.txt")
    assert caught.value.hint


def test_a_server_that_does_not_answer_is_named_with_the_remedy(tmp_path, set_settings, hashing):
    set_settings(CHROMA_HOST="127.0.0.1", CHROMA_PORT=str(free_port()))
    with pytest.raises(HubError) as caught:
        open_knowledge_base(tmp_path, "nowhere").add_text("Some words.", name="a.txt")
    assert isinstance(caught.value, NotAvailable)
    assert "CHROMA_HOST" in caught.value.hint
