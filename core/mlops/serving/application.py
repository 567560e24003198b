"""Puts the service together: `create_app(settings)` gives an app that loads its model when it starts."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi_offline import FastAPIOffline

from core.config_serving import DriftSettings, ServingSettings
from core.mlops.schema import InputSchema
from core.mlops.serving import errors, inference, invocations, routes
from core.mlops.serving.middleware import BodyLimit, RequestLog
from core.mlops.serving.service import ScoringService
from core.mlops.serving.source import ModelSource
from core.rates import RateLimit

_PROTECTED_RECORD = {
    "type": "object",
    "description": "Fields of the model; /model/info names them to who has the key.",
}
_TITLE = "Scoring service"
_ABOUT = "Answers with the Production model of the registry; reloads without downtime."


def create_app(
    settings: ServingSettings | None = None,
    source: ModelSource | None = None,
    *,
    drift: DriftSettings | None = None,
) -> FastAPI:
    """An app that serves ``source`` (the workspace of the settings when absent).

    Nothing is opened here: the store is opened and the model loaded when the app starts.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.service.start()
        yield
        app.state.service.stop()

    chosen, drift = settings or _from_environment().serving, drift or _from_environment().drift
    service = ScoringService(source or _Workspace(), chosen, drift)
    app = FastAPIOffline(title=_TITLE, description=_ABOUT, version="1", lifespan=lifespan)
    app.state.service = service
    app.state.rate_limit = RateLimit(chosen.rate_limit_per_s, chosen.rate_limit_burst)
    for router in (routes.scoring, routes.health, routes.model, invocations.router, inference.router):
        app.include_router(router)
    errors.install(app)
    app.add_middleware(BodyLimit, limit=chosen.max_body_bytes, seconds=chosen.body_timeout_s)
    app.add_middleware(RequestLog, instruments=service.instruments)  # added last: outermost
    _describe(app, service)
    return app


def _from_environment() -> Any:
    from core.config import settings

    return settings().mlops


class _Workspace:
    """The workspace of the settings, opened at first use: opening migrates a store and imports MLflow."""

    def __init__(self) -> None:
        self._opened: Any = None
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._opened is None:
                from core.mlops import open_workspace

                self._opened = open_workspace(None)
        return getattr(self._opened, name)


def _describe(app: FastAPI, service: ScoringService) -> None:
    """Let /docs show the fields of the model that serves now; not where a key protects them, as /docs needs none."""
    keyless = service.settings.api_key is None

    def openapi() -> dict[str, Any]:
        document = get_openapi(title=app.title, version=app.version, description=_ABOUT, routes=app.routes)
        current = service.holder.current
        document["components"]["schemas"]["Record"] = (
            _record_schema(current.schema if current else None) if keyless else _PROTECTED_RECORD
        )
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _record_schema(schema: InputSchema | None) -> dict[str, Any]:
    if schema is None:
        return {"type": "object", "description": "Fields of the model, once one is loaded."}
    return {
        "type": "object",
        "required": schema.names,
        "properties": {
            column.name: {
                "type": ["string", "null"] if column.kind == "category" else ["number", "null"],
                **({"examples": list(column.categories[:5])} if column.categories else {}),
            }
            for column in schema.columns
        },
        "example": {column.name: column.typical for column in schema.columns},
    }
