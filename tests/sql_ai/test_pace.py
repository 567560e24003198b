"""A batch goes out in pieces: large ones where the model is fast or looks at the clock itself."""

import time
from collections.abc import Callable

import pytest

from core.sql_ai import pace as pacing
from core.sql_ai.pace import Pace


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Computing time that passes only when told: ``clock(seconds)``."""
    now = [0.0]
    monkeypatch.setattr(time, "thread_time", lambda: now[0])

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return sleep


def test_a_fast_model_gets_larger_pieces_up_to_the_most(clock: Callable[[float], None]) -> None:
    pace, sizes = Pace(), []
    for _ in range(5):
        sizes.append(pace.size)
        with pace.piece(lambda: None):
            clock(0.001)
    assert sizes == [64, 256, 1024, 2048, 2048]


def test_a_slow_model_gets_one_request_at_a_time(clock: Callable[[float], None]) -> None:
    pace = Pace()
    for _ in range(3):
        with pace.piece(lambda: None):
            clock(pace.size * 2.0)
    assert pace.size == 1


def test_a_slow_model_that_looks_at_the_clock_keeps_its_large_pieces(clock: Callable[[float], None]) -> None:
    pace, looks = Pace(), []
    with pace.piece(lambda: looks.append(1)) as check:
        for _ in range(64):
            clock(0.05)
            check()
    assert len(looks) == 64
    assert pace.size == 256


def test_the_size_is_learned_from_a_piece_that_was_broken_off(clock: Callable[[float], None]) -> None:
    pace = Pace()
    with pytest.raises(ValueError, match="over"), pace.piece(lambda: None):
        clock(2 * pacing._GAP_S)
        raise ValueError("over")
    assert pace.size == pacing._FIRST // 2


def test_waiting_for_other_statements_makes_no_piece_smaller() -> None:
    pace = Pace()
    with pace.piece(lambda: None):
        time.sleep(2 * pacing._GAP_S)
    assert pace.size > pacing._FIRST
