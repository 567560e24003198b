"""NULLs and errors of AI functions by Snowflake's rules (reference, section 4), with models that fail on purpose."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from typing import Any

import pytest

from core.errors import BadInput, HubError, NotAvailable
from core.sql_ai import Session, open_session
from core.sql_ai.catalog import all_functions
from core.sql_ai.functions.errors import RowError

from .conftest import Models

_SWITCH = "ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR"
_CALLS = {
    "AI_COMPLETE": "AI_COMPLETE('m', x{})", "AI_CLASSIFY": "AI_CLASSIFY(x, ['a', 'b']{})", "AI_FILTER": "AI_FILTER(x{})",
    "AI_SENTIMENT": "AI_SENTIMENT(x{})", "AI_TRANSLATE": "AI_TRANSLATE(x, 'fr', 'en'{})", "AI_REDACT": "AI_REDACT(x{})",
    "AI_SUMMARIZE": "AI_SUMMARIZE(x || REPEAT('.', 120){})",
}  # fmt: skip


@pytest.fixture
def failing() -> Session:
    """A session whose models fail for the text 'bad' and answer everything else."""

    def fail(batch: Any) -> Any:
        def answers(requests: list[tuple[Any, ...]]) -> list[Any]:
            return [RowError("the model said no") if "bad" in str(r) else batch([r])[0] for r in requests]

        return answers

    overrides = {name: fail(batch) for name, batch in Models().overrides().items()}
    session = open_session(False, overrides)
    session.execute(
        "CREATE TABLE t AS SELECT column1 AS id, column2 AS x FROM VALUES (1, 'good'), (2, 'bad'), (3, NULL)"
    )
    return session


@pytest.mark.parametrize("name", [name for name in _CALLS if name != "AI_REDACT"])
def test_a_failing_row_is_null_and_the_query_succeeds(failing: Session, name: str) -> None:
    rows = failing.execute(f"SELECT {_CALLS[name].format('')} FROM t ORDER BY id").rows
    assert rows[0][0] is not None
    assert rows[1:] == [(None,), (None,)]


@pytest.mark.parametrize("name", list(_CALLS))
def test_with_error_details_exactly_one_of_value_and_error_is_null(failing: Session, name: str) -> None:
    call = (
        _CALLS[name].format(", return_error_details => TRUE")
        if name not in ("AI_FILTER",)
        else "AI_FILTER(x, TRUE)"
    )
    rows = [row[0] for row in failing.execute(f"SELECT {call} FROM t ORDER BY id").rows]
    assert all(set(answer) == {"value", "error"} for answer in rows)
    assert [(answer["value"] is None, answer["error"] is None) for answer in rows] == [
        (False, True),
        (True, False),
        (True, False),
    ]
    assert rows[1]["error"] == "the model said no"


def test_a_failing_row_of_ai_redact_fails_the_query_unless_the_session_says_otherwise(
    failing: Session,
) -> None:
    with pytest.raises(NotAvailable, match="the model said no") as caught:
        failing.execute("SELECT AI_REDACT(x) FROM t")
    assert "AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR" in caught.value.hint
    failing.execute(f"{_SWITCH} = FALSE")
    assert failing.execute("SELECT AI_REDACT(x) FROM t ORDER BY id").rows == [("[4]",), (None,), (None,)]


def test_the_switch_can_also_make_the_other_functions_fail_the_query(failing: Session) -> None:
    failing.execute(f"{_SWITCH} = TRUE")
    with pytest.raises(NotAvailable, match="the model said no"):
        failing.execute("SELECT AI_SENTIMENT(x) FROM t")
    failing.execute("ALTER SESSION UNSET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR")
    assert len(failing.execute("SELECT AI_SENTIMENT(x) FROM t").rows) == 3


def test_ai_extract_has_an_error_field_of_its_own_whatever_the_switch_says() -> None:
    session = open_session(False, {"AI_EXTRACT": lambda requests: [RowError("unreadable")] * len(requests)})
    for value in ("TRUE", "FALSE"):
        session.execute(f"{_SWITCH} = {value}")
        assert session.execute("SELECT AI_EXTRACT('x', {'a': 'b'})").rows == [
            ({"error": "unreadable", "response": None},)
        ]


def test_legacy_complete_raises_where_try_complete_is_null(failing: Session) -> None:
    with pytest.raises(NotAvailable, match="the model said no"):
        failing.execute("SELECT SNOWFLAKE.CORTEX.COMPLETE('m', 'bad')")
    assert failing.execute("SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('m', 'bad')").rows == [(None,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT AI_REDACT(x, ['SHOE_SIZE']) FROM t",
        "SELECT AI_REDACT(x, ['SHOE_SIZE'], TRUE) FROM t",
        "SELECT PROMPT('{1}', x) FROM t",
        "SELECT AI_FILTER(PROMPT('{0} {1}', x), TRUE) FROM t",
    ],
)
def test_wrong_categories_and_placeholders_are_errors_whatever_is_switched(
    failing: Session, sql: str
) -> None:
    failing.execute(f"{_SWITCH} = FALSE")
    with pytest.raises(BadInput):
        failing.execute(sql)


@pytest.mark.parametrize(
    "call",
    [
        "AI_CLASSIFY(x, ['a', 'b'], NULL)",
        "AI_CLASSIFY(x, ['a', 'b'], NULL, TRUE)",
        "AI_REDACT(x, NULL)",
        "AI_REDACT(x, NULL, TRUE)",
    ],
)
def test_null_is_no_placeholder_for_a_skipped_argument(failing: Session, call: str) -> None:
    with pytest.raises(BadInput, match="rejects NULL"):
        failing.execute(f"SELECT {call} FROM t")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("AI_SIMILARITY('a', 'b', {'modle': 'e5-base-v2'})", "AI_SIMILARITY has no option 'modle'"),
        ("AI_CLASSIFY('a', ['b', 'c'], {'output_mod': 'multi'})", "AI_CLASSIFY has no option 'output_mod'"),
    ],
)
def test_a_misspelt_option_is_named(session: Session, call: str, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        session.execute(f"SELECT {call}")
    assert caught.value.hint.startswith("Known: ")


def test_a_turn_of_a_history_needs_its_role_and_its_content(models: Models, session: Session) -> None:
    for turn in ("{'rol': 'user', 'content': 'x'}", "{'role': 'user', 'text': 'x'}"):
        with pytest.raises(NotAvailable, match="the history must be an array"):
            session.execute(f"SELECT SNOWFLAKE.CORTEX.COMPLETE('demo-small', [{turn}], {{}})")
        assert session.execute(
            f"SELECT SNOWFLAKE.CORTEX.TRY_COMPLETE('demo-small', [{turn}], {{}})"
        ).rows == [(None,)]
    assert models.asked == []


def test_null_inputs_never_reach_a_model(models: Models, session: Session) -> None:
    for call in (
        *[c.format("") for c in _CALLS.values()],
        "AI_SIMILARITY(x, 'y')",
        "AI_EMBED('e5-base-v2', x)",
    ):
        assert session.execute(f"SELECT {call} FROM (SELECT NULL::VARCHAR AS x)").rows == [(None,)]
    assert session.execute(
        "SELECT AI_AGG(x, 'sum up'), AI_SUMMARIZE_AGG(x) FROM (SELECT NULL::VARCHAR AS x)"
    ).rows == [(None, None)]
    assert models.asked == []


def test_the_guarded_branch_of_a_case_is_never_asked_even_while_its_condition_waits(
    models: Models, session: Session
) -> None:
    session.execute("CREATE TABLE t AS SELECT 'row ' || SEQ4() AS x FROM TABLE(GENERATOR(ROWCOUNT => 30))")
    rows = session.execute(
        "SELECT x, CASE WHEN AI_FILTER(x) THEN AI_TRANSLATE(x, 'fr', 'en') END AS y FROM t"
    ).rows
    translated = {request[0] for name, request in models.asked if name == "AI_TRANSLATE"}
    assert translated == {x for x, y in rows if y is not None}
    assert 0 < len(translated) < 30


@pytest.mark.parametrize(
    ("sql", "shape"),
    [
        ("AI_SENTIMENT('x', ['b', 'a', 'b'])", ["overall", "a", "b"]),
        ("AI_SENTIMENT('x')", ["overall"]),
    ],
)
def test_sentiment_records_come_overall_first_then_by_name(sql: str, shape: list[str]) -> None:
    def batch(requests: list[tuple[Any, ...]]) -> list[Any]:
        return [
            [("overall", "positive"), *((name, "neutral") for name in reversed(r[1] if len(r) > 1 else []))]
            for r in requests
        ]

    result = open_session(False, {"AI_SENTIMENT": batch}).execute(f"SELECT {sql}").rows[0][0]
    assert [record["name"] for record in result["categories"]] == shape


def test_the_other_branch_waits_for_the_condition_as_well(models: Models, session: Session) -> None:
    session.execute("CREATE TABLE t AS SELECT 'row ' || SEQ4() AS x FROM TABLE(GENERATOR(ROWCOUNT => 30))")
    sql = "SELECT x, IFF(AI_FILTER(x), NULL, AI_TRANSLATE(x, 'fr', 'en')) AS y FROM t"
    rows = session.execute(sql).rows
    translated = [request[0] for name, request in models.asked if name == "AI_TRANSLATE"]
    assert sorted(translated) == sorted(x for x, y in rows if y is not None)
    assert 0 < len(translated) < 30


def test_a_text_of_110_characters_is_its_own_summary_and_one_of_111_is_not(
    models: Models, session: Session
) -> None:
    rows = session.execute("SELECT AI_SUMMARIZE(REPEAT('x', 110)), AI_SUMMARIZE(REPEAT('y', 111))").rows
    assert rows == [("x" * 110, "y" * 20)]
    assert [request for _name, request in models.asked] == [("y" * 111,)]


def test_a_summary_longer_than_its_text_is_thrown_away() -> None:
    session = open_session(False, {"AI_SUMMARIZE": lambda requests: ["y" * 500] * len(requests)})
    assert session.execute("SELECT AI_SUMMARIZE(REPEAT('x', 111))").rows == [("x" * 111,)]


_EXAMPLES = [spec for spec in all_functions() if spec.example]


@pytest.mark.parametrize("spec", all_functions(), ids=lambda spec: spec.name)
def test_the_catalogue_says_everything_about_a_function(spec: Any) -> None:
    assert spec.summary.endswith(".")
    assert spec.signatures
    assert spec.url.startswith("https://docs.snowflake.com/")
    assert spec.returns
    assert spec.null_rule
    assert spec.errors
    assert spec.model


@pytest.mark.parametrize(
    "spec", [s for s in all_functions() if s.family == "not emulated"], ids=lambda spec: spec.name
)
def test_what_needs_media_or_services_says_so_by_name(session: Session, spec: Any) -> None:
    with pytest.raises(NotAvailable, match=spec.sql_name.replace(".", r"\.")) as caught:
        session.execute(f"SELECT {spec.sql_name}('x')")
    assert "docs.snowflake.com" in caught.value.hint


@pytest.mark.parametrize("spec", _EXAMPLES, ids=lambda spec: spec.name)
def test_the_example_of_a_function_runs_with_named_arguments_too(spec: Any) -> None:
    plain = {
        "AI_EXTRACT": {"error": None, "response": {"order": "8812"}},
        "EXTRACT_ANSWER": "8812",
        "SUMMARIZE": "x",
        "CLASSIFY_TEXT": ["bug"],
    }
    overrides = Models().overrides() | {
        name: (lambda value: lambda requests: [value] * len(requests))(v) for name, v in plain.items()
    }
    session = open_session(False, overrides)
    result = session.execute(spec.example)
    assert len(result.rows) >= 1
    with pytest.raises(HubError, match="does not exist"):
        session.execute(f"SELECT {spec.sql_name}(no_such_argument => 1)")
