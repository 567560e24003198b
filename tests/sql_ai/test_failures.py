"""Calls that failed and so gave NULL: counted on the result, whichever way the query ran."""

from collections.abc import Callable
from typing import Any

import pytest

from core.config_sql import SqlSettings
from core.errors import NotAvailable
from core.sql_ai import CallFailures, FailureCause, Session, open_session
from core.sql_ai.functions.errors import RowError

from .conftest import Models

REFUSED = FailureCause("refused", "Ask politely.")
ROWS = "(VALUES (1, 'good'), (2, 'bad'), (3, 'bad'), (4, NULL), (5, 'bad too'))"
TABLE = f"CREATE TABLE t AS SELECT column1 AS id, column2 AS x FROM {ROWS}"
DEAD = {"LLM_BASE_URL": "http://127.0.0.1:9/v1", "LLM_MODEL": "some-model", "LLM_RETRIES": "0"}


@pytest.fixture
def failing(models: Models) -> Session:
    """A session whose models refuse every request with 'bad' in it."""

    def wrap(batch: Any) -> Any:
        def answer(requests: list[tuple[Any, ...]]) -> list[Any]:
            refused = RowError(REFUSED.message, REFUSED.hint)
            return [refused if "bad" in str(r) else batch([r])[0] for r in requests]

        return answer

    session = open_session(False, {name: wrap(batch) for name, batch in models.overrides().items()})
    session.execute(TABLE)
    return session


@pytest.mark.parametrize("optimize", [True, False])
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT AI_COMPLETE('m', x) FROM t", [("AI_COMPLETE", 3)]),
        ("SELECT id FROM t WHERE AI_FILTER(x)", [("AI_FILTER", 3)]),
        ("SELECT AI_SENTIMENT(x), AI_TRANSLATE(x, 'fr', 'en') FROM t", [("AI_SENTIMENT", 3), ("AI_TRANSLATE", 3)]),
        ("SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('m', x) FROM t", [("SNOWFLAKE.CORTEX.TRY_COMPLETE", 3)]),
        ("SELECT AI_CLASSIFY(x, ['a', 'b']):labels[0] FROM t WHERE id < 3", [("AI_CLASSIFY", 1)]),
        ("SELECT IFF(id = 1, AI_COMPLETE('m', x), 'skipped') FROM t", []),
        ("SELECT AI_COMPLETE('m', AI_TRANSLATE(x, 'fr', 'en')) FROM t", [("AI_TRANSLATE", 3)]),
        ("SELECT AI_COUNT_TOKENS('ai_sentiment', x, TRUE) FROM t WHERE id = 1", [("AI_COUNT_TOKENS", 1)]),
        ("SELECT AI_COUNT_TOKENS('sentiment', x) FROM t WHERE id = 1", [("AI_COUNT_TOKENS", 1)]),
        ("SELECT AI_COMPLETE('m', x, return_error_details => TRUE) FROM t", []),
        ("SELECT AI_EXTRACT(x, {'a': 'b'}) FROM t WHERE id = 9", []),
        ("CREATE TABLE u AS SELECT AI_COMPLETE('m', x) AS y FROM t", [("AI_COMPLETE", 3)]),
    ],
)  # fmt: skip
def test_failed_calls_are_counted_by_function_batched_and_row_by_row(
    failing: Session, sql: str, expected: list[tuple[str, int]], optimize: bool
) -> None:
    found = failing.execute(sql, optimize=optimize).failures
    assert [(one.function, one.calls) for one in found] == expected


def test_a_failure_says_why_and_what_to_do_and_null_arguments_are_none(failing: Session) -> None:
    result = failing.execute("SELECT AI_COMPLETE('m', x) FROM t ORDER BY id")
    assert [row[0] for row in result.rows] == ["re: good", None, None, None, None]
    assert result.failures == (CallFailures("AI_COMPLETE", 3, (REFUSED,)),)
    (told,) = result.failures
    assert (told.message, told.hint) == (
        "3 calls of AI_COMPLETE failed and gave NULL: refused.",
        "Ask politely.",
    )
    assert result.to_dict()["failures"] == [
        {
            "function": "AI_COMPLETE",
            "calls": 3,
            "causes": [{"message": "refused", "hint": "Ask politely."}],
            "more_causes": False,
        }
    ]


def test_failures_that_the_session_remembers_are_counted_again_and_no_others_are(failing: Session) -> None:
    first = failing.execute("SELECT AI_COMPLETE('m', x) FROM t")
    again = failing.execute("SELECT AI_COMPLETE('m', x) FROM t")
    assert again.meter.model_inputs == 0
    assert again.failures == first.failures
    assert failing.execute("SELECT AI_COMPLETE('m', x) FROM t WHERE x = 'good'").failures == ()


def test_only_the_first_few_causes_are_kept() -> None:
    session = open_session(False, {"AI_COMPLETE": lambda rs: [RowError(f"no {r[1]}") for r in rs]})
    (told,) = session.execute(
        "SELECT AI_COMPLETE('m', SEQ4()::VARCHAR) FROM TABLE(GENERATOR(ROWCOUNT => 50))"
    ).failures
    assert (told.calls, [cause.message for cause in told.causes], told.more_causes) == (
        50,
        ["no 0", "no 1", "no 2"],
        True,
    )
    assert told.message.endswith("no 0; no 1; no 2; and others.")


def test_a_block_counts_the_failures_of_all_its_statements(failing: Session) -> None:
    block = """BEGIN
      CREATE TABLE a AS SELECT AI_COMPLETE('m', x) AS y FROM t;
      CREATE TABLE b AS SELECT AI_COMPLETE('m', x) AS y FROM t WHERE id = 2;
      RETURN 1;
    END"""
    (told,) = failing.execute(block).failures
    assert told.calls == 4


def test_a_query_that_never_settles_counts_like_one_row_by_row(models: Models) -> None:
    refusing = {"AI_COMPLETE": lambda rs: [RowError("no") for _ in rs]}
    session = open_session(False, models.overrides() | refusing, SqlSettings(max_rounds=2))
    nested = (
        "AI_COMPLETE('m', AI_TRANSLATE(AI_TRANSLATE(AI_TRANSLATE(column2, 'a', 'b'), 'a', 'c'), 'a', 'd'))"
    )
    result = session.execute(f"SELECT {nested} FROM {ROWS}")
    assert [one.calls for one in result.failures] == [4]
    assert result.meter.rounds == 3


def test_a_dead_endpoint_is_named_and_asked_again_by_the_next_statement(
    set_settings: Callable[..., None], llm_server: Any
) -> None:
    set_settings(**DEAD)
    session = open_session(False)
    sql = "SELECT AI_COMPLETE('llama3.1-8b', 'hello') AS a, AI_TRANSLATE('Bonjour', 'fr', 'en') AS b"
    result = session.execute(sql)
    assert result.rows == [(None, None)]
    for told, function in zip(result.failures, ("AI_COMPLETE", "AI_TRANSLATE"), strict=True):
        assert (told.function, told.calls) == (function, 1)
        assert "The endpoint http://127.0.0.1:9/v1" in told.message
        assert told.hint == "Check LLM_BASE_URL."
    set_settings(LLM_BASE_URL=llm_server.base_url, LLM_MODEL="served")
    revived = session.execute(sql)
    assert revived.failures == ()
    assert None not in revived.rows[0]


def test_ai_translate_without_an_endpoint_says_what_to_set(set_settings: Callable[..., None]) -> None:
    set_settings(LLM_BASE_URL="", LLM_MODEL="")
    (told,) = open_session(False).execute("SELECT AI_TRANSLATE('Bonjour', 'fr', 'en')").failures
    assert "no local model translates well enough" in told.message
    assert told.hint == "Set LLM_BASE_URL to an OpenAI-compatible endpoint."


def test_where_a_dead_endpoint_fails_the_query_its_remedy_comes_first(
    set_settings: Callable[..., None],
) -> None:
    set_settings(**DEAD)
    with pytest.raises(NotAvailable, match="The endpoint http") as caught:
        open_session(False).execute("SELECT SNOWFLAKE.CORTEX.COMPLETE('llama3.1-8b', 'hello')")
    assert caught.value.hint.startswith("Check LLM_BASE_URL. Its AI_ successor")
