"""The scoring service: `uvicorn core.mlops.serving:app`, or `create_app(...)` with a source of your own."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastapi import FastAPI

    from core.mlops.serving.application import create_app

__all__ = ["app", "create_app"]

_apps: dict[str, "FastAPI"] = {}


def __getattr__(name: str) -> Any:
    """Build ``app`` when it is first asked for; importing this package reads no setting and opens no store.

    The pages score with the modules below it and need no web framework: FastAPI is loaded by the service alone.
    """
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from core.mlops.serving.application import create_app

    if name == "create_app":
        return create_app
    if name not in _apps:
        from core.runtime import prepare

        prepare()
        _apps[name] = create_app()
    return _apps[name]


if TYPE_CHECKING:
    app: FastAPI
