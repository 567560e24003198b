"""The examples the page offers: every one runs, draws what suits it, and can be told apart."""

import pytest

from core.sql_ai import open_session
from core.ui.sql_ai import code_view, comparing, examples, figures, result_view
from core.ui.sql_ai.figures import Shape
from core.ui.sql_ai.frames import Grid
from core.ui.sql_ai.parameters import fill, names

EXAMPLES = examples.examples()
CHARTS = {
    "sentiment": Shape.BAR,
    "first-udf": Shape.BAR,
    "topics": Shape.BAR,
    "forecast": Shape.FORECAST,
    "stores": Shape.FORECAST,
    "anomalies": Shape.FORECAST,
    "map": Shape.SCATTER,
    "trend": Shape.LINE,
}


@pytest.fixture(scope="module")
def session():
    return open_session()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_runs_and_gives_rows(session, example):
    results = session.run_script(fill(example.sql, example.parameters))
    answered, refused = results[: len(results) - example.refused], results[len(results) - example.refused :]
    assert [result.error for result in answered] == [None] * len(answered)
    assert all(result.rows for result in answered)
    assert all(result.error and result.error.hint for result in refused)
    if example.name in CHARTS:
        last = answered[-1]
        assert figures.suggest(Grid.of(last.columns, last.rows)).shape is CHARTS[example.name]


def test_names_texts_and_titles_are_unique():
    for field in ("name", "title", "sql"):
        values = [getattr(example, field) for example in EXAMPLES]
        assert len(set(values)) == len(values), field


def test_every_example_says_what_to_look_at_and_has_values_for_its_parameters():
    for example in EXAMPLES:
        assert example.note.endswith(".")
        assert set(names(example.sql)) == set(example.parameters)


def test_only_one_example_uses_a_function_that_snowflake_retires_and_it_says_so():
    older = [
        example
        for example in EXAMPLES
        if any(spec.family == "legacy" for spec in code_view.functions_in(example.sql))
    ]
    assert [example.group for example in older] == ["Search"], "older scripts use it, a first look does not"
    assert "Snowflake is retiring it" in older[0].note


def test_the_first_example_can_be_compared_row_by_row():
    assert comparing.is_single_query(examples.default_example().sql)


def test_groups_keep_the_order_of_the_file():
    flat = [example for members in examples.groups().values() for example in members]
    assert tuple(flat) == EXAMPLES


def test_a_small_result_offers_no_facets_but_a_long_one_does():
    rows = [(str(i % 3), i) for i in range(30)]
    assert result_view.facet_columns(Grid.of(["KIND", "N"], rows)) == ["KIND"]
    assert result_view.facet_columns(Grid.of(["KIND", "N"], rows[:3])) == []


def test_a_column_of_nearly_unique_texts_is_no_facet():
    rows = [(f"text {i}" if i else "text 1", i % 2 == 0) for i in range(12)]
    assert result_view.facet_columns(Grid.of(["BODY", "EVEN"], rows)) == ["EVEN"]


def test_the_texts_of_the_examples_are_those_of_their_sql_and_their_parameters():
    found = examples.texts()
    assert {"billing", "delivery", *examples.get_example("search").parameters.values()} <= found
    assert not any("SELECT product" in text for text in found)
