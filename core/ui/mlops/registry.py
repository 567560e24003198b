"""Registry: stages, versions, gates, lineage, card, history; decisions are taken in `decide`."""

from typing import TYPE_CHECKING, Any, Literal

import streamlit as st

from core.ui.errors import escape
from core.ui.frame import guarded, timed
from core.ui.mlops import decide, state

if TYPE_CHECKING:
    from core.mlops.gates import GateReport
    from core.mlops.registry import VersionInfo

COLOURS: dict[str, Literal["green", "orange", "gray", "blue"]] = {
    "Production": "green",
    "Staging": "orange",
    "Archived": "gray",
    "None": "blue",
}
# Chips have white text: these grounds reach 4.5:1 in both themes.
_CHIPS = {
    "Production": "#0B6238",
    "Staging": "#8A4B00",
    "Archived": "#475063",
    "None": "#1F4AA8",
    "challenger": "#5B34A8",
    "previous": "#475063",
}
_VERDICTS = {"passed": "#0B6238", "warning": "#8A4B00", "failed": "#A61B2B"}
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
        st.info("No version yet. Select a run in **Runs** and register it.")
        return
    _slots(workspace, versions)
    decide.open_dialog(workspace)
    info = _table(workspace, versions)
    with guarded():
        _version(workspace, info)
    with guarded():
        _history(workspace)


def _slots(workspace: Any, versions: "list[VersionInfo]") -> None:
    held = {alias: info for info in versions for alias in info.aliases}
    for place, (alias, title, meaning) in zip(st.columns(len(_SLOTS)), _SLOTS, strict=True):
        with place.container(border=True, height="stretch"):
            info = held.get(alias)
            st.caption(f"**{title}** {meaning}")
            if info is None:
                st.markdown("none")
                continue
            st.markdown(f"**Version {info.version}**, {escape(_algorithm(info))}")


def _table(workspace: Any, versions: "list[VersionInfo]") -> "VersionInfo":
    import pandas as pd

    metrics = _metrics(workspace)
    tags = [dict(info.tags) for info in versions]
    frame = pd.DataFrame(
        {
            "Version": [info.version for info in versions],
            "Stage": [
                [info.stage, *(a for a in info.aliases if a in ("challenger", "previous"))]
                for info in versions
            ],
            "Algorithm": list(map(_algorithm, versions)),
            "ROC-AUC": [metrics.get(info.run_id) for info in versions],
            "Gates": [tag.get("gate", "not checked") for tag in tags],
            "Overridden": [tag.get("hub.override", "") for tag in tags],
            "Run": [info.run_id[:12] for info in versions],
            "Registered": pd.to_datetime([info.created for info in versions], unit="ms", utc=True),
        }
    )
    start = _asked(versions)
    event = st.dataframe(
        frame if frame["Overridden"].any() else frame.drop(columns="Overridden"),
        hide_index=True,
        column_config={
            "Stage": st.column_config.MultiselectColumn(
                options=list(_CHIPS),
                color=list(_CHIPS.values()),
            ),
            "ROC-AUC": st.column_config.NumberColumn(format="%.4f"),
            "Registered": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [start], "columns": [], "cells": []}},
        key=f"{state.KEY}_versions_{len(versions)}",
        height=min(320, 40 + 35 * max(len(frame), 2)),
        alt=f"{len(frame)} versions with stage, algorithm, ROC-AUC and gates.",
    )
    rows = event["selection"]["rows"] or [start]
    chosen = versions[min(rows[0], len(versions) - 1)]
    st.query_params["version"] = str(chosen.version)
    return chosen


def _asked(versions: "list[VersionInfo]") -> int:
    """Row of ``?version=`` production, staging, latest or a number; Production, else the newest, without it."""
    text = st.query_params.get("version", "production")
    for row, info in enumerate(versions):
        if text in (str(info.version), *info.aliases):
            return row
    return 0


def _version(workspace: Any, info: "VersionInfo") -> None:
    st.subheader(f"Version {info.version}", anchor=False)
    run = workspace.run(info.run_id)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.badge(info.stage if info.stage != "None" else "No stage", color=COLOURS[info.stage])
        for alias in info.aliases:
            st.badge(f"@{alias}", color="violet", icon=":material/label:")
    st.markdown(
        f"Dataset **{escape(run.params.get('dataset', '?'))}** `{run.params.get('dataset_digest', '?')[:8]}` "
        f":material/arrow_forward: run `{info.run_id[:8]}` :material/arrow_forward: version **{info.version}** "
        f":material/arrow_forward: **{info.stage if info.stage != 'None' else 'no stage yet'}**"
    )
    st.caption(f"scikit-learn {info.sklearn_version}, Python {info.python_version}, skops file, no pickle")
    _actions(workspace, info)
    report = _report(workspace, info)
    if report is not None:
        show_gates(report)
    with st.expander("Model card", icon=":material/description:"):
        card = _card(workspace, info)
        st.markdown(card)


def _actions(workspace: Any, info: "VersionInfo") -> None:
    with st.container(horizontal=True):
        if "previous" in info.aliases:
            _ask("Roll back to this version", "rollback", info.version, ":material/undo:", primary=True)
        if "production" in info.aliases and (previous := workspace.resolve("previous")):
            _ask(f"Roll back to version {previous.version}", "rollback", previous.version, ":material/undo:")
        if st.button("Check the gates", key=f"{state.KEY}_gates", icon=":material/fact_check:"):
            with (
                st.spinner("Scoring candidate and champion on the frozen hold-out"),
                timed("gates"),
                guarded(),
            ):
                state.put(f"report_{info.version}", workspace.check_gates(info.version))
                state.put("gates_focus", info.version)
                st.rerun()
        if "staging" not in info.aliases and "production" not in info.aliases:
            _ask("To Staging", "Staging", info.version, ":material/upload:")
        if "production" not in info.aliases:
            _ask("To Production", "Production", info.version, ":material/rocket_launch:", primary=True)
            if "challenger" in info.aliases:
                _ask("End shadow", "unchallenge", info.version, ":material/visibility_off:")
            else:
                _ask("Shadow as challenger", "challenger", info.version, ":material/visibility:")
        if not info.aliases:
            _ask("Delete", "delete", info.version, ":material/delete:")
        st.download_button(
            "Model card",
            data=lambda: _card(workspace, info),
            file_name=f"{info.model_name}-v{info.version}-card.md",
            mime="text/markdown",
            key=f"{state.KEY}_card",
            icon=":material/download:",
            on_click="ignore",
        )


def _ask(label: str, action: decide.Action, version: int, icon: str, primary: bool = False) -> None:
    st.button(
        label,
        key=f"{state.KEY}_ask_{action}",
        icon=icon,
        type="primary" if primary else "secondary",
        on_click=decide.ask,
        args=(action, version),
    )


def _report(workspace: Any, info: "VersionInfo") -> "GateReport | None":
    report: GateReport | None = state.get(f"report_{info.version}")
    if report is None:
        st.caption(
            "The gates have not been checked in this visit. They are always checked before a promotion."
        )
        return None
    current = workspace.stages()["Production"]
    if report.champion not in (current, None):
        st.caption(
            f"Judged against version {report.champion}; Production is version {current} now. Check again."
        )
    return report


def show_gates(report: "GateReport", key: str = "gates_table") -> None:
    """The verdict and every gate of a report."""
    import pandas as pd

    against = f"against version {report.champion}" if report.champion else "without a champion"
    rows = f"on {report.holdout_rows:,} held-out rows ({report.holdout_digest[:8]})"
    if report.passed:
        st.success(f"**All {len(report.gates)} gates passed** {against}, {rows}.", icon=":material/verified:")
    else:
        failed = ", ".join(escape(gate.name) for gate in report.failed)
        st.error(
            f"**{len(report.failed)} of {len(report.gates)} gates failed**: {failed}.",
            icon=":material/block:",
        )
    frame = pd.DataFrame(
        {
            "Gate": [gate.name.replace("_", " ") for gate in report.gates],
            "Verdict": [_verdict(gate) for gate in report.gates],
            "Value": [_short(gate.value) for gate in report.gates],
            "Limit": [_short(gate.limit) for gate in report.gates],
            "Why": [gate.why for gate in report.gates],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "Verdict": st.column_config.MultiselectColumn(
                options=list(_VERDICTS), color=list(_VERDICTS.values()), width="small"
            ),
            "Why": st.column_config.TextColumn(width="large"),
        },
        height=40 + 35 * len(frame),
        key=f"{state.KEY}_{key}",
        alt=f"{len(frame)} gates with verdict, value, limit and reason.",
    )


def _verdict(gate: Any) -> list[str]:
    return ["failed" if not gate.passed else "warning" if gate.warning else "passed"]


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _card(workspace: Any, info: "VersionInfo") -> str:
    from core.mlops.cards import decision_section

    lines = [
        f"{decision.at[:16].replace('T', ' ')} UTC, {decision.actor}: {decide.told(decision)} ({decision.reason})"
        for decision in reversed(workspace.history())
        if decision.version == info.version
    ]
    card: str = workspace.store.read_artifact(info.run_id, "model_card.md")
    return f"{card}\n{decision_section(lines)}"


def _history(workspace: Any) -> None:
    import pandas as pd

    st.subheader("History", anchor=False)
    audit = workspace.audit_status()
    with st.container(horizontal=True, vertical_alignment="center"):
        if audit.intact:
            st.badge(f"chain of {audit.records} records intact", color="green", icon=":material/link:")
        else:
            st.badge(f"log damaged: {escape(audit.problem)}", color="red", icon=":material/link_off:")
        if audit.quarantined:
            st.badge(f"{audit.quarantined} torn lines set aside", color="orange")
    decisions = workspace.history()
    frame = pd.DataFrame(
        {
            "When": pd.to_datetime([d.at for d in decisions], utc=True),
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
        column_config={"When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss")},
        height=min(360, 40 + 35 * max(len(frame), 2)),
        key=f"{state.KEY}_history",
        alt=f"{len(frame)} decisions, newest first, with actor, reason and gate result.",
    )
    st.caption(
        "Append-only: each line seals all lines before it, and a copy of the last seal lies in the store."
    )


def _gates(decision: Any) -> str:
    if decision.gates_passed is None:
        return ""
    if decision.gates_passed:
        return "passed"
    return f"failed: {', '.join(decision.failed_gates)}" + (" (overridden)" if decision.override else "")


def _metrics(workspace: Any) -> dict[str, float]:
    runs = workspace.runs()
    if "metrics.roc_auc" not in runs.columns:
        return {}
    return dict(zip(runs["run_id"], runs["metrics.roc_auc"], strict=True))


def _algorithm(info: "VersionInfo") -> str:
    return dict(info.tags).get("algorithm", "").replace("_", " ") or "unknown algorithm"
