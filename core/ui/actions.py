"""What a visitor asks for: logged with its ids, counted, and not more often than the settings allow."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.config import settings
from core.errors import LimitReached
from core.rates import RateLimit, network_of
from core.telemetry import Action, Kind, action
from core.ui import visitors

_MINUTE_S = 60.0


@contextmanager
def visitor_action(kind: Kind, **facts: float | str) -> Iterator[Action]:
    """One action of this visitor; raises LimitReached when it comes too soon. For the page's own thread."""
    with action(kind, visitors.session_id(), **facts) as running:
        if error := refusal(kind):
            raise error
        yield running


def refusal(kind: Kind) -> LimitReached | None:
    """Why this visitor cannot do that now; None when they can, and then it counts as done."""
    rates = settings().rates
    rate: float = getattr(rates, kind)
    address = st.context.ip_address  # None on loopback
    wait = _limiter(kind, rate).wait_s(visitors.session_id())
    if not wait and address:
        wait = _limiter(f"{kind} by address", rate * rates.per_address).wait_s(network_of(address))
    if not wait:
        return None
    return LimitReached(
        f"That was asked for more than {rate:g} times within a minute",
        f"Try again in {max(1, round(wait + 0.5))} s (the limit is the setting RATES__{kind.upper()}).",
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def _limiter(what: str, per_minute: float) -> RateLimit:
    return RateLimit(per_minute / _MINUTE_S, max(1, int(per_minute)))
