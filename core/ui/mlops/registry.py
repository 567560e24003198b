"""Registry: stages, versions, gates, lineage, card, history; decisions are taken in `decide`."""

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.counts import counted
from core.markdown import code_span, escape
from core.telemetry import Kind
from core.ui import proof, theme
from core.ui.actions import visitor_action
from core.ui.badges import text_badge
from core.ui.frame import guarded, timed
from core.ui.mlops import cached, decide, state
from core.ui.mlops.labels import gate as gate_name
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from pandas.io.formats.style import Styler

    from core.mlops.gates import Gate, GateReport
    from core.mlops.registry import VersionInfo

COLOURS: dict[str, Literal["green", "orange", "gray", "blue"]] = {
    "Production": "green",
    "Staging": "orange",
    "Archived": "gray",
    "None": "blue",
}
# Ground and text of a stage's cell, light and dark theme. Not MultiselectColumn's chips: the text colour that
# Streamlit gives them changes with the row's selection and can vanish on the ground.
_PAINT = {
    "Production": ("#D6F2E0", "#0B6238", "#123D28", "#8FE3B4"),
    "Staging": ("#FFEBCC", "#7A4200", "#47310C", "#FFC37A"),
    "Archived": ("#E7EAF0", "#475063", "#2C3646", "#C0C8D6"),
    "None": ("#E1EAFF", "#1F4AA8", "#1B2F5C", "#A6C5FF"),
}
_SLOT_PX = 160  # two by two on a phone
_STAGE_WIDTH = 96  # pixels: "Production" in bold
_SLOTS = (
    ("production", "Production", "answers requests"),
    ("staging", "Staging", "passed the gates"),
    ("challenger", "Challenger", "scores in the shadow"),
    ("previous", "Previous", "one step back"),
)


def show(workspace: Any) -> None:
    """The whole view."""
    versions = workspace.versions()
    if not versions:
        st.info("No version yet. Select a run in **Runs** and register it.", icon=":material/deployed_code:")
        st.button("Open the runs", key=f"{state.KEY}_open_runs", on_click=state.link, args=("runs",))
        return
    start, changed = _start(versions)  # first: a notice that it is not there moves what is drawn already
    _slots(workspace, versions)
    decide.open_dialog(workspace)
    info = _table(workspace, versions, start, changed)
    with guarded():
        _version(workspace, info, decide.held_aliases(versions))
    with guarded():
        _history(workspace)
    _ask(
        "Reset the workspace",
        "reset",
        ":material/restart_alt:",
        info.version,
        decide.held_aliases(versions),
    )


def _slots(workspace: Any, versions: "list[VersionInfo]") -> None:
    held = {alias: info for info in versions for alias in info.aliases}
    places = st.grid(len(_SLOTS), min_column_width=_SLOT_PX, key=f"{state.KEY}_slots")
    for alias, title, meaning in _SLOTS:
        with places.container(border=True, height="stretch"):
            info = held.get(alias)
            st.caption(f"**{title}** {meaning}")
            if info is None:
                st.markdown("none")
                continue
            st.markdown(f"**Version {info.version}**, {escape(_algorithm(info))}")


def _start(versions: "list[VersionInfo]") -> tuple[int, bool]:
    """Row of the version that the address asks for or that was chosen last, and whether the address changed."""
    default = next((info.version for info in versions if "production" in info.aliases), versions[0].version)
    asked, changed = state.pull(
        "version", lambda text: asked_version(versions, text), default, "version {}".format
    )
    if changed:
        state.put("version_chosen", asked)
    numbers = [info.version for info in versions]
    found = state.get("version_chosen", default)
    return (numbers.index(found) if found in numbers else 0), changed


def _table(workspace: Any, versions: "list[VersionInfo]", start: int, changed: bool) -> "VersionInfo":
    """Draws the table, in which the row ``start`` is selected when the address ``changed``; the selected version."""
    import pandas as pd

    metrics = _metrics(workspace)
    tags = [dict(info.tags) for info in versions]
    frame = pd.DataFrame(
        {
            "Version": [info.version for info in versions],
            "Stage": [info.stage for info in versions],
            "Alias": [", ".join(info.aliases) for info in versions],
            "Algorithm": list(map(_algorithm, versions)),
            "ROC-AUC": [metrics.get(info.run_id) for info in versions],
            "Gates": [tag.get("gate", "not checked") for tag in tags],
            "Overridden": [_overridden(tag.get("hub.override", "")) for tag in tags],
            "Run": [info.run_id[:12] for info in versions],
            "Registered (UTC)": pd.to_datetime([info.created for info in versions], unit="ms"),
        }
    )
    drawn = state.get("versions_drawn", 0) + changed
    state.put("versions_drawn", drawn)
    event = st.dataframe(
        _painted(frame if frame["Overridden"].any() else frame.drop(columns="Overridden")),
        hide_index=True,
        column_config={
            "Version": st.column_config.NumberColumn(width="small"),
            "Stage": st.column_config.TextColumn(width=_STAGE_WIDTH),
            "ROC-AUC": st.column_config.NumberColumn(format="%.4f"),
            "Registered (UTC)": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [start], "columns": [], "cells": []}},
        key=f"{state.KEY}_versions_{drawn}_{len(versions)}",
        height=min(320, 38 + 35 * len(frame)),
        alt=f"{len(frame)} versions with stage, algorithm, ROC-AUC and gates.",
        placeholder=NO_VALUE,
    )
    rows = event["selection"]["rows"] or [start]
    chosen = versions[min(rows[0], len(versions) - 1)]
    state.put("version_chosen", chosen.version)
    state.push("version", chosen.version, str(chosen.version))
    return chosen


def _painted(frame: "pd.DataFrame") -> "Styler":
    dark = theme.is_dark()

    def paint(stage: object) -> str:
        ground, text = _PAINT[str(stage)][2:] if dark else _PAINT[str(stage)][:2]
        return f"background-color: {ground}; color: {text}; font-weight: 600"

    return frame.style.map(paint, subset=["Stage"])


def asked_version(versions: "list[VersionInfo]", text: str) -> int | None:
    """The version of ``?version=``: a number, an alias, or ``latest``; None when there is none."""
    if text == "latest":
        return versions[0].version
    return next((info.version for info in versions if text in (str(info.version), *info.aliases)), None)


def _version(workspace: Any, info: "VersionInfo", aliases: dict[str, int]) -> None:
    st.subheader(f"Version {info.version}", anchor=False)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.badge(info.stage if info.stage != "None" else "No stage", color=COLOURS[info.stage])
        for alias in info.aliases:
            st.badge(f"@{alias}", color="violet", icon=":material/label:")
        if overridden := dict(info.tags).get("hub.override"):
            told = f"gates overridden: {_overridden(overridden)}"
            text_badge(told, icon=":material/gavel:", color="red")
    _lineage(workspace, info)
    _actions(workspace, info, aliases)
    report = _report(workspace, info)
    if report is not None:
        show_gates(report)
    card = st.expander(
        "Model card", icon=":material/description:", key=f"{state.KEY}_card_open", on_change="rerun"
    )
    if card.open:
        with card, guarded():
            st.markdown(_card(workspace, info))


def _lineage(workspace: Any, info: "VersionInfo") -> None:
    run = workspace.run(info.run_id)
    arrow = ":material/arrow_forward:"
    stage = info.stage if info.stage != "None" else "no stage yet"
    digest = code_span(run.params.get("dataset_digest", "")[:8])
    st.markdown(
        f"Dataset **{escape(run.params.get('dataset', 'unknown'))}** {digest} "
        f"{arrow} run **{escape(run.name)}** {code_span(info.run_id[:8])} {arrow} version **{info.version}** "
        f"{arrow} **{stage}**"
    )
    made_with = f"scikit-learn {info.sklearn_version}, Python {info.python_version}"
    st.caption(f"{escape(made_with)}, skops file, no pickle")


def _actions(workspace: Any, info: "VersionInfo", aliases: dict[str, int]) -> None:
    with st.container(horizontal=True):
        _moves(info, aliases)
        _check_button(workspace, info)
        st.button(
            "Open the run",
            key=f"{state.KEY}_open_run",
            icon=":material/science:",
            on_click=state.link,
            args=("runs",),
            kwargs={"compare": info.run_id[:12], "filter": ""},
        )
        st.download_button(
            "Download the card",
            data=lambda: _card(workspace, info),
            file_name=f"{info.model_name}-v{info.version}-card.md",
            mime="text/markdown",
            key=f"{state.KEY}_card",
            icon=":material/download:",
            on_click="ignore",
        )
        used = ", ".join(info.aliases)
        _ask(
            "Delete",
            "delete",
            ":material/delete:",
            info.version,
            aliases,
            disabled=bool(used),
            help=f"In use as {used}; a version with an alias cannot be deleted." if used else None,
        )


def _moves(info: "VersionInfo", aliases: dict[str, int]) -> None:
    """The decisions that can be made about where a version stands."""
    live, previous = "production" in info.aliases, aliases.get("previous")
    undo = ":material/undo:"
    if live and previous:
        _ask(f"Roll back to version {previous}", "rollback", undo, previous, aliases, type="primary")
    if live:
        return
    rocket = ":material/rocket_launch:"
    _ask("Promote to Production", "Production", rocket, info.version, aliases, type="primary")
    if previous == info.version:
        _ask("Roll back to this version", "rollback", undo, info.version, aliases)
    if "staging" not in info.aliases:
        _ask("Promote to Staging", "Staging", ":material/upload:", info.version, aliases)
    if "challenger" in info.aliases:
        _ask("End shadow scoring", "unchallenge", ":material/visibility_off:", info.version, aliases)
    else:
        _ask("Score in the shadow", "challenger", ":material/visibility:", info.version, aliases)


def _ask(
    label: str,
    action: decide.Action,
    icon: str,
    version: int,
    aliases: dict[str, int],
    disabled: bool = False,
    **look: Any,
) -> None:
    """A button that opens the dialog of a decision."""
    st.button(
        label,
        key=f"{state.KEY}_ask_{action}",
        icon=icon,
        on_click=decide.ask,
        args=(action, version, aliases),
        disabled=disabled or state.needs_token(),
        **look,
    )


def _check_button(workspace: Any, info: "VersionInfo") -> None:
    if st.button("Check the gates", key=f"{state.KEY}_gates", icon=":material/fact_check:"):
        spinner = st.spinner("Scoring candidate and champion on the frozen hold-out")
        with spinner, timed("gates checked in"), guarded():
            with visitor_action(Kind.DECISION, how="gates", version=info.version):
                state.put(f"report_{info.version}", workspace.check_gates(info.version))
            cached.forget_gates()
            st.rerun()


def _report(workspace: Any, info: "VersionInfo") -> "GateReport | None":
    report: GateReport | None = state.get(f"report_{info.version}") or cached.gate_report(workspace, info)
    if report is None:
        st.caption("The gates of this version have not been checked yet. They always are before a promotion.")
        return None
    current = workspace.stages()["Production"]
    if report.champion not in (current, None) or (report.champion is None and current != info.version):
        rival = f"version {report.champion}" if report.champion else "no champion"
        st.caption(f"Judged against {rival}; Production is version {current or 'none'} now. Check again.")
    return report


def show_gates(report: "GateReport", brief: bool = False) -> None:
    """The verdict and every gate of a report; ``brief`` folds those that passed away."""
    against = f"against version {report.champion}" if report.champion else "without a champion"
    rows = f"on {report.holdout_rows:,} rows of hold-out {report.holdout_digest[:8]}"
    when = report.checked_at[:16].replace("T", " ")
    if report.passed:
        st.success(
            f"**All {len(report.gates)} gates passed** {against}, {rows}, {when} UTC.",
            icon=":material/verified:",
        )
    else:
        failed = ", ".join(gate_name(gate.name) for gate in report.failed)
        st.error(
            f"**{len(report.failed)} of {len(report.gates)} gates failed** {against}, {rows}, {when} UTC: {failed}.",
            icon=":material/block:",
        )
    if not brief:
        _gate_table(report.gates)
        return
    if report.failed:
        _gate_table(report.failed)
    with st.expander(f"All {len(report.gates)} gates"):
        _gate_table(report.gates)


def _gate_table(gates: "Sequence[Gate]") -> None:
    rows = [
        (
            gate_name(gate.name),
            _verdict(gate),
            escape(_short(gate.value)),
            escape(_short(gate.limit)),
            escape(gate.why),
        )
        for gate in gates
    ]
    proof.table(("Gate", "Verdict", "Value", "Limit", "Why"), rows)


def _verdict(gate: "Gate") -> str:
    return (
        "**\u2717\u00a0failed**"
        if not gate.passed
        else "!\u00a0warning"
        if gate.warning
        else "\u2713\u00a0passed"
    )


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _card(workspace: Any, info: "VersionInfo") -> str:
    from core.mlops.cards import decision_section

    lines = [
        f"{decision.at[:16].replace('T', ' ')} UTC, {decision.actor}: {decide.told(decision)} ({decision.reason})"
        for decision in reversed(workspace.history())
        if decision.version == info.version
    ]
    return f"{cached.card(workspace, info.run_id)}\n{decision_section(lines)}"


def _history(workspace: Any) -> None:
    import pandas as pd

    st.subheader("History", anchor=False)
    audit = workspace.audit_status()
    with st.container(horizontal=True, vertical_alignment="center"):
        if audit.intact:
            st.badge(
                f"chain of {counted(audit.records, 'record')} intact", color="green", icon=":material/link:"
            )
        else:
            text_badge(f"log damaged: {audit.problem}", icon=":material/link_off:", color="red")
        if audit.quarantined:
            st.badge(f"{counted(audit.quarantined, 'torn line')} set aside", color="orange")
    decisions = workspace.history()
    frame = pd.DataFrame(
        {
            "When (UTC)": pd.to_datetime([d.at for d in decisions], utc=True).tz_convert(None),
            "Who": [d.actor for d in decisions],
            "What": [decide.told(d) for d in decisions],
            "Why": [d.reason for d in decisions],
            "Gates": [_gates(d) for d in decisions],
            "Seal": [d.hash[:10] for d in decisions],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"When (UTC)": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss")},
        height=min(360, 38 + 35 * len(frame)),
        key=f"{state.KEY}_history",
        alt=f"{len(frame)} decisions, newest first, with actor, reason and gate result.",
        placeholder=NO_VALUE,
    )
    st.caption(
        "Append-only: each line seals all lines before it, and a copy of the last seal lies in the store."
    )


def _gates(decision: Any) -> str:
    if decision.gates_passed is None:
        return ""
    if decision.gates_passed:
        return "passed"
    failed = ", ".join(map(gate_name, decision.failed_gates))
    return f"failed: {failed}" + (" (overridden)" if decision.override else "")


def _overridden(tag: str) -> str:
    """The tag 'Production: non_inferiority, brier' with the gates as they are called on the page."""
    stage, _, gates = tag.partition(": ")
    return f"{stage}: {', '.join(map(gate_name, gates.split(', ')))}" if gates else tag


def _metrics(workspace: Any) -> dict[str, float]:
    runs = workspace.runs()
    if "metrics.roc_auc" not in runs.columns:
        return {}
    return dict(zip(runs["run_id"], runs["metrics.roc_auc"], strict=True))


def _algorithm(info: "VersionInfo") -> str:
    return dict(info.tags).get("algorithm", "").replace("_", " ") or "unknown algorithm"
