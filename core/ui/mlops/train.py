"""Train: choose data and algorithms, watch the search, cancel it, see what came out."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import BadInput
from core.markdown import escape
from core.mlops.roles import Role
from core.telemetry import Kind
from core.ui import actions, visitors
from core.ui.badges import duration
from core.ui.frame import guarded, show_error
from core.ui.mlops import state
from core.ui.mlops.labels import algorithm as named
from core.ui.mlops.labels import progress
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.dataset import DataReport
    from core.mlops.jobs import Job

_SOURCES = ("Generated customers", "Upload a CSV")
_TARGET = "Churn"
_ROWS = (1000, 2000, 4000, 8000)
_MAX_UPLOAD_MB = 20  # server.maxUploadSize in .streamlit/config.toml


def show(workspace: Any) -> None:
    """The whole view."""
    from core.mlops.jobs import job_board

    job = job_board().current(workspace.root)
    if job is not None and job.status == "running":
        _running(str(workspace.root))
        return
    if job is not None:
        _result(job)
    left, right = st.columns([3, 2], gap="large")
    arguments: dict[str, Any] | None = None
    with left, guarded():
        st.subheader("Data", anchor=False)
        arguments = _data(workspace)
    with right, guarded():
        st.subheader("Algorithms", anchor=False)
        _algorithms(workspace, arguments)


def _data(workspace: Any) -> dict[str, Any] | None:
    """What to train on, as arguments of Workspace.train; None while it is not chosen."""
    source = st.segmented_control(
        "Table",
        _SOURCES,
        default=_SOURCES[0],
        required=True,
        key=f"{state.KEY}_source",
        label_visibility="collapsed",
    )
    return _generated() if source == _SOURCES[0] else _uploaded(workspace)


def _generated() -> dict[str, Any]:
    left, right = st.columns(2)
    seeded = settings().mlops.seed_rows
    rows = left.select_slider(
        "Customers", sorted({*_ROWS, seeded}), seeded, key=f"{state.KEY}_rows", format_func="{:,}".format
    )
    seed = int(right.number_input("Seed", 0, 9999, 7, key=f"{state.KEY}_seed"))
    frame, ceiling, rate = _customers(int(rows), seed)
    with st.container(horizontal=True):
        st.metric(
            "Best reachable ROC-AUC",
            f"{ceiling:.4f}",
            help="Of the true probability, which the generator knows",
        )
        st.metric("Churn rate", f"{rate:.1%}")
        st.metric("Columns", len(frame.columns))
    st.dataframe(
        frame.head(50),
        hide_index=True,
        height=220,
        key=f"{state.KEY}_preview",
        alt=f"The first rows of {rows:,} generated customers.",
        placeholder=NO_VALUE,
    )
    st.caption(
        "Invented customers. Their true churn probability is known, and so is the score that a perfect model would "
        "reach on them; a model far above it has seen the answers. The same seed gives the same rows and hold-out."
    )
    return {
        "csv": frame,
        "target": _TARGET,
        "positive": "Yes",
        "name": f"{rows:,} generated customers, seed {seed}",
        "tags": {"best_reachable_roc_auc": f"{ceiling:.4f}"},
    }


@st.cache_data(show_spinner=False, max_entries=8)
def _customers(rows: int, seed: int) -> "tuple[pd.DataFrame, float, float]":
    from core.mlops.generator import best_auc, generate

    frame, probability = generate(rows, seed)
    return frame, best_auc(frame, probability), float((frame[_TARGET] == "Yes").mean())


def _uploaded(workspace: Any) -> dict[str, Any] | None:
    limits = settings().mlops.training
    file = st.file_uploader("A CSV file with a column of two values to predict", key=f"{state.KEY}_csv")
    if file is None:
        st.caption(
            f"Up to {_MAX_UPLOAD_MB} MB, {limits.max_rows:,} rows and {limits.max_columns} columns. Separator, "
            "encoding and number format are recognised; identifiers, leaks and constant columns are found and left out."
        )
        return None
    content = file.getvalue()
    report = _inspected(workspace, content, file.name, None, None, ())
    target = _target(report)
    report = _inspected(workspace, content, file.name, target, None, ())
    answers = [value for value in (report.positive, report.negative) if value is not None]
    positive = st.radio(
        "Positive answer",
        answers,
        horizontal=True,
        format_func=escape,
        key=f"{state.KEY}_positive_{target}",
    )
    roles = _roles(report)
    if roles:
        report = _inspected(workspace, content, file.name, target, positive, tuple(sorted(roles.items())))
    _findings(report)
    if report.rows < limits.min_rows:
        raise BadInput(
            f"{report.rows} rows are too few to train on",
            f"At least {limits.min_rows} are needed, better thousands.",
        )
    return {"csv": content, "target": target, "positive": positive, "roles": roles, "name": file.name}


@st.cache_data(show_spinner="Reading the table", max_entries=16)
def _inspected(
    _workspace: Any,
    content: bytes,
    name: str,
    target: str | None,
    positive: str | None,
    roles: tuple[Any, ...],
) -> "DataReport":
    if error := actions.refusal(Kind.UPLOAD):  # here, where the answer is not known yet
        raise error
    report: DataReport = _workspace.inspect(content, target, positive, dict(roles), name=name)
    return report


def _target(report: "DataReport") -> str:
    names = list(dict.fromkeys([*report.target_suggestions, *(column.name for column in report.columns)]))
    return str(st.selectbox("Column to predict", names, key=f"{state.KEY}_target"))


def _roles(report: "DataReport") -> dict[str, str]:
    """The roles a visitor has changed."""
    import pandas as pd

    shown = [column for column in report.columns if column.role != Role.TARGET]
    frame = pd.DataFrame(
        {
            "Column": [column.name for column in shown],
            "Role": [str(column.role) for column in shown],
            "Distinct": [column.distinct for column in shown],
            "Blanks": [column.blanks for column in shown],
            "Examples": [", ".join(column.examples[:3]) for column in shown],
            "Why": [column.why for column in shown],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        disabled=[name for name in frame.columns if name != "Role"],
        column_config={
            "Role": st.column_config.SelectboxColumn(
                options=[str(role) for role in Role if role != Role.TARGET], required=True
            )
        },
        height=min(260, 38 + 35 * len(frame)),
        key=f"{state.KEY}_roles_{report.name}_{report.target}",
        alt=f"Roles of {len(shown)} columns; the role can be changed.",
    )
    return {
        row["Column"]: row["Role"]
        for (_, row), before in zip(edited.iterrows(), frame["Role"], strict=True)
        if row["Role"] != before
    }


def _findings(report: "DataReport") -> None:
    import pandas as pd

    with st.container(horizontal=True):
        st.metric("Rows", f"{report.rows:,}")
        st.metric("Model inputs", sum(column.is_input for column in report.columns))
        if report.positive_rate is not None:
            st.metric(escape(f"{report.target} = {report.positive}"), f"{report.positive_rate:.1%}")
    if not report.issues:
        st.success("Nothing to report: no blanks, duplicates, identifiers, leaks or constant columns.")
        return
    rows = [(i.kind.replace("_", " "), i.column, i.message, i.rows or None) for i in report.issues]
    st.dataframe(
        pd.DataFrame(rows, columns=["Finding", "Column", "What", "Rows"]),
        hide_index=True,
        key=f"{state.KEY}_findings",
        alt=f"{len(rows)} findings in the table.",
        placeholder=NO_VALUE,
    )


def _algorithms(workspace: Any, arguments: dict[str, Any] | None) -> None:
    from core.mlops.algorithms import ALGORITHMS, DEFAULT_NAMES

    titles = {item.name: item.title for item in ALGORITHMS}
    chosen = st.multiselect(
        "Algorithms",
        list(titles),
        list(DEFAULT_NAMES)[:3],
        format_func=lambda name: titles[name],
        key=f"{state.KEY}_algorithms",
        label_visibility="collapsed",
        wrap=True,
        placeholder="Choose at least one",
    )
    budget = st.slider("Time for the search, seconds", 5, 180, 30, 5, key=f"{state.KEY}_budget")
    calibrate = st.toggle("Calibrate probabilities", key=f"{state.KEY}_calibrate")
    st.caption(
        "Cross-validation chooses the settings; the frozen hold-out only judges. Training runs in the background: "
        "you may leave this page."
    )
    if st.button(
        "Train",
        type="primary",
        disabled=arguments is None or not chosen or state.needs_token(),
        key=f"{state.KEY}_train",
        icon=":material/model_training:",
    ):
        with guarded():
            _start(workspace, arguments, chosen, float(budget), calibrate)
            st.rerun()


def _start(
    workspace: Any, arguments: dict[str, Any] | None, chosen: list[str], budget_s: float, calibrate: bool
) -> None:
    """Begin the training; what the widgets promise is checked again here."""
    from core.mlops.jobs import start_training

    state.require_admin()
    if error := actions.refusal(Kind.TRAINING):
        raise error
    if arguments is None or not chosen:
        raise BadInput("There is nothing to train", "Choose a table and at least one algorithm.")
    title = f"{len(chosen)} algorithm{'s' if len(chosen) > 1 else ''} on {arguments['name']}"
    start_training(
        workspace,
        title,
        visitors.session_id(),
        **arguments,
        algorithms=chosen,
        budget_s=budget_s,
        calibrate=calibrate,
    )


@st.fragment(run_every=1.0)
def _running(root: str) -> None:
    from pathlib import Path

    from core.mlops.jobs import job_board

    job = job_board().current(Path(root))
    if job is None or job.status != "running":
        st.rerun()
    assert job is not None
    with st.container(border=True, key=f"{state.KEY}_running"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Training: {escape(job.title)}**")
            st.badge(duration(1000 * job.seconds), icon=":material/timer:", color="blue")
            st.space("stretch")
            if st.button(
                "Cancel", key=f"{state.KEY}_cancel", icon=":material/cancel:", disabled=state.needs_token()
            ):
                with guarded():
                    state.require_admin()
                    job.cancel()
                    state.put("cancelled", job.started)
        _bars(job)
        if state.get("cancelled") == job.started:
            st.caption(
                ":material/hourglass_empty: Cancelling: it stops when the fit that is running has ended."
            )
        else:
            st.caption("It goes on when you leave this page. Runs that are complete stay, whatever happens.")


def _bars(job: "Job") -> None:
    events = job.events
    if not events:
        st.progress(0.0, text="Reading the table, freezing the hold-out")
        return
    for name in dict.fromkeys(event.algorithm for event in events):
        latest = next(event for event in reversed(events) if event.algorithm == name)
        share = 1.0 if latest.step in ("done", "skipped") else 0.95 * latest.done / max(latest.total, 1)
        st.progress(min(share, 1.0), text=progress(latest))


def _result(job: "Job") -> None:
    if job.status == "cancelled":
        st.info(
            f"Training **{escape(job.title)}** was cancelled after {duration(1000 * job.seconds)}. Runs that "
            "were complete by then are in the table.",
            icon=":material/cancel:",
        )
        return
    if job.status != "done":
        if job.error is not None:
            show_error(job.error)
        return
    best = max(job.result, key=lambda run: run.metrics["roc_auc"], default=None)
    if best is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/check_circle: Training **{escape(job.title)}** took {duration(1000 * job.seconds)}. Best on "
            f"the hold-out: **{named(best.algorithm)}**, ROC-AUC **{best.metrics['roc_auc']:.4f}** "
            f"({best.metrics['roc_auc_low']:.3f} to {best.metrics['roc_auc_high']:.3f}){_ceiling(best)}."
        )
        ids = ",".join(run.run_id[:12] for run in job.result)
        st.button("Compare them", key=f"{state.KEY}_to_runs", on_click=_to_runs, args=(ids,))


def _ceiling(run: Any) -> str:
    reachable = run.tags.get("best_reachable_roc_auc")
    return f"; a perfect model reaches {reachable} on all customers" if reachable else ""


def _to_runs(ids: str) -> None:
    state.link("runs", compare=ids, filter="")


def ticker(workspace: Any) -> None:
    """One line about a training that runs, for the other views; nothing while none does."""
    from core.mlops.jobs import job_board

    job = job_board().current(workspace.root)
    if job is not None and job.status == "running":
        _line(str(workspace.root), _finished(job))


@st.fragment(run_every=2.0)
def _line(root: str, finished: int) -> None:
    from pathlib import Path

    from core.mlops.jobs import job_board

    job = job_board().current(Path(root))
    if job is None or job.status != "running" or _finished(job) != finished:
        st.rerun()  # a run was added: the view shows it
    assert job is not None
    latest = progress(job.events[-1]) if job.events else "reading the table"
    with st.container(key=f"{state.KEY}_ticking"):
        st.caption(f":material/model_training: Training, {duration(1000 * job.seconds)}: {escape(latest)}")


def _finished(job: "Job") -> int:
    return sum(event.step == "done" for event in job.events)
