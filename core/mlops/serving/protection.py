"""Who may call, how often, and how much at once."""

import hmac
import ipaddress
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Header, Request

from core.mlops.serving.refusal import Refused
from core.rates import network_of


def authorise(
    request: Request,
    x_api_key: Annotated[str | None, Header()] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> None:
    """Refuse a call that another site made a browser send (403), beyond the rate limit (429), or without key (401).

    The rate comes before the key: who guesses keys is slowed down too.
    """
    expected = request.app.state.service.settings.api_key
    if _from_another_site(request, keyless=expected is None):
        raise Refused(
            403,
            "This service does not answer pages of other sites.",
            "Call it from your own program; on a public name set MLOPS__SERVING__API_KEY first.",
        )
    _require_rate(request)
    given = x_api_key or (authorization or "").removeprefix("Bearer ").strip()
    # Bytes: compare_digest refuses non-ASCII text.
    if expected and not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise Refused(401, "This service needs an API key.", "Send it as X-API-Key or as a bearer token.")


def _from_another_site(request: Request, *, keyless: bool) -> bool:
    """Whether a browser says that the call comes from a page which this service did not give it.

    Without this, any page that somebody opens could roll back the service on their own machine. Such a page may even
    have this service's address by its own name (DNS rebinding): without a key no public name is answered.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return False
    try:
        place = urlsplit(origin)
    except ValueError:
        return True
    if place.netloc != request.headers.get("host"):
        return True
    return keyless and _is_public_name(place.hostname or "")


def _is_public_name(host: str) -> bool:
    """Whether anybody can let the name stand for any address: no number, and no name of this network alone."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host.strip(".") and not host.endswith(".localhost")
    return False


def _require_rate(request: Request) -> None:
    client = network_of(request.client.host) if request.client else "unknown"
    wait = request.app.state.rate_limit.wait_s(client)
    if wait:
        request.state.retry_after = max(1, round(wait + 0.5))
        rate = request.app.state.service.settings.rate_limit_per_s
        raise Refused(
            429, f"More than {rate:g} requests a second.", f"Try again in {request.state.retry_after} s."
        )
