"""Watch: drift of a simulated shift, of an uploaded table, or of the service's live requests."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import BadInput
from core.mlops.drift import ColumnDrift, DriftReport
from core.ui.frame import guarded, latency_badge, timed
from core.ui.mlops import figures, state

if TYPE_CHECKING:
    import pandas as pd

_SOURCES = ("Simulate a shift", "Upload a table", "Live requests")
_VERDICTS = {
    "drift": ("Drift", "error", ":material/crisis_alert:"),
    "warning": ("Warning", "warning", ":material/warning:"),
    "stable": ("Stable", "success", ":material/check_circle:"),
    "not_enough_data": ("Not enough data", "info", ":material/hourglass_empty:"),
}
_MAX_UPLOAD_MB = 20


def show(workspace: Any) -> None:
    """The whole view."""
    production = workspace.resolve("production")
    if production is None:
        st.info(
            "No version is in Production, so there is nothing to watch. Promote one in the registry first."
        )
        return
    st.markdown(f"Compared with the training rows of **version {production.version}**, the Production model.")
    source = st.segmented_control(
        "Data to compare", _SOURCES, default=_SOURCES[0], required=True, key=f"{state.KEY}_watch_source"
    )
    with guarded():
        if source == _SOURCES[0]:
            _simulated(workspace, workspace.reference_data(production.version))
        elif source == _SOURCES[1]:
            _uploaded(workspace)
        else:
            _live()


def _simulated(workspace: Any, reference: "pd.DataFrame") -> None:
    from core.mlops.drift_samples import column_kind
    from core.mlops.simulator import shift, window

    asked_column, asked_percent = _asked(reference)
    names = [str(name) for name in reference.columns]
    left, middle, right = st.columns([2, 3, 2])
    column = left.selectbox("Column", names, index=names.index(asked_column), key=f"{state.KEY}_watch_column")
    numeric = column_kind(reference[column]) == "numeric"
    low, high = (-50, 100) if numeric else (0, 100)
    label = "Change of every value, %" if numeric else "Share of the other rows that moves, %"
    percent = middle.slider(
        label, low, high, max(low, min(high, asked_percent)), 5, key=f"{state.KEY}_watch_percent"
    )
    rows = right.select_slider(
        "Rows in the window", [100, 200, 500, 1000, 2000], 500, key=f"{state.KEY}_watch_rows"
    )
    target = None if numeric else _target(reference, column)
    current = shift(window(reference, rows, seed=7), column, percent / 100, to=target, seed=7)
    with timed("drift") as timing:
        report = workspace.drift(current)
    st.query_params["shift"] = f"{column}:{percent}"
    latency_badge(timing.ms, "compared in")
    _report(report, column)


def _asked(reference: "pd.DataFrame") -> tuple[str, int]:
    """Column and percent of ``?shift=Contract:25``; a default for anything else."""
    name, _, percent = st.query_params.get("shift", "").rpartition(":")
    columns = [str(column) for column in reference.columns]
    default = next((column for column in ("MonthlyCharges", "Contract") if column in columns), columns[0])
    number = percent.lstrip("-")
    return (name if name in columns else default), (
        int(percent) if number.isdecimal() and len(number) < 4 else 0
    )


def _target(reference: "pd.DataFrame", column: str) -> str:
    from core.mlops.drift_samples import as_labels

    values = [str(value) for value in as_labels(reference[column]).value_counts().index[:30]]
    chosen: str = st.selectbox("They take the value", values, key=f"{state.KEY}_watch_target")
    return chosen


def _uploaded(workspace: Any) -> None:
    from core.mlops.tables import read_table

    file = st.file_uploader(
        f"A CSV file with the model's columns (up to {_MAX_UPLOAD_MB} MB)",
        type="csv",
        key=f"{state.KEY}_watch_file",
    )
    if file is None:
        st.caption("Extra columns are ignored and reported. Nothing is stored.")
        return
    table = read_table(file.getvalue(), settings().mlops.training, file.name)
    with timed("drift") as timing:
        report = workspace.drift(table.cells)
    latency_badge(timing.ms, "compared in")
    _report(report, None)


def _live() -> None:
    from core.mlops.service_client import ServiceClient

    url = state.service(state.root()).url
    if url is None:
        st.info("The local service is not running. Start it in **Serve** and send it some requests.")
        return
    exchange = ServiceClient(url).send("GET", "/drift")
    if not exchange.ok:
        body = exchange.body
        raise BadInput(str(body.get("detail", exchange.text)), str(body.get("hint", "")))
    latency_badge(exchange.elapsed_ms, "answered in")
    _report(_parsed(exchange.body), None)


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
    title, kind, icon = _VERDICTS[report.verdict]
    note = " Preliminary: fewer rows than a full verdict needs." if report.confidence == "preliminary" else ""
    {"error": st.error, "warning": st.warning, "success": st.success, "info": st.info}[kind](
        f"**{title}.** {report.why}{note}", icon=icon
    )
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
            "Column": [column.name for column in columns],
            "Status": [_status(column) for column in columns],
            "Importance": [column.importance for column in columns],
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
            "Importance": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0),
            "PSI": number(format="%.3f", help="Population stability index: 0.1 warns, 0.2 alerts"),
            "Jensen-Shannon": number(format="%.3f", help="Distance, 0 to 1"),
            "Wasserstein": number(
                format="%.3f", help="In standard deviations of the reference; numbers only"
            ),
            "p, corrected": number(format="%.3g", help="Corrected for the number of columns, by importance"),
        },
        key=f"{state.KEY}_watch_table",
        alt="Drift of every column: status, importance, distances and corrected p-value.",
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
    with st.expander(f"Data quality: {len(report.quality)} findings", expanded=not report.quality_ok):
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
        )
