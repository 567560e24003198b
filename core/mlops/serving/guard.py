"""Watches live predictions: keeps the latest rows for drift, and may roll a bad version back by itself."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.config_serving import DriftSettings, ServingSettings
from core.errors import BadInput
from core.log import get_logger
from core.mlops.drift import DriftReport, compare
from core.mlops.schema import without_missing
from core.mlops.serving.loaded import LoadedModel

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True, eq=False)
class _Chunk:
    frame: "pd.DataFrame"
    answers: "np.ndarray"


class LiveWindow:
    """The latest scored rows of the serving version, in memory only, bounded by ``rows``."""

    def __init__(self, rows: int) -> None:
        self._limit = rows
        self._chunks: deque[_Chunk] = deque()
        self._rows = 0
        self._version: int | None = None
        self._lock = threading.Lock()

    @property
    def rows(self) -> int:
        """Rows in the window."""
        return self._rows

    def add(self, model: LoadedModel, frame: "pd.DataFrame", answers: "np.ndarray") -> None:
        """Keep these rows; rows of another version are forgotten."""
        if not self._limit:
            return
        with self._lock:
            if model.version != self._version:
                self._chunks.clear()
                self._rows, self._version = 0, model.version
            self._chunks.append(_Chunk(frame, answers))
            self._rows += len(frame)
            while self._rows - len(self._chunks[0].frame) >= self._limit:
                self._rows -= len(self._chunks.popleft().frame)

    def drift(self, model: LoadedModel, settings: DriftSettings) -> DriftReport:
        """Drift of the window against the model's reference; raises BadInput when the window is empty."""
        import numpy as np
        import pandas as pd

        with self._lock:
            chunks = list(self._chunks) if self._version == model.version else []
        if not chunks:
            raise BadInput(
                "No request has been scored by this version yet", "Send requests to /predict first."
            )
        return compare(
            without_missing(model.reference),
            without_missing(pd.concat([chunk.frame for chunk in chunks], ignore_index=True)),
            importance=model.importance,
            reference_predictions=list(model.probabilities(model.holdout)),
            current_predictions=list(np.concatenate([chunk.answers for chunk in chunks])),
            settings=settings,
        )


class RolloutGuard:
    """Calls ``roll_back(version, reason)`` once per version when errors or drift pass their limit."""

    def __init__(
        self,
        settings: ServingSettings,
        drift: DriftSettings,
        window: LiveWindow,
        roll_back: Callable[[int, str], None],
    ) -> None:
        self._settings, self._drift, self._window = settings, drift, window
        self._roll_back = roll_back
        self._outcomes: deque[bool] = deque(maxlen=settings.auto_rollback_window)
        self._version: int | None = None
        self._judged: int | None = None
        self._next_drift_check = drift.full_rows
        self._lock = threading.Lock()
        self._log = get_logger(__name__)

    def record(self, model: LoadedModel, succeeded: bool) -> None:
        """Count one prediction of ``model``; may roll back in a thread of its own."""
        reason = self._reason(model, succeeded)
        if reason:
            threading.Thread(target=self._act, args=(model.version, reason), daemon=True).start()

    def _reason(self, model: LoadedModel, succeeded: bool) -> str:
        with self._lock:
            if model.version != self._version:
                self._version = model.version
                self._outcomes.clear()
                self._next_drift_check = self._drift.full_rows
            if model.version == self._judged:
                return ""
            self._outcomes.append(succeeded)
            reason = self._error_reason() or self._drift_reason(model)
            if reason:
                self._judged = model.version
            return reason

    def _error_reason(self) -> str:
        limit = self._settings.auto_rollback_error_rate
        if not limit or len(self._outcomes) < self._settings.auto_rollback_window:
            return ""
        rate = 1 - sum(self._outcomes) / len(self._outcomes)
        return f"{rate:.0%} of the last {len(self._outcomes)} predictions failed" if rate > limit else ""

    def _drift_reason(self, model: LoadedModel) -> str:
        if not self._settings.auto_rollback_on_drift or self._window.rows < self._next_drift_check:
            return ""
        self._next_drift_check = self._window.rows + self._drift.full_rows
        report = self._window.drift(model, self._drift)
        return f"live requests drifted: {report.why}" if report.drifted else ""

    def _act(self, version: int, reason: str) -> None:
        try:
            self._roll_back(version, reason)
        except Exception:  # noqa: BLE001 - nothing waits for this thread: tell the log, keep serving
            self._log.exception("automatic_rollback_failed", version=version)
