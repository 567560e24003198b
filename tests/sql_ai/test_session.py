"""A session's public face: typed rows, scripts, parameters, tables, history, reset."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from datetime import date, datetime, time
from typing import Any

import pandas as pd
import pytest

from core.errors import BadInput, HubError
from core.sql_ai import Session, open_session

from .conftest import Models


def test_rows_are_tuples_of_python_values(session: Session) -> None:
    result = session.execute(
        "SELECT 1, 1.5::FLOAT, 'x', TRUE, NULL, '2024-01-31'::DATE, '2024-01-31 10:00:00'::TIMESTAMP, '10:30:00'::TIME, "
        "{'a': [1]}, [1, 'x'], PARSE_JSON('\"s\"'), [1, 2]::VECTOR(FLOAT, 2)"
    )
    assert result.rows == [
        (1, 1.5, "x", True, None, date(2024, 1, 31), datetime(2024, 1, 31, 10), time(10, 30), {"a": [1]}, [1, "x"], "s", [1.0, 2.0])
    ]  # fmt: skip
    assert isinstance(result.rows[0], tuple)
    assert result.rows[0][3] is True


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT 1 AS a, 2 AS \"b c\", 3 + 4", ["A", "b c", "3 + 4"]),
        ("SELECT count(*), Upper('x')", ["COUNT(*)", "UPPER('X')"]),
        ("SELECT t.id, \"id\" FROM (SELECT 1 AS id, 2 AS \"id\") t", ["ID", "id"]),
        ("SELECT * FROM (SELECT 1 AS a, 2 AS b)", ["A", "B"]),
        ("SELECT x:y.z, x['y'] FROM (SELECT PARSE_JSON('{}') AS x)", ["X:Y.Z", "X['Y']"]),
    ],
)  # fmt: skip
def test_columns_have_the_names_that_snowflake_gives_them(
    session: Session, sql: str, columns: list[str]
) -> None:
    assert session.execute(sql).columns == columns


def test_execute_takes_exactly_one_statement(session: Session) -> None:
    assert session.execute("-- a comment\nSELECT 1; -- another").rows == [(1,)]
    for sql in ("", "  ;  ", "-- nothing", "SELECT 1; SELECT 2"):
        with pytest.raises(BadInput, match="Expected one statement"):
            session.execute(sql)


def test_a_script_goes_on_after_a_failure_and_respects_quotes(session: Session) -> None:
    results = session.run_script("SELECT 'a;b' AS a; SELEC 1; SELECT $$x;y$$ AS b; /* ; */ SELECT 3")
    assert [result.error is None for result in results] == [True, False, True, True]
    assert [result.rows for result in results if not result.error] == [[("a;b",)], [("x;y",)], [(3,)]]


def test_parameters_keep_their_type_and_cannot_inject(session: Session) -> None:
    values = {"name": "x'; DROP TABLE t; --", "n": 3, "day": date(2024, 1, 31), "flag": True, "many": [1, 2]}
    row = session.execute(
        "SELECT :name, :n + 1, DATEADD(day, 1, :day), :flag, ARRAY_SIZE(:many)", values=values
    ).rows[0]
    assert row == (values["name"], 4, date(2024, 2, 1), True, 2)
    with pytest.raises(BadInput, match=":missing has no value"):
        session.execute("SELECT :missing")


def test_a_data_frame_becomes_a_table_with_its_types_and_replaces_one_of_that_name(session: Session) -> None:
    frame = pd.DataFrame(
        {
            "Id": [1, 2],
            "score": [0.5, None],
            "when": pd.to_datetime(["2024-01-31 10:00", None]),
            "ok": [True, False],
            "tags": [["a"], None],
            "info": [{"k": 1}, {}],
            "text": ["é", None],
        }
    )
    session.load_table("data", frame)
    session.load_table("data", frame)
    assert session.execute("SELECT * FROM data ORDER BY id").rows == [
        (1, 0.5, datetime(2024, 1, 31, 10), True, ["a"], {"k": 1}, "é"),
        (2, None, None, False, None, {}, None),
    ]
    info = session.tables()[0]
    assert (info.name, info.kind, info.row_count) == ("DATA", "TABLE", 2)
    assert dict(info.columns)["WHEN"] == "TIMESTAMP_NTZ"
    assert dict(info.columns)["TAGS"] == "ARRAY"


def test_the_schema_browser_shows_views_without_running_them(session: Session, models: Models) -> None:
    session.execute("CREATE TABLE t AS SELECT 'x' AS x")
    session.execute("CREATE VIEW v AS SELECT AI_SENTIMENT(x) AS mood FROM t")
    view = next(info for info in session.tables() if info.name == "V")
    assert (view.kind, view.columns, view.row_count) == ("VIEW", [("MOOD", "OBJECT")], None)
    assert models.asked == []


def test_history_keeps_statements_with_their_cost_and_error(session: Session) -> None:
    session.run_script("SELECT AI_FILTER('x'); SELECT nothing")
    first, second = session.history
    assert (first.rows, first.meter.model_inputs, first.error) == (1, 1, None)
    assert second.error is not None
    assert "NOTHING" in second.error


def test_reset_forgets_tables_variables_and_settings_but_not_the_answers(session: Session) -> None:
    session.run_script("CREATE TABLE t (a INT); SET v = 1; SELECT AI_FILTER('x')")
    session.execute("ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = FALSE")
    session.reset()
    assert (session.tables(), session.variables, session.parameters, session.history) == ([], {}, {}, [])
    assert session.execute("SELECT AI_FILTER('x')").meter.model_inputs == 0


def test_the_sample_tables_are_there_unless_they_are_not_wanted() -> None:
    assert open_session(samples=False).tables() == []
    names = [info.name for info in open_session().tables(0)]
    assert names
    assert all(name == name.upper() for name in names)


def test_the_meter_counts_calls_rounds_hits_and_tokens(session: Session) -> None:
    session.execute(
        "CREATE TABLE t AS SELECT IFF(SEQ4() < 3, 'a', 'b') AS x FROM TABLE(GENERATOR(ROWCOUNT => 6))"
    )
    meter = session.execute("SELECT AI_SENTIMENT(x), AI_SENTIMENT(x) FROM t").meter
    assert (meter.model_inputs, meter.calls, meter.cache_hits, meter.rounds) == (2, 12, 10, 2)
    assert meter.tokens > 2 * 100
    assert meter.inputs_by_function == {"AI_SENTIMENT": 2}
    assert meter.elapsed_ms >= meter.model_ms >= 0


def test_an_override_sees_evaluated_arguments_and_ai_filter_the_assembled_prompt(
    session: Session, models: Models
) -> None:
    session.execute("SELECT AI_FILTER(PROMPT('{0} and {1}, {0}', 'a', 1 + 1)), AI_CLASSIFY('x', ['b', 'c'])")
    assert ("AI_FILTER", ("a and 2, a",)) in models.asked
    assert ("AI_CLASSIFY", ("x", ["b", "c"])) in models.asked


def test_a_result_says_what_the_command_line_prints(session: Session) -> None:
    shown: dict[str, Any] = session.execute("SELECT 1 AS a").to_dict()
    assert list(shown) == ["sql", "columns", "rows", "error", "meter", "truncated", "failures"]


@pytest.mark.parametrize(
    ("sql", "suggestion"),
    [
        ("SELECT * FROM shop_reviws", "SHOP_REVIEWS"),
        ("SELECT bdy FROM shop_reviews", "BODY"),
        ("SELECT AI_SENTIMNT('x')", "AI_SENTIMENT"),
        ("SELECT AI_CLASSIFY(input => 'x', list_of_categorie => ['a', 'b'])", "LIST_OF_CATEGORIES"),
        ("CALL forcast!FORECAST(FORECASTING_PERIODS => 1)", "Known"),
    ],
)
def test_a_misspelt_name_is_answered_with_the_nearest_one(
    session: Session, sql: str, suggestion: str
) -> None:
    session.execute("CREATE TABLE shop_reviews (id INT, body VARCHAR)")
    with pytest.raises(HubError) as caught:
        session.execute(sql)
    assert suggestion in caught.value.hint


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT column1 FROM VALUES (1), (2)", "more than one row"),
        ("SELECT 1, 2", "2 columns"),
    ],
)
def test_a_variable_takes_the_one_value_of_a_query_and_no_other(
    session: Session, query: str, message: str
) -> None:
    session.execute("SET kept = (SELECT MAX(column1) FROM VALUES (1), (2))")
    with pytest.raises(BadInput, match=message):
        session.execute(f"SET kept = ({query})")
    assert session.execute("SELECT $kept").rows == [(2,)]
    session.execute("SET none = (SELECT 1 WHERE FALSE)")
    assert session.execute("SELECT $none IS NULL").rows == [(True,)]
