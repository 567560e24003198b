"""Predict: one customer in a form, why, what if, and a whole file."""

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.counts import counted
from core.errors import BadInput, LimitReached
from core.markdown import escape
from core.mlops.schema import InputColumn
from core.ui.badges import duration
from core.ui.frame import guarded, latency_badge, timed
from core.ui.mlops import figures, records, state
from core.ui.mlops.registry import asked_version
from core.ui.spreadsheets import harmless
from core.ui.widgets import NO_VALUE

if TYPE_CHECKING:
    import pandas as pd

    from core.mlops.explain import Explanation, WhatIf
    from core.mlops.serving.loaded import LoadedModel

ASKED = {"high": "High risk", "low": "Low risk", "typical": "Typical"}
_METHODS = {
    "exact linear": "Exact contributions of the linear model",
    "interventional Shapley": "Interventional Shapley values, sampled",
}
_MAX_ROWS = 20_000
_REFERENCE_ROWS = 500


def show(workspace: Any) -> None:
    """The whole view."""
    if workspace.resolve("production") is None:
        state.say_no_production()
        return
    model = records.production_model(workspace)
    _note_version(workspace, model)
    state.linked_tabs("records", PARTS, workspace, model)


def _note_version(workspace: Any, model: "LoadedModel") -> None:
    """Say so when the address names a version that does not exist; another than Production's answers no requests."""
    versions = workspace.versions()
    state.PAGE.look(
        "version",
        lambda text: asked_version(versions, text),
        model.version,
        "version {}, which is in Production".format,
    )


def _one(workspace: Any, model: "LoadedModel") -> None:
    sample = state.linked(
        "sample",
        records.SAMPLES[0],
        ASKED.get,
        lambda name: next(word for word, shown in ASKED.items() if shown == name),
        lambda key, start: str(
            st.segmented_control("Start from", records.SAMPLES, default=start, required=True, key=key)
        ),
    )
    start = records.example_records(workspace)[str(sample)]
    with st.container(
        key=f"{state.KEY}_one"
    ):  # styles.css puts the answer beside the form, or above it on a phone
        answer = st.container(border=True, key=f"{state.KEY}_answer")
        record = _form(model, start, f"{sample}_{model.version}")
        with answer:
            _verdict(model, _answered(model, record))
        with st.container(), guarded():
            _what_if(model, record)
    with guarded():
        _explanation(model, record)


def _form(model: "LoadedModel", start: dict[str, Any], key: str) -> dict[str, Any]:
    """One widget a column; every change is scored at once."""
    record: dict[str, Any] = {}
    with st.container(border=True, key=f"{state.KEY}_record"):
        columns = model.schema.columns
        for first in range(0, len(columns), 2):  # a row for two, on a phone as well
            for place, column in zip(st.columns(2), columns[first : first + 2], strict=False):
                with place:
                    record[column.name] = _field(
                        column, start[column.name], f"{state.KEY}_in_{key}_{column.name}"
                    )
    return record


def _field(column: InputColumn, value: Any, key: str) -> Any:
    label = escape(column.name)
    if column.kind == "category" and column.categories:
        options = sorted(column.categories)
        return st.selectbox(
            label,
            options,
            options.index(value) if value in options else 0,
            key=key,
            accept_new_options=True,
        )
    if column.kind == "category":
        return st.text_input(label, value or "", key=key)
    whole = column.integer or column.boolean
    seen = f"Training range {column.low:g} to {column.high:g}" if column.low is not None else None
    if whole:
        return st.number_input(label, value=int(value or 0), step=1, key=key, help=seen)
    return st.number_input(label, value=float(value or 0.0), key=key, help=seen)


def _answered(model: "LoadedModel", record: dict[str, Any]) -> dict[str, Any]:
    """The service's answer when it runs, else the same computation in this process."""
    url = state.service(state.root()).url
    if url is not None:
        exchange = state.client(url).predict(record)
        if exchange.ok:
            latency_badge(exchange.elapsed_ms, "answered by the service in")
            answer: dict[str, Any] = exchange.body
            return answer
        st.caption(f"The service said {exchange.status}; answered in this process instead.")
    with timed("answered in") as timing:
        answer = records.score(model, [record])[0]
    latency_badge(timing.ms, "answered in this process in")
    return answer


def _verdict(model: "LoadedModel", answer: dict[str, Any]) -> None:
    answered = escape(f"{model.schema.target} = {model.schema.positive}")
    threshold = settings().mlops.serving.threshold
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.metric(f"Probability of {answered}", f"{answer['probability']:.1%}", width="content")
        with st.container(gap="xxsmall"):
            st.markdown(f"Label **{escape(str(answer['label']))}** at a threshold of {threshold:g}.")
            st.caption(f"Version {answer['model_version']} of {escape(answer['model_name'])}")
    st.progress(float(answer["probability"]))
    for warning in answer["warnings"]:
        st.warning(escape(warning), icon=":material/info:")


def _explanation(model: "LoadedModel", record: dict[str, Any]) -> None:
    st.subheader("Why", anchor=False)
    found, elapsed = _explained(state.root(), model.version, model.model_id, json.dumps(record), model)
    items = [(f"{item.column} = {_shown(item.value)}", item.log_odds) for item in found.contributions]
    figures.draw(figures.contributions(items, "log-odds"), f"{state.KEY}_why")
    st.caption(
        f"{_METHODS[found.method]}, {duration(elapsed)}. From {found.base_probability:.1%} for the average customer "
        f"of the training rows to {found.probability:.1%} for this one; the bars add up exactly in log-odds."
    )


@st.cache_data(show_spinner="Explaining", max_entries=200)
def _explained(
    root: str, version: int, model_id: str, record: str, _model: "LoadedModel"
) -> "tuple[Explanation, float]":
    from core.mlops.explain import explain

    started = time.perf_counter()
    frame = records.as_frame(_model, json.loads(record))
    reference = _model.reference.sample(min(len(_model.reference), _REFERENCE_ROWS), random_state=0)
    found = explain(_model.pipeline, frame, reference)
    return found, (time.perf_counter() - started) * 1000


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _what_if(model: "LoadedModel", record: dict[str, Any]) -> None:
    st.subheader("What if", anchor=False)
    ranking = sorted(model.schema.names, key=lambda name: -model.importance.get(name, 0.0))
    name = st.selectbox("Change only this, keep the rest", ranking, key=f"{state.KEY}_whatif")
    found = _curve(state.root(), model.version, model.model_id, json.dumps(record), str(name), model)
    if len(found.values) < 2:
        st.caption("This column has a single value in the training data.")
        return
    numeric = model.schema.column(name).kind != "category"
    drawing = figures.what_if(found.values, found.probabilities, name, found.actual, numeric)
    figures.draw(drawing, f"{state.KEY}_whatif_chart")


@st.cache_data(show_spinner=False, max_entries=400)
def _curve(root: str, version: int, model_id: str, record: str, name: str, _model: "LoadedModel") -> "WhatIf":
    from core.mlops.explain import what_if

    frame = records.as_frame(_model, json.loads(record))
    return what_if(_model.pipeline, frame, _model.schema, name)


def _file(_workspace: Any, model: "LoadedModel") -> None:
    from core.mlops.tables import read_table

    file = st.file_uploader("A CSV file with the model's columns", key=f"{state.KEY}_batch")
    st.caption(f"Up to {_MAX_ROWS:,} rows. Extra columns are ignored and reported; nothing is stored.")
    if file is None:
        st.download_button(
            "Example file",
            lambda: _example(model),
            "customers.csv",
            "text/csv",
            key=f"{state.KEY}_example_file",
            icon=":material/download:",
            on_click="ignore",
        )
        return
    table = read_table(file.getvalue(), settings().mlops.training, file.name)
    if len(table.cells) > _MAX_ROWS:
        raise LimitReached(
            f"The file has {len(table.cells):,} rows; the limit is {_MAX_ROWS:,}", "Split the file."
        )
    if not len(table.cells):
        raise BadInput("The file has no rows below its header", "Choose another file.")
    with timed("scored in") as timing:
        scored = _scored(model, table.cells)
    latency_badge(timing.ms, f"{counted(len(scored), 'row')} scored in")
    _batch(model, scored)


def _example(model: "LoadedModel") -> str:
    """The first rows of the hold-out as a client would write them."""
    import pandas as pd

    columns = model.schema.columns
    found = model.holdout.head(20).to_dict("records")
    rows = [records.as_record({str(k): v for k, v in row.items()}, columns) for row in found]
    return pd.DataFrame(rows).to_csv(index=False)


def _scored(model: "LoadedModel", cells: "pd.DataFrame") -> "pd.DataFrame":
    answers = records.score(model, [{str(k): v for k, v in row.items()} for row in cells.to_dict("records")])
    return cells.assign(
        probability=[answer["probability"] for answer in answers],
        label=[answer["label"] for answer in answers],
        warnings=["; ".join(answer["warnings"]) for answer in answers],
    )


def _batch(model: "LoadedModel", scored: "pd.DataFrame") -> None:
    positive = int((scored["label"] == model.schema.positive).sum())
    with st.container(horizontal=True):
        st.metric("Rows", f"{len(scored):,}")
        st.metric(f"Labelled {escape(model.schema.positive)}", f"{positive:,}")
        st.metric("Mean probability", f"{scored['probability'].mean():.1%}")
        st.metric("With warnings", f"{int((scored['warnings'] != '').sum()):,}")
    first = ["probability", "label", "warnings"]
    shown = scored[first + [name for name in scored.columns if name not in first]]
    st.dataframe(
        shown.sort_values("probability", ascending=False),
        hide_index=True,
        column_config={
            "probability": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
        },
        key=f"{state.KEY}_batch_table",
        alt=f"{len(shown)} scored rows, highest probability first.",
        placeholder=NO_VALUE,
    )
    st.download_button(
        "Download the scores",
        data=lambda: safe_csv(shown),
        file_name="scored.csv",
        mime="text/csv",
        key=f"{state.KEY}_batch_download",
        icon=":material/download:",
        on_click="ignore",
    )


def safe_csv(table: "pd.DataFrame") -> str:
    """The table as CSV that no spreadsheet runs: its names come from a visitor's file, as its cells do."""
    return str(table.map(_harmless).rename(columns=_harmless).to_csv(index=False))


def _harmless(cell: Any) -> Any:
    """Text that a spreadsheet would run is made harmless; a number written as text stays one."""
    return harmless(cell) if isinstance(cell, str) and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    return text.lstrip("+-").replace(".", "", 1).isdecimal()


PARTS: dict[str, Callable[[Any, "LoadedModel"], None]] = {"One record": _one, "A file": _file}
