"""Watch: drift of a simulated shift, of an uploaded table, or of the service's live requests."""

import re
import time
from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.config import settings
from core.counts import counted
from core.errors import BadInput
from core.markdown import escape
from core.mlops import values
from core.mlops.drift import ColumnDrift, DriftReport
from core.ui import controls
from core.ui.frame import guarded, latency_badge, timed
from core.ui.mlops import cached, figures, state
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.registry import VersionInfo
    from core.mlops.service_client import ServiceClient

SOURCES = ("Simulate a shift", "Upload a table", "Live requests")
_FED = 500  # customers sent to the service at once
_WINDOWS = (100, 200, 500, 1000, 2000)
_VERDICTS: dict[str, tuple[str, Literal["red", "orange", "green", "blue"], str]] = {
    "drift": ("drift", "red", ":material/crisis_alert:"),
    "warning": ("warning", "orange", ":material/warning:"),
    "stable": ("stable", "green", ":material/check_circle:"),
    "not_enough_data": ("not enough data", "blue", ":material/hourglass_empty:"),
}
_MAX_UPLOAD_MB = 20


def show(workspace: Any) -> None:
    """The whole view."""
    production = workspace.resolve("production")
    if production is None:
        state.say_no_production()
        return
    st.markdown(f"Compared with the training rows of **version {production.version}**, the Production model.")
    source = controls.buttons(state.PAGE, "data", "Data to compare", SOURCES, SOURCES[0])
    with guarded():
        if source == SOURCES[0]:
            _simulated(workspace, production)
        elif source == SOURCES[1]:
            _uploaded(workspace)
        else:
            _live(workspace, production)


def _simulated(workspace: Any, info: "VersionInfo") -> None:
    from core.mlops.drift_samples import column_kind

    reference = cached.reference(workspace, info)
    names = [str(name) for name in reference.columns]
    asked, changed = state.pull("shift", lambda text: _asked(text, reference), (_default(names), 0), _as_text)
    if changed:
        _forget_widgets()
    left, middle, right = st.columns([2, 3, 2])
    column = left.selectbox("Column", names, index=names.index(asked[0]), key=f"{state.KEY}_watch_column")
    numeric = column_kind(reference[column]) == "numeric"
    low, high = _percents(numeric)
    label = "Change of every value, %" if numeric else "Share of the other rows that moves, %"
    start = asked[1] if column == asked[0] else 0
    percent = middle.slider(
        label, low, high, max(low, min(high, start)), 5, key=f"{state.KEY}_watch_percent_{column}"
    )
    rows = right.select_slider("Rows in the window", _WINDOWS, 500, key=f"{state.KEY}_watch_rows")
    target = None if numeric else _target(reference, column)
    state.push("shift", (column, percent), _as_text((column, percent)))
    report, elapsed = _compared(
        state.root(), info.version, info.model_id, column, percent, target, rows, workspace, reference
    )
    latency_badge(elapsed, f"{counted(rows, 'row')} compared in")
    _report(report, column if percent else None)


def _default(names: list[str]) -> str:
    return next((name for name in ("MonthlyCharges", "Contract") if name in names), names[0])


def _forget_widgets() -> None:
    """Let the sliders start again from the address."""
    for name in [name for name in st.session_state if str(name).startswith(f"{state.KEY}_watch_")]:
        if not str(name).endswith("_rows"):
            del st.session_state[name]


def _asked(text: str, reference: "pd.DataFrame") -> tuple[str, int] | None:
    """Column and percent of ``?shift=Contract:25``; None for anything else."""
    from core.mlops.drift_samples import column_kind

    name, _, percent = text.rpartition(":")
    if name not in reference.columns or not re.fullmatch(r"-?\d{1,3}", percent, re.ASCII):
        return None
    low, high = _percents(column_kind(reference[name]) == "numeric")
    return (name, 5 * round(int(percent) / 5)) if low <= int(percent) <= high else None


def _percents(numeric: bool) -> tuple[int, int]:
    return (-50, 100) if numeric else (0, 100)


def _as_text(shift: tuple[str, int]) -> str:
    return f"{shift[0]}:{shift[1]}"


@st.cache_data(show_spinner="Comparing with the training rows", max_entries=60)
def _compared(
    root: str,
    version: int,
    model_id: str,
    column: str,
    percent: int,
    target: str | None,
    rows: int,
    _workspace: Any,
    _reference: "pd.DataFrame",
) -> tuple[DriftReport, float]:
    """The report on a shifted window, and the milliseconds its first computation took."""
    from core.mlops.simulator import shift, window

    current = shift(window(_reference, rows, seed=7), column, percent / 100, to=target, seed=7)
    started = time.perf_counter()
    report: DriftReport = _workspace.drift(current)
    return report, (time.perf_counter() - started) * 1000


def _target(reference: "pd.DataFrame", column: str) -> str:
    from core.mlops.drift_samples import as_labels

    values = [str(value) for value in as_labels(reference[column]).value_counts().index[:30]]
    chosen: str = st.selectbox("They take the value", values, key=f"{state.KEY}_watch_target_{column}")
    return chosen


def _uploaded(workspace: Any) -> None:
    from core.mlops.tables import read_table

    file = st.file_uploader(
        "A CSV file with the model's columns",
        key=f"{state.KEY}_watch_file",
    )
    if file is None:
        st.caption("Extra columns are ignored and reported. Nothing is stored.")
        return
    table = read_table(file.getvalue(), settings().mlops.training, file.name)
    with timed("compared in") as timing:
        report = workspace.drift(table.cells)
    latency_badge(timing.ms, "compared in")
    _report(report, None)


def _live(workspace: Any, info: "VersionInfo") -> None:
    url = state.service(state.root()).url
    if url is None:
        st.info("The local service is not running. Start it in **Serve** and send it some requests.")
        st.button("Open Serve", key=f"{state.KEY}_to_serve", on_click=state.link, args=("serve",))
        return
    client = state.client(url)
    _feed(workspace, client, info)
    exchange = client.send("GET", "/drift")
    if not exchange.ok:
        body = exchange.body if isinstance(exchange.body, dict) else {}
        told = str(body.get("detail") or body.get("message") or exchange.text)
        st.info(f"{escape(told)} {escape(str(body.get('hint', '')))}".strip())
        return
    latency_badge(exchange.elapsed_ms, "answered by the service in")
    _report(_parsed(exchange.body), None)


def _feed(workspace: Any, client: "ServiceClient", info: "VersionInfo") -> None:
    """Buttons that send the service a batch of customers: as they are, and with a column shifted."""
    reference = cached.reference(workspace, info)
    names = [str(name) for name in reference.columns]
    column, percent = state.get("value_shift") or (_default(names), 0)
    percent = percent or 25
    st.caption(
        "The service keeps the latest requests in memory, without identifiers, and compares them itself."
    )
    with st.container(horizontal=True):
        plain = st.button(f"Send {_FED} usual customers", key=f"{state.KEY}_feed", icon=":material/group:")
        title = f"Send {_FED} customers with {column} shifted by {percent}%"
        shifted = st.button(title, key=f"{state.KEY}_feed_shifted", icon=":material/trending_up:", wrap=True)
    if plain or shifted:
        with st.spinner("Sending"):
            answer = client.predict(_customers(reference, column, percent if shifted else 0))
        if not answer.ok:
            raise BadInput(f"The service answered {answer.status}", answer.text[:300])


def _customers(reference: "pd.DataFrame", column: str, percent: int) -> list[dict[str, Any]]:
    from core.mlops.simulator import shift, window

    seed = state.get("fed", 0)
    state.put("fed", seed + 1)  # other customers each time
    rows = shift(window(reference, _FED, seed=seed), column, percent / 100, seed=seed)
    return [{str(name): _sent(value) for name, value in row.items()} for row in rows.to_dict("records")]


def _sent(value: Any) -> Any:
    """A cell as JSON has it: NaN and the marker of a missing category become null."""
    if value is None or value != value or value == values.MISSING:
        return None
    return value.item() if hasattr(value, "item") else value


def _parsed(body: dict[str, Any]) -> DriftReport:
    from core.mlops.drift_quality import QualityIssue

    def column(item: dict[str, Any]) -> ColumnDrift:
        lists = {name: tuple(item[name]) for name in ("cells", "reference_shares", "current_shares")}
        return ColumnDrift(**(item | lists))

    parsed = {
        "columns": tuple(map(column, body["columns"])),
        "prediction": column(body["prediction"]) if body["prediction"] else None,
        "quality": tuple(QualityIssue(**issue) for issue in body["quality"]),
        "skipped": tuple((name, why) for name, why in body["skipped"]),
    }
    return DriftReport(**(body | parsed))


def _report(report: DriftReport, focus: str | None) -> None:
    title, colour, icon = _VERDICTS[report.verdict]
    note = " Preliminary: fewer rows than a full verdict needs." if report.confidence == "preliminary" else ""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.badge(f"Verdict: {title}", icon=icon, color=colour)
        st.markdown(f"{escape(report.why)}{note}")
    with st.container(horizontal=True):
        st.metric("Importance in drifted columns", f"{report.impact:.0%}")
        st.metric("Columns drifted", f"{len(report.drifted_columns)} of {len(report.columns)}")
        st.metric("Rows", f"{report.rows_current:,}")
        st.metric("Quality alerts", sum(issue.severity == "alert" for issue in report.quality))
    limits = settings().mlops.drift
    left, right = st.columns(2)
    with left:
        st.markdown("**How far each column moved**")
        figures.draw(
            figures.drift_overview(report.columns, limits.psi_warn, limits.psi_alert), f"{state.KEY}_psi"
        )
    with right:
        _one_column(report, focus)
    _table(report)
    _quality(report)


def _one_column(report: DriftReport, focus: str | None) -> None:
    shown = {column.name: column for column in report.columns}
    if report.prediction is not None:
        shown = {"Prediction": report.prediction, **shown}
    names = list(shown)
    first = focus if focus in shown else (report.drifted_columns or tuple(names))[0]
    name = st.selectbox("Distribution of", names, names.index(first), key=f"{state.KEY}_watch_show_{first}")
    figures.draw(figures.distributions(shown[name]), f"{state.KEY}_distribution")
    st.caption(shown[name].why)


def _table(report: DriftReport) -> None:
    import pandas as pd

    columns = ([report.prediction] if report.prediction else []) + list(report.columns)
    frame = pd.DataFrame(
        {
            "Column": [*(["Prediction"] if report.prediction else []), *(c.name for c in report.columns)],
            "Status": [_status(column) for column in columns],
            "Importance": [*([None] if report.prediction else []), *(c.importance for c in report.columns)],
            "PSI": [column.psi for column in columns],
            "Jensen-Shannon": [column.jensen_shannon for column in columns],
            "Wasserstein": [column.wasserstein for column in columns],
            "Test": [column.test for column in columns],
            "p, corrected": [column.p_adjusted for column in columns],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "Status": st.column_config.TextColumn(width="medium"),
            "Importance": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
            "PSI": number(format="%.3f", help="Population stability index: 0.1 warns, 0.2 alerts"),
            "Jensen-Shannon": number(format="%.3f", help="Distance, 0 to 1"),
            "Wasserstein": number(
                format="%.3f",
                help="In standard deviations of the reference; – for categories, which have no distance",
            ),
            "p, corrected": number(format="%.3g", help="Corrected for the number of columns, by importance"),
        },
        key=f"{state.KEY}_watch_table",
        alt="Drift of every column: status, importance, distances and corrected p-value.",
        placeholder=NO_VALUE,
    )


def _status(column: ColumnDrift) -> str:
    names = {
        "alert": "Alert",
        "warn": "PSI warning",
        "watch": "Small but real",
        "stable": "Stable",
        "unknown": "-",
    }
    beyond = column.significant and column.status in ("alert", "warn")
    return names[column.status] + (", beyond chance" if beyond else "")


def _quality(report: DriftReport) -> None:
    import pandas as pd

    if not report.quality and not report.skipped:
        st.caption("Data quality: no missing, unreadable, out-of-range or new values.")
        return
    title = f"Data quality: {counted(len(report.quality), 'finding')}"
    with st.expander(title, expanded=not report.quality_ok):
        rows: list[tuple[Any, ...]] = [
            (i.column, i.problem, i.severity, i.share, i.why) for i in report.quality
        ]
        rows += [(name, "not compared", "info", None, why) for name, why in report.skipped]
        st.dataframe(
            pd.DataFrame(rows, columns=["Column", "Problem", "Severity", "Share of rows", "Why"]),
            hide_index=True,
            column_config={"Share of rows": st.column_config.NumberColumn(format="percent")},
            key=f"{state.KEY}_watch_quality",
            alt="Data quality findings by column.",
            placeholder=NO_VALUE,
        )
