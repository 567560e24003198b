"""A statement that ends does not wait for the model it has asked."""

import threading
from typing import Any

import pytest

from core.errors import BadInput, LimitReached
from core.sql_ai.functions import complete as completing
from core.sql_ai.functions import generation
from core.sql_ai.functions.pauses import Stopped, checking, checkpoint, interruptible
from core.sql_ai.functions.vectors import vectors


class Clock:
    """Raises at the n-th look."""

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise LimitReached("time is over", "hint")


def test_the_reason_of_a_stop_is_not_among_its_own_causes() -> None:
    with pytest.raises(LimitReached) as caught, checking(Clock(0)):
        checkpoint()
    seen, error = [], caught.value
    while error is not None and error not in seen:
        seen.append(error)
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    assert error is None


def test_a_checkpoint_outside_a_statement_does_nothing() -> None:
    checkpoint()
    assert interruptible(lambda _stop: 7) == 7


def test_the_reason_comes_out_as_it_is_however_many_handlers_for_row_errors_lie_between() -> None:
    with pytest.raises(LimitReached, match="time is over"), checking(Clock(0)):
        try:
            checkpoint()
        except LimitReached:  # what a function does to answer for one row
            pytest.fail("the statement's end was taken for the fault of a row")


def test_work_that_fails_fails_as_it_would_have_without() -> None:
    def work(_stop: threading.Event) -> None:
        raise BadInput("wrong", "hint")

    with pytest.raises(BadInput, match="wrong"):
        interruptible(work)


def test_work_that_nobody_waits_for_is_told_and_stops_at_its_own_checkpoint() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        try:
            checkpoint()
        except Stopped:
            ended.set()

    with pytest.raises(LimitReached), checking(Clock(1)):
        interruptible(work)
    assert ended.wait(10)


def test_an_embedding_batch_is_left_between_two_passes() -> None:
    texts = ["word " * count for count in range(1, 9)]  # one length each, so one pass each
    with pytest.raises(LimitReached), checking(Clock(3)):
        vectors(texts)
    assert len(vectors(texts)) == 8


class Talker:
    """A generator that goes on until it is told to stop."""

    name = "local"

    def __init__(self) -> None:
        self.stopped = threading.Event()

    def stream(self, _messages: Any, _most: int, _temperature: float, cancel: threading.Event) -> Any:
        while not cancel.wait(0.01):
            yield "and "
        self.stopped.set()


def test_an_answer_under_way_is_stopped_and_is_not_taken_for_a_row_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    talker = Talker()
    monkeypatch.setattr(generation, "get_generator", lambda _name: talker)
    request = completing.CompleteRequest("llama3.1-8b", (("user", "Tell me everything"),), {})
    with pytest.raises(LimitReached), checking(Clock(3)):
        completing.complete([request])
    assert talker.stopped.wait(10)
