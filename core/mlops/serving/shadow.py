"""Scores live requests a second time with the challenger, off the request's path, and compares."""

import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.log import get_logger
from core.mlops.serving.holder import ModelHolder
from core.mlops.serving.loaded import LoadedModel
from core.mlops.serving.refusal import Refused
from core.mlops.serving.source import ModelSource

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

CHALLENGER = "challenger"
_KEPT_PAIRS = 500


@dataclass(frozen=True)
class ShadowReport:
    """How the challenger's answers differ from those the clients received."""

    champion: int | None
    challenger: int | None
    rows: int
    mean_difference: float  # challenger minus champion
    mean_absolute_difference: float
    max_absolute_difference: float
    disagreements: int  # rows with another label
    errors: int
    dropped: int  # requests not compared because the queue was full
    mean_ms: float
    last_error: str | None
    pairs: tuple[tuple[float, float], ...]  # latest (champion, challenger) probabilities


@dataclass
class _Tally:
    champion: int | None = None
    challenger: int | None = None
    rows: int = 0
    total: float = 0.0
    total_absolute: float = 0.0
    largest: float = 0.0
    disagreements: int = 0
    errors: int = 0
    dropped: int = 0
    requests: int = 0
    total_ms: float = 0.0
    pairs: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=_KEPT_PAIRS))


@dataclass(frozen=True, eq=False)
class _Job:
    champion: LoadedModel
    frame: "pd.DataFrame"
    answers: "np.ndarray"


class ShadowScorer:
    """One worker thread with a bounded queue; a full queue drops work instead of slowing requests."""

    def __init__(self, source: ModelSource, threshold: float, capacity: int) -> None:
        self._holder = ModelHolder(source, CHALLENGER)
        self._threshold = threshold
        self._jobs: queue.Queue[_Job | None] = queue.Queue(capacity)
        self._tally = _Tally()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._log = get_logger(__name__)

    def start(self) -> None:
        """Start the worker."""
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish what is queued and end the worker."""
        if self._thread:
            self._jobs.put(None)
            self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Load the challenger that the registry names now, or let go of one it no longer names."""
        if self._holder.registry_version() is None:
            self._holder = ModelHolder(self._holder.source, CHALLENGER)
            return
        try:
            self._holder.reload()
        except Refused as refusal:
            self._log.warning("challenger_refused", reason=refusal.message)

    def submit(self, champion: LoadedModel, frame: "pd.DataFrame", answers: "np.ndarray") -> None:
        """Compare these answers later; returns at once."""
        challenger = self._holder.current
        if challenger is None or challenger.version == champion.version:
            return
        try:
            self._jobs.put_nowait(_Job(champion, frame, answers))
        except queue.Full:
            with self._lock:
                self._tally.dropped += 1

    def wait(self) -> None:
        """Return when everything submitted so far has been compared."""
        self._jobs.join()

    def report(self) -> ShadowReport:
        """The comparison so far; it starts anew whenever either version changes."""
        challenger = self._holder.current
        with self._lock:
            tally, rows = self._tally, max(self._tally.rows, 1)
            return ShadowReport(
                champion=tally.champion,
                challenger=challenger.version if challenger else None,
                rows=tally.rows,
                mean_difference=tally.total / rows,
                mean_absolute_difference=tally.total_absolute / rows,
                max_absolute_difference=tally.largest,
                disagreements=tally.disagreements,
                errors=tally.errors,
                dropped=tally.dropped,
                mean_ms=tally.total_ms / max(tally.requests, 1),
                last_error=self._holder.last_error,
                pairs=tuple(tally.pairs),
            )

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            challenger = self._holder.current
            if challenger is not None:
                self._compare(job, challenger)
            self._jobs.task_done()
        self._jobs.task_done()

    def _compare(self, job: _Job, challenger: LoadedModel) -> None:
        started = time.perf_counter()
        try:
            answers = challenger.probabilities(job.frame.reindex(columns=challenger.schema.names))
        except Exception:  # noqa: BLE001 - a challenger that fails is a finding, never the client's problem
            self._log.exception("shadow_failed", version=challenger.version)
            with self._lock:
                self._tally_for(job, challenger).errors += 1
            return
        elapsed = (time.perf_counter() - started) * 1000
        with self._lock:
            self._add(self._tally_for(job, challenger), job, answers, elapsed)

    def _tally_for(self, job: _Job, challenger: LoadedModel) -> _Tally:
        versions = job.champion.version, challenger.version
        if (self._tally.champion, self._tally.challenger) != versions:
            self._tally = _Tally(*versions)
        return self._tally

    def _add(self, tally: _Tally, job: _Job, answers: "np.ndarray", elapsed_ms: float) -> None:
        difference = answers - job.answers
        tally.rows += len(answers)
        tally.requests += 1
        tally.total_ms += elapsed_ms
        tally.total += float(difference.sum())
        tally.total_absolute += float(abs(difference).sum())
        tally.largest = max(tally.largest, float(abs(difference).max()))
        tally.disagreements += int(((answers >= self._threshold) != (job.answers >= self._threshold)).sum())
        tally.pairs.extend(zip(map(float, job.answers), map(float, answers), strict=True))
