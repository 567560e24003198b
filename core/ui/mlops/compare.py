"""Comparing selected runs: differences only, curves on top of each other, parameters against metrics."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.mlops import cached, comparison, figures, state
from core.ui.mlops.labels import algorithm, label
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

_MOST = 7  # as many overlaid curves as there are colours
_MATRICES = 4
_RUN_WIDTH = 190  # pixels: a score with its interval
_FEWEST = 6  # runs below which nothing is said about parameters
_BOOKKEEPING = (
    "params.dataset",
    "params.holdout_digest",
    "params.inputs",
    "params.positive",
    "params.target",
)
_COSTS = ("fit_seconds", "latency_p95_ms", "predict_ms_per_1000", "model_size_mb")


def show(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    """The comparison of two or more runs."""
    st.subheader(f"{len(runs)} runs compared", anchor=False)
    if comparison.holdouts(runs) > 1:
        st.warning(
            "These runs were scored on different hold-outs, so their scores do not compare. The gates always judge "
            "both models on the same rows.",
            icon=":material/balance:",
        )
    state.linked_tabs("comparison", VIEWS, workspace, runs, metric)


def _differences(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    import pandas as pd

    only = st.toggle("Differences only", value=True, key=f"{state.KEY}_only")
    columns = _ordered([str(name) for name in runs.columns])
    kept = comparison.differing(runs, columns) if only else columns
    labels = _labels(runs)
    cells = {title: [_cell(runs.iloc[row], name) for name in kept] for row, title in enumerate(labels)}
    kinds = [_kind(name) for name in kept]
    frame = pd.DataFrame(
        {"Kind": kinds, "Name": [label(name) for name in kept], **cells, "Best": _best(runs, kept, labels)}
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "Kind": st.column_config.TextColumn(width="small"),
            "Best": st.column_config.TextColumn(width="medium"),
            **{title: st.column_config.TextColumn(width=_RUN_WIDTH) for title in labels},
        },
        height=min(560, 40 + 35 * max(len(frame), 3)),
        key=f"{state.KEY}_differences",
        alt=f"{len(kept)} parameters and metrics in which the runs differ, one column a run.",
        placeholder=NO_VALUE,
    )
    st.caption(
        f"{len(comparison.differing(runs, columns))} of {len(columns)} values differ. "
        "Hold-out scores stand with their 95% interval; where intervals overlap widely, chance may decide."
    )


def _ordered(names: list[str]) -> list[str]:
    """Parameters, then hold-out scores and costs, then cross-validation and training; no interval bounds."""
    shown = [name for name in names if name.startswith(("params.", "metrics."))]
    shown = [name for name in shown if not name.endswith(("_low", "_high"))]
    order = ("Parameter", "Hold-out", "Cost", "CV", "Training")
    return sorted(shown, key=lambda name: order.index(_kind(name)))


def _kind(name: str) -> str:
    group, _, rest = name.partition(".")
    if group == "params":
        return "Parameter"
    if rest in _COSTS:
        return "Cost"
    return {"cv": "CV", "train": "Training"}.get(rest.partition("_")[0], "Hold-out")


def _cell(run: "pd.Series", name: str) -> str:
    if name == "params.algorithm":
        return algorithm(str(run[name]))
    low, high = run.get(f"{name}_low"), run.get(f"{name}_high")
    if low is None or high is None or low != low:
        return _text(run[name])
    return f"{run[name]:.4f} ({low:.3f} to {high:.3f})"


def _best(runs: "pd.DataFrame", names: list[str], labels: list[str]) -> list[str]:
    """Which run is best by each metric; nothing for parameters and ties."""
    found = []
    for name in names:
        values = runs[name].reset_index(drop=True)
        if not name.startswith("metrics.") or values.isna().all() or name.endswith("_std"):
            found.append("")
            continue
        top = values.min() if comparison.lower_is_better(name) else values.max()
        winners = [labels[row] for row, value in enumerate(values) if value == top]
        found.append(winners[0] if len(winners) == 1 else "")
    return found


def _curves(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    shown = runs.head(_MOST)
    loaded = {kind: _loaded(workspace, shown, kind) for kind in ("roc", "pr", "calibration")}
    left, right = st.columns(2)
    with left:
        figures.draw(figures.roc(loaded["roc"]), f"{state.KEY}_compare_roc", "ROC curves")
    with right:
        figures.draw(
            figures.precision_recall(loaded["pr"]), f"{state.KEY}_compare_pr", "Precision and recall"
        )
    figures.draw(
        figures.calibration(loaded["calibration"]), f"{state.KEY}_compare_calibration", "Calibration"
    )
    if len(runs) > _MOST:
        st.caption(f"The first {_MOST} of {len(runs)} runs are drawn.")


def _loaded(workspace: Any, runs: "pd.DataFrame", kind: str) -> dict[str, Any]:
    pairs = zip(_labels(runs), runs["run_id"], strict=True)
    return {title: cached.evaluation(workspace, run_id, kind) for title, run_id in pairs}


def _matrices(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    shown = runs.head(_MATRICES)
    for row, (place, title) in enumerate(zip(st.columns(len(shown)), _labels(shown), strict=True)):
        run_id = shown.iloc[row]["run_id"]
        names = cached.evaluation(workspace, run_id, "names")
        counts = cached.evaluation(workspace, run_id, "confusion")
        with place:
            drawing = figures.confusion(counts, title, names["positive"], names["negative"])
            figures.draw(drawing, f"{state.KEY}_matrix_{row}")
    note = f" The first {_MATRICES} of {len(runs)} runs are drawn." if len(runs) > _MATRICES else ""
    st.caption(f"At a threshold of 0.5. Shares are of the actual class, so each row adds up to 100%.{note}")


def _trade_offs(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    everything = _filtered(workspace)
    metrics = [name for name in everything.columns if name.startswith("metrics.")]
    numbers = [name for name in metrics if everything[name].notna().any()]
    numbers += [
        name for name in everything.columns if name.startswith("params.") and _numeric(everything[name])
    ]
    left, right, third = st.columns(3)
    first = left.selectbox(
        "Across", numbers, _index(numbers, "metrics.latency_p95_ms"), format_func=label, key=f"{state.KEY}_x"
    )
    second = right.selectbox("Up", numbers, _index(numbers, metric), format_func=label, key=f"{state.KEY}_y")
    scope = third.radio("Runs", ["Selected", "All filtered"], horizontal=True, key=f"{state.KEY}_scope")
    chosen = runs if scope == "Selected" else everything
    frame = _as_numbers(chosen, [first, second])
    if frame.empty:
        st.info("None of these runs has both values.")
        return
    drawing = figures.pareto(frame, first, second, "name", "params.algorithm")
    figures.draw(drawing, f"{state.KEY}_pareto")
    st.caption("On the dotted line are the runs that no other run beats in both values.")


def _parallel(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    parameters = [name for name in runs.columns if name.startswith("params.")]
    differing = comparison.differing(runs, parameters)
    metrics = [name for name in (metric, "metrics.brier", "metrics.fit_seconds") if name in runs.columns]
    options = differing + [name for name in runs.columns if name.startswith("metrics.")]
    tuned = [name for name in differing if name not in _BOOKKEEPING and not name.endswith("_digest")]
    tuned.sort(key=lambda name: (name != "params.algorithm", -runs[name].notna().sum()))
    chosen = st.multiselect(
        "Axes", options, tuned[:4] + list(dict.fromkeys(metrics)), format_func=label, key=f"{state.KEY}_axes"
    )
    if len(chosen) < 2:
        st.info("Choose at least two axes.")
        return
    with st.container(key=f"{state.KEY}_parallel_place"):  # scrolls on a phone: the axes need their room
        figures.draw(figures.parallel(runs, chosen, metric), f"{state.KEY}_parallel")
    st.caption("One line is one run. Drag along an axis to keep only the runs in that range.")


def _importance(workspace: Any, runs: "pd.DataFrame", metric: str) -> None:
    everything = _filtered(workspace)
    finished = everything[everything[metric].notna()]
    if len(finished) < _FEWEST:
        st.info(
            f"At least {_FEWEST} runs are needed to say which parameters mattered; there are {len(finished)}."
        )
        return
    names = [name for name in finished.columns if name.startswith("params.") and name not in _BOOKKEEPING]
    found = comparison.effects(finished, [name for name in names if not name.endswith("_digest")], metric)
    if not found:
        st.info("No parameter differs in enough of these runs.")
        return
    figures.draw(figures.effects(found, metric), f"{state.KEY}_effects")
    st.caption(
        f"Share of the differences in {label(metric)} over all {len(finished):,} filtered runs that goes with each "
        "parameter's value (omega squared), on the runs that have it. Parameters that change together share credit, "
        "so read it as a hint where to search, not as a cause."
    )


def _filtered(workspace: Any) -> "pd.DataFrame":
    found: pd.DataFrame = workspace.runs(state.get("value_filter", ""))
    return found


def _numeric(values: "pd.Series") -> bool:
    import pandas as pd

    known = values.dropna()
    return bool(len(known)) and bool(pd.to_numeric(known, errors="coerce").notna().all())


def _as_numbers(frame: "pd.DataFrame", columns: list[str]) -> "pd.DataFrame":
    import pandas as pd

    changed = {name: pd.to_numeric(frame[name], errors="coerce") for name in columns}
    return frame.assign(**changed).dropna(subset=columns).reset_index(drop=True)


def _labels(runs: "pd.DataFrame") -> list[str]:
    """A short, unique name for each run."""
    names = [algorithm(str(name)) for name in runs.get("params.algorithm", runs["name"]).fillna("run")]
    ids = list(runs["run_id"])
    return [f"{name} {ids[row][:4]}" if names.count(name) > 1 else name for row, name in enumerate(names)]


def _text(value: Any) -> str:
    if value is None or value != value:
        return NO_VALUE
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _index(options: list[str], wanted: str) -> int:
    return options.index(wanted) if wanted in options else 0


VIEWS: dict[str, Callable[..., None]] = {
    "Differences": _differences,
    "Curves": _curves,
    "Confusion": _matrices,
    "Trade-offs": _trade_offs,
    "Parallel coordinates": _parallel,
    "Parameter importance": _importance,
}
