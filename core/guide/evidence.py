"""Looks up what the guide points at: settings with their values, benchmarks with their commands."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from core.config import Settings, settings
from core.errors import BadInput


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of this process: environment name, value (secrets hidden), what it does."""

    name: str
    value: str
    description: str


def find_setting(name: str) -> Setting:
    """The setting with this environment name, such as 'RAG__TOP_K'; raises BadInput when there is none."""
    owner: type[BaseModel] = Settings
    value: Any = settings()
    *groups, last = name.lower().split("__")
    for group in groups:
        value = getattr(value, group, None)
        if not isinstance(value, BaseModel):
            raise BadInput(f"There is no setting {name!r}", "Settings are documented in core/config.py.")
        owner = type(value)
    if last not in owner.model_fields:
        raise BadInput(f"There is no setting {name!r}", "Settings are documented in core/config.py.")
    return Setting(name, _shown(getattr(value, last)), owner.model_fields[last].description or "")


def bench_command(name: str) -> str:
    """The command that measures this number again."""
    return f"python -m bench {name}"


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if isinstance(value, BaseModel):
        return "a group of settings"
    return "not set" if value is None else str(value)
