"""Runs: filter, sort, choose columns, see one in full, compare several, register the best."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.errors import HubError
from core.ui.errors import escape
from core.ui.frame import guarded, show_error, timed
from core.ui.mlops import compare, comparison, figures, state
from core.ui.mlops.labels import algorithm, label

if TYPE_CHECKING:
    import pandas as pd

_EXAMPLES = (
    "metrics.roc_auc > 0.84 OR params.algorithm = 'logistic_regression'",
    "params.algorithm IN ('random_forest', 'extra_trees') AND metrics.fit_seconds < 5",
    "NOT params.calibrated = 'True' AND metrics.brier < 0.14",
)
_FACTS = {"params.algorithm": "Algorithm", "name": "Run", "start_time": "Started", "status": "Status"}
_DEFAULT = (
    "metrics.roc_auc",
    "metrics.pr_auc",
    "metrics.brier",
    "metrics.calibration_error",
    "metrics.fit_seconds",
)
_TOP = 3


def show(workspace: Any) -> None:
    """The whole view."""
    text = _filter_box()
    try:
        with timed("runs"):
            runs = workspace.runs(text)
    except HubError as error:
        show_error(error)
        return
    if not len(runs):
        total = len(workspace.runs())
        st.info(
            f"No run matches. There are {total:,} in all."
            if total
            else "No runs yet. Train some models first."
        )
        return
    metric, columns = _choices(runs)
    chosen = _table(workspace, runs.reset_index(drop=True), metric, columns)
    with guarded():
        if len(chosen) == 1:
            _one(workspace, chosen.iloc[0])
        elif len(chosen) > 1:
            compare.show(workspace, chosen, metric)
        else:
            st.caption("Select one run to see it in full and to register it; select several to compare them.")


def _filter_box() -> str:
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    text = left.text_input(
        "Filter", key="filter", bind="query-params", placeholder=_EXAMPLES[0], max_chars=500
    )
    with right.popover("Syntax", icon=":material/help:", width="stretch"):
        st.markdown(
            "Keys: `metrics.x`, `params.x`, `tags.x`, `attributes.x`. Tests: `= != < <= > >=`, `IN (..)`, `LIKE`, "
            "`BETWEEN`, `IS NULL`. Joined by `AND`, `OR`, `NOT` and brackets. Parameters compare as numbers too."
        )
        for number, example in enumerate(_EXAMPLES):
            st.button(
                f"`{example}`",
                key=f"{state.KEY}_example_{number}",
                type="tertiary",
                on_click=_use,
                args=(example,),
            )
    return str(text or "")


def _use(example: str) -> None:
    st.session_state["filter"] = example


def _choices(runs: "pd.DataFrame") -> tuple[str, list[str]]:
    metrics = [name for name in runs.columns if name.startswith("metrics.")]
    others = [name for name in runs.columns if name.startswith(("params.", "tags.")) and name not in _FACTS]
    left, right = st.columns([1, 2])
    ranking = [name for name in metrics if not name.endswith(("_low", "_high"))]
    start = ranking.index("metrics.roc_auc") if "metrics.roc_auc" in ranking else 0
    metric = left.selectbox(
        "Rank by", ranking, start, format_func=label, key=f"{state.KEY}_metric", persist_state="session"
    )
    columns = right.multiselect(
        "Columns",
        metrics + others,
        [name for name in _DEFAULT if name in metrics],
        format_func=label,
        key=f"{state.KEY}_columns",
        persist_state="session",
    )
    return metric, columns


def _table(workspace: Any, runs: "pd.DataFrame", metric: str, columns: list[str]) -> "pd.DataFrame":
    baseline = _baseline(workspace, runs, metric)
    frame = comparison.with_progress(runs, metric, "start_time", baseline)
    frame = comparison.ranked(frame, metric).reset_index(drop=True)
    picked = list(dict.fromkeys([metric, "delta", "best_so_far", *columns]))
    shown = frame[[name for name in _FACTS if name in frame.columns] + picked]
    event = st.dataframe(
        shown,
        hide_index=True,
        column_config=_config(shown, metric),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": _asked(frame), "columns": [], "cells": []}},
        key=f"{state.KEY}_runs",
        height=min(420, 38 + 35 * max(len(shown), 3)),
        alt=f"{len(shown)} runs ranked by {label(metric)}.",
    )
    note = "" if baseline is None else f" Difference to Production ({baseline:.4f})."
    st.caption(f"{len(frame):,} runs, best {label(metric)} first.{note}")
    rows = [row for row in event["selection"]["rows"] if row < len(frame)]
    return frame.iloc[rows]


def _asked(frame: "pd.DataFrame") -> list[int]:
    """Rows of ``?compare=top3`` or of ``?compare=<run id>,<run id>``."""
    text = st.query_params.get("compare", "")
    if text.startswith("top") and text[3:].isdecimal():
        return list(range(min(int(text[3:]), 10, len(frame))))
    wanted = [part for part in text.split(",") if part]
    return [
        row for row, run_id in enumerate(frame["run_id"]) if any(run_id.startswith(part) for part in wanted)
    ][:10]


def _baseline(workspace: Any, runs: "pd.DataFrame", metric: str) -> float | None:
    production = workspace.resolve("production")
    if production is None:
        return None
    everything = workspace.runs()
    if metric not in everything.columns:
        return None
    found = everything.loc[everything["run_id"] == production.run_id, metric].dropna()
    return float(found.iloc[0]) if len(found) else None


def _config(shown: "pd.DataFrame", metric: str) -> dict[str, Any]:
    import pandas as pd

    config: dict[str, Any] = {}
    for name in shown.columns:
        title = _FACTS.get(name) or label(name)
        if name == "start_time":
            config[name] = st.column_config.DatetimeColumn(title, format="D MMM, HH:mm:ss")
        elif pd.api.types.is_numeric_dtype(shown[name]):
            config[name] = st.column_config.NumberColumn(title, format="%.4f")
        else:
            config[name] = st.column_config.Column(title)
    config["delta"] = st.column_config.NumberColumn("Against Production", format="%+.4f")
    config["best_so_far"] = st.column_config.NumberColumn(
        "Best so far", format="%.4f", help=f"Best {label(metric)} of all runs up to this one, in time"
    )
    return config


def _one(workspace: Any, row: "pd.Series") -> None:
    run = workspace.run(row["run_id"])
    st.subheader(escape(run.name), anchor=False)
    _register(workspace, run)
    scores, charts, slices, params = st.tabs(
        ["Scores", "Charts", "Slices", "Parameters"], key=f"{state.KEY}_run_tab"
    )
    with scores:
        _scores(run.metrics)
    with charts, guarded():
        _charts(workspace, run)
    with slices, guarded():
        _slices(workspace, run.run_id)
    with params:
        facts = {**run.params, **{f"tag {key}": value for key, value in run.tags.items()}}
        st.dataframe(
            {"Name": list(facts), "Value": list(map(str, facts.values()))},
            hide_index=True,
            key=f"{state.KEY}_params",
            alt="Parameters and tags of the run.",
        )


def _register(workspace: Any, run: Any) -> None:
    known = {info.run_id: info.version for info in workspace.versions()}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Run {run.run_id[:12]}, {run.status.lower()}")
        if run.run_id in known:
            st.badge(f"version {known[run.run_id]}", icon=":material/deployed_code:", color="violet")
        elif run.model_id and st.button("Register as a version", type="primary", key=f"{state.KEY}_register"):
            with guarded():
                version = workspace.register(run.run_id, actor="visitor", reason=f"run {run.name}")
                st.toast(f"Registered as version {version}.", icon=":material/check:")
                st.rerun()


def _scores(metrics: dict[str, float]) -> None:
    import pandas as pd

    names = [name for name in metrics if f"{name}_low" in metrics]
    frame = pd.DataFrame(
        {
            "Measure": [label(f"metrics.{name}") for name in names],
            "Hold-out": [metrics[name] for name in names],
            "95 % from": [metrics[f"{name}_low"] for name in names],
            "to": [metrics[f"{name}_high"] for name in names],
            "Cross-validation": [metrics.get(f"cv_{name}") for name in names],
            "Training": [metrics.get(f"train_{name}") for name in names],
        }
    )
    number = st.column_config.NumberColumn(format="%.4f")
    st.dataframe(
        frame,
        hide_index=True,
        column_config=dict.fromkeys(frame.columns[1:], number),
        key=f"{state.KEY}_scores",
        alt="Scores of the run on the hold-out with intervals, in cross-validation and on the training rows.",
    )
    with st.container(horizontal=True):
        for name, label, unit in (
            ("fit_seconds", "Fit", "s"),
            ("latency_p95_ms", "One record, p95", "ms"),
            ("predict_ms_per_1000", "1,000 records", "ms"),
            ("model_size_mb", "Size", "MB"),
        ):
            if name in metrics:
                st.metric(label, f"{metrics[name]:.1f} {unit}")


def _charts(workspace: Any, run: Any) -> None:
    name = algorithm(run.algorithm)
    left, right = st.columns(2)
    with left:
        figures.draw(figures.roc({name: workspace.evaluation(run.run_id, "roc")}), f"{state.KEY}_roc")
        figures.draw(
            figures.calibration({name: workspace.evaluation(run.run_id, "calibration")}), f"{state.KEY}_cal"
        )
    with right:
        figures.draw(
            figures.precision_recall({name: workspace.evaluation(run.run_id, "pr")}), f"{state.KEY}_pr"
        )
        names = workspace.evaluation(run.run_id, "names")
        counts = workspace.evaluation(run.run_id, "confusion")
        figures.draw(
            figures.confusion(counts, name, names["positive"], names["negative"]), f"{state.KEY}_conf"
        )
    rows = workspace.evaluation(run.run_id, "importance")
    values = {row["column"]: (row["mean"], row["spread"]) for row in rows}
    figures.draw(figures.importance(values), f"{state.KEY}_importance")


def _slices(workspace: Any, run_id: str) -> None:
    import pandas as pd

    frame = pd.DataFrame(workspace.evaluation(run_id, "slices"))
    if frame.empty:
        st.caption("No column has few enough values to slice by.")
        return
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        frame,
        hide_index=True,
        column_config=dict.fromkeys(("roc_auc", "low", "high", "predicted", "observed"), number),
        key=f"{state.KEY}_slices",
        alt="ROC-AUC with interval, mean prediction and observed rate of each slice of the hold-out.",
    )
    st.caption(
        "Slices with too few rows have no ROC-AUC. Within a slice of a strong predictor it is lower by nature."
    )
