"""What one visitor has on the page: text, pending request, running job, outcome, history, address."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from core.errors import LimitReached
from core.ui import visitors
from core.ui.address import linkable, note_ignored, rewrite
from core.ui.sql_ai.examples import Example, by_sql, default_example, get_example, is_example
from core.ui.sql_ai.parameters import fill, names
from core.ui.sql_ai.sandboxes import sandboxes

if TYPE_CHECKING:
    from core.sql_ai.results import Result
    from core.ui.sql_ai.jobs import Job

KEY: Final = "sql_ai"
EDITOR: Final = "sql_ai_editor"  # the widget's key; its value is dropped when the visitor leaves the page
GROUP: Final = "sql_ai_group"  # the group of examples in view
_TEXT: Final = "sql_ai_text"  # so this copy stays
_URL: Final = "sql_ai_url"
_ADDRESS: Final = ("q", "example", "run")
_JOBS: Final = "jobs_of_sql_ai"  # no page key: a reset clears those before it asks what else to do
KEPT: Final = "sql_ai_kept"  # what is drawn of the outcome in view, computed once
_HISTORY: Final = "sql_ai_history"
_SANDBOX: Final = "sql_ai_sandbox"
_MAX_HISTORY: Final = 40
MAX_CHARS: Final = 500_000  # of one press on a button
_DOUBLE_CLICK_S: Final = 0.5


class Action(StrEnum):
    """What the buttons under the editor ask for."""

    RUN = "run"
    EXPLAIN = "explain"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class Request:
    """A press on a button: the text as typed, and the values of its parameters."""

    action: Action
    sql: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def filled(self) -> str:
        """The text that runs."""
        return fill(self.sql, self.values)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: one result a statement, or for a comparison one for each way."""

    request: Request
    results: tuple["Result", ...]
    seconds: float
    number: int  # counts up: keys of the widgets below a result
    error: Exception | None = None  # instead of results: nothing ran

    @property
    def answered(self) -> bool:
        """Whether every statement gave rows: none failed, none was cancelled."""
        return self.error is None and all(result.error is None for result in self.results)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history."""

    sql: str
    rows: int
    ok: bool
    milliseconds: float


def begin() -> None:
    """Take over what the address asks for; on the first visit, show and run the default example."""
    action = asked_action()
    asked = (st.query_params.get("example"), st.query_params.get("q"), _run_word(action))
    _note_unknown(*asked[:2])
    if asked != st.session_state.get(_URL) and (any(asked) or _TEXT not in st.session_state):
        _open(*asked[:2], action)
    st.session_state[_URL] = asked
    # A click that comes before the browser has drawn what was loaded brings the text before it back.
    if st.session_state.get(EDITOR) != text():
        st.session_state[EDITOR] = text()


def sandbox_id() -> str:
    """Names this visitor's sandbox; a new one after a reset. The sandbox goes when the session ends."""
    if _SANDBOX not in st.session_state:
        st.session_state[_SANDBOX] = uuid.uuid4().hex
        visitors.when_gone(sandboxes().drop, st.session_state[_SANDBOX])
    return str(st.session_state[_SANDBOX])


def text() -> str:
    """The SQL in the editor, as last submitted or loaded."""
    return str(st.session_state.get(_TEXT, ""))


def asked_action() -> Action | None:
    """What the address wants done with its query: ``run=0`` nothing, ``run=compare`` or ``explain`` these."""
    asked = st.query_params.get("run", "1")
    if asked == "0":
        return None
    return Action(asked) if asked in set(Action) else Action.RUN


def _note_unknown(example: str | None, query: str | None) -> None:
    """``run=1`` is what a link without it means, and what the compatibility panel listens to."""
    if example and not is_example(example):
        note_ignored("example", (example,), "the query of the address" if query else default_example().name)
    run = st.query_params.get("run", "1")
    if run not in {"0", "1", *Action}:
        note_ignored("run", (run,), "1")


def load(
    sql: str,
    values: Mapping[str, str] | None = None,
    run: bool = False,
    action: Action | None = None,
) -> None:
    """Put SQL into the editor, with values for its parameters, and run it or take the action; for callbacks."""
    st.session_state[_TEXT] = st.session_state[EDITOR] = sql
    for name, value in (values or {}).items():
        st.session_state[parameter_key(name)] = value
    if example := by_sql(sql):
        st.session_state[GROUP] = example.group
    if (action or run) and len(sql) <= MAX_CHARS:
        given = {name: (values or {}).get(name, "") for name in names(sql)}
        ask(Request(action or Action.RUN, sql, given))


def load_example(name: str) -> None:
    """Put an example into the editor and run it."""
    example = get_example(name)
    load(example.sql, example.parameters, run=True)


def append(sql: str) -> None:
    """Add SQL below what is in the editor; for callbacks."""
    kept = str(st.session_state.get(EDITOR, text())).rstrip()
    divider = "" if not kept or kept.endswith(";") else ";"
    load(f"{kept}{divider}\n\n{sql}".lstrip())


def submit(action: Action) -> None:
    """Take the form's text and parameters as the request; for the form's callback."""
    sql = st.session_state[_TEXT] = str(st.session_state.get(EDITOR) or "")
    if len(sql) > MAX_CHARS:
        finish(Request(action, ""), (), 0.0, _too_long(len(sql)))
        return
    ask(Request(action, sql, {name: st.session_state.get(parameter_key(name), "") for name in names(sql)}))


def ask(request: Request) -> None:
    """Make this the pending request in place of one that runs; the second click of a double click is none."""
    last: Outcome | None = st.session_state.get("sql_ai_outcome")
    just_done = time.monotonic() - st.session_state.get("sql_ai_done_at", 0.0) < _DOUBLE_CLICK_S
    if last and just_done and last.request == request and last.answered:
        return
    if current := running():
        if current[0] == request:
            return
        current[1].cancel()
        del st.session_state["sql_ai_job"]
    st.session_state["sql_ai_request"] = request


def shown_request() -> Request | None:
    """The request on its way, else the one whose outcome is in view."""
    pending: Request | None = st.session_state.get("sql_ai_request")
    current, last = running(), outcome()
    return pending or (current[0] if current else None) or (last.request if last else None)


def take_request() -> Request | None:
    """The pending request, once."""
    request: Request | None = st.session_state.pop("sql_ai_request", None)
    return request


def missing_values(request: Request) -> list[str]:
    """Parameters of the request that have no value yet."""
    return [name for name in names(request.sql) if not request.values.get(name, "").strip()]


def parameter_key(name: str) -> str:
    """Widget key of a parameter's field."""
    return f"sql_ai_value_{name}"


def running() -> "tuple[Request, Job[Any]] | None":
    """The request that runs, and its job, until `finish`."""
    return st.session_state.get("sql_ai_job")


def started(request: Request, job: "Job[Any]") -> None:
    """Note that the request runs, in the address too: Back leads to the query before it, also while it runs."""
    st.session_state["sql_ai_job"] = (request, job)
    _write_address(request)
    keep_job(job)


def outcome() -> Outcome | None:
    """The last outcome."""
    return st.session_state.get("sql_ai_outcome")


def forget_outcome() -> None:
    """Show no outcome until the next run."""
    st.session_state.pop("sql_ai_outcome", None)
    st.session_state.pop(KEPT, None)


def finish(
    request: Request, results: "tuple[Result, ...]", seconds: float, error: Exception | None = None
) -> None:
    """Keep what came of a request; note it in history and address."""
    st.session_state.pop("sql_ai_job", None)
    st.session_state.pop(KEPT, None)
    number = st.session_state.get("sql_ai_number", 0) + 1
    st.session_state["sql_ai_number"] = number
    st.session_state["sql_ai_outcome"] = Outcome(request, results, seconds, number, error)
    st.session_state["sql_ai_done_at"] = time.monotonic()
    _remember(request, results, seconds)
    _write_address(request)


def history() -> list[Entry]:
    """What this visitor ran, newest first, each text once."""
    return list(st.session_state.get(_HISTORY, []))


def current_example() -> Example | None:
    """The example whose text is in the editor, unchanged."""
    return by_sql(text())


def keep_job(job: "Job[Any]") -> None:
    """Remember a job until it ends, so that a reset or the end of the session can stop it."""
    if _JOBS not in st.session_state:
        st.session_state[_JOBS] = []
        visitors.when_gone(_stop_all, st.session_state[_JOBS])
    jobs: list[Job[Any]] = st.session_state[_JOBS]
    jobs[:] = [*(item for item in jobs if not item.done), job]


def on_reset() -> Callable[[], None]:
    """What a reset does besides clearing this visitor's keys: jobs stop, the sandbox and the address go."""
    visitor = sandbox_id()

    def reset() -> None:
        for job in st.session_state.pop(_JOBS, []):
            job.cancel()
        sandboxes().drop(visitor)
        for name in _ADDRESS:
            st.query_params.pop(name, None)

    return reset


def _stop_all(jobs: "list[Job[Any]]") -> None:
    for job in jobs:
        job.cancel()


def _too_long(count: int) -> LimitReached:
    return LimitReached(
        f"The text has {count:,} characters; one run takes at most {MAX_CHARS:,}",
        "Run a part of it, or load the data with Add a table.",
    )


def _open(example: str | None, query: str | None, action: Action | None) -> None:
    chosen = get_example(example) if example and is_example(example) else None
    if action is None:
        forget_outcome()
    if query:
        load(query, action=action)
    elif chosen:
        load(chosen.sql, chosen.parameters, action=action)
    else:
        first = default_example()
        load(first.sql, first.parameters, action=action or Action.RUN)


def _remember(request: Request, results: "tuple[Result, ...]", seconds: float) -> None:
    if request.action is not Action.RUN or not request.sql:
        return
    ok = bool(results) and all(result.error is None for result in results)
    entry = Entry(request.sql, sum(len(result.rows) for result in results), ok, seconds * 1000)
    older = [item for item in history() if item.sql != entry.sql]
    st.session_state[_HISTORY] = [entry, *older][:_MAX_HISTORY]


def _write_address(request: Request) -> None:
    example, run = by_sql(request.sql), _run_word(request.action)
    query = request.sql if example is None and linkable(request.sql) else None
    asked = (example.name if example else None, query, run)
    before = st.session_state.get(_URL)
    opened = before is not None and not is_example(before[0]) and before[1:] == (None, None)
    if opened and asked == (default_example().name, None, None):
        return  # the page as it opens has a plain address; another entry would send Back forward again
    st.session_state[_URL] = asked
    rewrite({name: value or "" for name, value in zip(("example", "q", "run"), asked, strict=True)})


def _run_word(action: Action | None) -> str | None:
    """What ``run`` says in the address of an action's outcome; running is what a plain address does."""
    return None if action in (None, Action.RUN) else str(action)
