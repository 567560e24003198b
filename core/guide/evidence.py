"""Looks up what the guide points at: settings with values, commands of benchmarks and tests, written results."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, SecretStr

from core.config import ROOT, Settings, settings
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


def find_section(reference: str) -> str:
    """The Markdown below a heading of docs/, such as 'retrieval.md#Fusion', without the heading itself.

    Raises BadInput when there is no such file or heading.
    """
    name, _, heading = reference.partition("#")
    path = ROOT / "docs" / name
    if not re.fullmatch(r"[\w-]+\.md", name) or not path.is_file():
        raise BadInput(f"There is no docs/{name}", "Was it renamed?")
    sections = re.split(r"^## +(.*)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = dict(zip(sections[1::2], sections[2::2], strict=True))
    if heading not in found:
        raise BadInput(f"docs/{name} has no section {heading!r}", f"It has {', '.join(found)}.")
    return found[heading].strip()


def bench_command(name: str) -> str:
    """The command that measures this number again."""
    return f"python -m bench {name}"


def pytest_command(target: str) -> str:
    """The command that runs this test, such as 'rag/test_parsing.py::test_html_shows_what_a_reader_sees'."""
    return f"pytest tests/{target}"


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "set (hidden)"
    if isinstance(value, BaseModel):
        return "a group of settings"
    return "not set" if value is None else str(value)
