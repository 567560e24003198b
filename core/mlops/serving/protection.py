"""Who may call, how often, and how much at once."""

import hmac
from typing import Annotated

from fastapi import Header, Request

from core.mlops.serving.refusal import Refused


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
