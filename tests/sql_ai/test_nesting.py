"""Statements that people nest deeply run: constants are built when the statement is compiled."""

import pytest

from core.sql_ai import Session

from .conftest import Models


def _schema(levels: int) -> str:
    if levels == 0:
        return "{'type': 'string'}"
    return "{'type': 'array', 'items': {'type': 'object', 'properties': {'p': " + _schema(levels - 1) + "}}}"


@pytest.mark.parametrize("levels", [1, 4, 7])
def test_a_response_format_of_many_levels_reaches_the_model_as_it_is_written(
    session: Session, models: Models, levels: int
) -> None:
    session.execute("CREATE TABLE t AS SELECT 'a' AS x")
    session.execute(
        "SELECT c:q FROM (SELECT CASE WHEN x IS NOT NULL THEN AI_COMPLETE(model => 'claude-4-sonnet', prompt => x,"
        " response_format => {'type': 'json', 'schema': {'type': 'object', 'properties': {'q': "
        f"{_schema(levels)}}}, 'required': ['q']}}}}) END AS c FROM t)"
    )
    (_name, request), *_rest = models.asked
    assert str(request[3]).count("'array'") == levels


@pytest.mark.parametrize(
    ("built", "text"),
    [
        ("{'b': 1, 'a': [TRUE, 0.5, 'it''s', NULL]}", '{"a":[true,0.5,"it\'s",null],"b":1}'),
        ("OBJECT_CONSTRUCT('k', NULL, 'l', -3)", '{"l":-3}'),
        ("[{'x': []}, {}]", '[{"x":[]},{}]'),
        ("{'big': 12345678901234567, 'f': 1.10::FLOAT}", '{"big":12345678901234567,"f":1.1}'),
    ],
)
def test_constants_are_built_as_rows_would_build_them(session: Session, built: str, text: str) -> None:
    row_by_row = built.replace("'it''s'", "s").replace("-3", "n")
    sql = f"SELECT {built}::STRING, {row_by_row}::STRING FROM (SELECT 'it''s' AS s, -3 AS n)"
    assert session.execute(sql).rows == [(text, text)]


def test_the_json_text_of_complete_is_an_object_where_one_is_declared(session: Session) -> None:
    session.execute(
        "CREATE FUNCTION asked(t STRING) RETURNS OBJECT AS "
        "$$ SNOWFLAKE.CORTEX.TRY_COMPLETE('mistral-large2', [{'role': 'user', 'content': t}], {'max_tokens': 5}) $$"
    )
    sql = "SELECT asked('hi'):model::STRING, asked('hi')::VARIANT:usage:total_tokens::INT > 0"
    assert session.execute(sql).rows == [("mistral-large2", True)]
