"""The loaded model and its predecessor, exchanged in one assignment.

Reload is single-flight: resolve the alias -> same version: nothing to do -> load and check -> warm up -> swap.
A failure at any step leaves both slots as they were and is told by `last_error`.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.errors import HubError
from core.log import get_logger
from core.mlops.serving.loaded import LoadedModel, load
from core.mlops.serving.refusal import Refused
from core.mlops.serving.source import ModelSource, VersionLike

Outcome = Literal["reloaded", "unchanged", "rolled_back"]


@dataclass(frozen=True)
class Slots:
    """What serves now and what served before."""

    current: LoadedModel | None = None
    previous: LoadedModel | None = None


@dataclass(frozen=True)
class Reload:
    """What a reload did: versions before and after, whether the kept model was reused, and how long it took."""

    outcome: Outcome
    version: int
    before: int | None
    reused: bool
    elapsed_ms: float


class ModelHolder:
    """Holds the serving model; reads need no lock, reloads take turns."""

    def __init__(
        self, source: ModelSource, alias: str, on_reload: Callable[[str, float], None] = lambda *_: None
    ) -> None:
        self.source = source
        self.alias = alias
        self.last_error: str | None = None
        self.loading = False
        self._slots = Slots()
        self._held: int | None = None  # a version that was rolled back: polling must not bring it back
        self._turn = threading.Lock()
        self._on_reload = on_reload
        self._log = get_logger(__name__)

    @property
    def slots(self) -> Slots:
        """Current and previous model as one consistent pair."""
        return self._slots

    @property
    def current(self) -> LoadedModel | None:
        """The serving model; take it once per request."""
        return self._slots.current

    def require(self) -> LoadedModel:
        """The serving model; raises Refused (503) when there is none."""
        model = self._slots.current
        if model is None:
            reason = self.last_error or (
                "the model is still loading" if self.loading else "no model is loaded"
            )
            raise Refused(
                503, f"Not ready: {reason}", "Wait for /health/ready, or promote a version and reload."
            )
        return model

    def registry_version(self) -> int | None:
        """The version that the alias names now; None when it names none or the registry cannot be read."""
        try:
            version = self.source.resolve(self.alias)
        except Exception as error:  # noqa: BLE001 - any store may fail in any way; health must still answer
            self._log.warning("registry_unreadable", error=type(error).__name__)
            return None
        return None if version is None else int(version.version)

    def reload(self, *, polled: bool = False) -> Reload:
        """Serve the version the alias names; raises Refused (409, or 503 when nothing serves) and keeps the old."""
        with self._turn:
            started = time.perf_counter()
            self.loading = True
            try:
                result = self._reload(started, polled)
            except Refused as refusal:
                self.last_error = refusal.message
                self._on_reload("failed", time.perf_counter() - started)
                raise
            finally:
                self.loading = False
            self.last_error = None
            self._on_reload(result.outcome, result.elapsed_ms / 1000)
            return result

    def rollback(self) -> Reload:
        """Serve the previous model again, at once; raises Refused (409) when none was kept."""
        with self._turn:
            started = time.perf_counter()
            current, previous = self._slots.current, self._slots.previous
            if current is None or previous is None:
                raise Refused(
                    409, "There is no previous model to roll back to.", "One is kept after a reload."
                )
            self._slots = Slots(previous, current)
            self._held = current.version
            self._on_reload("rolled_back", 0.0)
            return Reload("rolled_back", previous.version, current.version, True, _ms(started))

    def _reload(self, started: float, polled: bool) -> Reload:
        version = self._resolve()
        current, previous = self._slots.current, self._slots.previous
        before = current.version if current else None
        if before == version.version and current and current.model_id == version.model_id:
            return Reload("unchanged", version.version, before, False, _ms(started))
        if polled and version.version == self._held and current:
            return Reload("unchanged", current.version, before, False, _ms(started))
        reusable = previous is not None and (previous.version, previous.model_id) == _identity(version)
        model = previous if reusable and previous is not None else self._load(version)
        self._slots = Slots(model, current)
        self._held = None
        self._log.info("model_swapped", before=before, version=model.version, ms=round(_ms(started)))
        return Reload("reloaded", model.version, before, reusable, _ms(started))

    def _resolve(self) -> VersionLike:
        try:
            version = self.source.resolve(self.alias)
        except Exception as error:
            self._log.exception("registry_failed")
            raise Refused(
                503, f"The registry cannot be read: {_reason(error)}", "Check the tracking store."
            ) from error
        if version is None:
            raise self._refused(f"No version has the alias '{self.alias}'.", "Promote a version first.")
        return version

    def _load(self, version: VersionLike) -> LoadedModel:
        try:
            return load(self.source, version)
        except Exception as error:  # a damaged file can raise anything; the serving model must not suffer
            self._log.exception("model_refused", version=version.version)
            message = (
                f"Version {version.version} of '{version.model_name}' cannot be served: {_reason(error)}"
            )
            hint = getattr(error, "hint", "") or "Promote another version, or roll back."
            raise self._refused(message, hint) from error

    def _refused(self, message: str, hint: str) -> Refused:
        return Refused(409 if self._slots.current else 503, message, hint)


def _identity(version: VersionLike) -> tuple[int, str]:
    return int(version.version), version.model_id


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, HubError) else f"{type(error).__name__}: {str(error)[:200]}"


def _ms(started: float) -> float:
    return (time.perf_counter() - started) * 1000
