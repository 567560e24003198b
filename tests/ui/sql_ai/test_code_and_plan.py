"""The Code tab names what really answers a query; the plan is put into words."""

import pytest

from core.sql_ai import catalog, open_session
from core.sql_ai.catalog import all_functions
from core.ui.code_panel import find_source
from core.ui.sql_ai import code_view, explaining


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("SELECT AI_FILTER(x), ai_filter(y)", ["AI_FILTER"]),
        ("SELECT 'AI_FILTER(x)' -- AI_SENTIMENT(x)", []),
        ("SELECT SNOWFLAKE.CORTEX.SENTIMENT(x)", ["CORTEX.SENTIMENT"]),
        ("SELECT ai_filter FROM t", []),
        ("SELECT 'unfinished", []),
    ],
)
def test_functions_are_found_where_they_are_called(sql, found):
    assert [spec.name for spec in code_view.functions_in(sql)] == found


def test_models_are_found_outside_text_only():
    assert list(code_view.models_in("CALL m!FORECAST(FORECASTING_PERIODS => 3)")) == ["FORECAST"]
    assert code_view.models_in("SELECT 'FORECAST'") == {}


@pytest.mark.parametrize("spec", all_functions(), ids=lambda spec: spec.name)
def test_what_a_function_shows_as_its_source_exists(spec):
    assert all(find_source(item).text.strip() for item in code_view.sources(spec))


def test_what_models_and_engine_show_as_their_source_exists():
    references = [name for names in code_view._MODELS.values() for name in names]
    assert all(find_source(name).text.strip() for name in [*references, *code_view._ENGINE])


def test_the_source_of_a_sentiment_query_is_the_function_that_scores():
    (spec,) = code_view.functions_in("SELECT SNOWFLAKE.CORTEX.SENTIMENT('x')")
    assert "core.sql_ai.functions.sentiment:score" in code_view.sources(spec)


def test_a_plan_is_worded_and_leaves_out_what_says_nothing():
    session = open_session(samples=False, overrides={"AI_FILTER": lambda requests: [True] * len(requests)})
    session.run_script("CREATE TABLE t (a VARCHAR); INSERT INTO t VALUES ('x'), ('y'), ('x');")
    query = "SELECT a FROM t WHERE AI_FILTER(a)"
    plan = explaining.worded(session.execute(explaining.explained(query)))
    assert "Cost to come" not in plan.columns, "no price is set"
    assert "Waits for" not in plan.columns
    assert "Inputs last time" not in plan.columns
    assert plan.values("Call") == [1]
    assert plan.values("Inputs to come") == [2]
    session.execute(query)
    after = explaining.worded(session.execute(explaining.explained(query)))
    assert (after.values("Inputs to come"), after.values("Inputs last time")) == ([0], [2])


def test_an_explained_statement_is_not_explained_twice():
    assert explaining.explained("explain ai SELECT 1") == "explain ai SELECT 1"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("PROMPT", "asks no model"),
        ("AI_COUNT_TOKENS", "asks no model: about four characters a token"),
        ("CORTEX.SUMMARIZE", "works as AI_SUMMARIZE"),
        ("AI_FILTER", "is answered by all-MiniLM-L6-v2 embeddings on this machine"),
    ],
)
def test_what_answers_a_function_is_said_in_a_sentence(name, words):
    assert code_view.answered_by(catalog.find(name)) == words
