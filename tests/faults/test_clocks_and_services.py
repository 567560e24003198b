"""Clocks that jump, and services that die or are too slow."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

import psutil
import pytest
import streamlit as st

from core.config import ROOT
from core.errors import NotAvailable
from core.mlops import audit, jobs
from core.mlops.jobs import Job, JobBoard
from core.mlops.service_client import ServiceClient
from core.mlops.service_process import ManagedService
from core.mlops.tracking import TrackingStore
from core.rates import RateLimit
from core.sql_ai import open_session
from core.ui import status
from core.ui.rag import feedback
from core.ui.rag.state import ChatSettings, Turn
from core.ui.status import Light

HOUR_S, DAY_S = 3_600.0, 86_400.0


def set_clock(monkeypatch, by_s):
    """Wall clocks move; the monotonic one does not, as on a real machine."""
    real, moved = time.time, datetime.fromtimestamp(time.time() + by_s, UTC)
    monkeypatch.setattr(time, "time", lambda: real() + by_s)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return moved if tz else moved.replace(tzinfo=None)

    monkeypatch.setattr(audit, "datetime", Clock)


@pytest.mark.fault(
    "the machine's clock is set back or forward by an hour or a day",
    sees="nothing; new entries carry the new time",
    kept="the order and the chain of decisions, running times, limits",
    heals="nothing to heal: durations and limits use a clock that cannot be set",
)
@pytest.mark.parametrize("by_s", [-DAY_S, -HOUR_S, HOUR_S, DAY_S])
def test_a_clock_that_jumps_confuses_neither_records_nor_durations(tmp_path, monkeypatch, by_s):
    log = audit.AuditLog(tmp_path / "audit.jsonl")
    log.append("intent", {"version": 1})
    board, session = JobBoard(), open_session()
    job = board.start(tmp_path, "training", lambda on_event, cancel: cancel.wait(20))
    set_clock(monkeypatch, by_s)
    log.append("intent", {"version": 2})
    assert [record.content["version"] for record in audit.AuditLog(tmp_path / "audit.jsonl").records()] == [
        1,
        2,
    ]
    assert log.verify(log.head()).intact
    assert 0 <= job.seconds < 60
    job.cancel()
    job.wait(20)
    assert 0 <= job.seconds < 60
    assert session.execute("SELECT 1").rows == [(1,)]  # its time limit has not passed


@pytest.mark.fault(
    "the machine's clock jumps while visitors are here: rates, remembered figures, sessions that just left",
    sees="nothing",
    kept="the wait after too many requests, figures until their time is over, a session for its two minutes",
    heals="nothing to heal",
)
@pytest.mark.parametrize("by_s", [-HOUR_S, HOUR_S])
def test_a_clock_that_jumps_ends_no_session_no_cache_and_no_limit(monkeypatch, by_s):
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    limit, storage, made = RateLimit(rate=1 / 60, burst=1), MemorySessionStorage(), []

    @st.cache_data(ttl=30, show_spinner=False)
    def figure() -> int:
        made.append(1)
        return len(made)

    class Left:
        id = "s"

    status.process()  # somebody has looked at Home before
    left = SimpleNamespace(session=Left())
    storage.save(left)
    assert figure() == 1
    assert limit.wait_s("visitor") == 0
    set_clock(monkeypatch, by_s)
    assert 0 < limit.wait_s("visitor") <= 60, "nobody gets in early, nobody waits longer"
    assert limit.wait_s("another") == 0
    assert figure() == 1
    assert storage.get("s") is left
    assert not any(fact.light is Light.PROBLEM for fact in status.process())
    up = next(fact.detail for fact in status.process() if fact.name == "Uptime")
    assert not up.startswith("-")
    figure.clear()


@pytest.mark.parametrize("by_s", [-HOUR_S, HOUR_S])
def test_the_newest_ratings_are_kept_whatever_the_clock_says(monkeypatch, data_dir, by_s):
    monkeypatch.setattr(feedback, "_MOST_RATINGS", 2)
    moved = datetime.fromtimestamp(time.time() + by_s, UTC)
    for number in range(4):
        if number == 2:
            monkeypatch.setattr(feedback, "datetime", SimpleNamespace(now=lambda zone: moved))
        answer = SimpleNamespace(passages=(), text=f"answer {number}", refused=False)
        feedback.rate(Turn(f"question {number}", ChatSettings(4, "hybrid", "auto"), answer), up=True)
    with closing(sqlite3.connect(feedback.path())) as db:
        kept = {row[0] for row in db.execute("SELECT question FROM ratings")}
    assert kept == {"question 2", "question 3"}


def test_a_run_that_is_being_written_is_not_closed_after_the_clock_was_set(tmp_path, migrated, monkeypatch):
    shutil.copy(migrated, tmp_path / "mlflow.db")
    store, other = (TrackingStore(tmp_path, None, "clocks") for _ in range(2))
    run = store.start_run("going on", {})
    set_clock(monkeypatch, DAY_S)
    assert other.close_abandoned() == []
    assert store.client.get_run(run).info.status == "RUNNING"


def test_a_job_never_shows_a_negative_time(monkeypatch):
    job = Job("training")
    monkeypatch.setattr(jobs.time, "time", lambda: 0.0)
    assert job.seconds >= 0


@pytest.mark.fault(
    "the scoring service is killed",
    sees="that it failed, a Start button and, for the admin, its log; predictions go on in the app's own process",
    kept="registry, history",
    heals="with the button",
)
def test_a_killed_service_is_seen_told_and_can_be_started_again(tmp_path):
    service = ManagedService(tmp_path)
    pid = service.start().pid
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while (status := service.status()).state != "failed" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (status.state, status.url) == ("failed", None)
    assert "exit code -9" in status.detail
    assert service.url is None  # what the pages ask before they predict
    again = service.start()
    assert again.state == "starting"
    assert again.pid != pid
    service.stop()


SERVING = """
import sys
from pathlib import Path
from core.mlops.service_process import ManagedService
service = ManagedService(Path(sys.argv[1]) / "ws")
service.start()
print(service.status().pid, flush=True)
input()
"""


@pytest.mark.fault(
    "kill -9 of the hub while its scoring service runs",
    sees="after the restart the service as stopped, with a Start button",
    kept="registry, history",
    heals="the service ends by itself and its log is gone with it",
)
def test_a_hub_that_is_killed_leaves_no_service_and_no_log_of_it(tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = [sys.executable, "-c", SERVING, str(tmp_path)]
    environment = os.environ | {"TMPDIR": str(temporary)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as hub:
        service = psutil.Process(int(hub.stdout.readline()))
        hub.kill()
    service.wait(60)
    assert not list(temporary.glob("scoring-service-*"))


def test_a_client_of_a_dead_service_is_told_what_to_do():
    from core.ports import free_port

    with pytest.raises(NotAvailable) as caught:
        ServiceClient(f"http://127.0.0.1:{free_port()}", None).send("GET", "/health")
    assert caught.value.hint
