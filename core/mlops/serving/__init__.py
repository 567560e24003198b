"""The scoring service: `uvicorn core.mlops.serving:app`, or `create_app(...)` with a source of your own."""

from typing import TYPE_CHECKING, Any

from core.mlops.serving.application import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["app", "create_app"]

_apps: dict[str, "FastAPI"] = {}


def __getattr__(name: str) -> Any:
    """Build ``app`` when it is first asked for; importing this package reads no setting and opens no store."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _apps:
        from core.runtime import prepare

        prepare()
        _apps[name] = create_app()
    return _apps[name]


if TYPE_CHECKING:
    app: FastAPI
