"""Who may call, how often, and how much at once."""

import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Header, Request

from core.mlops.serving.refusal import Refused


def authorise(
    request: Request,
    x_api_key: Annotated[str | None, Header()] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> None:
    """Refuse a call that another site made a browser send (403), beyond the rate limit (429), or without key (401).

    The rate comes before the key: who guesses keys is slowed down too.
    """
    if _from_another_site(request):
        raise Refused(
            403, "This service does not answer pages of other sites.", "Call it from your own program."
        )
    _require_rate(request)
    expected = request.app.state.service.settings.api_key
    given = x_api_key or (authorization or "").removeprefix("Bearer ").strip()
    # Bytes: compare_digest refuses non-ASCII text.
    if expected and not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise Refused(401, "This service needs an API key.", "Send it as X-API-Key or as a bearer token.")


def _from_another_site(request: Request) -> bool:
    """Whether a browser says that the call comes from a page which this service did not give it.

    Without this, any page that somebody opens could roll back the service on their own machine.
    """
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


def _require_rate(request: Request) -> None:
    client = request.client.host if request.client else "unknown"
    wait = request.app.state.rate_limit.wait_s(client)
    if wait:
        request.state.retry_after = max(1, round(wait + 0.5))
        rate = request.app.state.service.settings.rate_limit_per_s
        raise Refused(
            429, f"More than {rate:g} requests a second.", f"Try again in {request.state.retry_after} s."
        )
