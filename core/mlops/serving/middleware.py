"""Around every request: an id, a body limit, a measurement and one log line without personal data."""

import asyncio
import json
import re
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.log import get_logger
from core.mlops.serving.instruments import Instruments

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HEADER = b"x-request-id"
# A method is the client's text too: each new one would be a new series in the metrics.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """Gives each request an id, counts and times it, and logs route, status, latency and model version."""

    def __init__(self, app: ASGIApp, instruments: Instruments) -> None:
        self._app = app
        self._instruments = instruments
        self._log = get_logger(__name__)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, state["request_id"].encode())]
            await send(message)

        self._instruments.in_flight.inc()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._instruments.in_flight.dec()
            self._record(scope, state, status, time.perf_counter() - started)

    def _record(self, scope: Scope, state: dict[str, Any], status: int, seconds: float) -> None:
        # The route's template, not the path: a path is the client's text and unbounded.
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._instruments.requests.labels(route, method, status).inc()
        self._instruments.latency.labels(route).observe(seconds)
        self._log.info(
            "request",
            id=state["request_id"],
            route=route,
            method=method,
            status=status,
            ms=round(seconds * 1000, 1),
            version=state.get("model_version"),
            rows=state.get("rows"),
        )


class BodyLimit:
    """Answers 413 to a body longer than ``limit`` bytes, announced or not, and 408 to one that takes too long.

    A body whose client hung up reaches no route: its first rows would be scored, and count for drift and rollback.
    """

    def __init__(self, app: ASGIApp, limit: int, seconds: float) -> None:
        self._app = app
        self._limit = limit
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self._seconds):
                body = await self._read(scope, receive)
        except TimeoutError:
            reason = f"The body did not arrive within {self._seconds:g} s."
            await _refuse(send, 408, reason, "Send it in one go.")
            return
        except ConnectionError:  # nobody hears this; the log and the metrics do
            await _refuse(send, 400, "The connection ended within the body.", "Send it again.")
            return
        if body is None:
            await _refuse(
                send, 413, f"The body is longer than {self._limit} bytes.", "Send fewer records at once."
            )
            return
        delivered = False

        async def replay() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._limit:
            return None
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ConnectionError
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._limit:
                return None
            if not message.get("more_body"):
                return b"".join(chunks)


async def _refuse(send: Send, status: int, detail: str, hint: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"detail": detail, "hint": hint}).encode()})


def _request_id(scope: Scope) -> str:
    given = dict(scope["headers"]).get(_HEADER, b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
