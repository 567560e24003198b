"""The Open Inference Protocol v2 (github.com/kserve/open-inference-protocol), REST part."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response

from core.mlops.schema import InputColumn
from core.mlops.serving.invocations import from_columns
from core.mlops.serving.loaded import LoadedModel
from core.mlops.serving.protection import authorise
from core.mlops.serving.refusal import Refused
from core.mlops.serving.routes import Service, note, refusals_as
from core.mlops.serving.schemas import InferenceError
from core.mlops.serving.service import ScoringService
from core.mlops.values import whole

_DATATYPES = {
    *("BOOL", "BYTES", "FP16", "FP32", "FP64"),
    *("INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"),
}

_REFUSALS = refusals_as(InferenceError) | {
    404: {"model": InferenceError, "description": "No such model or version"}
}

router = APIRouter(prefix="/v2", tags=["open inference protocol"])
_guarded = [Depends(authorise)]


@router.get("")
def server() -> dict[str, Any]:
    """Name and version of the server."""
    return {"name": "demo-hub-scoring", "version": "1", "extensions": []}


@router.get("/health/live")
def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@router.get("/health/ready", responses={503: {"description": "No model is loaded"}})
def ready(service: Service, response: Response) -> dict[str, bool]:
    """200 when a model is loaded, else 503."""
    loaded = service.holder.current is not None
    response.status_code = 200 if loaded else 503
    return {"ready": loaded}


@router.get("/models/{name}/ready", responses=_REFUSALS)
@router.get("/models/{name}/versions/{version}/ready", responses=_REFUSALS)
def model_ready(service: Service, name: str, version: int | None = None) -> dict[str, Any]:
    """200 when this model (and version) is loaded, else 404."""
    return {"name": _model(service, name, version).model_name, "ready": True}


@router.get("/models/{name}", dependencies=_guarded, responses=_REFUSALS)
@router.get("/models/{name}/versions/{version}", dependencies=_guarded, responses=_REFUSALS)
def metadata(service: Service, name: str, version: int | None = None) -> dict[str, Any]:
    """Inputs and outputs of the model."""
    model = _model(service, name, version)
    previous = service.holder.slots.previous
    return {
        "name": model.model_name,
        "versions": sorted({str(model.version)} | ({str(previous.version)} if previous else set()), key=int),
        "platform": "sklearn",
        "inputs": [_tensor(column) for column in model.schema.columns],
        "outputs": [
            {"name": "probability", "datatype": "FP64", "shape": [-1]},
            {"name": "label", "datatype": "BYTES", "shape": [-1]},
        ],
    }


@router.post("/models/{name}/infer", dependencies=_guarded, responses=_REFUSALS)
@router.post("/models/{name}/versions/{version}/infer", dependencies=_guarded, responses=_REFUSALS)
def infer(
    request: Request,
    service: Service,
    name: str,
    payload: Annotated[dict[str, Any], Body()],
    version: int | None = None,
) -> dict[str, Any]:
    """Score one tensor a column, each of shape [n] or [n, 1]."""
    model = _model(service, name, version)
    scored = service.score(_records(payload, service.settings.max_batch), model.version)
    note(request, scored)
    count = len(scored.probabilities)
    answer = {
        "model_name": model.model_name,
        "model_version": str(model.version),
        "outputs": [
            {"name": "probability", "datatype": "FP64", "shape": [count], "data": list(scored.probabilities)},
            {"name": "label", "datatype": "BYTES", "shape": [count], "data": list(scored.labels)},
        ],
    }
    return answer | ({"id": whole(payload["id"])} if isinstance(payload.get("id"), str) else {})


def _model(service: ScoringService, name: str, version: int | None) -> LoadedModel:
    model = service.model(version)
    if model.model_name != name:
        raise Refused(404, f"There is no model '{name[:60]}'; this service has '{model.model_name}'.")
    return model


def _tensor(column: InputColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "datatype": "BYTES" if column.kind == "category" else "FP64",
        "shape": [-1],
    }


def _records(payload: dict[str, Any], most: int) -> list[dict[str, Any]]:
    inputs = payload.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise Refused(400, "'inputs' must be a list of tensors.")
    columns = dict(_column(tensor) for tensor in inputs)
    if len(columns) != len(inputs):
        raise Refused(400, "Two tensors have the same name.")
    return from_columns(columns, most)


def _column(tensor: Any) -> tuple[str, list[Any]]:
    if not isinstance(tensor, dict) or not isinstance(tensor.get("name"), str):
        raise Refused(400, "A tensor must be an object with name, shape, datatype and data.")
    name, shape, data = tensor["name"][:60], tensor.get("shape"), tensor.get("data")
    if str(tensor.get("datatype")) not in _DATATYPES:
        raise Refused(
            400, f"Tensor '{name}' has no known datatype.", f"Use one of {', '.join(sorted(_DATATYPES))}."
        )
    if (
        not isinstance(data, list)
        or not isinstance(shape, list)
        or not all(isinstance(n, int) for n in shape)
    ):
        raise Refused(400, f"Tensor '{name}' needs 'shape', a list of numbers, and 'data', a list.")
    flat = [item[0] if isinstance(item, list) and len(item) == 1 else item for item in data]
    if len(shape) not in (1, 2) or shape[1:] not in ([], [1]) or math.prod(shape) != len(flat):
        raise Refused(
            400, f"Tensor '{name}' has shape {shape[:4]} and {len(flat)} values; use [n] or [n, 1]."
        )
    return tensor["name"], flat
