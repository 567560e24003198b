"""Who may call, how often, and how much at once."""

import hmac
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Request

from core.mlops.serving.refusal import Refused

_MAX_CLIENTS = 10_000  # buckets kept; the longest unused goes first


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A token bucket per client: ``rate`` requests a second, ``burst`` at once; rate 0 allows everything."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, burst
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, client: str, now: float | None = None) -> float:
        """0 when the client may go on (and a token is taken), else the seconds to wait."""
        if not self._rate:
            return 0.0
        at = time.monotonic() if now is None else now
        with self._lock:
            bucket = self._buckets.pop(client, None) or _Bucket(float(self._burst), at)
            bucket.tokens = min(self._burst, bucket.tokens + (at - bucket.at) * self._rate)
            bucket.at = at
            self._buckets[client] = bucket
            if len(self._buckets) > _MAX_CLIENTS:
                self._buckets.popitem(last=False)
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return 0.0
            return (1 - bucket.tokens) / self._rate


def authorise(
    request: Request,
    x_api_key: Annotated[str | None, Header()] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> None:
    """Refuse a call without the API key (401) or beyond the rate limit (429)."""
    service = request.app.state.service
    expected = service.settings.api_key
    given = x_api_key or (authorization or "").removeprefix("Bearer ").strip()
    # Bytes: compare_digest refuses non-ASCII text.
    if expected and not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise Refused(401, "This service needs an API key.", "Send it as X-API-Key or as a bearer token.")
    client = request.client.host if request.client else "unknown"
    wait = request.app.state.rate_limit.wait_s(client)
    if wait:
        request.state.retry_after = max(1, round(wait + 0.5))
        rate = service.settings.rate_limit_per_s
        raise Refused(
            429, f"More than {rate:g} requests a second.", f"Try again in {request.state.retry_after} s."
        )
