"""Clocks that jump, and services that die or are too slow."""

import os
import signal
import time
from datetime import UTC, datetime

import pytest

from core.errors import NotAvailable
from core.mlops import audit, jobs
from core.mlops.jobs import Job, JobBoard
from core.mlops.service_client import ServiceClient
from core.mlops.service_process import ManagedService
from core.sql_ai import open_session

DAY_S = 86_400.0


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
    "the machine's clock is set back or forward by a day",
    sees="nothing; new entries carry the new time",
    kept="the order and the chain of decisions, running times, limits",
    heals="nothing to heal: durations and limits use a clock that cannot be set",
)
@pytest.mark.parametrize("by_s", [-DAY_S, DAY_S])
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


def test_a_living_process_is_not_taken_for_a_dead_one_after_its_clock_was_set(monkeypatch):
    """psutil gives the start of a process by the wall clock; runs of a living process must not be closed."""
    import psutil
    from psutil import Process

    from core.mlops import tracking

    mark, created, booted = tracking.process_mark(), Process.create_time, psutil.boot_time
    monkeypatch.setattr(Process, "create_time", lambda self: created(self) + DAY_S)
    monkeypatch.setattr(psutil, "boot_time", lambda: booted() + DAY_S)
    assert tracking._is_alive(mark)
    host, pid, start = mark.split(":")
    assert not tracking._is_alive(f"{host}:{pid}:{int(start) + 100}")  # the number of an earlier process


def test_a_job_never_shows_a_negative_time(monkeypatch):
    job = Job("training")
    monkeypatch.setattr(jobs.time, "time", lambda: 0.0)
    assert job.seconds >= 0


@pytest.mark.fault(
    "the scoring service is killed",
    sees="that it failed, with the end of its log and a Start button; predictions go on in the app's own process",
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


def test_a_client_of_a_dead_service_is_told_what_to_do():
    from core.ports import free_port

    with pytest.raises(NotAvailable) as caught:
        ServiceClient(f"http://127.0.0.1:{free_port()}", None).send("GET", "/health")
    assert caught.value.hint
