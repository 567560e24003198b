"""How errors look on the wire: FastAPI's `detail`, MLflow's `error_code`, or the inference protocol's `error`."""

import json
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import BadInput, HubError, LimitReached
from core.log import get_logger
from core.mlops.serving.refusal import Refused

_BODY_HINT = "Send JSON: a record, which is an object of fields and values, or a list of records."
_ROUTE_HINT = "The routes and their methods are at /docs."
_MLFLOW_CODES = {404: "RESOURCE_DOES_NOT_EXIST", 500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE"}


class _AnyText(JSONResponse):
    """JSON that may repeat what the client sent: half characters, which JSON can name, are replaced."""

    def render(self, content: Any) -> bytes:
        """The body."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return text.encode("utf-8", "replace")


def install(app: FastAPI) -> None:
    """Answer every error in the form of the protocol it happened in."""
    app.add_exception_handler(HubError, _hub_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _unexpected)


async def _hub_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HubError)
    status = error.status if isinstance(error, Refused) else _status(error)
    problems = error.problems if isinstance(error, Refused) else ()
    fields = [{"loc": list(p.where), "msg": p.text, "type": p.code} for p in problems]
    return _render(request, status, error.message, error.hint, fields)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # `input` and `ctx` repeat the client's data; the place and the reason are enough.
    fields = [{key: item[key] for key in ("loc", "msg", "type")} for item in error.errors()]
    message = fields[0]["msg"] if fields else "The request is invalid."
    return _render(request, 422, message, _BODY_HINT, fields)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    hint = _BODY_HINT if error.status_code == 400 else _ROUTE_HINT
    response = _render(request, error.status_code, str(error.detail), hint)
    response.headers.update(error.headers or {})
    return response


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    get_logger(__name__).error("request_failed", id=_id(request), exc_info=error)
    hint = "The log has the details under this request id."
    response = _render(request, 500, "The model could not score this request.", hint)
    response.headers["x-request-id"] = _id(request)
    return response


def _render(
    request: Request, status: int, message: str, hint: str = "", fields: list[Any] | None = None
) -> JSONResponse:
    path = request.url.path
    content: dict[str, Any]
    if path.startswith("/v2"):
        content = {"error": _with_fields(message, fields)}
    elif path == "/invocations":
        code = _MLFLOW_CODES.get(status, "INVALID_PARAMETER_VALUE" if status < 500 else "INTERNAL_ERROR")
        content = {"error_code": code, "message": _with_fields(message, fields), "hint": hint}
    else:
        content = {"detail": fields or message, "hint": hint, "request_id": _id(request)}
    response = _AnyText(content, status)
    retry = getattr(request.state, "retry_after", None)
    if status == 429 and retry:
        response.headers["retry-after"] = str(retry)
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    return response


def _with_fields(message: str, fields: list[Any] | None) -> str:
    return "; ".join(dict.fromkeys(item["msg"] for item in fields)) if fields else message


def _status(error: HubError) -> int:
    if isinstance(error, LimitReached):
        return 413
    return 422 if isinstance(error, BadInput) else 503


def _id(request: Request) -> str:
    return getattr(request.state, "request_id", "")
