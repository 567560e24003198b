"""Statements joined by ->> read the results of those before them."""

import pytest

from core.errors import BadInput, HubError
from core.sql_ai import Session


@pytest.fixture
def filled(session: Session) -> Session:
    session.run_script(
        "CREATE TABLE b AS SELECT 1 AS x; CREATE TABLE a AS SELECT column1 AS x FROM VALUES (1), (2)"
    )
    session.execute(
        "CREATE PROCEDURE p(most INT) RETURNS TABLE (n INT) AS "
        "$$ BEGIN LET r RESULTSET := (SELECT x AS n FROM a WHERE x <= :most); RETURN TABLE(r); END $$"
    )
    return session


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ('SHOW TABLES ->> SELECT "name", "rows" FROM $1 ORDER BY 1', [("A", 2), ("B", 1)]),
        ("SELECT x FROM a ->> SELECT SUM(x) AS s FROM $1 ->> SELECT s + COUNT(*) FROM $1, $2 GROUP BY s", None),
        ("SELECT x FROM a ->> SELECT SUM(x) AS s FROM $1 ->> SELECT COUNT(*) FROM $2", [(2,)]),
        ("SELECT x FROM a ->> SELECT p.x, q.x FROM $1 p JOIN $1 q ON p.x < q.x", [(1, 2)]),
        ("SELECT 5 AS a, 6 AS b ->> SELECT $2, $1 FROM $1", [(6, 5)]),
        ("SELECT 'a ->> b' AS t ->> SELECT t FROM $1", [("a ->> b",)]),
        ("SELECT AI_COMPLETE('m', x) AS y FROM a ->> SELECT LISTAGG(y, ';') WITHIN GROUP (ORDER BY y) FROM $1",
         [("re: 1;re: 2",)]),
        ("CALL p(2) ->> SELECT MAX(n) FROM $1", [(2,)]),
        ("INSERT INTO a VALUES (9) ->> SELECT \"number of rows inserted\" FROM $1", [(1,)]),
    ],
)  # fmt: skip
def test_the_last_statement_answers(filled: Session, sql: str, rows: list[object] | None) -> None:
    if rows is None:  # a list of results in FROM is not read
        with pytest.raises(HubError):
            filled.execute(sql)
        return
    assert filled.execute(sql).rows == rows


def test_a_result_that_is_not_there_is_named_and_later_statements_are_not_run(filled: Session) -> None:
    with pytest.raises(BadInput, match=r"\$2 is not the result"):
        filled.execute("SELECT 1 ->> SELECT * FROM $2")
    with pytest.raises(BadInput, match="NOPE"):
        filled.execute("SELECT * FROM nope ->> DROP TABLE a")
    assert filled.execute("SELECT COUNT(*) FROM a").rows == [(2,)]
