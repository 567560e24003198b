"""What visitors did, with ids: one log line an action, counts for the panel on Home, spans where a collector is set.

Nothing here holds a visitor's text: kinds, ids, counts, durations and outcomes only.
"""

import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog

from core.config import public_address, settings
from core.errors import BadInput, HubError, LimitReached, NotAvailable
from core.log import get_logger

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_KEPT_ACTIONS = 200
_EXPORT_TIMEOUT_S = 5
_EXPORT_EVERY_MS = 1000


class Kind(StrEnum):
    """What an action is; a closed set, so that counts stay few."""

    SQL = "sql"
    QUESTION = "question"
    UPLOAD = "upload"
    TRAINING = "training"
    EVALUATION = "evaluation"
    DECISION = "decision"
    REQUESTS = "requests"


class Outcome(StrEnum):
    """How an action ended: refused is its input or a limit, stopped is the visitor, failed is a fault of ours."""

    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    UNAVAILABLE = "unavailable"
    FAILED = "failed"


@dataclass(slots=True)
class Action:
    """One action of one visitor; ``facts`` are counts that it adds while it runs."""

    kind: Kind
    session: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    ms: float = 0.0
    outcome: Outcome = Outcome.DONE
    error: str = ""  # the class of what was raised
    facts: dict[str, int | float | str] = field(default_factory=dict)

    def note(self, **facts: float | str) -> None:
        """Add counts (rows, model inputs) or choices of ours (a generator's name); never a visitor's text."""
        self.facts.update(facts)

    def ended_with(self, error: BaseException) -> None:
        """Take over how it ended from what was raised or kept instead of being raised."""
        self.outcome, self.error = outcome_of(error), type(error).__name__


@dataclass(frozen=True, slots=True)
class Rate:
    """Look-ups in one cache since the start."""

    hits: int
    misses: int

    @property
    def share(self) -> float:
        """Hits among all look-ups, 0 to 1; 0 when there were none."""
        return self.hits / (self.hits + self.misses) if self.hits + self.misses else 0.0


_recent: deque[Action] = deque(maxlen=_KEPT_ACTIONS)
_counts: Counter[tuple[Kind, Outcome]] = Counter()
_hits: Counter[str] = Counter()
_misses: Counter[str] = Counter()
_lock = threading.Lock()


@contextmanager
def action(kind: Kind, session: str = "", **facts: float | str) -> Iterator[Action]:
    """Log, count and trace what happens inside; log lines from inside carry the same ids."""
    done = Action(kind, session, facts=dict(facts))
    start = time.perf_counter()
    with structlog.contextvars.bound_contextvars(action=done.id, session=session), _span(done):
        try:
            yield done
        except Exception as error:
            done.ended_with(error)
            raise
        except BaseException:  # Streamlit's signals: the visitor pressed Stop or went elsewhere
            done.outcome = Outcome.STOPPED
            raise
        finally:
            done.ms = (time.perf_counter() - start) * 1000
            _record(done)


def outcome_of(error: BaseException) -> Outcome:
    """What an error means for the action that raised it."""
    if isinstance(error, BadInput | LimitReached):
        return Outcome.REFUSED
    return Outcome.UNAVAILABLE if isinstance(error, HubError) else Outcome.FAILED


def recent_actions() -> list[Action]:
    """The last actions of this process, newest first."""
    with _lock:
        return list(reversed(_recent))


def action_counts() -> dict[tuple[Kind, Outcome], int]:
    """Actions since the start by kind and outcome."""
    with _lock:
        return dict(_counts)


def count_lookups(cache_name: str, hits: int = 0, misses: int = 0) -> None:
    """Count look-ups in a cache; ``cache_name`` is ours, one of a few."""
    with _lock:
        _hits[cache_name] += hits
        _misses[cache_name] += misses


def cache_rates() -> dict[str, Rate]:
    """Hits and misses of every cache that was asked, by name."""
    with _lock:
        return {name: Rate(_hits[name], _misses[name]) for name in sorted(_hits | _misses)}


def tracing_problem() -> NotAvailable | None:
    """Why spans are not sent although the settings name a collector; None when they are, or none is named."""
    return None if settings().otel_exporter_otlp_endpoint is None else _tracing().problem


def _record(done: Action) -> None:
    with _lock:
        _recent.append(done)
        _counts[(done.kind, done.outcome)] += 1
    log = get_logger(__name__)
    write = log.error if done.outcome is Outcome.FAILED else log.info
    write("action", kind=str(done.kind), outcome=str(done.outcome), ms=round(done.ms, 1),
          **({"error": done.error} if done.error else {}), **done.facts)  # fmt: skip


@contextmanager
def _span(done: Action) -> Iterator[None]:
    """A span around the action; nothing at all, and nothing imported, without a collector in the settings."""
    tracer = None if settings().otel_exporter_otlp_endpoint is None else _tracing().tracer
    if tracer is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode

    # The exception is left out on both ways: its text may be a visitor's.
    with tracer.start_as_current_span(
        f"hub.{done.kind}", record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        finally:
            span.set_attributes(_attributes(done))
            if done.outcome is Outcome.FAILED:
                span.set_status(Status(StatusCode.ERROR, done.error))


def _attributes(done: Action) -> dict[str, Any]:
    known = {"hub.action": done.id, "hub.session": done.session, "hub.outcome": str(done.outcome)}
    return known | {f"hub.{name}": value for name, value in done.facts.items()}


@dataclass(frozen=True, slots=True)
class _Tracing:
    tracer: "Tracer | None"
    problem: NotAvailable | None = None


@cache
def _tracing() -> _Tracing:
    """The tracer of this process; its provider is our own, so that other libraries' spans stay out.

    Without its exporter actions go on untraced: the log and Home's panel say so.
    """
    try:
        exporter = _exporter()
    except NotAvailable as error:
        get_logger(__name__).warning("telemetry.off", reason=error.message)
        return _Tracing(None, error)
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": settings().otel_service_name}))
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EXPORT_EVERY_MS))
    return _Tracing(provider.get_tracer("demo-hub"))


def _exporter() -> Any:
    config = settings()
    package = "grpc" if config.otel_exporter_otlp_protocol == "grpc" else "http"
    endpoint = str(config.otel_exporter_otlp_endpoint).rstrip("/")
    if package == "grpc":  # it has no use for a user name, and would log one
        endpoint = public_address(endpoint)
    try:
        if package == "grpc":
            from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

            return OTLPSpanExporter(
                endpoint=endpoint, insecure=endpoint.startswith("http://"), timeout=_EXPORT_TIMEOUT_S
            )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter

        return HttpExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_TIMEOUT_S)
    except ImportError:
        raise NotAvailable(
            f"The exporter for {config.otel_exporter_otlp_protocol} is not installed",
            f"Run: pip install opentelemetry-exporter-otlp-proto-{package}, or unset OTEL_EXPORTER_OTLP_ENDPOINT.",
        ) from None
