"""Runs: filter, sort, choose columns, see one in full, compare several, register the best."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.counts import counted
from core.errors import HubError
from core.markdown import escape
from core.telemetry import Kind
from core.ui.actions import visitor_action
from core.ui.address import Partly, begin_notice
from core.ui.badges import text_badge
from core.ui.frame import guarded, show_error, timed
from core.ui.mlops import cached, compare, comparison, figures, state
from core.ui.mlops.labels import algorithm, label
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.tracking import Run

_EXAMPLES = (
    "metrics.roc_auc > 0.84 OR params.algorithm = 'logistic_regression'",
    "params.algorithm IN ('random_forest', 'extra_trees') AND metrics.fit_seconds < 5",
    "NOT params.calibrated = 'True' AND metrics.brier < 0.14",
)
_PLACEHOLDER = "metrics.roc_auc > 0.84"  # short enough for a phone
_FACTS = {"params.algorithm": "Algorithm", "name": "Run", "start_time": "Started (UTC)", "status": "Status"}
_COLUMNS = (
    "metrics.roc_auc",
    "metrics.pr_auc",
    "metrics.brier",
    "metrics.calibration_error",
    "metrics.fit_seconds",
)
_ORDERS = {"best": "Best first", "worst": "Worst first", "newest": "Newest first", "oldest": "Oldest first"}
_MEASURE = "metrics.roc_auc"
_HELP_PX, _CHOICE_PX = 112, 150
_PAGE_ROWS = 50
_MOST_PICKED = 20
_MOST_DIGITS = 7
_SHORTEST_ID = 4  # characters of a run id that name it in an address


def show(workspace: Any) -> None:
    """The whole view."""
    text = _filter_box()
    try:
        with timed("runs filtered in"):
            runs = workspace.runs(text)
    except HubError as error:
        show_error(error)
        _clear_button()
        return
    if not len(runs):
        _nothing(len(workspace.runs()))
        return
    metric, order, columns = _choices(runs)
    chosen = _table(workspace, runs.reset_index(drop=True), metric, order, columns)
    with guarded():
        if len(chosen) == 1:
            _one(workspace, chosen.iloc[0])
        elif len(chosen) > 1:
            compare.show(workspace, chosen, metric)
        else:
            st.caption("Select one run to see it in full and to register it; select several to compare them.")


def _nothing(total: int) -> None:
    if total:
        st.info(
            f"No run matches this filter. Without it: {counted(total, 'run')}.", icon=":material/filter_alt:"
        )
        _clear_button()
    else:
        st.info("No runs yet. Train some models first.", icon=":material/model_training:")
        st.button("Train models", key=f"{state.KEY}_to_train", on_click=state.link, args=("train",))


def _clear_button() -> None:
    st.button("Clear the filter", key=f"{state.KEY}_clear", on_click=_use, args=("",))


def _filter_box() -> str:
    row = st.container(key=f"{state.KEY}_filter_row", horizontal=True, vertical_alignment="bottom")
    with row:
        text = state.linked(
            "filter",
            "",
            lambda given: given[:500],
            str,
            lambda key, start: (
                st.text_input("Filter", start, key=key, placeholder=_PLACEHOLDER, max_chars=500) or ""
            ),
        )
    with row.popover("Syntax", icon=":material/help:", width=_HELP_PX):
        st.markdown(
            "Keys: `metrics.x`, `params.x`, `tags.x`, `attributes.x`. Tests: `= != < <= > >=`, `IN (..)`, `LIKE`, "
            "`BETWEEN`, `IS NULL`. Joined by `AND`, `OR`, `NOT` and brackets. Parameters compare as numbers too. "
            "Try one of these:"
        )
        for number, example in enumerate(_EXAMPLES):
            st.button(
                f"`{example}`",
                key=f"{state.KEY}_example_{number}",
                type="tertiary",
                on_click=_use,
                args=(example,),
            )
    return text


def _use(example: str) -> None:
    state.link("runs", filter=example, page="")


def _choices(runs: "pd.DataFrame") -> tuple[str, str, list[str]]:
    """The measure that ranks, the order, and the columns shown; all three are in the address."""
    metrics = [name for name in runs.columns if name.startswith("metrics.")]
    others = [name for name in runs.columns if name.startswith(("params.", "tags.")) and name not in _FACTS]
    ranking = [name for name in metrics if not name.endswith(("_low", "_high"))]
    with st.container(key=f"{state.KEY}_order_row"):
        left, right = st.columns([5, 7])
    # Side by side on a phone, too, and the filter with its help: the table of runs is in view.
    with left, st.grid(2, min_column_width=_CHOICE_PX):
        metric = _choice("measure", "Measure", ranking, label, ranking[0] if ranking else "")
        order = _choice("order", "Order", list(_ORDERS), _ORDERS.__getitem__, "best")
    with right:
        columns = _columns(metrics + others)
    return metric, order, columns


def _choice(name: str, title: str, options: list[str], shown: Callable[[str], str], default: str) -> str:
    first = _MEASURE if _MEASURE in options else default
    return state.linked(
        name,
        first,
        lambda text: text if text in options else None,
        str,
        lambda key, start: str(
            st.selectbox(
                title,
                options,
                options.index(start if start in options else first),
                format_func=shown,
                key=key,
            )
        ),
    )


def _columns(options: list[str]) -> list[str]:
    return state.linked(
        "columns",
        [name for name in _COLUMNS if name in options],
        lambda text: _known_columns(text, options),
        lambda names: ",".join(names) or "none",
        lambda key, start: st.multiselect(
            "Columns",
            options,
            [name for name in start if name in options],
            format_func=label,
            key=key,
            placeholder="Only the basic ones",
            wrap=True,
        ),
    )


def _known_columns(text: str, options: list[str]) -> Partly[list[str]] | None:
    """Columns of ``?columns=metrics.f1,params.C``; "none" leaves the basic ones, None stands for the usual ones."""
    asked = [] if text == "none" else text.split(",")
    there = [name for name in asked if name in options]
    return Partly(there, [name for name in asked if name not in options]) if there or not asked else None


def _table(
    workspace: Any, runs: "pd.DataFrame", metric: str, order: str, columns: list[str]
) -> "pd.DataFrame":
    """Draws the table; the selected runs, whole and in its order."""
    baseline, holdout = _baseline(workspace, metric)
    # A run has a hundred columns: only those that are drawn are sorted and copied.
    needed = ["run_id", metric, comparison.HOLDOUT, *_FACTS, *columns]
    narrow = runs[[name for name in dict.fromkeys(needed) if name in runs.columns]]
    frame = comparison.in_order(comparison.with_progress(narrow, metric, baseline, holdout), metric, order)
    begin_notice()  # the choices above are drawn
    place = st.container()
    page = _page(len(frame))
    with place:
        picked = _picked(frame, page, metric, columns)
    note = "" if baseline is None else f" Production has {baseline:.4f}."
    count = counted(len(frame), "run")
    st.caption(f"{count}, {_ORDERS[order].lower()} by {label(metric)}.{note}")
    return comparison.in_order(runs[runs["run_id"].isin(picked)], metric, order) if picked else runs.iloc[:0]


def _page(rows: int) -> slice:
    """The rows of the page that is shown; one page needs no buttons."""
    pages = max(1, -(-rows // _PAGE_ROWS))
    asked, changed = state.pull("page", lambda text: _page_number(text, pages), 1)
    drawn = state.get("page_drawn", 0) + changed
    state.put("page_drawn", drawn)  # a key of its own each time the address decides
    start = min(max(asked, 1), pages)
    number = start
    if pages > 1:
        number = int(st.pagination(pages, default=start, key=f"{state.KEY}_page_{drawn}_{pages}"))
        state.push("page", number, str(number) if number > 1 else "")
    return slice((number - 1) * _PAGE_ROWS, number * _PAGE_ROWS)


def _page_number(text: str, pages: int) -> int | None:
    number = int(text) if text.isdecimal() and len(text) < _MOST_DIGITS else 0
    return number if 1 <= number <= pages else None


def _picked(frame: "pd.DataFrame", page: slice, metric: str, columns: list[str]) -> list[str]:
    """Ids of the selected runs, on this page and on others; the address has them as ``compare``."""
    nothing: list[str] = []
    asked, changed = state.pull("compare", lambda text: _asked(frame, text), nothing, _counted)
    kept: list[str] = asked if changed else state.get("picked", [])
    rows = frame.iloc[page].reset_index(drop=True)
    names = [name for name in _FACTS if name in rows.columns]
    first, last = names[:1], names[1:]  # on a phone the scores stand beside the algorithm
    rows["start_time"] = rows["start_time"].dt.tz_convert(None)  # pyarrow reads aware times with a warning
    shown = rows[[*first, *dict.fromkeys([metric, "delta", "best_so_far", *columns]), *last]]
    shown = _in_words(shown)
    ids = list(rows["run_id"])
    # A key of its own for each set of rows, so that the selection starts from what is picked.
    version = state.get("table", 0) + changed
    state.put("table", version)
    event = st.dataframe(
        shown,
        hide_index=True,
        column_config=_config(shown, metric),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": _rows(ids, kept), "columns": [], "cells": []}},
        key=f"{state.KEY}_runs_{version}_{hash(tuple(ids)):x}",
        height=min(420, 38 + 35 * len(shown)),
        alt=f"{len(shown)} runs with {label(metric)}, difference to Production and chosen columns.",
        placeholder=NO_VALUE,
    )
    here = [ids[row] for row in event["selection"]["rows"] if row < len(ids)]
    picked = [run_id for run_id in kept if run_id not in ids] + here
    picked = [run_id for run_id in frame["run_id"] if run_id in set(picked)][:_MOST_PICKED]
    state.put("picked", picked)
    if set(picked) != set(asked):
        state.push("compare", picked, ",".join(run_id[:12] for run_id in picked))
    return picked


def _in_words(shown: "pd.DataFrame") -> "pd.DataFrame":
    """Algorithms and states as they are called everywhere else on the page."""
    said = {"params.algorithm": algorithm, "status": str.lower}
    return shown.assign(
        **{name: shown[name].map(say, na_action="ignore") for name, say in said.items() if name in shown}
    )


def _rows(ids: list[str], kept: list[str]) -> list[int]:
    return [row for row, run_id in enumerate(ids) if run_id in kept]


def _counted(runs: list[str]) -> str:
    return counted(len(runs), "run") if runs else "no run is selected"


def _asked(frame: "pd.DataFrame", text: str) -> list[str] | Partly[list[str]]:
    """Runs of ``?compare=top3`` or of ``?compare=<run id>,<run id>``."""
    if text.startswith("top") and text[3:].isdecimal():
        return list(frame["run_id"].head(min(int(text[3:][:4]), _MOST_PICKED)))
    wanted = tuple(part for part in text.split(",") if len(part) >= _SHORTEST_ID)
    found = [run_id for run_id in frame["run_id"] if wanted and run_id.startswith(wanted)]
    unknown = [part for part in text.split(",") if part and not (part in wanted and _begins(found, part))]
    return Partly(found[:_MOST_PICKED], unknown)


def _begins(ids: list[str], part: str) -> bool:
    return any(run_id.startswith(part) for run_id in ids)


def _baseline(workspace: Any, metric: str) -> tuple[float | None, str | None]:
    """Production's value of the metric, and the hold-out it was measured on."""
    production = workspace.resolve("production")
    runs = workspace.runs()
    if production is None or metric not in runs.columns:
        return None, None
    rows = (runs["run_id"] == production.run_id).to_numpy().nonzero()[0]
    value = runs[metric].iat[rows[0]] if len(rows) else float("nan")
    if value != value:  # the run is gone, or has no such metric
        return None, None
    holdout = runs[comparison.HOLDOUT].iat[rows[0]] if comparison.HOLDOUT in runs.columns else None
    return float(value), holdout


def _config(shown: "pd.DataFrame", metric: str) -> dict[str, Any]:
    import pandas as pd

    config: dict[str, Any] = {}
    for name in shown.columns:
        title = _FACTS.get(name) or label(name)
        if name == "start_time":
            config[name] = st.column_config.DatetimeColumn(title, format="D MMM, HH:mm:ss")
        elif pd.api.types.is_numeric_dtype(shown[name]):
            places = "%.4f" if not name.endswith(("_seconds", "_ms", "_mb", "_1000")) else "%.2f"
            config[name] = st.column_config.NumberColumn(title, format=places)
        else:
            config[name] = st.column_config.Column(title)
    better = "lower" if comparison.lower_is_better(metric) else "higher"
    config["delta"] = st.column_config.NumberColumn(
        "Against Production", format="%+.4f", help=f"{label(metric)} minus Production's; {better} is better"
    )
    config["best_so_far"] = st.column_config.NumberColumn(
        "Best so far", format="%.4f", help=f"Best {label(metric)} of all runs up to this one, in time"
    )
    return config


def _one(workspace: Any, row: "pd.Series") -> None:
    run = workspace.run(row["run_id"])
    st.subheader(escape(run.name), anchor=False)
    _register(workspace, run)
    state.linked_tabs("detail", DETAILS, workspace, run)


def _register(workspace: Any, run: "Run") -> None:
    known = {info.run_id: info.version for info in workspace.versions()}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Run {run.run_id[:12]}, {run.status.lower()}")
        ceiling = run.tags.get("best_reachable_roc_auc")
        if ceiling:
            text_badge(f"best reachable ROC-AUC {ceiling}", icon=":material/flag:", color="blue")
        if run.run_id in known:
            version = known[run.run_id]
            st.button(
                f"Version {version} in the registry",
                key=f"{state.KEY}_open_version",
                icon=":material/deployed_code:",
                on_click=_open,
                args=(version,),
            )
        elif run.model_id and st.button(
            "Register as a version",
            type="primary",
            key=f"{state.KEY}_register",
            icon=":material/add:",
            disabled=state.needs_token(),
        ):
            with guarded():
                with visitor_action(Kind.DECISION, how="register"):
                    state.require_admin()
                    version = workspace.register(run.run_id, actor="visitor", reason=f"run {run.name}")
                st.session_state["frame_notice"] = f"Registered as version {version}."
                st.rerun()


def _open(version: int) -> None:
    state.link("registry", version=str(version))


def _scores(workspace: Any, run: "Run") -> None:
    import pandas as pd

    metrics = run.metrics
    names = [name for name in metrics if f"{name}_low" in metrics]
    frame = pd.DataFrame(
        {
            "Measure": [label(f"metrics.{name}") for name in names],
            "Hold-out": [metrics[name] for name in names],
            "95% from": [metrics[f"{name}_low"] for name in names],
            "95% to": [metrics[f"{name}_high"] for name in names],
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
        placeholder=NO_VALUE,
    )
    with st.container(horizontal=True):
        for name, title, unit in (
            ("fit_seconds", "Fit", "s"),
            ("latency_p95_ms", "One record, p95", "ms"),
            ("predict_ms_per_1000", "1,000 records", "ms"),
            ("model_size_mb", "Size", "MB"),
        ):
            if name in metrics:
                st.metric(title, f"{metrics[name]:,.1f} {unit}")


def _charts(workspace: Any, run: "Run") -> None:
    name = algorithm(run.algorithm)
    left, right = st.columns(2)
    with left:
        drawing = figures.roc({name: cached.evaluation(workspace, run.run_id, "roc")})
        figures.draw(drawing, f"{state.KEY}_roc", "ROC curve")
        drawing = figures.calibration({name: cached.evaluation(workspace, run.run_id, "calibration")})
        figures.draw(drawing, f"{state.KEY}_cal", "Calibration")
    with right:
        drawing = figures.precision_recall({name: cached.evaluation(workspace, run.run_id, "pr")})
        figures.draw(drawing, f"{state.KEY}_pr", "Precision and recall")
        names = cached.evaluation(workspace, run.run_id, "names")
        counts = cached.evaluation(workspace, run.run_id, "confusion")
        drawing = figures.confusion(counts, "", names["positive"], names["negative"])
        figures.draw(drawing, f"{state.KEY}_conf", "Confusion matrix at a threshold of 0.5")
    rows = cached.evaluation(workspace, run.run_id, "importance")
    values = {row["column"]: (row["mean"], row["spread"]) for row in rows}
    figures.draw(figures.importance(values), f"{state.KEY}_importance", "Importance of each column")


def _search(workspace: Any, run: "Run") -> None:
    import pandas as pd

    tried = sorted(cached.evaluation(workspace, run.run_id, "search"), key=lambda item: -item["mean"])
    frame = pd.DataFrame(
        {
            "Mean ROC-AUC": [item["mean"] for item in tried],
            "Setting": [", ".join(f"{k} = {v}" for k, v in item["params"].items()) for item in tried],
            "Folds": [item["folds"] for item in tried],
            "Complete": [item["complete"] for item in tried],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={
            "Setting": st.column_config.TextColumn(width="large"),
            "Mean ROC-AUC": st.column_config.NumberColumn(format="%.4f"),
            "Folds": st.column_config.BarChartColumn(
                y_min=0.5, y_max=1.0, help="ROC-AUC of each fold, 0.5 to 1"
            ),
        },
        key=f"{state.KEY}_search_table",
        alt=f"{len(frame)} settings that were tried, with cross-validated ROC-AUC.",
        placeholder=NO_VALUE,
    )
    st.caption(
        "Settings that fell clearly behind after two folds were dropped early and are marked incomplete."
    )


def _parameters(workspace: Any, run: "Run") -> None:
    facts = {**run.params, **{f"{key} (tag)": value for key, value in run.tags.items()}}
    st.dataframe(
        {"Name": list(facts), "Value": list(map(str, facts.values()))},
        hide_index=True,
        key=f"{state.KEY}_params",
        alt="Parameters and tags of the run.",
        placeholder=NO_VALUE,
    )


def _slices(workspace: Any, run: "Run") -> None:
    import pandas as pd

    frame = pd.DataFrame(cached.evaluation(workspace, run.run_id, "slices"))
    if frame.empty:
        st.caption("No column has few enough values to slice by.")
        return
    titles = {"column": "Column", "value": "Value", "rows": "Rows", "roc_auc": "ROC-AUC", "low": "95% from"}
    titles |= {"high": "95% to", "predicted": "Predicted", "observed": "Observed"}
    scores = ("ROC-AUC", "95% from", "95% to", "Predicted", "Observed")
    st.dataframe(
        frame.rename(columns=titles),
        hide_index=True,
        column_config=dict.fromkeys(scores, st.column_config.NumberColumn(format="%.3f")),
        key=f"{state.KEY}_slices",
        alt="ROC-AUC with interval, mean prediction and observed rate of each slice of the hold-out.",
        placeholder=NO_VALUE,
    )
    st.caption(
        "Slices with too few rows have no ROC-AUC. Within a slice of a strong predictor it is lower by nature."
    )


DETAILS: dict[str, Callable[..., None]] = {
    "Scores": _scores,
    "Charts": _charts,
    "Slices": _slices,
    "Search": _search,
    "Parameters": _parameters,
}
