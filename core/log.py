"""Structured logs on standard error."""

import logging
import sys
from typing import Any

import structlog

from core.config import settings


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
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "source", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=_StandardErrorFactory(),
        cache_logger_on_first_use=False,
    )


class _StandardErrorFactory:
    """Looks standard error up at every call, so that a replaced stream (tests, servers) is followed."""

    def __call__(self, *names: str) -> structlog.typing.WrappedLogger:
        return structlog.WriteLogger(sys.stderr)
