"""Functions that draw: random numbers, UUIDs, random text, and numbers that count rows."""

import hashlib
import statistics
import uuid
from collections.abc import Callable
from typing import Any

from core.errors import BadInput
from core.sql_ai.udfs.registry import drawing

Number = int | float


class Draws:
    """RANDOM and its kin: the same sequence in every pass over a query, another one for each statement.

    Each method marked ``drawing`` is a function of SQLite's. It has a ``place`` in the query and may be read several
    times a row, by an alias say: each ``use`` has its own number, and one that comes again tells that a new row has
    begun.
    """

    def __init__(self) -> None:
        self.seed = 0
        self._counts: dict[int, int] = {}
        self._rows: dict[int, tuple[Any, set[int]]] = {}

    def start_pass(self) -> None:
        """Begin the sequences again."""
        self._counts.clear()
        self._rows.clear()

    def once(self, place: int, use: int, draw: Callable[[], Any]) -> Any:
        """What ``draw`` gives, or gave for another use of the place in this row."""
        value, uses = self._rows.get(place, (None, None))
        if uses is None or use in uses:
            value, uses = draw(), set()
            self._rows[place] = (value, uses)
        uses.add(use)
        return value

    def number(self, place: int) -> int:
        """1, 2, 3, .. at each place in the query: the SEQ of FLATTEN."""
        self._counts[place] = count = self._counts.get(place, 0) + 1
        return count

    @drawing
    def seq(self, place: int, use: int) -> int:
        """0, 1, 2, .. at each place in the query: SEQ4() over the rows of a table."""
        return int(self.once(place, use, lambda: self.number(place) - 1))

    @drawing
    def random(self, place: int, use: int, seed: int | None = None) -> int:
        """64 random bits as a signed number; the same sequence for the same seed, wherever it stands."""
        drawn = self._drawn(place, use, None if seed is None else str(seed))
        return int.from_bytes(drawn[:8], "big", signed=True)

    @drawing
    def uniform(
        self, place: int, use: int, low: Number, high: Number, generator: Number | None = None
    ) -> Number:
        """A number between the two, both included when they are whole; equal generators give equal numbers."""
        share = int.from_bytes(self._generated(place, use, generator)[:8], "big") / 2**64
        if isinstance(low, int) and isinstance(high, int):
            return low + int(share * (high - low + 1))
        return low + share * (high - low)

    @drawing
    def uuid_string(self, place: int, use: int) -> str:
        """A random UUID."""
        return str(uuid.UUID(bytes=self._drawn(place, use), version=4))

    @drawing
    def randstr(self, place: int, use: int, length: Number, generator: Number | None = None) -> str:
        """Random letters and digits, equal ones for equal generators."""
        if length > 10_000:
            raise BadInput("RANDSTR makes at most 10,000 characters", "Ask for fewer.")
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        start, out = self._generated(place, use, generator).hex(), ""
        while len(out) < length:
            out += "".join(alphabet[byte % 62] for byte in _digest(f"{start}/{len(out)}"))
        return out[: int(length)]

    @drawing
    def normal(
        self, place: int, use: int, mean: Number, deviation: Number, generator: Number | None = None
    ) -> float:
        """A number of the normal distribution with that mean and standard deviation."""
        drawn = self._generated(place, use, generator)
        share = (int.from_bytes(drawn[:8], "big") + 0.5) / 2**64
        return float(mean + deviation * statistics.NormalDist().inv_cdf(share))

    def _generated(self, place: int, use: int, generator: Number | None) -> bytes:
        return self._drawn(place, use) if generator is None else _digest(str(generator))

    def _drawn(self, place: int, use: int, seed: str | None = None) -> bytes:
        start = f"{self.seed}/{place}" if seed is None else seed
        drawn: bytes = self.once(place, use, lambda: _digest(f"{start}/{self.number(place)}"))
        return drawn


def _digest(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
