"""Writes docs/configuration.md and the table in README.md from the settings: `make docs`."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.config import Settings  # noqa: E402

_HEAD = """# Configuration

Every setting, its default and what it does. Generated from `core/config*.py` by `make docs`; a test
compares. Values come from the environment, else `.env`, else `.streamlit/secrets.toml`, else the default.
A setting of a demo is written with two underscores, for example `SQL__TIME_LIMIT_S=5`.

"""
_GROUPS = {
    "rates": "How often one visitor may act",
    "sql": "SQL AI Playground",
    "mlops": "Experiment Browser",
    "rag": "RAG Chat",
}
_MARKS = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def configuration() -> str:
    """The whole of docs/configuration.md."""
    parts = [_HEAD, "## The hub\n\n", _table(own_settings())]
    for name, title in _GROUPS.items():
        group = Settings.model_fields[name].annotation
        parts += [f"\n## {title}\n\n", _table(_fields(group, f"{name.upper()}__"))]
    return "".join(parts)


def readme(text: str) -> str:
    """README's text with the table between its marks renewed."""
    table = _table(own_settings())
    return _MARKS.sub(lambda match: f"{match[1]}{table}{match[2]}", text)


def own_settings() -> Iterator[tuple[str, Any]]:
    """Name and field of the settings that belong to no single demo."""
    return ((n.upper(), f) for n, f in Settings.model_fields.items() if n not in _GROUPS)


def _fields(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from _fields(field.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper(), field


def _table(rows: Iterator[tuple[str, Any]]) -> str:
    lines = [f"| `{name}` | {_default(field)} | {_cell(field.description)} |\n" for name, field in rows]
    return "| setting | default | what it does |\n| --- | --- | --- |\n" + "".join(lines)


def _default(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None or value == "":
        return "not set"
    text = str(value)
    return f"`{text}`" if len(text) <= 40 else "see the code"


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write both files."""
    (ROOT / "docs" / "configuration.md").write_text(configuration(), encoding="utf-8")
    page = ROOT / "README.md"
    page.write_text(readme(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
