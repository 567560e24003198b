"""Records for forms and requests: typical, risky and safe customers of the Production model."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.config import settings
from core.errors import NotAvailable
from core.mlops import values
from core.mlops.schema import InputColumn
from core.mlops.serving.loaded import LoadedModel, load
from core.mlops.serving.records import as_batch
from core.ui.mlops import state

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = ("Typical", "High risk", "Low risk")
_SCORED = 400
_BATCH = 100_000


def production_model(workspace: Any) -> LoadedModel:
    """The Production model in memory, shared by all visitors; raises NotAvailable when there is none."""
    version = workspace.resolve("production")
    if version is None:
        raise NotAvailable("No version is in Production", "Promote one in the Registry view.")
    return _loaded(state.root(), version.version, version.model_id, workspace)


def example_records(workspace: Any) -> dict[str, dict[str, Any]]:
    """A record for each of SAMPLES."""
    model = production_model(workspace)
    return _examples(state.root(), model.version, model.model_id, model)


def score(model: LoadedModel, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The service's answers, computed in this process by the same code."""
    threshold = settings().mlops.serving.threshold
    batch = as_batch(records, model.schema, _BATCH)
    answers = map(float, model.probabilities(batch.frame))
    return [
        {
            "probability": probability,
            "label": model.label(probability, threshold),
            "model_version": model.version,
            "model_name": model.model_name,
            "warnings": list(warnings),
        }
        for probability, warnings in zip(answers, batch.warnings, strict=True)
    ]


def as_frame(model: LoadedModel, record: dict[str, Any]) -> "pd.DataFrame":
    """One record in the model's shape."""
    return as_batch(record, model.schema, 1).frame


def as_record(row: Mapping[str, Any], columns: tuple[InputColumn, ...]) -> dict[str, Any]:
    """A row of the model's frame as a client would send it."""
    return {column.name: _sent(column, row[column.name]) for column in columns}


def _sent(column: InputColumn, value: Any) -> Any:
    if value is None or value != value or value == values.MISSING:
        return None
    if column.kind == "category":
        return str(value)
    return int(value) if column.integer or column.boolean else round(float(value), 4)


@st.cache_resource(show_spinner="Loading the Production model", max_entries=4)
def _loaded(root: str, version: int, model_id: str, _workspace: Any) -> LoadedModel:
    return load(_workspace, _workspace.resolve("production"))


@st.cache_data(show_spinner=False, max_entries=8)
def _examples(root: str, version: int, model_id: str, _model: LoadedModel) -> dict[str, dict[str, Any]]:
    rows = _model.reference.head(_SCORED)
    order = _model.probabilities(rows).argsort()
    columns = _model.schema.columns
    typical = {column.name: column.typical for column in columns}
    return {
        "Typical": as_record(typical, columns),
        "High risk": as_record(rows.iloc[order[-3]].to_dict(), columns),
        "Low risk": as_record(rows.iloc[order[2]].to_dict(), columns),
    }
