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


def test_an_update_counts_the_rows_that_several_others_match(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT, b VARCHAR) AS SELECT * FROM VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    found = session.execute(
        "UPDATE t SET b = s.c FROM (SELECT * FROM VALUES (1, 'p'), (1, 'q'), (2, 'r') v(k, c)) s WHERE t.a = s.k"
    )
    assert found.rows == [(2, 1)]
    assert session.execute("SELECT b FROM t WHERE a > 1 ORDER BY a").rows == [("r",), ("z",)]


def test_the_conditions_of_joins_behind_from_and_using_count(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT, b VARCHAR) AS SELECT * FROM VALUES (1, 'x'), (2, 'y'), (3, 'z')")
    session.execute("CREATE TABLE s (k INT, c VARCHAR) AS SELECT * FROM VALUES (1, 'p'), (2, 'q')")
    session.execute("CREATE TABLE u (k INT) AS SELECT 1")
    joined = "s JOIN u ON s.k = u.k"
    assert session.execute(f"UPDATE t SET b = s.c FROM {joined} WHERE t.a = s.k").rows == [(1, 0)]
    assert session.execute(f"DELETE FROM t USING {joined} WHERE t.a = s.k + 1").rows == [(1,)]
    assert session.execute("SELECT * FROM t ORDER BY a").rows == [(1, "p"), (3, "z")]


@pytest.mark.parametrize("join", ["LEFT JOIN u ON s.k = u.k", "JOIN u USING (k)", "NATURAL JOIN u"])
def test_a_join_that_does_more_than_its_condition_is_refused(session: Session, join: str) -> None:
    session.run_script(
        "CREATE TABLE t AS SELECT 1 AS a; CREATE TABLE s AS SELECT 1 AS k; CREATE TABLE u CLONE s"
    )
    with pytest.raises(NotAvailable, match="JOIN in the FROM of UPDATE or DELETE") as caught:
        session.execute(f"UPDATE t SET a = 2 FROM s {join} WHERE t.a = s.k")
    assert "subquery" in caught.value.hint
    assert session.execute("SELECT a FROM t").rows == [(1,)]
