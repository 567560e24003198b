"""Structured logs on standard error."""

import logging
import sys
from collections import deque
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.config import settings
from core.lean import leaving_out

with leaving_out("rich"):
    import structlog

_KEPT_PROBLEMS = 20


@dataclass(frozen=True, slots=True)
class Problem:
    """A warning or error of this process: when, where and which event; no message, which may hold user text.

    ``detail`` names the kind of action and the class of the error, where there are any.
    """

    at: datetime
    source: str
    event: str
    detail: str = ""


_problems: deque[Problem] = deque(maxlen=_KEPT_PROBLEMS)


def recent_problems() -> list[Problem]:
    """The last warnings and errors of this process, newest first."""
    return list(reversed(_problems))


def get_logger(name: str) -> Any:
    """A structlog logger; log ids, counts and timings at INFO, never user text or secrets."""
    _configure(settings().hub_log_level)
    return structlog.get_logger().bind(source=name)


def _configure(level: str) -> None:
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _keep_problem,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "source", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_StandardErrorFactory(),
        cache_logger_on_first_use=False,
    )


def _keep_problem(_logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if method in ("warning", "error", "exception", "critical"):
        source, name = str(event.get("source", "")), str(event.get("event", ""))
        _problems.append(Problem(datetime.now(UTC), source, name, _detail(event)))
    return event


def _detail(event: MutableMapping[str, Any]) -> str:
    known = [event.get("kind"), event.get("step"), event.get("error")]
    known += [type(error).__name__ for error in [event.get("exc_info")] if isinstance(error, BaseException)]
    return ", ".join(str(part) for part in known if part)


class _StandardErrorFactory:
    """Looks standard error up at every call, so that a replaced stream (tests, servers) is followed."""

    def __call__(self, *names: str) -> structlog.typing.WrappedLogger:
        return structlog.WriteLogger(sys.stderr)
