"""Cases that take too long for every day: each has its day, and `make soak` runs them all."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest


def share_of_today(cases: Sequence[Any], days: int) -> Sequence[Any]:
    """One of ``days`` shares of the cases, another one each day."""
    return cases[date.today().toordinal() % days :: days]


def on_its_day(cases: Sequence[tuple], days: int, name: Callable[..., str]) -> list[Any]:
    """The cases as parameters of a test; those of other days run under ``-m soak``."""
    today = share_of_today(cases, days)
    return [
        pytest.param(*case, id=name(*case), marks=() if case in today else pytest.mark.soak) for case in cases
    ]
