"""Sequences hand out each number once, however often a query is read until all answers are known."""

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session


@pytest.fixture
def counting(session: Session) -> Session:
    session.execute("CREATE SEQUENCE s")
    return session


def test_each_reference_and_each_row_takes_the_next_number(counting: Session) -> None:
    assert counting.execute("SELECT s.NEXTVAL").rows == [(1,)]
    assert counting.execute("SELECT s.NEXTVAL, s.NEXTVAL").rows == [(2, 3)]
    assert counting.execute("SELECT s.NEXTVAL AS n, column1 FROM VALUES ('a'), ('b')").rows == [
        (4, "a"),
        (5, "b"),
    ]
    assert counting.execute("SELECT a, a + 1 FROM (SELECT s.NEXTVAL AS a)").rows == [(6, 7)]


def test_nextval_written_as_a_function_is_told_how_a_sequence_is_read(counting: Session) -> None:
    with pytest.raises(NotAvailable) as caught:
        counting.execute("SELECT NEXTVAL('s')")
    assert "s.NEXTVAL" in caught.value.hint


@pytest.mark.parametrize("optimize", [True, False])
def test_passes_that_wait_for_answers_use_no_numbers_up(counting: Session, optimize: bool) -> None:
    sql = "SELECT s.NEXTVAL, AI_COMPLETE('m', AI_TRANSLATE(column1, 'fr', 'en')) FROM VALUES ('x'), ('y')"
    result = counting.execute(sql, optimize=optimize)
    assert [row[0] for row in result.rows] == [1, 2]
    assert counting.execute("SELECT s.NEXTVAL").rows == [(3,)]


def test_start_increment_and_default_fill_a_column(session: Session) -> None:
    session.execute("CREATE OR REPLACE SEQUENCE s START WITH 10 INCREMENT BY -5 ORDER COMMENT = 'ids'")
    session.run_script(
        "CREATE TABLE t (id INT DEFAULT s.NEXTVAL, v VARCHAR); INSERT INTO t (v) VALUES ('a'), ('b');"
        "INSERT INTO t (v) SELECT AI_COMPLETE('m', 'c'); INSERT INTO t VALUES (s.NEXTVAL, 'd')"
    )
    assert session.execute("SELECT * FROM t").rows == [(10, "a"), (5, "b"), (0, "re: c"), (-5, "d")]
    shown = session.execute("SHOW SEQUENCES LIKE 's'")
    assert (
        dict(zip(shown.columns, shown.rows[0], strict=True)).items()
        >= {"name": "S", "next_value": -10, "interval": -5}.items()
    )


def test_a_merge_takes_numbers_for_the_rows_it_inserts(counting: Session) -> None:
    counting.execute("CREATE TABLE u AS SELECT s.NEXTVAL AS id, column1 AS v FROM VALUES ('p'), ('q')")
    counting.execute(
        "MERGE INTO u USING (SELECT 'r' AS v) x ON u.v = x.v WHEN NOT MATCHED THEN INSERT VALUES (s.NEXTVAL, x.v)"
    )
    assert counting.execute("SELECT id FROM u ORDER BY id").rows == [(1,), (2,), (3,)]


def test_a_column_called_nextval_is_a_column(counting: Session) -> None:
    assert counting.execute("SELECT s.NEXTVAL FROM (SELECT 5 AS nextval) s").rows == [(5,)]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT r.NEXTVAL", "Sequence R does not exist"),
        ("DROP SEQUENCE r", "Sequence R does not exist"),
        ("DESC SEQUENCE r", "Sequence R does not exist"),
        ("CREATE SEQUENCE s", "Object 'S' already exists"),
        ("CREATE SEQUENCE q INCREMENT = 0", "increment 0"),
        ("ALTER SEQUENCE r SET INCREMENT 2", "Sequence R does not exist"),
        ("ALTER SEQUENCE s SET INCREMENT = 0", "increment 0"),
        ("ALTER SEQUENCE s RENAME TO s", "Object 'S' already exists"),
        ("CREATE SEQUENCE q START = 1.5", "START of a sequence is not a whole number"),
    ],
)
def test_what_cannot_be_is_named(counting: Session, sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        counting.execute(sql)


@pytest.mark.parametrize("sql", ["ALTER SEQUENCE s SET START = 2", "SELECT * FROM u, TABLE(GETNEXTVAL(s)) q"])
def test_what_is_not_done_is_refused_by_name(counting: Session, sql: str) -> None:
    counting.execute("CREATE TABLE u (a INT)")
    with pytest.raises(NotAvailable, match=r"SEQUENCE|GETNEXTVAL"):
        counting.execute(sql)


@pytest.mark.parametrize(
    "change", ["SET INCREMENT BY = 10", "SET INCREMENT 10", "INCREMENT BY 10", "SET INCREMENT = 10"]
)
def test_a_new_increment_counts_from_the_number_that_was_next(session: Session, change: str) -> None:
    session.execute("CREATE SEQUENCE s")
    session.execute("SELECT s.NEXTVAL")
    session.execute(f"ALTER SEQUENCE s {change}")
    assert [session.execute("SELECT s.NEXTVAL").rows[0][0] for _ in range(3)] == [2, 12, 22]


def test_a_renamed_sequence_goes_on_counting(session: Session) -> None:
    session.run_script("CREATE SEQUENCE s; SELECT s.NEXTVAL; ALTER SEQUENCE s SET COMMENT = 'it''s'")
    session.execute('ALTER SEQUENCE IF EXISTS s RENAME TO public."s 2"')
    assert session.execute('SELECT "s 2".NEXTVAL').rows == [(2,)]
    assert [row[0] for row in session.execute("SHOW SEQUENCES").rows] == ["s 2"]
    assert session.execute("ALTER SEQUENCE IF EXISTS s SET INCREMENT 2").rows == [
        ("Statement executed successfully.",)
    ]


def test_a_dropped_sequence_is_gone_and_reset_forgets_all(counting: Session) -> None:
    assert counting.execute("CREATE SEQUENCE IF NOT EXISTS s").rows == [
        ("S already exists, statement succeeded.",)
    ]
    assert counting.execute("DROP SEQUENCE s").rows == [("S successfully dropped.",)]
    assert "already dropped" in counting.execute("DROP SEQUENCE IF EXISTS s").rows[0][0]
    counting.execute("CREATE SEQUENCE s")
    counting.reset()
    assert counting.execute("SHOW SEQUENCES").rows == []


def test_the_word_default_takes_the_next_autoincrement_number(session: Session) -> None:
    session.execute("CREATE TABLE a (id INT AUTOINCREMENT START 10 INCREMENT 5, v INT DEFAULT 3, w INT)")
    session.run_script(
        "INSERT INTO a VALUES (DEFAULT, DEFAULT, 1), (1, 2, DEFAULT), (DEFAULT, 9, 2); INSERT INTO a (w) VALUES (3);"
        "INSERT ALL INTO a VALUES (DEFAULT, DEFAULT, 4) SELECT 1;"
        "MERGE INTO a USING (SELECT 5 AS w) s ON a.w = s.w WHEN NOT MATCHED THEN INSERT (id, w) VALUES (DEFAULT, s.w)"
    )
    assert session.execute("SELECT * FROM a ORDER BY w").rows == [
        (10, 3, 1), (15, 9, 2), (20, 3, 3), (25, 3, 4), (30, 3, 5), (1, 2, None),
    ]  # fmt: skip


def test_autoincrement_numbers_are_used_once_and_own_numbers_do_not_count(session: Session) -> None:
    session.execute("CREATE TABLE a (id INT AUTOINCREMENT START 10 INCREMENT 5, v VARCHAR)")
    session.run_script(
        "INSERT INTO a (v) VALUES ('x'), ('y'); DELETE FROM a; INSERT INTO a VALUES (100, 'w');"
        "INSERT INTO a (v) SELECT AI_COMPLETE('m', 'z'); ALTER TABLE a ADD COLUMN n INT;"
        "INSERT INTO a (v) VALUES ('q');"
        "MERGE INTO a USING (SELECT 'm' AS v) s ON a.v = s.v WHEN NOT MATCHED THEN INSERT (v) VALUES (s.v)"
    )
    assert session.execute("SELECT id, v FROM a ORDER BY id").rows == [
        (20, "re: z"),
        (25, "q"),
        (30, "m"),
        (100, "w"),
    ]
    assert session.execute("SHOW SEQUENCES").rows == []


def test_a_clone_keeps_the_rules_of_its_table_and_goes_on_counting(session: Session) -> None:
    session.execute("CREATE TABLE a (id INT IDENTITY, v VARCHAR DEFAULT 'd', n INT NOT NULL)")
    session.run_script("INSERT INTO a (n) VALUES (1), (2); CREATE TABLE b CLONE a; CREATE TABLE c LIKE a")
    for name, expected in (("b", (3, "d", 7)), ("c", (1, "d", 7)), ("a", (3, "d", 7))):
        session.execute(f"INSERT INTO {name} (n) VALUES (7)")
        assert session.execute(f"SELECT * FROM {name} WHERE n = 7").rows == [expected]
        with pytest.raises(BadInput, match="non-nullable column N"):
            session.execute(f"INSERT INTO {name} (v) VALUES ('x')")
    with pytest.raises(BadInput, match="is a view"):
        session.run_script("CREATE VIEW w AS SELECT 1 AS x")
        session.execute("CREATE TABLE d CLONE w")
