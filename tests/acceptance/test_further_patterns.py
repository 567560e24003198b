"""Patterns of our own: every construct that the reference documents, with what it determines."""

from pathlib import Path

import pytest

from core.sql_ai import open_session
from core.sql_ai.results import Result

from .patterns import Pattern, holds, read_patterns

PATTERNS = read_patterns(Path(__file__).with_name("further_patterns.sql"))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[Result]]:
    session = open_session(samples=False)
    return {pattern.name: session.run_script(pattern.sql) for pattern in PATTERNS}


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
