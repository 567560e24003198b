"""What the grammar takes and what it refuses, where sqlglot alone is more generous than Snowflake."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1,, 2",
        "SELECT , 1",
        "SELECT 1,",
        "SELECT column1, WHERE 1 = 1",
        "SELECT GREATEST(1,, 2)",
        "SELECT GREATEST(1, 2,)",
        "SELECT GREATEST(, 1)",
        "SELECT 1 IN (1,, 2)",
        "SELECT (1,, 2) = (1, 2)",
        "SELECT [1,, 2]",
        "SELECT {'a': 1,}",
        "SELECT 1::NUMBER(10,, 2)",
        "SELECT * FROM VALUES (1,, 2)",
        "SELECT * FROM VALUES (1),, (2)",
        "SELECT * FROM VALUES (1), AS t",
        "SELECT * FROM VALUES (1, 2) AS t(a,, b)",
        "SELECT COUNT(*) FROM VALUES (1, 2) GROUP BY column1,, column2",
        "SELECT COUNT(*) FROM VALUES (1, 2) GROUP BY column1,",
        "SELECT COUNT(*) FROM VALUES (1, 2) GROUP BY ROLLUP (column1,, column2)",
        "SELECT column1 FROM VALUES (1, 2) ORDER BY column1,, column2",
        "SELECT column1 FROM VALUES (1, 2) ORDER BY column1, LIMIT 1",
        "SELECT ROW_NUMBER() OVER (PARTITION BY 1,, 2 ORDER BY 1)",
        "WITH a AS (SELECT 1 AS x), SELECT * FROM a",
        "CREATE TABLE other (a INT, b INT,)",
        "CREATE TABLE other (a INT,, b INT)",
        "INSERT INTO kept (a,, b) VALUES (1, 2)",
        "UPDATE kept SET a = 1,, b = 2",
        "UPDATE kept SET a = 1, FROM kept AS k",
        "CREATE FUNCTION f(x INT,, y INT) RETURNS INT AS 'x'",
    ],
)
def test_an_empty_place_in_a_list_is_an_error(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE kept (a INT, b INT)")
    with pytest.raises(BadInput, match="Syntax error"):
        session.execute(sql)
    assert session.names() == ["KEPT"]


@pytest.mark.parametrize("sql", ["SELECT * FROM kept,, kept AS k", "SELECT * FROM kept,"])
def test_a_comma_in_from_without_a_table_is_an_error(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE kept (a INT, b INT)")
    with pytest.raises(BadInput, match="A comma has no table behind it"):
        session.execute(sql)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT k.a FROM kept k LEFT JOIN kept l ON", "ON has nothing behind it"),
        ("SELECT k.a FROM kept k JOIN kept l ON WHERE k.a = 1", "ON has nothing behind it"),
        ("SELECT a FROM kept AS", "AS has nothing behind it"),
        ("SELECT * FROM kept PIVOT(SUM(a) FOR b IN (1)) AS", "AS has nothing behind it"),
        ("SELECT ROW_NUMBER() OVER FROM kept", "OVER has nothing behind it|Syntax error"),
        ("SELECT SUM(a) OVER (PARTITION BY ORDER BY b) FROM kept", "PARTITION BY has nothing behind it"),
        ("SELECT {'a': 1}:", ":.* has nothing behind it"),
        ("SELECT a FROM kept WHERE a IN", "IN has no values"),
        ("SELECT a FROM kept WHERE a IN ()", "IN has no values"),
        ("SELECT a FROM kept WHERE a BETWEEN 1 2", "BETWEEN has no AND"),
        ("SELECT CASE WHEN a = 1 'x' ELSE 'y' END FROM kept", "WHEN has no THEN"),
        ("SELECT CASE a WHEN CASE WHEN TRUE THEN 1 END 'x' END FROM kept", "WHEN has no THEN"),
        ("MERGE INTO kept USING kept k ON kept.a = k.a WHEN MATCHED UPDATE SET a = 1", "WHEN has no THEN"),
        ("SELECT EXTRACT(YEAR FROM CURRENT_DATE()", "a bracket is not closed"),
        ("SELECT POSITION('a' IN 'b'", "a bracket is not closed"),
        ("SELECT 1::NUMBER(3 2)", "not separated"),
        ("INSERT INTO kept VALUES (1, 2) (3, 4)", "behind the VALUES"),
        ("SET", "SET names no variable"),
        ("ALTER TABLE kept ADD COLUMN n DEFAULT 3", "names no column with a type"),
        ("SELECT 1 UNION", "UNION is not complete"),
        ("SELECT * FROM", "got the end"),
        ("SELECT 1e400", "out of the range of FLOAT"),
        ("SELECT 1 AS", "AS has nothing behind it"),
        ("SELECT 1 IS", "IS has nothing behind it"),
        ("SELECT COUNT(*) FROM kept GROUP BY", "GROUP BY has nothing behind it"),
        ("SELECT COUNT() FROM kept", "COUNT takes at least 1 argument"),
        ("SELECT 'a' 'b'", "Two texts stand side by side"),
        ("SELECT 0x1F", "0x1F is not a number"),
        ("SELECT a FROM kept WHERE a == 1", "== is not an operator"),
        ("SELECT a FROM kept WHERE a <=> 1", "<=> is not an operator"),
        ("SELECT a FROM kept LIMIT 1 ORDER BY a", "ORDER BY stands behind LIMIT"),
        ("SELECT a FROM kept ORDER BY a WHERE a = 1", "WHERE stands behind ORDER BY"),
        ("SELECT a FROM kept HAVING a = 1 GROUP BY a", "GROUP BY stands behind HAVING"),
        ("SELECT 1 AS a UNION SELECT 2 LIMIT 1 ORDER BY a", "ORDER BY stands behind LIMIT"),
        ("CREATE VIEW v SELECT 1 AS a", "CREATE has no AS"),
        ("CREATE TABLE other SELECT 1 AS a", "CREATE has no AS"),
        ("MERGE INTO kept USING kept k ON kept.a = k.a WHEN THEN DELETE", "WHEN has no MATCHED"),
        (
            "MERGE INTO kept USING kept k ON kept.a = k.a WHEN NOT THEN INSERT VALUES (1, 2)",
            "WHEN has no MATCHED",
        ),
    ],
)
def test_what_is_missing_is_missed_and_nothing_is_run(session: Session, sql: str, message: str) -> None:
    session.execute("CREATE TABLE kept (a INT, b INT)")
    with pytest.raises(BadInput, match=message):
        session.execute(sql)
    assert session.execute("SELECT * FROM kept").rows == []
    assert len(session.execute("DESC TABLE kept").rows) == 2


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT CASE WHEN CASE WHEN TRUE THEN 2 END = 2 THEN 'x' END", "x"),
        ('SELECT j:when::INT + j:then FROM (SELECT PARSE_JSON(\'{"when": 1, "then": 2}\') AS j)', 3),
        ("SELECT CASE WHEN end > 1 THEN 'late' END FROM (SELECT 2 AS end)", "late"),
        ("SELECT 2 NOT BETWEEN 3 AND 4 AND TRUE", True),
        ("SELECT CURRENT_TIME IS NOT NULL AND LOCALTIME = CURRENT_TIME()", True),
        (
            "SELECT offset FROM (SELECT 1 AS offset) WHERE offset > 0 GROUP BY offset ORDER BY offset LIMIT 1",
            1,
        ),
        (
            "SELECT MAX(limit) FROM (SELECT 1 AS limit) t WHERE limit > 0 GROUP BY 1 = 1, limit HAVING limit = 1",
            1,
        ),
        ("SELECT HEX_ENCODE(X'1F') || 'a' || $$b$$", "1Fab"),
        ("SELECT a FROM (SELECT 1 AS a LIMIT 1) WHERE a = 1 ORDER BY a LIMIT 1 OFFSET 0", 1),
        ("SELECT 1 AS a WHERE TRUE UNION ALL SELECT 2 WHERE FALSE ORDER BY a LIMIT 1", 1),
        (
            "SELECT MAX(a) FROM (SELECT 1 AS a) GROUP BY ALL HAVING MAX(a) = 1 QUALIFY RANK() OVER (ORDER BY 1) = 1",
            1,
        ),
    ],
)
def test_words_that_stand_where_they_may_are_read(session: Session, sql: str, value: object) -> None:
    assert session.execute(sql).rows == [(value,)]


def test_a_select_list_may_end_with_a_comma_before_from(session: Session) -> None:
    """Snowflake's page on SELECT: a trailing comma in the column list is supported."""
    result = session.execute(
        "SELECT column1 AS a, COUNT(*), FROM VALUES (1), (1) GROUP BY a UNION SELECT 2, 3, FROM VALUES (0)"
    )
    assert (result.columns, sorted(result.rows)) == (["A", "COUNT(*)"], [(1, 2), (2, 3)])


def test_a_when_inside_a_merge_may_belong_to_a_case(session: Session) -> None:
    session.execute("CREATE TABLE kept (a INT, b INT)")
    session.execute("INSERT INTO kept VALUES (1, 0)")
    session.execute(
        "MERGE INTO kept USING (SELECT 1 AS a) s ON kept.a = s.a AND CASE WHEN s.a = 1 THEN TRUE END"
        " WHEN MATCHED AND CASE WHEN s.a = 1 THEN TRUE END THEN UPDATE SET b = CASE WHEN b = 0 THEN 7 END"
    )
    assert session.execute("SELECT b FROM kept").rows == [(7,)]
