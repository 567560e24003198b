"""What all protocols share: one model reference per request, scoring, counting, shadowing, reloading."""

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.config_serving import DriftSettings, ServingSettings
from core.errors import BadInput
from core.log import get_logger
from core.mlops.drift import DriftReport
from core.mlops.serving.guard import LiveWindow, RolloutGuard
from core.mlops.serving.holder import ModelHolder, Reload
from core.mlops.serving.instruments import Instruments
from core.mlops.serving.loaded import LoadedModel
from core.mlops.serving.records import Batch, as_batch
from core.mlops.serving.refusal import Refused
from core.mlops.serving.shadow import ShadowReport, ShadowScorer
from core.mlops.serving.source import ModelSource

_ACTOR = "scoring service"


@dataclass(frozen=True)
class Scored:
    """Answers to one request, all from the same model."""

    model: LoadedModel
    probabilities: tuple[float, ...]
    labels: tuple[str, ...]
    warnings: tuple[tuple[str, ...], ...]


class ScoringService:
    """Scores records with the model of one alias; safe to call from many threads."""

    def __init__(self, source: ModelSource, settings: ServingSettings, drift: DriftSettings) -> None:
        self.settings = settings
        self.instruments = Instruments()
        self.holder = ModelHolder(source, settings.alias, self._on_reload)
        self.shadow = (
            ShadowScorer(source, settings.threshold, settings.shadow_queue) if settings.shadow else None
        )
        self.auto_rollback: str | None = None
        self.started = time.monotonic()
        self._source = source
        self._drift_settings = drift
        self._window = LiveWindow(settings.live_window)
        self._guard = RolloutGuard(settings, drift, self._window, self._roll_back)
        self._stop = threading.Event()
        self._log = get_logger(__name__)

    def start(self) -> None:
        """Load the model (and poll the alias, when set so) in a thread; the process answers meanwhile."""
        self.holder.loading = True
        if self.shadow:
            self.shadow.start()
        threading.Thread(target=self._keep_loaded, name="model-loader", daemon=True).start()

    def stop(self) -> None:
        """End the background threads."""
        self._stop.set()
        if self.shadow:
            self.shadow.stop()

    def score(self, payload: Any, version: int | None = None) -> Scored:
        """Answers for one record or a list; raises Refused (422 bad fields, 404 version, 503 no model)."""
        model = self.model(version)
        batch = as_batch(payload, model.schema, self.settings.max_batch)
        answers = self._probabilities(model, batch)
        labels = tuple(model.label(value, self.settings.threshold) for value in answers)
        self._count(model, batch, answers, labels)
        return Scored(model, answers, labels, batch.warnings)

    def model(self, version: int | None = None) -> LoadedModel:
        """The serving model, or the loaded one with this version; raises Refused (404, 503)."""
        current = self.holder.require()
        if version is None or version == current.version:
            return current
        previous = self.holder.slots.previous
        if previous and previous.version == version:
            return previous
        loaded = f"{current.version}" + (f" and {previous.version}" if previous else "")
        raise Refused(404, f"Version {version} of '{current.model_name}' is not loaded; loaded: {loaded}.")

    def reload(self) -> Reload:
        """Serve what the alias names now, and refresh the challenger."""
        try:
            return self.holder.reload()
        finally:
            if self.shadow:
                self.shadow.refresh()

    def drift(self) -> DriftReport:
        """Drift of the latest live requests; raises BadInput when there were none."""
        return self._window.drift(self.holder.require(), self._drift_settings)

    def shadow_report(self) -> ShadowReport | None:
        """The challenger's comparison; None when shadow scoring is off."""
        return self.shadow.report() if self.shadow else None

    def _probabilities(self, model: LoadedModel, batch: Batch) -> tuple[float, ...]:
        try:
            answers = model.probabilities(batch.frame)
        except Exception:
            self._guard.record(model, succeeded=False)
            raise
        self._window.add(model, batch.frame, answers)
        self._guard.record(model, succeeded=True)
        if self.shadow:
            self.shadow.submit(model, batch.frame, answers)
        return tuple(map(float, answers))

    def _count(
        self, model: LoadedModel, batch: Batch, answers: tuple[float, ...], labels: tuple[str, ...]
    ) -> None:
        for probability in answers:
            self.instruments.probability.observe(probability)
        for label in set(labels):
            self.instruments.predictions.labels(model.version, label).inc(labels.count(label))
        for column in batch.unknown:
            self.instruments.unknown.labels(column).inc()

    def _on_reload(self, outcome: str, seconds: float) -> None:
        self.instruments.on_reload(outcome, seconds)
        current = self.holder.current
        self.instruments.version.set(current.version if current else 0)

    def _keep_loaded(self) -> None:
        while True:
            try:
                self.holder.reload(polled=True)
            except Refused as refusal:
                self._log.warning("model_not_loaded", reason=refusal.message)
            except Exception:  # noqa: BLE001 - the poller must outlive any single failure
                self._log.exception("poll_failed")
            if self.shadow:
                self.shadow.refresh()
            if not self.settings.poll_s or self._stop.wait(self.settings.poll_s):
                return

    def _roll_back(self, version: int, reason: str) -> None:
        """Serve the previous model, then tell the registry, so that both agree and the audit log knows why."""
        current = self.holder.current
        if current is None or current.version != version:
            return
        now = self.holder.rollback()
        self.auto_rollback = (
            f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC: {version} -> {now.version}, {reason}"
        )
        self._log.error("automatic_rollback", before=version, version=now.version, reason=reason)
        roll_back = getattr(self._source, "rollback", None)
        if callable(roll_back) and self.holder.registry_version() == version:
            try:
                roll_back(reason=f"automatic: {reason}", actor=_ACTOR, instead_of=version)
            except BadInput as refusal:  # another service, or a person, was faster
                self._log.warning("registry_not_rolled_back", version=version, reason=refusal.message)
