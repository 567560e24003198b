"""EXPLAIN AI: every AI call, where it runs, what it will cost and what was done about it, without asking a model."""

from typing import Any

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session

from .conftest import Models

_SETUP = "CREATE TABLE t AS SELECT SEQ4() AS id, 'text ' || MOD(SEQ4(), 8) AS x FROM TABLE(GENERATOR(ROWCOUNT => 40))"


@pytest.fixture
def explained(session: Session) -> Any:
    session.execute(_SETUP)

    def explain(sql: str) -> list[dict[str, Any]]:
        result = session.execute(f"EXPLAIN AI {sql}")
        return [dict(zip(result.columns, row, strict=True)) for row in result.rows]

    return explain


def test_it_lists_calls_with_their_place_and_distinct_inputs_and_asks_no_model(
    explained: Any, models: Models
) -> None:
    plan = explained("SELECT AI_SENTIMENT(x) FROM t WHERE id < 5 AND AI_FILTER(x)")
    assert [(call["FUNCTION"], call["CLAUSE"], call["ESTIMATED_INPUTS"]) for call in plan] == [
        ("AI_FILTER", "WHERE", 5),
        ("AI_SENTIMENT", "SELECT", None),
    ]
    assert plan[1]["WAITS_FOR"] == "call 0"
    assert models.asked == []


def test_actual_inputs_appear_once_the_query_has_run_and_belong_to_each_call(
    explained: Any, session: Session
) -> None:
    sql = "SELECT AI_FILTER(x), AI_FILTER(CONCAT(x, '!')) FROM t WHERE id < 3 AND AI_FILTER(CONCAT('q ', x))"
    assert [call["ACTUAL_INPUTS"] for call in explained(sql)] == [None] * 3
    result = session.execute(sql)
    actual = [call["ACTUAL_INPUTS"] for call in explained(sql)]
    assert actual == [3, len(result.rows), len(result.rows)]
    assert sum(actual) == result.meter.model_inputs


@pytest.mark.parametrize(
    ("sql", "note"),
    [
        ("SELECT id FROM t WHERE AI_FILTER(x) AND id < 3", "cheap conditions before AI conditions"),
        ("SELECT id, AI_SENTIMENT(x) FROM t ORDER BY id LIMIT 2", "only for the rows that ORDER BY .. LIMIT keeps"),
        ("SELECT AI_SENTIMENT(x) FROM t QUALIFY SUM(id) OVER (ORDER BY id) < 9", "the rows that QUALIFY keeps"),
        ("SELECT id FROM t WHERE AI_FILTER(x) LIMIT 2", "growing batches under LIMIT"),
        ("SELECT 1 FROM t a JOIN t b ON AI_FILTER(CONCAT(a.x, b.x))", "AI conditions after the joins"),
        ("SELECT AI_SENTIMENT(x) FROM t", "distinct requests in one batch"),
    ],
)  # fmt: skip
def test_it_names_the_optimisation_that_applied(explained: Any, sql: str, note: str) -> None:
    assert note in explained(sql)[0]["OPTIMISATION"]


def test_known_answers_are_not_counted_again(explained: Any, session: Session) -> None:
    sql = "SELECT AI_SENTIMENT(x) FROM t"
    assert explained(sql)[0]["ESTIMATED_INPUTS"] == 8
    session.execute(sql)
    assert explained(sql)[0]["ESTIMATED_INPUTS"] == 0


def test_tokens_are_estimated_and_priced_when_a_price_is_set(models: Models, limited: Any) -> None:
    session = limited(price_per_million_tokens=2.0)
    row = session.execute("EXPLAIN AI SELECT AI_SENTIMENT('a lamp')").rows[0]
    tokens, cost = row[6], row[7]
    assert tokens > 100  # the prompt that is added counts
    assert cost == pytest.approx(tokens * 2.0 / 1_000_000)
    meter = session.execute("SELECT AI_SENTIMENT('a lamp')").meter
    assert meter.cost == pytest.approx(meter.tokens * 2.0 / 1_000_000)


def test_helpers_that_ask_no_model_are_not_listed(explained: Any) -> None:
    assert explained("SELECT PROMPT('{0}', x), AI_COUNT_TOKENS('ai_filter', x) FROM t") == []


def test_it_explains_queries_only(session: Session) -> None:
    with pytest.raises(BadInput, match="needs a query"):
        session.execute("EXPLAIN AI")
    with pytest.raises(NotAvailable, match="not a query"):
        session.execute("EXPLAIN AI DROP TABLE t")
