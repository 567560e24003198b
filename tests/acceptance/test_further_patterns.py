"""Patterns of our own: every construct that the reference documents, with what it determines."""

from pathlib import Path

import pytest

from core.sql_ai import open_session
from core.sql_ai.results import Result

from .patterns import Pattern, holds, read_patterns

FILES = (
    "further_patterns.sql",
    "scripting_patterns.sql",
    "documentation_patterns.sql",
    "routine_patterns.sql",
    "combined_patterns.sql",
    "dialect_patterns.sql",
    "model_patterns.sql",
    "mixed_patterns.sql",
    "edge_patterns.sql",
    "script_patterns.sql",
    "habit_patterns.sql",
)
BY_FILE = [read_patterns(Path(__file__).with_name(name)) for name in FILES]
PATTERNS = [pattern for patterns in BY_FILE for pattern in patterns]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Result]]:
    """What every pattern gives, each file in a session of its own."""
    found: dict[str, list[Result]] = {}
    for patterns in BY_FILE:
        session = open_session(samples=False)
        found |= {pattern.name: session.run_script(pattern.sql) for pattern in patterns}
        session.close()
    return found


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: f"{pattern.name}-{pattern.title}")
def test_the_construct_gives_what_snowflake_documents(
    pattern: Pattern, outcomes: dict[str, list[Result]]
) -> None:
    results = outcomes[pattern.name]
    assert pattern.checks
    if not any("error is not None" in check or "error.message" in check for check in pattern.checks):
        assert [str(result.error) for result in results if result.error] == []
    for check in pattern.checks:
        assert holds(check, results), (
            f"{check}\n{results[-1].columns}\n{results[-1].rows}\n{results[-1].error}"
        )
