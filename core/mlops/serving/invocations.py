"""MLflow's scoring protocol: POST /invocations with its four payloads or CSV, /ping and /version."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version as installed
from itertools import islice
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from core.mlops.serving.protection import authorise
from core.mlops.serving.records import cut, require_batch
from core.mlops.serving.refusal import Refused
from core.mlops.serving.routes import Service, note, refusals_as
from core.mlops.serving.schemas import InvocationError
from core.mlops.serving.service import Scored, ScoringService

_REFUSALS = refusals_as(InvocationError)
_ANY = {"schema": {"type": "object"}}
_BODY = {"requestBody": {"required": True, "content": {"application/json": _ANY, "text/csv": {}}}}
_MOST_NAMES = 20
KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")

router = APIRouter(tags=["mlflow"])


@router.post("/invocations", dependencies=[Depends(authorise)], responses=_REFUSALS, openapi_extra=_BODY)
async def invocations(request: Request, service: Service) -> dict[str, Any]:
    """Score MLflow's JSON (one of dataframe_split, dataframe_records, instances, inputs) or text/csv."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await request.body()
    scored = await run_in_threadpool(_score, service, kind, body)
    note(request, scored)
    pairs = zip(scored.probabilities, scored.labels, strict=True)
    return {
        "predictions": [{"probability": probability, "label": label} for probability, label in pairs],
        "model_version": scored.model.version,
        "model_name": scored.model.model_name,
        "warnings": [list(warnings) for warnings in scored.warnings],
    }


@router.get("/ping", include_in_schema=False)
def ping(service: Service) -> Response:
    """MLflow's health check: 200 and an empty line when a model is loaded, else 404."""
    return Response("\n", status_code=200 if service.holder.current else 404, media_type="application/json")


@router.get("/version", include_in_schema=False)
def mlflow_version() -> Response:
    """The MLflow version of this process."""
    return Response(installed("mlflow"), media_type="text/plain")


def _score(service: ScoringService, kind: str, body: bytes) -> Scored:
    names, most = service.model().schema.names, service.settings.max_batch
    if kind == "text/csv":
        return service.score(_from_csv(body, most))
    if kind in ("application/json", ""):
        return service.score(_from_json(_parse(body), names, most))
    raise Refused(415, f"Content type '{kind[:60]}' is not supported.", "Send application/json or text/csv.")


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.", "Send one JSON object, encoded as UTF-8.") from error


def _from_json(payload: Any, names: list[str], most: int) -> list[Any]:
    given = [key for key in KEYS if isinstance(payload, dict) and key in payload]
    if len(given) != 1:
        raise Refused(400, f"The body must have exactly one of {', '.join(KEYS)}; it has {len(given)}.")
    value = payload[given[0]]
    if given[0] == "dataframe_split":
        return _from_split(value, most)
    if given[0] == "inputs" and isinstance(value, dict):
        return from_columns(value, most)
    if not isinstance(value, list):
        raise Refused(400, f"'{given[0]}' must be a list, one entry a row.")
    require_batch(len(value), most)
    return [_named(row, names) if isinstance(row, list) else row for row in value]


def _from_split(value: Any, most: int) -> list[dict[str, Any]]:
    columns = value.get("columns") if isinstance(value, dict) else None
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise Refused(400, "'dataframe_split' must have 'columns' and 'data', both lists.")
    require_batch(len(rows), most)
    return [_named(row, [str(name) for name in columns]) for row in rows]


def _named(row: Any, names: list[str]) -> dict[str, Any]:
    if not isinstance(row, list) or len(row) != len(names):
        found = f"{len(row)} values" if isinstance(row, list) else "no list"
        raise Refused(400, f"A row has {found}; {len(names)} columns are expected.", _columns(names))
    return dict(zip(names, row, strict=True))


def _columns(names: list[str]) -> str:
    """The names for a hint, which repeats no more than a few of those that a client may have sent."""
    told = ", ".join(map(cut, names[:_MOST_NAMES]))
    return f"Columns: {told}{', ...' if len(names) > _MOST_NAMES else '.'}"


def from_columns(columns: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    """Records of named columns; scalars count as one row.

    Raises Refused: 400 for uneven lengths, 422 for more than ``most`` rows, before they are made.
    """
    lists = {name: cells if isinstance(cells, list) else [cells] for name, cells in columns.items()}
    lengths = {name: len(cells) for name, cells in lists.items()}
    if len(set(lengths.values())) > 1:
        longest, shortest = max(lengths, key=lambda n: lengths[n]), min(lengths, key=lambda n: lengths[n])
        told = f"'{longest}' has {lengths[longest]} values, '{shortest}' has {lengths[shortest]}"
        raise Refused(400, f"The columns differ in length: {told}.")
    require_batch(max(lengths.values(), default=0), most)
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


def _from_csv(body: bytes, most: int) -> list[dict[str, Any]]:
    try:
        lines = _csv_rows(body)
        rows = list(islice(lines, most + 1))
        more = sum(1 for _row in lines)  # counted, not kept: a body of short lines has a million
    except (UnicodeDecodeError, csv.Error) as error:
        raise Refused(400, f"The body is not CSV in UTF-8: {error}.") from error
    require_batch(len(rows) - 1 + more, most)
    if len(rows) < 2:
        raise Refused(400, "The CSV has no rows below its header.")
    return [_named(row, rows[0]) for row in rows[1:]]


def _csv_rows(body: bytes) -> Iterator[list[str]]:
    """The rows that are not empty, the header first."""
    return (row for row in csv.reader(io.StringIO(body.decode("utf-8-sig")), strict=True) if row)
