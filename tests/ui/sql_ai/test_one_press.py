"""What one press on a button may cost: statements, characters, results, and no longer than its visitor stays."""

import gc
import threading

import pytest

from core.config_sql import SqlSettings
from core.errors import LimitReached
from core.sql_ai import open_session
from core.ui import visitors
from core.ui.sql_ai import running, state
from core.ui.sql_ai.jobs import Job
from core.ui.sql_ai.state import Action, Request


@pytest.fixture
def page(monkeypatch):
    held = {}
    for module in (state, visitors):
        monkeypatch.setattr(module.st, "session_state", held)
    monkeypatch.setattr(state, "_write_address", lambda request: None)
    return held


def test_a_text_of_too_many_statements_is_refused_before_the_first_one():
    with pytest.raises(LimitReached, match="501 statements; one run takes at most 500") as caught:
        running.statements_of("SELECT 1;" * 501)
    assert caught.value.hint
    assert len(running.statements_of("SELECT 1;" * 500)) == 500


def test_a_run_ends_when_its_results_together_are_too_large(set_settings):
    """Each result is within its limit, and the page keeps them all."""
    set_settings(SQL__MAX_RESULT_BYTES="10000")
    session = open_session(samples=False, limits=SqlSettings(max_result_bytes=10_000))
    request = Request(Action.RUN, "SELECT REPEAT('x', 9000);" * 30)
    results = running._answers(session, request, lambda report: None, threading.Event())
    assert len(results) == 6
    assert isinstance(results[-1].error, LimitReached)
    assert "the rest was not run" in results[-1].error.message


def test_a_text_that_is_too_long_is_not_even_looked_through(page):
    page[state.EDITOR] = "SELECT 1 " * 60_000
    state.submit(Action.RUN)
    assert state.take_request() is None
    error = state.outcome().error
    assert isinstance(error, LimitReached)
    assert "540,000 characters" in error.message
    assert state.history() == []


def test_what_a_visitor_started_is_stopped_when_they_are_gone(page):
    stopped = threading.Event()
    state.keep_job(Job(lambda report: stopped.wait(20), stopped.set))
    page.clear()
    gc.collect()
    assert stopped.wait(5)
