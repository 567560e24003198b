"""Writes docs/sql-functions.md from the catalogue of AI functions: `make docs`."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.sql_ai.catalog import FAMILY_NOTES, FunctionSpec, all_functions  # noqa: E402

PAGE = ROOT / "docs" / "sql-functions.md"
_HEAD = """# SQL functions

Every AI function of the SQL AI Playground. Generated from `core/sql_ai/catalog_data.py` by `make docs`; a
test compares. The same catalogue registers the functions, fills the help panel and drives the tests.
"""


def page() -> str:
    """The whole of docs/sql-functions.md."""
    return "".join(_parts())


def _parts() -> Iterator[str]:
    yield _HEAD
    for family, specs in groupby(all_functions(), key=lambda spec: spec.family):
        yield f"\n## {family[0].upper()}{family[1:]}\n"
        if family in FAMILY_NOTES:
            yield f"\n{FAMILY_NOTES[family]}\n"
        for spec in specs:
            yield _section(spec)


def _section(spec: FunctionSpec) -> str:
    signatures = "\n".join(spec.signatures)
    facts = {
        "Returns": spec.returns,
        "NULL": spec.null_rule,
        "Errors": spec.errors,
        "Answered by": spec.model,
        "Databricks": spec.databricks,
        "BigQuery": spec.bigquery,
    }
    lines = "".join(f"- {name}: {text}\n" for name, text in facts.items() if text and text != "-")
    example = f"\n```sql\n{spec.example}\n```\n" if spec.example else ""
    source = f"\nSource: <{spec.url}>\n" if spec.url else ""
    return (
        f"\n### {spec.sql_name}\n\n{spec.summary}\n\n```text\n{signatures}\n```\n\n{lines}{example}{source}"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
