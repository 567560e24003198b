"""How often one client may do something: token buckets, bounded in number."""

import ipaddress
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

_MAX_CLIENTS = 10_000  # buckets kept; the longest unused goes first


_OWN_BITS = 64  # of an IPv6 address: what one customer is given, who can use all addresses below it


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network of an IPv6 address; other text as it is."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), _OWN_BITS), strict=False))


@dataclass
class _Bucket:
    tokens: float
    at: float


class RateLimit:
    """A token bucket per client: ``rate`` actions a second, ``burst`` at once; rate 0 allows everything.

    Time is the monotonic clock: setting the machine's clock neither blocks anybody nor lets anybody in.
    """

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

    def __len__(self) -> int:
        """Clients that are remembered."""
        with self._lock:
            return len(self._buckets)
