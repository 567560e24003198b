"""How often one client may do something: token buckets, bounded in number."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

_MAX_CLIENTS = 10_000  # buckets kept; the longest unused goes first


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
