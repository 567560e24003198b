"""The example queries of assets/sql/examples.toml, in groups."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path

from core.config import ASSETS
from core.errors import BadInput

_FILE = ASSETS / "sql" / "examples.toml"


@dataclass(frozen=True, slots=True)
class Example:
    """A query worth trying: ``note`` says what to look at, ``parameters`` are values for its ``:names``.

    ``refused`` is how many of its last statements the engine has to refuse.
    """

    name: str
    group: str
    title: str
    sql: str
    note: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    refused: int = 0


def examples() -> tuple[Example, ...]:
    """Every example in the order of the file."""
    return _load(_FILE, _FILE.stat().st_mtime_ns)


def groups() -> dict[str, list[Example]]:
    """The examples by group, in the order of the file."""
    return {name: list(members) for name, members in groupby(examples(), key=lambda item: item.group)}


def default_example() -> Example:
    """What the page opens with: the first example, which answers at once."""
    return examples()[0]


@cache
def texts() -> frozenset[str]:
    """Every text that an example's SQL or its parameters hold."""
    import sqlglot
    from sqlglot.tokenizer_core import TokenType

    found = {value for example in examples() for value in example.parameters.values()}
    for example in examples():
        tokens = sqlglot.tokenize(example.sql, read="snowflake")
        found |= {token.text for token in tokens if token.token_type is TokenType.STRING}
    return frozenset(found)


def is_example(name: str | None) -> bool:
    """Whether an example has this name."""
    return any(example.name == name for example in examples())


def get_example(name: str) -> Example:
    """The example with this name; raises BadInput naming those there are."""
    for example in examples():
        if example.name == name:
            return example
    known = ", ".join(example.name for example in examples())
    raise BadInput(f"There is no example {name!r}", f"Examples: {known}.")


def by_sql(sql: str) -> Example | None:
    """The example with exactly this text, spaces at its ends aside."""
    return next((example for example in examples() if example.sql == sql.strip()), None)


@cache
def _load(path: Path, _changed: int) -> tuple[Example, ...]:
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["example"]
    return tuple(
        Example(
            name=row["name"],
            group=row["group"],
            title=row["title"],
            sql=row["sql"].strip(),
            note=row.get("note", "").strip(),
            parameters={name: str(value) for name, value in row.get("parameters", {}).items()},
            refused=row.get("refused", 0),
        )
        for row in rows
    )
