"""Children with limits: what each limit does, what they get to see, and how many there are."""

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from core import isolated
from core.errors import NotAvailable
from core.isolated import Ended, Isolated, Limits
from tests.support.at_once import count_children

CHILD = Isolated("tests.support.isolated_child", at_once=2)
LIMITS = Limits(memory_bytes=400_000_000, seconds=20, answer_bytes=100_000)


def run(*arguments, content=b"", **limits):
    return CHILD.run("a.file", content, replace(LIMITS, **limits), *arguments)


def test_a_child_gets_the_bytes_and_its_answer_comes_back():
    assert run("echo", content=b"\x00\xffabc") == Ended(0, b"cba\xff\x00")


def test_the_exit_code_is_the_childs_and_says_nothing_of_limits():
    ended = run("return", "3")
    assert ended.code == 3
    assert not ended.took_too_long
    assert not ended.wrote_too_much


def test_a_child_sees_neither_keys_nor_passwords(monkeypatch):
    monkeypatch.setenv("LLM_API_KEY", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    seen = json.loads(run("environment").answer)
    assert set(seen) <= {*isolated._KEPT, *isolated._OWN, "LC_CTYPE"}, "Python itself may set LC_CTYPE"
    assert "PATH" in seen


def test_memory_is_bounded():
    assert run("take", "100000000").code == 0
    assert run("take", "500000000").code == 7, "a MemoryError in the child"


def test_an_answer_of_the_allowed_length_comes_back_and_a_longer_one_is_told():
    assert len(run("write", "100000").answer) == 100_000
    ended = run("write", "100001")
    assert ended.wrote_too_much
    assert not ended.took_too_long


def test_a_child_that_computes_too_long_is_ended_by_the_processors_limit(monkeypatch):
    monkeypatch.setattr(isolated, "_CLOCK", 60)
    ended = run("spin", seconds=1)
    assert ended.code == -24, "SIGXCPU"
    assert ended.took_too_long


def test_a_child_that_sleeps_too_long_is_ended_by_the_clock():
    ended = run("sleep", "60", seconds=1.5)
    assert ended.code is None
    assert ended.took_too_long


def test_no_child_outlives_an_exception_in_the_thread_that_waits_for_it(monkeypatch):
    started, wait = [], subprocess.Popen.wait

    def interrupted(child, timeout=None):
        if child not in started:
            started.append(child)
            raise KeyboardInterrupt
        return wait(child, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("sleep", "60")
    assert started[0].returncode == -9


def test_no_more_children_run_at_once_than_there_are_places(monkeypatch):
    most = count_children(monkeypatch, Ended(0, b""))
    with ThreadPoolExecutor(6) as threads:
        assert len(list(threads.map(lambda _: run("echo"), range(6)))) == 6
    assert max(most) == 2


def test_a_file_that_finds_no_place_in_time_is_named_and_leaves_the_places_as_they_were():
    one = Isolated("tests.support.isolated_child", at_once=1)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(one.run, "first", b"", LIMITS, "sleep", "3")
        while one._places.acquire(blocking=False):
            one._places.release()
            time.sleep(0.01)
        with pytest.raises(NotAvailable, match="second was not read: other files") as caught:
            one.run("second", b"", replace(LIMITS, seconds=0.05), "echo")
        assert "again" in caught.value.hint
        assert first.result().code == 0
    assert one.run("third", b"", LIMITS, "return").code == 0
