"""MERGE changes a table as a whole or not at all."""

from collections.abc import Iterator

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session, open_session

from .conftest import Models


@pytest.fixture
def session() -> Iterator[Session]:
    opened = open_session(False, Models().overrides())
    opened.execute("CREATE TABLE t (k VARCHAR NOT NULL, v NUMBER(6,2) DEFAULT 1, w VARCHAR(3))")
    opened.execute("INSERT INTO t VALUES ('a', 1, 'x'), ('b', 2, 'y')")
    opened.execute("CREATE TABLE s (k VARCHAR, v FLOAT)")
    opened.execute("INSERT INTO s VALUES ('a', 10.005), ('c', 30)")
    yield opened
    opened.close()


def rows(session: Session) -> list[tuple[object, ...]]:
    return session.execute("SELECT k, v, w FROM t ORDER BY k").rows


def test_the_first_clause_that_holds_decides(session: Session) -> None:
    counts = session.execute(
        "MERGE INTO t USING s ON t.k = s.k WHEN MATCHED AND t.v > 5 THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT (v, k) VALUES (s.v, s.k)"
    )
    assert counts.rows == [(1, 1, 0)]
    assert rows(session) == [("a", 10.01, "x"), ("b", 2.0, "y"), ("c", 30.0, None)]


@pytest.mark.parametrize(
    ("clauses", "named"),
    [
        ("WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (v) VALUES (5)", "non-nullable column K"),
        ("WHEN MATCHED THEN UPDATE SET k = NULL", "non-nullable column K"),
        ("WHEN MATCHED THEN UPDATE SET w = 'too long'", "too long"),
        ("WHEN NOT MATCHED THEN INSERT (k, v) VALUES (s.k)", "1 value for 2 columns"),
        ("WHEN MATCHED THEN UPDATE SET nope = 1", "NOPE"),
        ("WHEN MATCHED THEN UPDATE SET v > 1", "is no assignment"),
    ],
)
def test_a_merge_that_fails_leaves_the_table_as_it_was(session: Session, clauses: str, named: str) -> None:
    before = rows(session)
    with pytest.raises(BadInput) as caught:
        session.execute(f"MERGE INTO t USING s ON t.k = s.k {clauses}")
    assert named in caught.value.message
    assert caught.value.hint
    assert rows(session) == before


def test_two_source_rows_may_both_ask_for_a_deletion_but_not_for_a_change(session: Session) -> None:
    twice = "MERGE INTO t USING (SELECT 'a' AS k UNION ALL SELECT 'a') d ON t.k = d.k WHEN MATCHED THEN "
    with pytest.raises(BadInput, match="Duplicate row"):
        session.execute(f"{twice} UPDATE SET v = 0")
    assert session.execute(f"{twice} DELETE").rows == [(1,)]


def test_a_guarded_answer_is_asked_for_the_rows_of_its_clause_only(session: Session) -> None:
    merged = session.execute(
        "MERGE INTO t USING s ON t.k = s.k WHEN MATCHED THEN UPDATE SET w = LEFT(AI_COMPLETE('m', s.k), 3) "
        "WHEN NOT MATCHED AND AI_FILTER(s.k) THEN INSERT (k) VALUES (s.k)"
    )
    assert merged.meter.inputs_by_function == {"AI_COMPLETE": 1, "AI_FILTER": 1}


def test_what_snowflake_does_not_have_is_refused_by_name(session: Session) -> None:
    with pytest.raises(NotAvailable, match="BY SOURCE"):
        session.execute("MERGE INTO t USING s ON t.k = s.k WHEN NOT MATCHED BY SOURCE THEN DELETE")


def test_information_schema_shows_what_the_session_has_made(session: Session) -> None:
    session.execute("CREATE VIEW v AS SELECT k FROM t")
    listed = session.execute(
        "SELECT table_name, table_type, row_count FROM information_schema.tables ORDER BY table_name"
    )
    assert listed.rows == [("S", "BASE TABLE", 2), ("T", "BASE TABLE", 2), ("V", "VIEW", None)]
    columns = session.execute(
        "SELECT column_name, data_type, is_nullable, numeric_precision, numeric_scale, character_maximum_length "
        "FROM INFORMATION_SCHEMA.COLUMNS WHERE table_name = 'T' ORDER BY ordinal_position"
    )
    assert columns.rows == [
        ("K", "TEXT", "NO", None, None, 16_777_216),
        ("V", "NUMBER", "YES", 6, 2, None),
        ("W", "TEXT", "YES", None, None, 3),
    ]
    assert session.execute("SELECT table_name FROM information_schema.views").rows == [("V",)]
    assert [info.name for info in session.tables()] == ["S", "T", "V"]  # nothing of it stays behind


def test_all_by_name_takes_the_columns_that_are_called_the_same(session: Session) -> None:
    counts = session.execute(
        "MERGE INTO t USING (SELECT 'z' AS w, 'a' AS k, 5 AS v UNION ALL SELECT 'q', 'n', 6) s ON t.k = s.k "
        "WHEN MATCHED THEN UPDATE ALL BY NAME WHEN NOT MATCHED THEN INSERT ALL BY NAME"
    )
    assert counts.rows == [(1, 1)]
    assert rows(session) == [("a", 5.0, "z"), ("b", 2.0, "y"), ("n", 6.0, "q")]


@pytest.mark.parametrize(
    "clause", ["WHEN MATCHED THEN UPDATE ALL BY NAME", "WHEN NOT MATCHED THEN INSERT ALL BY NAME"]
)
def test_all_by_name_needs_the_same_columns(session: Session, clause: str) -> None:
    with pytest.raises(BadInput, match="only one has W"):
        session.execute(f"MERGE INTO t USING s ON t.k = s.k {clause}")
