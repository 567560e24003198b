"""From a pending request to an outcome, with progress in view and a way to stop."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import BadInput, LimitReached
from core.telemetry import Kind, action, count_lookups
from core.ui import actions, visitors, warmup
from core.ui.frame import set_badges
from core.ui.sql_ai import comparing, editor, explaining, state
from core.ui.sql_ai.jobs import Job
from core.ui.sql_ai.sandboxes import sandboxes
from core.ui.sql_ai.state import Action, Outcome, Request

if TYPE_CHECKING:
    from core.sql_ai import Session
    from core.sql_ai.results import Result
    from core.telemetry import Action as DoneAction

_QUICK_S = 0.25  # an answer within this time shows no progress
_TICK_S = 0.4
_LONG_S = 1.0  # a visitor who waits longer gets something else to look at
MAX_STATEMENTS = 500  # of one press on a button: the limits of the settings are those of one statement
_MOST_RESULTS = 4  # .. and of their results of full size, which the page keeps
_LABELS = {
    Action.RUN: "Running the query.",
    Action.EXPLAIN: "Working out the plan.",
    Action.COMPARE: "Running batched, then row by row.",
}


def run_pending(meanwhile: Callable[[], object] | None = None) -> Outcome | None:
    """Run the pending request where it is called; returns the last outcome, this one or an older one.

    ``meanwhile`` is called again and again during a run that takes more than a second.
    """
    request = state.take_request()
    if request and (missing := state.missing_values(request)):
        state.forget_outcome()  # of another query: it would stand below the message as if it belonged to it
        editor.ask_for(missing)
    elif request and (refusal := actions.refusal(Kind.SQL)):
        state.finish(request, (), 0.0, refusal)
    elif request:
        state.started(request, _start(request))
    if current := state.running():
        _collect(*current, meanwhile)
    outcome = state.outcome()
    if outcome:
        set_badges(latency_ms=outcome.seconds * 1000)
    return outcome


def follow(job: Job[Any], label: str, tick: Callable[[], object] | None = None) -> None:
    """Show progress and a Cancel button until the job is done; a rerun of the page loses nothing."""
    if job.wait(_QUICK_S):
        return
    slot = st.empty()
    with slot.container(border=True, horizontal=True, vertical_alignment="center", key="sql_ai_progress"):
        line = st.empty()
        st.button("Cancel", key="sql_ai_cancel", icon=":material/close:", on_click=job.cancel)
    while True:
        line.markdown(_progress_text(job, label), width="stretch")
        if tick:
            tick()
        if job.wait(_TICK_S):
            break
    slot.empty()


def _start(request: Request) -> "Job[tuple[Result, ...]]":
    visitor, open_sandboxes, session_id = state.sandbox_id(), sandboxes(), visitors.session_id()
    stop = threading.Event()

    def work(report: Callable[[Any], None]) -> "tuple[Result, ...]":
        with action(Kind.SQL, session_id, how=str(request.action)) as done:
            results = _answers(open_sandboxes.get(visitor), request, report, stop)
            _note(done, results)
            return results

    def cancel() -> None:
        stop.set()
        if session := open_sandboxes.find(visitor):
            session.cancel()

    return Job(work, cancel)


def _collect(
    request: Request, job: "Job[tuple[Result, ...]]", meanwhile: Callable[[], object] | None
) -> None:
    def tick() -> None:
        if meanwhile and job.seconds > _LONG_S:
            meanwhile()

    follow(job, _LABELS[request.action], tick)
    results: tuple[Result, ...] = ()
    error = job.error
    if error is None:
        results = job.answer()
    state.finish(request, results, job.seconds, error)


def _note(done: "DoneAction", results: "tuple[Result, ...]") -> None:
    """What the request cost, for the log; an error of a statement is kept in its result, not raised."""
    inputs = sum(result.meter.model_inputs for result in results)
    rows = sum(len(result.rows) for result in results)
    done.note(statements=len(results), rows=rows, model_inputs=inputs)
    count_lookups("SQL answers", sum(result.meter.cache_hits for result in results), inputs)
    if error := next((result.error for result in results if result.error), None):
        done.ended_with(error)


def _answers(
    session: "Session", request: Request, report: Callable[[Any], None], stop: threading.Event
) -> "tuple[Result, ...]":
    """One result a statement, in order; a cancelled script ends after the statement that was stopped."""
    if request.action is Action.COMPARE:
        return comparing.compare(session, request.filled)
    from core.sql_ai.results import Result

    explain = request.action is Action.EXPLAIN
    results: list[Result] = []
    statements = statements_of(request.filled)
    most_bytes = _MOST_RESULTS * settings().sql.max_result_bytes
    for number, statement in enumerate(statements, 1):
        if sum(result.size for result in results) > most_bytes:
            return (*results, Result(statement, error=_too_much(most_bytes)))
        report(f"Statement {number} of {len(statements)}." if len(statements) > 1 else "")
        results += session.run_script(explaining.explained(statement) if explain else statement)
        if stop.is_set():
            break
    return tuple(results)


def statements_of(sql: str) -> list[str]:
    """The statements of the editor's text; raises BadInput when there is none, LimitReached for too many."""
    from core.sql_ai.dialect.splitting import split_statements

    statements = split_statements(sql)
    if len(statements) > MAX_STATEMENTS:
        raise LimitReached(
            f"The text has {len(statements):,} statements; one run takes at most {MAX_STATEMENTS}",
            "Run a part of it.",
        )
    if statements:
        return statements
    raise BadInput("There is no statement to run", "Write a query, or pick one of the examples.")


def _too_much(most_bytes: int) -> LimitReached:
    return LimitReached(
        f"The results of this run hold more than {most_bytes / 1e6:,.0f} MB; the rest was not run",
        "Run fewer statements at once, or select less.",
    )


def _progress_text(job: Job[Any], label: str) -> str:
    if job.cancelled:
        return f"Stopping. {job.seconds:.0f} s"
    loading = " Models are still loading; the answer waits for them." if warmup.start().running else ""
    limit = settings().sql.time_limit_s
    part = f" {job.reports[-1]}" if job.reports and isinstance(job.reports[-1], str) else ""
    return f":shimmer[{label}]{part} {job.seconds:.0f} s of at most {limit:.0f} s a statement.{loading}"
