"""INSERT, UPDATE and DELETE: what is refused leaves the table as it was."""

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session


def test_every_new_value_of_an_update_is_computed_from_the_rows_before_it(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT, b INT) AS SELECT * FROM VALUES (1, 1), (2, 2), (3, 3)")
    session.execute("CREATE FUNCTION most(n INT) RETURNS INT AS 'SELECT MAX(a) FROM t WHERE a <> n'")
    session.execute("UPDATE t SET a = a + (SELECT MAX(u.a) FROM t u WHERE u.b >= t.b), b = most(a)")
    assert session.execute("SELECT a, b FROM t ORDER BY a").rows == [(4, 3), (5, 3), (6, 2)]


def test_delete_takes_one_table(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT) AS SELECT 7")
    with pytest.raises(NotAvailable, match="list of tables"):
        session.execute("DELETE t FROM t")
    assert session.execute("SELECT * FROM t").rows == [(7,)]


def test_the_rows_of_an_update_are_chosen_from_the_rows_before_it(session: Session) -> None:
    session.execute(
        "CREATE TABLE t (a INT, b INT) AS SELECT * FROM VALUES (1, 2), (3, 2), (NULL, 5), (2, NULL)"
    )
    changed = session.execute(
        "UPDATE t SET a = b WHERE NULLIF(1, b) NOT IN (SELECT e.a FROM t e WHERE e.b <> t.a)"
    )
    assert changed.rows == [(1, 0)]
    assert session.execute("SELECT a FROM t WHERE b = 5").rows == [(5,)]


@pytest.mark.parametrize("item", ["a", "a > 1", "5", "UPPER(a) = 2", "a = 1, b"])
def test_update_takes_assignments_only(session: Session, item: str) -> None:
    session.execute("CREATE TABLE t (a INT, b INT) AS SELECT 7, 8")
    with pytest.raises(BadInput, match="in SET is no assignment"):
        session.execute(f"UPDATE t SET {item}")
    assert session.execute("SELECT * FROM t").rows == [(7, 8)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t (a, a) VALUES (1, 2)",
        "UPDATE t SET a = 1, b = 3, a = 2",
        "MERGE INTO t USING (SELECT 7 AS a) s ON t.a = s.a WHEN MATCHED THEN UPDATE SET b = 1, b = 2",
        "MERGE INTO t USING (SELECT 9 AS a) s ON t.a = s.a WHEN NOT MATCHED THEN INSERT (a, a) VALUES (1, 2)",
    ],
)
def test_a_column_is_given_one_value(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE t (a INT, b INT) AS SELECT 7, 8")
    with pytest.raises(BadInput, match=r"names the column [AB] twice"):
        session.execute(sql)
    assert session.execute("SELECT * FROM t").rows == [(7, 8)]
