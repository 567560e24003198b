"""kill -9 in the middle of what visitors do: a thumb, an upload, a statement."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from core.config import ROOT
from core.ui.rag import feedback
from tests.faults.test_small_stores import rate

RATING = """
from tests.faults.test_small_stores import Answer
from core.ui.rag import feedback
from core.ui.rag.state import ChatSettings, Turn
while True:
    turn = Turn("How many days?", ChatSettings(4, "hybrid", "auto"), Answer())
    feedback.rate(turn, up=True)
    print(turn.id, flush=True)
"""
UPLOADING = """
from core import embedder
from core.rag import open_knowledge_base
from core.rag.sessions import open_session_knowledge_base
from core.config import settings
from tests.rag.hashing import HashingEmbedder
embedder._loaded = HashingEmbedder()
base = open_session_knowledge_base(open_knowledge_base(settings().data_dir / "rag"))
page = "<html><body>" + "<div><p>Some text <b>here</b></p></div>" * 150_000 + "</body></html>"
print("begun", flush=True)
while True:
    base.add_bytes(page.encode(), name="page.html")
"""
QUERYING = """
from core.errors import LimitReached
from core.sql_ai import open_session
session = open_session()
session.execute("CREATE TABLE mine AS SELECT 1 AS a")
print("begun", flush=True)
while True:
    try:
        session.execute("WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r")
    except LimitReached:
        continue
"""


class Started:
    """A process of the hub that is killed with -9 when the block ends; ``lines`` is what it has said by then."""

    def __init__(self, script, data):
        environment = os.environ | {"HUB_DATA_DIR": str(data), "RAG__PARSE_TIME_S": "2"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        self.first = self.process.stdout.readline()
        assert self.first, "it did not begin"

    def kill(self):
        os.kill(self.process.pid, signal.SIGKILL)
        rest = self.process.stdout.read()
        assert self.process.wait(20) == -signal.SIGKILL
        return [self.first.strip(), *(line for line in rest.splitlines())]


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.fault(
    "kill -9 of the app while thumbs are stored",
    sees="after the restart the pages as before",
    kept="every rating that was confirmed",
    heals="by itself, at the next start",
)
@pytest.mark.parametrize("times", [3, pytest.param(40, marks=pytest.mark.soak)])
def test_a_kill_while_thumbs_are_stored_keeps_every_confirmed_one(data_dir, times):
    chance, confirmed = random.Random(5), set()
    for _ in range(times):
        begun = Started(RATING, data_dir)
        time.sleep(chance.uniform(0.0, 0.3))
        said = begun.kill()
        confirmed |= set(said[:-1])  # the last line may be cut off
        with closing(sqlite3.connect(feedback.path())) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            stored = {row[0] for row in database.execute("SELECT turn FROM ratings")}
        assert confirmed <= stored
        assert len(stored - confirmed) <= 2 * times
    before = feedback.tally().up
    rate()
    assert feedback.tally().up == before + 1


@pytest.mark.fault(
    "kill -9 of the app while a visitor's document is read",
    sees="after the restart the shared documents; the upload is gone, as it is when a session ends",
    kept="the shared documents; nothing of an upload is on the disk",
    heals="by adding it again; the reader's process ends by itself",
)
def test_a_kill_while_an_upload_is_read_leaves_no_file_and_no_process(tmp_path):
    data = tmp_path / "hub"
    begun = Started(UPLOADING, data)
    readers, deadline = [], time.monotonic() + 30
    while not readers and time.monotonic() < deadline:
        readers = psutil.Process(begun.process.pid).children(recursive=True)
        time.sleep(0.02)
    assert readers, "the upload is read in a process of its own"
    before = files(data)
    begun.kill()
    _, still_there = psutil.wait_procs(readers, timeout=60)
    assert not still_there
    assert files(data) == before
    assert not any("page" in name for name in before)


@pytest.mark.fault(
    "kill -9 of the app while a SQL statement runs",
    sees="after the restart the sample tables; own tables are gone, as they are when a session ends",
    kept="nothing on disk to break: sandboxes live in memory",
    heals="a new sandbox opens by itself",
)
def test_a_kill_while_a_statement_runs_leaves_nothing_behind(tmp_path):
    from core.sql_ai import open_session

    data = tmp_path / "hub"
    begun = Started(QUERYING, data)
    time.sleep(0.2)
    begun.kill()
    assert not [name for name in files(data) if name.endswith((".sqlite", ".db", "-journal", "-wal"))]
    assert open_session().execute("SELECT COUNT(*) FROM product_reviews").rows[0][0] > 0
