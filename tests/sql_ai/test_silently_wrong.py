"""What a plain translation to SQLite gets wrong without a word (reference, section 6) is right here.

Each case is a differential test: the same statement through sqlglot's own SQLite output fails or gives another
value. A case that starts to agree has lost its reason and can go.
"""

import sqlite3
from datetime import date, datetime
from typing import Any

import pytest
import sqlglot
from sqlglot import ErrorLevel

from core.errors import BadInput, HubError
from core.sql_ai import Session

_J = 'PARSE_JSON(\'{"a": "x", "n": "5", "list": [{"b": [7, 8]}], "flag": true}\')'
CASES: list[tuple[str, Any]] = [
    (f"SELECT j:a::STRING FROM (SELECT {_J} AS j)", "x"),
    (f"SELECT COUNT(*) FROM (SELECT {_J} AS j) WHERE j:a = 'x'", 1),
    (f"SELECT j:n::INT FROM (SELECT {_J} AS j)", 5),
    (f"SELECT j['list'][0]['b'][0] FROM (SELECT {_J} AS j)", 7),
    (f"SELECT j:flag FROM (SELECT {_J} AS j)", True),
    ("SELECT ROUND(VECTOR_COSINE_SIMILARITY([1, 0]::VECTOR(FLOAT, 2), [1, 1]::VECTOR(FLOAT, 2)), 3)", 0.707),
    ("SELECT DATEDIFF('day', '2024-01-05 23:00:00'::TIMESTAMP, '2024-03-01 01:00:00'::TIMESTAMP)", 56),
    ("SELECT DATEDIFF('month', '2024-01-31'::DATE, '2024-02-01'::DATE)", 1),
    ("SELECT DATEDIFF('year', '2023-12-31'::DATE, '2024-01-01'::DATE)", 1),
    ("SELECT DATEDIFF('hour', '2024-01-01 10:59:00'::TIMESTAMP, '2024-01-01 11:00:00'::TIMESTAMP)", 1),
    ("SELECT DATEADD('day', 1, '2024-01-31 13:45:10'::TIMESTAMP)", datetime(2024, 2, 1, 13, 45, 10)),
    ("SELECT DATEADD('month', 1, '2024-01-31 13:45:10'::TIMESTAMP)", datetime(2024, 2, 29, 13, 45, 10)),
    ("SELECT DATEADD('hour', 2, '2024-01-31 23:30:00'::TIMESTAMP)", datetime(2024, 2, 1, 1, 30)),
    ("SELECT DATEADD('month', 1, '2024-01-31'::DATE)", date(2024, 2, 29)),
    ("SELECT DATEADD('m', 5, '2024-01-31'::DATE)", datetime(2024, 1, 31, 0, 5)),
    ("SELECT DATEADD('mm', 5, '2024-01-31'::DATE)", date(2024, 6, 30)),
    ("SELECT '2024-01-31'::DATE + INTERVAL '5 m'", datetime(2024, 1, 31, 0, 5)),
    ("SELECT TRY_CAST('x' AS INT)", None),
    ("SELECT TRY_CAST('2024-02-30' AS DATE)", None),
    ("SELECT 2.567::NUMBER(10, 2)", 2.57),
    ("SELECT 2.5::INT", 3),
    ("SELECT 'abc' LIKE 'A%'", False),
    ("SELECT 'Émile' ILIKE 'é%'", True),
    ("SELECT UPPER('émile')", "ÉMILE"),
    ("SELECT LOWER('ÉMILE')", "émile"),
    ("SELECT SUBSTR('hello', 0, 2)", "he"),
    ("SELECT 1 = 1", True),
    ("SELECT NOT TRUE", False),
    ("SELECT SUM(b) FROM (SELECT * FROM (SELECT 1 AS a, 2 AS b) PIVOT (SUM(a) FOR b IN (2)) AS p (b))", 1),
    (
        "SELECT l FROM (SELECT column1 AS k, LAST_VALUE(column2) IGNORE NULLS OVER (ORDER BY column1) AS l "
        "FROM VALUES (1, 'x'), (2, NULL)) ORDER BY k DESC LIMIT 1",
        "x",
    ),
    ("SELECT TO_CHAR('2024-03-09 04:05:06'::TIMESTAMP, 'DY DD')", "Sat 09"),
    ("SELECT RLIKE('abc', 'b')", False),
    ("SELECT DAYOFWEEK('2024-01-07'::DATE)", 0),
    ("SELECT COUNT(*) FROM VALUES ('b'), (NULL), ('a') AS t (x) WHERE x IS DISTINCT FROM NULL", 2),
    ("SELECT x FROM VALUES ('b'), (NULL) AS t (x) ORDER BY x DESC LIMIT 1", None),
    ("SELECT TYPEOF(PARSE_JSON('{\"a\": 1}'))", "OBJECT"),
    ("SELECT 7 / 2", 3.5),
]  # fmt: skip
ERRORS = [
    "SELECT '12abc'::INT",
    "SELECT 'abc'::FLOAT",
    "SELECT '2024-02-30'::DATE",
    "SELECT 'maybe'::BOOLEAN",
    "SELECT 1 / 0",
]
_SAME = {"SELECT 7 / 2", "SELECT x FROM VALUES ('b'), (NULL) AS t (x) ORDER BY x DESC LIMIT 1"}
_SAME |= {
    "SELECT COUNT(*) FROM VALUES ('b'), (NULL), ('a') AS t (x) WHERE x IS DISTINCT FROM NULL"
}  # work as generated


def plainly_translated(sql: str) -> Any:
    text = sqlglot.transpile(sql, read="snowflake", write="sqlite", unsupported_level=ErrorLevel.IGNORE)[0]
    return sqlite3.connect(":memory:").execute(text).fetchone()[0]


@pytest.mark.parametrize(("sql", "value"), CASES, ids=[sql[:60] for sql, _value in CASES])
def test_the_value_is_snowflakes_and_not_that_of_a_plain_translation(
    session: Session, sql: str, value: Any
) -> None:
    found = session.execute(sql).rows[0][0]
    assert found == value
    assert type(found) is type(value)
    if sql in _SAME:
        return
    try:
        plain = plainly_translated(sql)
    except sqlite3.Error:
        return
    assert plain != value or type(plain) is not type(value)


@pytest.mark.parametrize("sql", ERRORS)
def test_a_bad_value_is_an_error_and_not_a_number(session: Session, sql: str) -> None:
    plainly_translated(sql)  # runs without a complaint
    with pytest.raises(HubError) as caught:
        session.execute(sql)
    assert caught.value.hint


def test_a_sample_is_a_part_of_the_table_and_the_same_part_in_every_pass(session: Session) -> None:
    session.execute("CREATE TABLE t AS SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 1000))")
    (half,), (ten,) = (
        session.execute(f"SELECT COUNT(*) FROM t SAMPLE ({size})").rows[0] for size in ("50", "10 ROWS")
    )
    assert 350 < half < 650
    assert ten == 10
    sql = "SELECT n, AI_FILTER(n::STRING) FROM t SAMPLE (5) SEED (3)"
    assert session.execute(sql).rows == session.execute(sql, optimize=False).rows


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT REDUCE(ARRAY_AGG(a), 0, (s, x) -> s + x) FROM t", "REDUCE over an aggregate"),
        ("SELECT REDUCE(['a'], '', (s, x) -> AI_COMPLETE('demo-small', s))", "AI call inside REDUCE"),
        ("SELECT a FROM t LIMIT 1 BY a", "LIMIT .. BY"),
        ("VALUES (1), (2) ORDER BY 1 DESC LIMIT 1", "behind VALUES"),
        ("INSERT INTO t PARTITION (a = 1) VALUES (1)", "PARTITION in INSERT"),
        ("SELECT a FROM t ORDER BY a WITH FILL", "WITH FILL"),
        ("SELECT * FROM t OUTER APPLY (SELECT 1 AS b WHERE FALSE) x", "APPLY"),
        ("SELECT * FROM t CROSS APPLY (SELECT 1 AS b) x", "APPLY"),
        ("SELECT * FROM t, LATERAL (SELECT 1 AS b) WITH ORDINALITY x", "WITH ORDINALITY"),
        ("SELECT * FROM t LATERAL VIEW EXPLODE(a) x AS y", "LATERAL VIEW"),
        (
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 2) "
            "SEARCH DEPTH FIRST BY n SET o SELECT * FROM r",
            "SEARCH in WITH",
        ),
        ("ATTACH DATABASE 'x.db' AS y", "ATTACH"),
        ("DETACH y", "DETACH"),
        ("PRAGMA table_info(t)", "PRAGMA"),
        ("VACUUM", "VACUUM"),
        ("COPY INTO t FROM @stage", "COPY INTO"),
        ("PUT file:///tmp/x @stage", "PUT"),
        ("GET @stage file:///tmp/x", "GET"),
        ("CREATE OR REPLACE STAGE s", "CREATE STAGE"),
        ("SELECT load_extension('x')", "LOAD_EXTENSION"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
        ("SAVEPOINT a", "SAVEPOINT"),
        ("GRANT SELECT ON t TO ROLE r", "GRANT"),
        ("LET x := 1", "LET"),
        ("REPLACE INTO t VALUES (1)", "REPLACE"),
        ("WITH c AS (SELECT 1 AS a) SELECT * FROM c PIVOT (COUNT(a) FOR a IN (ANY))", "PIVOT with ANY"),
        ("SELECT COUNT(*) FROM t PIVOT (COUNT(a) FOR a IN (AI_COMPLETE('m', 'x')))", "not constants"),
        ("SELECT * FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY", "ACCOUNT_USAGE"),
        ("SELECT a::VARCHAR COLLATE 'sv' FROM t", "sv"),
        ("SELECT AI_SUMMARIZE_AGG(a::STRING) OVER (PARTITION BY a) FROM t", "as a window function"),
        ("CREATE DATABASE d", "DATABASE"),
        ("SELECT * FROM t AT (OFFSET => -60)", "Time travel"),
        ("SELECT * FROM @stage", "stage"),
        ("MERGE INTO t USING t AS u ON t.a = u.a WHEN NOT MATCHED BY SOURCE THEN DELETE", "BY SOURCE"),
        ("SELECT IS_DATE(a::VARIANT) FROM t", "IS_DATE"),
        ("SELECT AS_TIMESTAMP_NTZ(a::VARIANT) FROM t", "AS_TIMESTAMP_NTZ"),
        ("ALTER SEQUENCE s SET INCREMENT = 2", "SEQUENCE"),
        ("SELECT * FROM t MATCH_RECOGNIZE (ORDER BY a PATTERN (PERMUTE(x, y)) DEFINE x AS TRUE)", "PERMUTE"),
        ("SELECT a FROM t CONNECT BY NOCYCLE a = PRIOR a", "NOCYCLE"),
        ("SELECT DATE_PART('era', CURRENT_TIMESTAMP())", "era"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(session: Session, sql: str, named: str) -> None:
    session.run_script("CREATE TABLE t (a INT); CREATE TABLE u (a INT)")
    result = session.run_script(sql)[0]
    assert result.error is not None
    assert named.lower() in result.error.message.lower()
    assert result.error.hint


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1.5 + '1.5'", 3.0),
        ("'1.25' * 2", 2.5),
        ("'1.5' = 1.5", True),
        ("'2.5' IN (1, 2.5)", True),
        ("'2.5' BETWEEN 2.4 AND 2.6", True),
        ("GREATEST('1.5', 1)", 1.5),
        ("(SELECT SUM(column1) FROM VALUES ('1.5'), ('2.25'))", 3.75),
        ("(SELECT MAX(y) FROM (SELECT '1.5' AS x) a JOIN (SELECT 1.5 AS y) b ON a.x = b.y)", 1.5),
        ("'2.5'::INT", 3),
        ("INTERVAL '1 day' + '2024-01-01'::DATE", date(2024, 1, 2)),
    ],
)
def test_text_that_stands_for_a_number_keeps_its_decimals(
    session: Session, expression: str, value: Any
) -> None:
    for optimize in (True, False):
        assert session.execute(f"SELECT {expression}", optimize=optimize).rows == [(value,)]


@pytest.mark.parametrize("text", ["abc", "1e400", "12345678901234567891"])
def test_text_that_is_no_number_that_can_be_kept_is_an_error_in_arithmetic(
    session: Session, text: str
) -> None:
    with pytest.raises(BadInput, match=r"not recognized|more digits"):
        session.execute(f"SELECT '{text}' + 0")


@pytest.mark.parametrize(
    ("test", "kinds"),
    [
        ("AI_SENTIMENT('late') < -0.5", "OBJECT with a NUMBER"),
        ("AI_CLASSIFY('late', ['a', 'b']) = 'a'", "OBJECT with a VARCHAR"),
        ("AI_CLASSIFY('late', ['a', 'b']) IN ('a', 'b')", "OBJECT with a VARCHAR"),
        ("['a'] = 'a'", "ARRAY with a VARCHAR"),
        ("[1]::VECTOR(FLOAT, 1) > 0", "VECTOR with a NUMBER"),
        ("DECODE(AI_CLASSIFY('late', ['a', 'b']), 'a', TRUE)", "OBJECT with a VARCHAR"),
    ],
)
def test_a_whole_object_or_array_is_never_compared_with_a_scalar(
    session: Session, test: str, kinds: str
) -> None:
    with pytest.raises(BadInput, match=f"Cannot compare an? {kinds}") as caught:
        session.execute(f"SELECT IFF({test}, 'yes', 'no')")
    assert "labels[0]::STRING" in caught.value.hint


def test_objects_compare_with_objects_and_elements_with_scalars(session: Session) -> None:
    sql = "SELECT {'a': 1} = {'a': 1}, [1] <> [2], {'a': 'x'}:a = 'x', PARSE_JSON('5') > 4, ['a'] = NULL"
    assert session.execute(sql).rows == [(True, True, True, True, None)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("PARSE_JSON(j)['a'].b", 1),
        ("PARSE_JSON(j):a.b", 1),
        ("(PARSE_JSON(j))['list'][0].Name", "x"),
        ("PARSE_JSON(j)['a'].B", None),
        ("OBJECT_CONSTRUCT('labels', ['x']).labels[0]", "x"),
    ],
)
def test_a_dot_behind_a_bracket_or_a_call_goes_on_with_the_path_in_its_own_case(
    session: Session, path: str, value: Any
) -> None:
    sql = f'SELECT {path} FROM (SELECT \'{{"a": {{"b": 1}}, "list": [{{"Name": "x"}}]}}\' AS j)'
    assert session.execute(sql).rows == [(value,)]
