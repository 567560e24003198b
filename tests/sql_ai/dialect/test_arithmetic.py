"""Arithmetic of dates and times with intervals."""

from datetime import time

import pytest

from core.errors import BadInput
from core.sql_ai import Session


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'10:30:15'::TIME + INTERVAL '45 minutes'", time(11, 15, 15)),
        ("'23:30'::TIME + INTERVAL '1 hour, 5 seconds'", time(0, 30, 5)),
        ("'00:10'::TIME - INTERVAL '20 minutes'", time(23, 50)),
        ("INTERVAL '1 hour' + '10:00'::TIME", time(11)),
    ],
)
def test_an_interval_moves_a_time_round_the_clock(session: Session, expression: str, value: time) -> None:
    assert session.execute(f"SELECT {expression}").rows == [(value,)]


def test_an_interval_of_days_does_not_move_a_time(session: Session) -> None:
    with pytest.raises(BadInput, match="A TIME is moved by a day") as caught:
        session.execute("SELECT '10:00'::TIME + INTERVAL '1 day'")
    assert caught.value.hint
