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


def test_a_select_list_may_end_with_a_comma_before_from(session: Session) -> None:
    """Snowflake's page on SELECT: a trailing comma in the column list is supported."""
    result = session.execute(
        "SELECT column1 AS a, COUNT(*), FROM VALUES (1), (1) GROUP BY a UNION SELECT 2, 3, FROM VALUES (0)"
    )
    assert (result.columns, sorted(result.rows)) == (["A", "COUNT(*)"], [(1, 2), (2, 3)])
