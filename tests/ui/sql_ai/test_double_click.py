"""The second click of a double click asks nothing; a wish to run again what failed or was cancelled does."""

import time

import pytest

from core.errors import BadInput
from core.sql_ai.results import Result
from core.ui.sql_ai import state
from core.ui.sql_ai.state import Action, Outcome, Request

REQUEST = Request(Action.RUN, "CREATE TABLE mine (a INT)")


@pytest.fixture
def page(monkeypatch):
    held = {}
    monkeypatch.setattr(state.st, "session_state", held)
    return held


def finished(page, *errors, ago=0.0):
    results = tuple(Result(REQUEST.sql, error=error) for error in errors)
    page["sql_ai_outcome"] = Outcome(REQUEST, results, 0.1, 1)
    page["sql_ai_done_at"] = time.monotonic() - ago


def test_the_second_click_on_what_has_just_been_answered_is_none(page):
    finished(page, None)
    state.ask(REQUEST)
    assert state.take_request() is None


@pytest.mark.parametrize(
    ("errors", "ago"), [((BadInput("cancelled", "Run it again."),), 0.0), ((None,), 5.0)]
)
def test_running_again_later_or_after_a_failure_is_a_request(page, errors, ago):
    finished(page, *errors, ago=ago)
    state.ask(REQUEST)
    assert state.take_request() == REQUEST


def test_another_query_is_always_a_request(page):
    finished(page, None)
    state.ask(Request(Action.EXPLAIN, REQUEST.sql))
    assert state.take_request() == Request(Action.EXPLAIN, REQUEST.sql)
