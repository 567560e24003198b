"""ALTER TABLE changes what is known of a table, and refuses what its values would not bear."""

from datetime import date
from typing import Any

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session


@pytest.fixture
def filled(session: Session) -> Session:
    session.run_script(
        "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(3) DEFAULT 'x', n NUMBER(4,1));"
        "INSERT INTO t VALUES (1, 'a', 1.5), (2, NULL, 2.5); CREATE TABLE u AS SELECT 'other' AS word"
    )
    return session


def test_not_null_can_be_set_when_no_value_is_and_dropped(filled: Session) -> None:
    with pytest.raises(BadInput, match="non-nullable column V"):
        filled.execute("ALTER TABLE t ALTER COLUMN v SET NOT NULL")
    filled.execute("ALTER TABLE t ALTER COLUMN n SET NOT NULL")
    with pytest.raises(BadInput, match="non-nullable column N"):
        filled.execute("INSERT INTO t (id) VALUES (3)")
    filled.execute("ALTER TABLE t MODIFY COLUMN n DROP NOT NULL")
    filled.execute("INSERT INTO t (id) VALUES (3)")
    with pytest.raises(BadInput, match="primary key"):
        filled.execute("ALTER TABLE t ALTER COLUMN id DROP NOT NULL")


def test_a_type_can_be_widened_only(filled: Session) -> None:
    filled.run_script(
        "ALTER TABLE t MODIFY COLUMN v VARCHAR(10); ALTER TABLE t ALTER n SET DATA TYPE NUMBER(9,1)"
    )
    filled.execute("INSERT INTO t VALUES (3, 'longer one', 12345678.9)")
    assert [row[1] for row in filled.execute("DESC TABLE t").rows] == [
        "NUMBER(38,0)",
        "VARCHAR(10)",
        "NUMBER(9,1)",
    ]
    for kind in ("v VARCHAR(2)", "n NUMBER(9,2)", "n NUMBER(3,1)", "id VARCHAR", "v INT"):
        with pytest.raises(BadInput, match="Cannot change column"):
            filled.execute(f"ALTER TABLE t MODIFY COLUMN {kind}")


def test_a_default_can_be_dropped_and_not_set(filled: Session) -> None:
    filled.execute("ALTER TABLE t ALTER COLUMN v DROP DEFAULT")
    filled.execute("INSERT INTO t (id) VALUES (3)")
    assert filled.execute("SELECT v FROM t WHERE id = 3").rows == [(None,)]
    with pytest.raises(NotAvailable, match="SET DEFAULT"):
        filled.execute("ALTER TABLE t ALTER COLUMN v SET DEFAULT 'y'")


def test_tables_can_swap_their_names(filled: Session) -> None:
    filled.execute("ALTER TABLE t SWAP WITH u")
    assert filled.execute("SELECT * FROM t").rows == [("other",)]
    assert filled.execute("SELECT COUNT(*) FROM u").rows == [(2,)]
    with pytest.raises(BadInput, match="NOPE"):
        filled.execute("ALTER TABLE t SWAP WITH nope")


@pytest.mark.parametrize(
    "sql",
    ["ALTER TABLE t CLUSTER BY (id)", "ALTER TABLE t DROP CLUSTERING KEY", "TRUNCATE TABLE IF EXISTS nope",
     "ALTER TABLE IF EXISTS nope ADD COLUMN a INT"],
)  # fmt: skip
def test_what_changes_no_result_is_accepted(filled: Session, sql: str) -> None:
    assert filled.execute(sql).rows == [("Statement executed successfully.",)]
    assert filled.execute("SELECT COUNT(*) FROM t").rows == [(2,)]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT * FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY())", "QUERY_HISTORY"),
        ("ALTER VIEW seen ADD ROW ACCESS POLICY p ON (a)", "ALTER VIEW"),
    ],
)
def test_the_rest_is_refused_by_name(filled: Session, sql: str, named: str) -> None:
    with pytest.raises(NotAvailable, match=named):
        filled.execute(sql)


def test_a_view_is_renamed_and_described(filled: Session) -> None:
    filled.execute("CREATE VIEW seen (a) AS SELECT id FROM t")
    for action in ("SET COMMENT = 'ids'", "UNSET COMMENT", "RENAME TO shown"):
        done = filled.execute(f"ALTER VIEW seen {action}").rows
        assert done == [("Statement executed successfully.",)]
    assert (
        filled.execute("SELECT a FROM shown ORDER BY a").rows
        == filled.execute("SELECT id FROM t ORDER BY 1").rows
    )
    assert [row[0] for row in filled.execute("DESC VIEW shown").rows] == ["A"]
    with pytest.raises(BadInput, match="SEEN does not exist"):
        filled.execute("SELECT * FROM seen")
    assert (
        filled.execute("ALTER VIEW IF EXISTS seen RENAME TO other")
        .rows[0][0]
        .startswith("Statement executed")
    )


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER VIEW nope RENAME TO other", "View NOPE does not exist"),
        ("ALTER VIEW t RENAME TO other", "View T does not exist"),
        ("ALTER TABLE seen RENAME TO other", "SEEN is a view"),
        ("ALTER VIEW seen RENAME TO t", "T already exists"),
    ],
)
def test_a_view_is_no_table_and_takes_no_name_that_is_there(filled: Session, sql: str, message: str) -> None:
    filled.execute("CREATE VIEW seen AS SELECT id FROM t")
    with pytest.raises(BadInput, match=message):
        filled.execute(sql)
    assert filled.execute("SELECT COUNT(*) FROM seen").rows == [(2,)]


def test_a_vector_of_whole_numbers_keeps_its_element_type(session: Session) -> None:
    session.execute("CREATE TABLE e (v VECTOR(INT, 3), w VECTOR(FLOAT, 2))")
    session.execute("INSERT INTO e SELECT [1, 2, 3]::VECTOR(INT, 3), [1, 2]::VECTOR(FLOAT, 2)")
    (row,) = session.execute("SELECT v, w, VECTOR_L1_DISTANCE(v, [1, 1, 1]::VECTOR(INT, 3)) FROM e").rows
    assert row == ([1, 2, 3], [1.0, 2.0], 3.0)
    kinds: list[Any] = [[type(item) for item in cell] for cell in row[:2]]
    assert kinds == [[int] * 3, [float] * 2]
    assert [r[1] for r in session.execute("DESC TABLE e").rows] == ["VECTOR(INT, 3)", "VECTOR(FLOAT, 2)"]
    with pytest.raises(BadInput, match="whole"):
        session.execute("SELECT [1.5]::VECTOR(INT, 1)")


def test_a_column_that_may_be_missing_is_dropped_if_it_exists(filled: Session) -> None:
    filled.execute("ALTER TABLE t DROP COLUMN IF EXISTS nope, v")
    assert filled.execute("SELECT * FROM t ORDER BY 1").columns == ["ID", "N"]
    with pytest.raises(BadInput, match="NOPE"):
        filled.execute("ALTER TABLE t DROP COLUMN nope")


@pytest.mark.parametrize(
    "action",
    [
        "SET CHANGE_TRACKING = TRUE",
        "SET DATA_RETENTION_TIME_IN_DAYS = 1 COMMENT = 'reviews'",
        "UNSET COMMENT",
        "ALTER COLUMN v COMMENT 'a word'",
    ],
)
def test_what_changes_no_result_of_a_table_is_taken(filled: Session, action: str) -> None:
    before = filled.execute("SELECT * FROM t ORDER BY 1").rows
    assert filled.execute(f"ALTER TABLE t {action}").rows == [("Statement executed successfully.",)]
    assert filled.execute("SELECT * FROM t ORDER BY 1").rows == before


def test_other_properties_of_a_table_are_refused_by_name(filled: Session) -> None:
    with pytest.raises(NotAvailable, match="ROW_ACCESS"):
        filled.execute("ALTER TABLE t SET ROW_ACCESS = 1")


def test_the_search_path_of_a_session_is_taken(session: Session) -> None:
    taken = session.execute("ALTER SESSION SET SEARCH_PATH = '$current, $public, SNOWFLAKE.ML'")
    assert taken.rows == [("Statement executed successfully.",)]


@pytest.mark.parametrize(
    ("week_start", "policy", "values"),
    [  # of Wednesday 1 January 2025 and Sunday 5 January 2025: day of the week, its week's start, number and year
        (0, 0, [(3, date(2024, 12, 30), 1, 2025), (0, date(2024, 12, 30), 1, 2025)]),
        (1, 0, [(3, date(2024, 12, 30), 1, 2025), (7, date(2024, 12, 30), 1, 2025)]),
        (7, 0, [(4, date(2024, 12, 29), 1, 2025), (1, date(2025, 1, 5), 2, 2025)]),
        (3, 0, [(1, date(2025, 1, 1), 1, 2025), (5, date(2025, 1, 1), 1, 2025)]),
        (4, 0, [(7, date(2024, 12, 26), 52, 2024), (4, date(2025, 1, 2), 1, 2025)]),
        (4, 1, [(7, date(2024, 12, 26), 1, 2025), (4, date(2025, 1, 2), 2, 2025)]),
        (0, 1, [(3, date(2024, 12, 30), 1, 2025), (0, date(2024, 12, 30), 1, 2025)]),
    ],
)
def test_weeks_begin_where_the_session_says(
    session: Session, week_start: int, policy: int, values: list[tuple[Any, ...]]
) -> None:
    session.execute(f"ALTER SESSION SET WEEK_START = {week_start}, WEEK_OF_YEAR_POLICY = {policy}")
    found = session.execute(
        "SELECT DAYOFWEEK(d), DATE_TRUNC('week', d), WEEK(d), YEAROFWEEK(d) "
        "FROM (SELECT column1::DATE AS d FROM VALUES ('2025-01-01'), ('2025-01-05')) ORDER BY d"
    )
    assert found.rows == values


def test_every_count_of_weeks_keeps_to_their_start_and_iso_weeks_do_not(session: Session) -> None:
    query = """SELECT DATEDIFF(week, '2025-01-04'::DATE, '2025-01-05'::DATE), LAST_DAY('2025-01-05'::DATE, 'week'),
      TIME_SLICE('2025-01-05'::DATE, 1, 'WEEK'), DATEADD(week, 1, '2025-01-05'::DATE), WEEKISO('2025-01-05'::DATE),
      DAYOFWEEKISO('2025-01-05'::DATE), EXTRACT(dow FROM '2025-01-05 10:00'::TIMESTAMP)"""
    usual = (0, date(2025, 1, 5), date(2024, 12, 30), date(2025, 1, 12), 1, 7, 0)
    assert session.execute(query).rows == [usual]
    session.execute("ALTER SESSION SET WEEK_START = 7")
    sundays = (1, date(2025, 1, 11), date(2025, 1, 5), date(2025, 1, 12), 1, 7, 1)
    assert session.execute(query).rows == [sundays]
    session.execute("ALTER SESSION UNSET WEEK_START")
    assert session.execute(query).rows == [usual]


@pytest.mark.parametrize(
    ("setting", "error", "message"),
    [
        ("WEEK_START = 8", BadInput, "from 0 to 7"),
        ("WEEK_OF_YEAR_POLICY = 'x'", BadInput, "from 0 to 1"),
        ("TIMEZONE = 'Europe/Paris'", NotAvailable, "TIMEZONE other than UTC"),
        ("DATE_OUTPUT_FORMAT = 'DD/MM/YYYY'", NotAvailable, "DATE_OUTPUT_FORMAT other than"),
        ("AUTOCOMMIT = FALSE", NotAvailable, "AUTOCOMMIT other than TRUE"),
        ("QUOTED_IDENTIFIERS_IGNORE_CASE = TRUE", NotAvailable, "session parameter QUOTED_IDENTIFIERS"),
    ],
)
def test_a_setting_that_the_session_cannot_have_is_refused(
    session: Session, setting: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        session.execute(f"ALTER SESSION SET {setting}")
    assert session.parameters == {}


def test_settings_that_change_nothing_are_taken(session: Session) -> None:
    session.execute("ALTER SESSION SET TIMEZONE = 'UTC', AUTOCOMMIT = TRUE, DATE_INPUT_FORMAT = 'AUTO'")
    session.execute("ALTER SESSION SET TIMESTAMP_TYPE_MAPPING = TIMESTAMP_NTZ")
    session.execute("ALTER SESSION SET QUERY_TAG = 'nightly'")
    assert session.execute("SHOW PARAMETERS LIKE 'QUERY_TAG'").rows[0][:2] == ("QUERY_TAG", "nightly")


def test_keys_can_be_added_and_a_primary_one_takes_no_null(session: Session) -> None:
    session.execute("CREATE TABLE t (id INT, v VARCHAR, n INT) AS SELECT 1, NULL, 2")
    session.execute("ALTER TABLE t ADD CONSTRAINT u UNIQUE (n)")
    session.execute("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (v) REFERENCES other (word)")
    with pytest.raises(BadInput, match="non-nullable column V"):
        session.execute("ALTER TABLE t ADD PRIMARY KEY (id, v)")
    session.execute("UPDATE t SET v = 'b'")
    session.execute("ALTER TABLE t ADD CONSTRAINT p PRIMARY KEY (id, v)")
    found = [(row[0], row[3], row[5], row[6]) for row in session.execute("DESC TABLE t").rows]
    assert found == [("ID", "N", "Y", "N"), ("V", "N", "Y", "N"), ("N", "Y", "N", "Y")]
    with pytest.raises(BadInput, match="primary key already exists"):
        session.execute("ALTER TABLE t ADD PRIMARY KEY (n)")
    with pytest.raises(BadInput, match="Column Q does not exist"):
        session.execute("ALTER TABLE t ADD UNIQUE (q)")
    with pytest.raises(NotAvailable, match="CHECK"):
        session.execute("ALTER TABLE t ADD CONSTRAINT c CHECK (id > 1)")


def test_a_key_of_a_column_that_is_not_there_is_an_error(session: Session) -> None:
    with pytest.raises(BadInput, match="Column B does not exist"):
        session.execute("CREATE TABLE other (a INT, PRIMARY KEY (b))")
    assert session.names() == []
