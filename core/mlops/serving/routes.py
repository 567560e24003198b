"""The service's own routes: predict, health, model, drift, metrics."""

import dataclasses
import time
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from pydantic import BaseModel

from core.cli import to_json
from core.mlops.serving.holder import Reload
from core.mlops.serving.loaded import LoadedModel
from core.mlops.serving.protection import authorise
from core.mlops.serving.schemas import (
    PREDICT_BODY,
    ErrorAnswer,
    Health,
    Live,
    ModelField,
    ModelInfo,
    Prediction,
    Ready,
    ReloadResult,
    Shadow,
)
from core.mlops.serving.service import Scored, ScoringService

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": ErrorAnswer, "description": "The body cannot be read"},
    401: {"model": ErrorAnswer, "description": "API key missing or wrong"},
    403: {"model": ErrorAnswer, "description": "Sent by a page of another site"},
    408: {"model": ErrorAnswer, "description": "The body did not arrive in time"},
    413: {"model": ErrorAnswer, "description": "Body too large"},
    415: {"model": ErrorAnswer, "description": "The body is not marked as what it has to be"},
    422: {"model": ErrorAnswer, "description": "A field is missing or wrong; `detail` names each"},
    429: {"model": ErrorAnswer, "description": "Rate limit"},
    503: {"model": ErrorAnswer, "description": "No model is loaded"},
}

_REFUSALS_OF_THE_MODEL: dict[int | str, dict[str, Any]] = {
    status: REFUSALS[status] for status in (401, 403, 408, 413, 429, 503)
}

health = APIRouter(tags=["health"])
scoring = APIRouter(tags=["scoring"], dependencies=[Depends(authorise)], responses=REFUSALS)
model = APIRouter(tags=["model"], dependencies=[Depends(authorise)], responses=_REFUSALS_OF_THE_MODEL)


def refusals_as(shape: type[BaseModel]) -> dict[int | str, dict[str, Any]]:
    """The refusals in the form of another protocol; a body too long or too slow is refused before any protocol."""
    return {
        status: told if status in (408, 413) else told | {"model": shape} for status, told in REFUSALS.items()
    }


def service_of(request: Request) -> ScoringService:
    """The service behind this app."""
    service: ScoringService = request.app.state.service
    return service


Service = Annotated[ScoringService, Depends(service_of)]


@scoring.post("/predict", openapi_extra=PREDICT_BODY)
def predict(
    request: Request, service: Service, payload: Annotated[Any, Body()]
) -> Prediction | list[Prediction]:
    """Score one record (an object) or several (a list); the answer has the same form."""
    scored = service.score(payload)
    note(request, scored)
    answers = [
        Prediction(
            probability=probability,
            label=label,
            model_version=scored.model.version,
            model_name=scored.model.model_name,
            warnings=list(warnings),
        )
        for probability, label, warnings in zip(
            scored.probabilities, scored.labels, scored.warnings, strict=True
        )
    ]
    return answers if isinstance(payload, list) else answers[0]


@health.get("/health/live")
def live() -> Live:
    """The process answers; use this as the liveness probe."""
    return Live()


@health.get("/health/ready", responses={503: {"model": Ready}})
def ready(service: Service, response: Response) -> Ready:
    """200 when a model is loaded, else 503; use this as the readiness probe."""
    loaded = service.holder.current is not None
    response.status_code = 200 if loaded else 503
    return Ready(ready=loaded)


@health.get("/health")
def state(service: Service) -> Health:
    """The whole state: loaded and registry version, whether they differ, and the last error."""
    holder = service.holder
    slots, registry = holder.slots, holder.registry_version()
    current = slots.current
    loaded = current.version if current else None
    stale = loaded != registry
    healthy = "degraded" if stale or holder.last_error or service.auto_rollback else "ok"
    return Health(
        status=healthy if current else "not_ready",
        ready=current is not None,
        loading=holder.loading,
        loaded=loaded,
        registry=registry,
        stale=stale,
        previous=slots.previous.version if slots.previous else None,
        last_error=holder.last_error,
        model_name=current.model_name if current else None,
        loaded_at=current.loaded_at if current else None,
        uptime_s=round(time.monotonic() - service.started, 1),
        auto_rollback=service.auto_rollback,
    )


@model.get("/model/info")
def info(service: Service) -> ModelInfo:
    """Identity, fields and labels of the serving model, and the challenger's comparison."""
    slots = service.holder.slots
    current = service.model()
    previous = slots.previous.version if slots.previous else None
    return model_info(current, previous, service.settings.threshold, _shadow(service, pairs=False))


@model.post("/model/reload", responses={409: {"model": ErrorAnswer}})
def reload(service: Service) -> ReloadResult:
    """Serve the version that the alias names now; a refused version leaves the old one serving (409)."""
    return _result(service.reload())


@model.post("/model/rollback", responses={409: {"model": ErrorAnswer}})
def rollback(service: Service) -> ReloadResult:
    """Serve the previous model again, at once; the registry's alias stays as it is."""
    return _result(service.holder.rollback())


@model.get("/shadow")
def shadow(service: Service) -> Shadow | None:
    """The challenger's answers to live requests against the champion's; null when switched off."""
    return _shadow(service, pairs=True)


@model.get("/drift", responses={422: REFUSALS[422]})
def drift(service: Service) -> dict[str, Any]:
    """Drift of the latest live requests against the training reference."""
    report: dict[str, Any] = to_json(service.drift())
    return report


@health.get("/metrics", include_in_schema=False)
def metrics(service: Service) -> Response:
    """Counters and histograms for Prometheus."""
    return Response(service.instruments.render(), media_type="text/plain; version=0.0.4; charset=utf-8")


def note(request: Request, scored: Scored) -> None:
    """Tell the request log which version answered how many rows."""
    request.state.model_version = scored.model.version
    request.state.rows = len(scored.probabilities)


def model_info(
    current: LoadedModel, previous: int | None, threshold: float, comparison: Shadow | None
) -> ModelInfo:
    """The description of a loaded model."""
    return ModelInfo(
        model_name=current.model_name,
        model_version=current.version,
        model_id=current.model_id,
        run_id=current.run_id,
        sklearn_version=current.sklearn_version,
        loaded_at=current.loaded_at,
        load_ms=current.load_ms,
        threshold=threshold,
        labels={"positive": current.schema.positive, "negative": current.schema.negative},
        previous_version=previous,
        fields=[
            ModelField(
                name=column.name,
                kind=column.kind,
                categories=list(column.categories),
                minimum=column.low,
                maximum=column.high,
                typical=column.typical,
            )
            for column in current.schema.columns
        ],
        shadow=comparison,
    )


def _shadow(service: ScoringService, *, pairs: bool) -> Shadow | None:
    report = service.shadow_report()
    if report is None:
        return None
    values = dataclasses.asdict(report)
    return Shadow(**(values | {"pairs": list(report.pairs) if pairs else []}))


def _result(done: Reload) -> ReloadResult:
    return ReloadResult(
        outcome=done.outcome,
        model_version=done.version,
        previous_version=done.before,
        reused=done.reused,
        elapsed_ms=done.elapsed_ms,
    )
