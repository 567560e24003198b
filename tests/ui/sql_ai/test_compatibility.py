"""What the Compatibility panel calls a pass."""

import tomllib

import pytest

from core.errors import BadInput
from core.sql_ai.results import Result
from core.ui.sql_ai import compatibility
from core.ui.sql_ai.compatibility import patterns, problem

SHAPES = tomllib.loads(compatibility._SHAPES.read_text(encoding="utf-8"))
CASES = patterns(compatibility._FILE.read_text(encoding="utf-8"))


def result(columns, *rows, error=None):
    return Result("SELECT 1", list(columns), list(rows), error)


def test_every_pattern_has_a_documented_shape():
    assert {case.name for case in CASES} - {"P00"} == set(SHAPES)
    assert all(SHAPES.values())


def test_titles_are_sentences_without_notes_for_tests():
    assert all(case.title[0].isupper() or not case.title[0].isalpha() for case in CASES)
    assert not any("call-count test" in case.title for case in CASES)


def test_a_pattern_is_copied_as_it_runs():
    named = {case.name: case.sql for case in CASES}
    assert named["P02"] == (
        "SELECT id, AI_CLASSIFY(body, ['delivery', 'quality', 'price']):labels[0]::STRING AS topic "
        "FROM shop_reviews;"
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (result(["A"], (1,), (2,)), None),
        (result(["B"], (1,), (2,)), "the columns are B"),
        (result(["A"], (1,)), "1 row instead of 2"),
        (result(["A"], (1,), (3,)), "A is 1, 3"),
        (result(["A"], error=BadInput("no such thing", "hint")), "no such thing"),
    ],
)
def test_a_pattern_passes_only_with_the_documented_shape_and_values(found, words):
    wanted = {"columns": ["A"], "rows": 2, "values": {"A": ["1", "2"]}}
    assert problem([result(["X"]), found], wanted) == words


def test_an_error_in_an_earlier_statement_fails_the_pattern():
    broken = result([], error=BadInput("early", "hint"))
    assert problem([broken, result(["A"])], {}) == "early"
