"""Comparing selected runs: differences only, curves on top of each other, parameters against metrics."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.frame import guarded
from core.ui.mlops import comparison, figures, state
from core.ui.mlops.labels import algorithm, label

if TYPE_CHECKING:
    import pandas as pd

_MOST = 8  # overlaid curves stay readable up to here
_MATRICES = 4


def show(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    """The comparison of two or more runs."""
    st.subheader(f"{len(runs)} runs compared", anchor=False)
    st.query_params["compare"] = ",".join(run_id[:12] for run_id in runs["run_id"][:10])
    parts = st.tabs(
        ["Differences", "Curves", "Confusion", "Trade-offs", "Parallel coordinates"],
        key=f"{state.KEY}_compare_tab",
    )
    views = (_differences, _curves, _matrices, _trade_offs, _parallel)
    for part, view in zip(parts, views, strict=True):
        with part, guarded():
            view(workspace, runs, metric)


def _differences(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    import pandas as pd

    only = st.toggle("Differences only", value=True, key=f"{state.KEY}_only")
    columns = [name for name in runs.columns if name.startswith(("params.", "metrics."))]
    kept = comparison.differing(runs, columns) if only else columns
    labels = _labels(runs)
    frame = pd.DataFrame({title: runs.iloc[row][kept].map(_text) for row, title in enumerate(labels)})
    frame.insert(0, "Value", list(map(label, kept)))
    frame.insert(0, "Kind", [name.partition(".")[0].rstrip("s") for name in kept])
    st.dataframe(
        frame,
        hide_index=True,
        height=min(520, 40 + 35 * max(len(frame), 3)),
        key=f"{state.KEY}_differences",
        alt=f"{len(kept)} parameters and metrics in which the runs differ, one column a run.",
    )
    st.caption(f"{len(kept)} of {len(columns)} values differ.")


def _curves(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    shown = runs.head(_MOST)
    kinds = {"roc": figures.roc, "pr": figures.precision_recall, "calibration": figures.calibration}
    loaded = {
        kind: {
            title: workspace.evaluation(run_id, kind)
            for title, run_id in zip(_labels(shown), shown["run_id"], strict=True)
        }
        for kind in kinds
    }
    left, right = st.columns(2)
    with left:
        figures.draw(figures.roc(loaded["roc"]), f"{state.KEY}_compare_roc")
    with right:
        figures.draw(figures.precision_recall(loaded["pr"]), f"{state.KEY}_compare_pr")
    figures.draw(figures.calibration(loaded["calibration"]), f"{state.KEY}_compare_calibration")
    if len(runs) > _MOST:
        st.caption(f"The first {_MOST} of {len(runs)} runs are drawn.")


def _matrices(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    shown = runs.head(_MATRICES)
    for row, (place, title) in enumerate(zip(st.columns(len(shown)), _labels(shown), strict=True)):
        run_id = shown.iloc[row]["run_id"]
        names = workspace.evaluation(run_id, "names")
        counts = workspace.evaluation(run_id, "confusion")
        with place:
            drawing = figures.confusion(counts, title, names["positive"], names["negative"])
            figures.draw(drawing, f"{state.KEY}_matrix_{row}")
    if len(runs) > _MATRICES:
        st.caption(f"The first {_MATRICES} of {len(runs)} runs are drawn.")


def _trade_offs(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    everything = workspace.runs(st.session_state.get("filter", "") or "")
    numbers = [name for name in everything.columns if name.startswith("metrics.")]
    left, right, third = st.columns(3)
    first = left.selectbox(
        "Across", numbers, _index(numbers, "metrics.latency_p95_ms"), format_func=label, key=f"{state.KEY}_x"
    )
    second = right.selectbox("Up", numbers, _index(numbers, metric), format_func=label, key=f"{state.KEY}_y")
    scope = third.radio("Runs", ["Selected", "All filtered"], horizontal=True, key=f"{state.KEY}_scope")
    frame = runs if scope == "Selected" else everything.dropna(subset=[first, second])
    drawing = figures.pareto(frame.reset_index(drop=True), first, second, "name", "params.algorithm")
    figures.draw(drawing, f"{state.KEY}_pareto")
    st.caption("On the dotted line are the runs that no other run beats in both values.")


def _parallel(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    parameters = [name for name in runs.columns if name.startswith("params.")]
    differing = comparison.differing(runs, parameters)
    metrics = [name for name in (metric, "metrics.brier", "metrics.fit_seconds") if name in runs.columns]
    options = differing + [name for name in runs.columns if name.startswith("metrics.")]
    start = [name for name in differing if name != "params.dataset_digest"][:4] + list(dict.fromkeys(metrics))
    chosen = st.multiselect("Axes", options, start, format_func=label, key=f"{state.KEY}_axes")
    if len(chosen) < 2:
        st.info("Choose at least two axes.")
        return
    figures.draw(figures.parallel(runs, chosen, metric), f"{state.KEY}_parallel")


def _labels(runs: "pd.DataFrame") -> list[str]:
    """A short, unique name for each run."""
    names = [algorithm(str(name)) for name in runs.get("params.algorithm", runs["name"]).fillna("run")]
    ids = list(runs["run_id"])
    return [f"{name} {ids[row][:4]}" if names.count(name) > 1 else name for row, name in enumerate(names)]


def _text(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _index(options: list[str], wanted: str) -> int:
    return options.index(wanted) if wanted in options else 0
