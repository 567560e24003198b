"""What people often write wrongly is answered with the way to write it."""

import re

import pytest

from core.errors import BadInput, HubError, NotAvailable
from core.sql_ai import Session
from core.sql_ai.dialect.calls import is_known
from core.sql_ai.dialect.foreign import ABSENT, FOREIGN


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        ("SELECT AI_FILTER('Is it about money?', x) FROM t", "AI_FILTER(PROMPT('Is it ..? {0}', column))"),
        ("SELECT SENTIMENT(x) FROM t", "SNOWFLAKE.CORTEX.SENTIMENT"),
        ("SELECT CLASSIFY_TEXT(x, ['a', 'b']) FROM t", "SNOWFLAKE.CORTEX.CLASSIFY_TEXT"),
        ("CALL m!PREDICT(INPUT_DATA => TABLE(t))", "SELECT *, M!PREDICT(INPUT_DATA => {*}) FROM"),
        ("SELECT * FROM TABLE(p())", "CALL p(..) ->> SELECT .. FROM $1"),
    ],
)
def test_the_hint_shows_the_form_that_runs(session: Session, sql: str, advice: str) -> None:
    session.execute("CREATE TABLE t AS SELECT 'x' AS x, 1 AS a, 'y' AS label")
    session.execute(
        "CREATE SNOWFLAKE.ML.CLASSIFICATION m(INPUT_DATA => TABLE(SELECT MOD(SEQ4(), 7) AS a,"
        " IFF(MOD(SEQ4(), 7) > 3, 'y', 'n') AS label FROM TABLE(GENERATOR(ROWCOUNT => 40))), TARGET_COLNAME => 'LABEL')"
    )
    session.execute("CREATE PROCEDURE p() RETURNS INT AS $$ BEGIN RETURN 1; END $$")
    with pytest.raises(HubError) as caught:
        session.execute(sql)
    assert advice in caught.value.hint


@pytest.mark.parametrize(
    ("call", "form"),
    [
        ("NOW()", "CURRENT_TIMESTAMP()"),
        ("DATE_FORMAT(CURRENT_DATE, '%Y')", "TO_CHAR(d, 'YYYY-MM-DD')"),
        ("GROUP_CONCAT('a')", "LISTAGG(s, ', ')"),
        ("JSON_EXTRACT(PARSE_JSON('{}'), '$.a')", "GET_PATH(v, 'name')"),
    ],
)
def test_a_function_of_another_database_is_told_by_snowflakes_name(
    session: Session, call: str, form: str
) -> None:
    with pytest.raises(BadInput, match="does not exist") as caught:
        session.execute(f"SELECT {call}")
    assert form in caught.value.hint


@pytest.mark.parametrize(
    ("expression", "what", "form"),
    [
        ("6 & 3", "The operator & is not supported", "BITAND(a, b)"),
        ("SUM(x) FILTER (WHERE x > 1)", r"FILTER \(WHERE", "COUNT_IF(condition)"),
        ("CURRENT_TIMESTAMP AT TIME ZONE 'UTC'", "AT TIME ZONE", "CONVERT_TIMEZONE('UTC', t)"),
        ("INTERVAL '1 day'", "An INTERVAL", "date + INTERVAL '1 day'"),
        ("(1, 2)", "A list in brackets", "[1, 2] for an array"),
        ("* FROM t AT (OFFSET => -60) --", "Time travel", "CREATE TABLE copy CLONE t"),
        ("x, COUNT(*) FROM t GROUP BY x WITH ROLLUP --", "ROLLUP behind the keys", "GROUP BY ROLLUP (a, b)"),
    ],
)
def test_an_operator_of_another_database_is_told_by_snowflakes_form(
    session: Session, expression: str, what: str, form: str
) -> None:
    session.execute("CREATE TABLE t (x INT)")
    with pytest.raises(NotAvailable, match=what) as caught:
        session.execute(f"SELECT {expression} FROM t")
    assert form in caught.value.hint


def test_for_over_a_query_says_to_name_a_cursor(session: Session) -> None:
    with pytest.raises(BadInput, match="needs the name of a cursor") as caught:
        session.execute("BEGIN FOR r IN (SELECT 1 AS a) DO RETURN r.a; END FOR; END")
    assert "LET c CURSOR FOR" in caught.value.hint


@pytest.mark.parametrize(
    ("call", "form"),
    [
        ("MD5_NUMBER_LOWER64('a')", "MD5(s)"),
        ("SEARCH('a b', 'b')", "CONTAINS(LOWER(s), 'word')"),
        ("HLL_ESTIMATE(HLL_ACCUMULATE(1))", "APPROX_COUNT_DISTINCT(x)"),
        ("PARSE_XML('<a/>')", "PARSE_JSON(s)"),
        ("COMPRESS('a', 'ZSTD')", "the text itself"),
    ],
)
def test_a_function_of_snowflakes_that_is_not_here_is_not_called_unknown(
    session: Session, call: str, form: str
) -> None:
    with pytest.raises(NotAvailable, match="is not supported here") as caught:
        session.execute(f"SELECT {call}")
    assert form in caught.value.hint


def test_every_form_told_for_a_function_that_is_not_here_exists() -> None:
    for name, form in ABSENT.items():
        assert not is_known(name)
        word = re.match(r"[A-Z_0-9]+(?=\()", form)
        assert word is None or is_known(word[0])


def test_every_form_told_for_another_databases_function_exists() -> None:
    for name, form in FOREIGN.items():
        assert not is_known(name)
        word = re.match(r"[A-Z_0-9]+(?=\()", form)
        assert word is None or word[0] == "TRY_CAST" or is_known(word[0])
