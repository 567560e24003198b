"""Calls a scoring service over HTTP and keeps what a viewer wants to see: request, answer, time, version."""

import json
import shlex
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.errors import NotAvailable

_TIMEOUT_S = 15
_MAX_SHOWN = 20_000  # characters of an answer that are kept


@dataclass(frozen=True)
class Exchange:
    """One request and its answer; ``version`` is the model version that answered, when it says so."""

    method: str
    url: str
    payload: Any
    status: int
    elapsed_ms: float
    text: str
    version: int | None
    request_id: str

    @property
    def ok(self) -> bool:
        """True for a 2xx answer."""
        return 200 <= self.status < 300

    @property
    def body(self) -> Any:
        """The answer as JSON, or its text."""
        try:
            return json.loads(self.text)
        except ValueError:
            return self.text

    @property
    def curl(self) -> str:
        """The same request for a shell."""
        parts = ["curl", "-s"] + (["-X", self.method] if self.method != "GET" else [])
        parts.append(shlex.quote(self.url))
        if self.payload is not None:
            parts += ["-H", "'content-type: application/json'", "-d", shlex.quote(json.dumps(self.payload))]
        return " ".join(parts)


@dataclass(frozen=True)
class Shot:
    """One request of a burst: when it ended (seconds from the start), its status, version and time."""

    at_s: float
    status: int
    version: int | None
    elapsed_ms: float


@dataclass(frozen=True)
class Burst:
    """What many requests at once experienced; ``action`` tells what happened in the middle."""

    shots: tuple[Shot, ...]
    action: Exchange | None
    action_from_s: float
    action_to_s: float

    @property
    def failures(self) -> int:
        """Requests that did not get a 200."""
        return sum(shot.status != 200 for shot in self.shots)

    @property
    def versions(self) -> dict[int, int]:
        """Answers per version."""
        found = [shot.version for shot in self.shots if shot.version is not None]
        return {version: found.count(version) for version in sorted(set(found))}

    def percentile_ms(self, share: float) -> float:
        """The latency that this share of the requests stayed within."""
        times = sorted(shot.elapsed_ms for shot in self.shots)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0


class ServiceClient:
    """Requests to one service; raises NotAvailable when nothing answers there."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"x-api-key": api_key} if api_key else {}

    def send(self, method: str, path: str, payload: Any = None) -> Exchange:
        """One request with its answer."""
        import requests

        started = time.perf_counter()
        try:
            answer = requests.request(
                method, f"{self.url}{path}", json=payload, headers=self._headers, timeout=_TIMEOUT_S
            )
        except requests.RequestException as error:
            raise NotAvailable(
                f"No answer from {self.url}{path} ({type(error).__name__})",
                "Start the service, or start it again.",
            ) from None
        elapsed = (time.perf_counter() - started) * 1000
        text = answer.text[:_MAX_SHOWN]
        request_id = answer.headers.get("x-request-id", "")
        url = f"{self.url}{path}"
        return Exchange(method, url, payload, answer.status_code, elapsed, text, _version(text), request_id)

    def predict(self, records: Any) -> Exchange:
        """POST /predict."""
        return self.send("POST", "/predict", records)

    def reload(self) -> Exchange:
        """POST /model/reload."""
        return self.send("POST", "/model/reload")

    def burst(
        self, record: Any, total: int, threads: int, during: Callable[[], Exchange] | None = None
    ) -> Burst:
        """``total`` predictions from several threads; ``during`` runs once about half of them are answered."""
        shots: list[Shot] = []
        begun = time.perf_counter()
        half = threading.Event()
        workers = [
            threading.Thread(
                target=self._fire, args=(record, total // threads, begun, shots, half, total), daemon=True
            )
            for _ in range(threads)
        ]
        for worker in workers:
            worker.start()
        half.wait(_TIMEOUT_S)
        started = time.perf_counter() - begun
        action = during() if during else None
        ended = time.perf_counter() - begun
        for worker in workers:
            worker.join(_TIMEOUT_S * 2)
        return Burst(tuple(sorted(shots, key=lambda shot: shot.at_s)), action, started, ended)

    def _fire(
        self, record: Any, count: int, begun: float, shots: list[Shot], half: threading.Event, total: int
    ) -> None:
        import requests

        with requests.Session() as session:
            session.headers.update(self._headers)
            for _ in range(count):
                shots.append(self._shot(session, record, begun))
                if len(shots) >= total // 3:
                    half.set()
        half.set()

    def _shot(self, session: Any, record: Any, begun: float) -> Shot:
        import requests

        started = time.perf_counter()
        try:
            answer = session.post(f"{self.url}/predict", json=record, timeout=_TIMEOUT_S)
            status, version = answer.status_code, _version(answer.text)
        except requests.RequestException:
            status, version = 0, None
        ended = time.perf_counter()
        return Shot(ended - begun, status, version, (ended - started) * 1000)


def _version(text: str) -> int | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return None
    version = first.get("model_version", first.get("loaded"))
    return version if isinstance(version, int) else None
