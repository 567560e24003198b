"""The acceptance patterns, run live in a sandbox of their own: which pass, what each gives."""

import re
import threading
import time
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import ASSETS
from core.counts import counted
from core.telemetry import Kind
from core.ui.actions import visitor_action
from core.ui.badges import duration
from core.ui.frame import set_badges, show_error
from core.ui.sql_ai import copying, result_view, running, state
from core.ui.sql_ai.frames import Grid, label_of
from core.ui.sql_ai.jobs import Job

if TYPE_CHECKING:
    from core.sql_ai.results import Result

_FILE = ASSETS / "sql" / "cortex_patterns.sql"
_SHAPES = ASSETS / "sql" / "pattern_shapes.toml"
_HEAD = re.compile(r"^-- @(P\d+)\s*(.*)$", re.MULTILINE)
_JOB = "sql_ai_patterns"
_SETUP = "P00"
_NOTE_FOR_TESTS = re.compile(r"\s*\(call-count test: .*\)$")


@dataclass(frozen=True, slots=True)
class Pattern:
    """One case of the file: its statements are what a user of Cortex would write."""

    name: str
    title: str
    sql: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a pattern; ``problem`` is None when it passed."""

    pattern: Pattern
    results: tuple["Result", ...]
    seconds: float
    problem: str | None


def patterns(text: str) -> list[Pattern]:
    """The cases of a pattern file, in its order; P00 builds the tables."""
    heads = list(_HEAD.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        Pattern(h[1], _title(h[2]), text[h.end() : end].strip()) for h, end in zip(heads, ends, strict=True)
    ]


def problem(results: "Sequence[Result]", wanted: Mapping[str, Any]) -> str | None:
    """What is wrong with a pattern's results: an error, or a last result of another shape than documented.

    ``wanted`` may hold ``columns``, ``rows`` (their number) and ``values`` (by column, as SQL writes them).
    """
    if errors := [result.error for result in results if result.error]:
        return errors[0].message
    last = results[-1]
    if last.columns != wanted.get("columns", last.columns):
        return f"the columns are {', '.join(last.columns)}"
    if len(last.rows) != wanted.get("rows", len(last.rows)):
        return f"{counted(len(last.rows), 'row')} instead of {wanted['rows']}"
    grid = Grid.of(last.columns, last.rows)
    for column, values in wanted.get("values", {}).items():
        if (found := list(map(label_of, grid.values(column)))) != values:
            return f"{column} is {', '.join(found)}"
    return None


def show() -> None:
    """The button, the table of verdicts as they come in, and one pattern in full."""
    cases = [case for case in _cases() if case.name != _SETUP]
    st.markdown(
        f"{len(cases)} patterns of Cortex SQL, from one-line calls to forecasts and semantic joins. They run "
        "as they stand, in a sandbox of their own. A pattern passes when every statement runs and the last result has "
        "the documented columns, number of rows and, where they are determined, values.",
        width=720,
    )
    pressed = st.button(
        "Run all patterns", type="primary", icon=":material/play_arrow:", key="sql_ai_run_patterns"
    )
    if pressed or (_JOB not in st.session_state and st.query_params.get("run") == "1"):
        with visitor_action(Kind.SQL, how="patterns"):
            _start()
    job: Job[None] | None = st.session_state.get(_JOB)
    above, place = st.container(), st.empty()
    with above:
        if job and not job.done:
            running.follow(job, "Running the patterns.", lambda: _table(place, cases, job.reports))
        if job:
            _summary(job)
    _table(place, cases, job.reports if job else [])
    _detail(cases, {verdict.pattern.name: verdict for verdict in job.reports} if job else {})


def _summary(job: "Job[None]") -> None:
    set_badges(latency_ms=job.seconds * 1000)
    if job.error:
        show_error(job.error)
    passed = sum(verdict.problem is None for verdict in job.reports)
    text = f"{passed} of {len(job.reports)} patterns pass, in {duration(job.seconds * 1000)}."
    if passed == len(job.reports):
        st.success(text, icon=":material/check:")
    else:
        st.warning(text, icon=":material/warning:")


def _table(place: Any, cases: list[Pattern], verdicts: list[Verdict]) -> None:
    import pandas as pd

    known = {verdict.pattern.name: verdict for verdict in verdicts}
    rows = []
    for case in cases:  # the verdict before the words, or a phone does not show it
        verdict, time = _verdict_cells(known.get(case.name))
        rows.append((case.name, verdict, case.title, time))
    place.dataframe(
        pd.DataFrame(rows, columns=["Pattern", "Result", "What it shows", "Time"]),
        hide_index=True,
        height=420,
        column_config={
            "Pattern": st.column_config.TextColumn(width="small"),
            "Result": st.column_config.TextColumn(width="small"),
            "What it shows": st.column_config.TextColumn(width="large"),
            "Time": st.column_config.TextColumn(width="small"),
        },
        alt=f"{len(rows)} patterns, {len(known)} of them run",
    )


def _verdict_cells(verdict: Verdict | None) -> tuple[str, str]:
    if verdict is None:
        return "Not run yet", ""
    return f"Fails: {verdict.problem}" if verdict.problem else "Passes", duration(verdict.seconds * 1000)


def _detail(cases: list[Pattern], known: dict[str, Verdict]) -> None:
    named = {case.name: case for case in cases}
    failed = next((name for name, verdict in known.items() if verdict.problem), None)
    name = st.selectbox(
        "Pattern in full",
        list(named),
        list(named).index(failed) if failed else 0,
        format_func=lambda name: f"{name}  {named[name].title}",
        key="sql_ai_pattern",
    )
    st.caption(copying.told(named[name].sql))
    st.code(named[name].sql, language="sql", wrap_lines=True)
    verdict = known.get(name)
    for number, result in enumerate(verdict.results if verdict else ()):
        result_view.show_result(result, f"pattern_{name}_{number}")


def _start() -> None:
    stop = threading.Event()
    if old := st.session_state.get(_JOB):
        old.cancel()
    job = st.session_state[_JOB] = Job(lambda report: _run(report, stop), stop.set)
    state.keep_job(job)


def _run(report: Callable[[Any], None], stop: threading.Event) -> None:
    """Run every pattern in the order of the file: some build on tables and models of earlier ones."""
    from core.sql_ai import open_session

    session, shapes = open_session(samples=False), tomllib.loads(_SHAPES.read_text(encoding="utf-8"))
    for case in _cases():
        if stop.is_set():
            return
        begin = time.perf_counter()
        results = tuple(session.run_script(case.sql))
        verdict = Verdict(
            case, results, time.perf_counter() - begin, problem(results, shapes.get(case.name, {}))
        )
        if case.name != _SETUP or verdict.problem:
            report(verdict)


def _title(text: str) -> str:
    """A pattern's title as a sentence; what it says to its tests is left out."""
    bare = _NOTE_FOR_TESTS.sub("", text.strip())
    return bare[:1].upper() + bare[1:]


def _cases() -> list[Pattern]:
    return patterns(_FILE.read_text(encoding="utf-8"))
