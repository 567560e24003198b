"""SHOW and DESCRIBE have the columns that Snowflake documents, filled with what the session holds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import BadInput
from core.sql_ai import Session

DEFINITION = """CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10) DEFAULT 'x', ts TIMESTAMP_NTZ, e VECTOR(FLOAT, 3),
  f FLOAT UNIQUE, n INT AUTOINCREMENT START 5, j VARIANT, at TIME(3), bin BINARY)"""


@pytest.fixture
def filled(session: Session) -> Session:
    session.execute(DEFINITION)
    session.execute("CREATE VIEW w AS SELECT id, v FROM t")
    return session


def rows(session: Session, sql: str) -> list[dict[str, Any]]:
    result = session.execute(sql)
    return [dict(zip(result.columns, row, strict=True)) for row in result.rows]


def test_describe_says_keys_defaults_and_whole_types(filled: Session) -> None:
    found = {row["name"]: row for row in rows(filled, "DESC TABLE t")}
    assert list(found["ID"]) == [
        "name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
        "policy name", "privacy domain",
    ]  # fmt: skip
    assert [row["type"] for row in found.values()] == [
        "NUMBER(38,0)", "VARCHAR(10)", "TIMESTAMP_NTZ(9)", "VECTOR(FLOAT, 3)", "FLOAT", "NUMBER(38,0)", "VARIANT",
        "TIME(3)", "BINARY(8388608)",
    ]  # fmt: skip
    assert [name for name, row in found.items() if row["primary key"] == "Y"] == ["ID"]
    assert [name for name, row in found.items() if row["unique key"] == "Y"] == ["F"]
    assert [name for name, row in found.items() if row["null?"] == "N"] == ["ID"]
    assert (found["V"]["default"], found["N"]["default"]) == ("'x'", "IDENTITY START 5 INCREMENT 1 NOORDER")


def test_show_columns_writes_types_as_json(filled: Session) -> None:
    found = {row["column_name"]: row for row in rows(filled, "SHOW COLUMNS IN TABLE t")}
    assert json.loads(found["ID"]["data_type"]) == {
        "type": "FIXED",
        "precision": 38,
        "scale": 0,
        "nullable": False,
    }
    assert json.loads(found["TS"]["data_type"])["type"] == "TIMESTAMP_NTZ"
    assert [json.loads(found[name]["data_type"])["type"] for name in ("V", "E", "F", "J", "BIN")] == [
        "TEXT", "VECTOR", "REAL", "VARIANT", "BINARY",
    ]  # fmt: skip
    assert found["ID"]["null?"] == "false"
    assert found["N"]["autoincrement"] == "IDENTITY START 5 INCREMENT 1 NOORDER"
    assert {row["column_name"] for row in rows(filled, "SHOW COLUMNS IN VIEW w")} == {"ID", "V"}


def test_show_tables_views_and_objects_tell_them_apart(filled: Session) -> None:
    filled.execute("INSERT INTO t (id) VALUES (1), (2)")
    (table,) = rows(filled, "SHOW TABLES")
    assert (table["name"], table["kind"], table["rows"], table["is_external"]) == ("T", "TABLE", 2, "N")
    assert list(table)[:6] == ["created_on", "name", "database_name", "schema_name", "kind", "comment"]
    assert len(table) == 25
    assert datetime.now(UTC).replace(tzinfo=None) - table["created_on"] < timedelta(minutes=5)
    (view,) = rows(filled, "SHOW VIEWS")
    assert view["text"].startswith("CREATE VIEW W AS SELECT")
    assert [row["kind"] for row in rows(filled, "SHOW OBJECTS")] == ["TABLE", "VIEW"]
    assert [list(row) for row in rows(filled, "SHOW TERSE TABLES")] == [
        ["created_on", "name", "kind", "database_name", "schema_name"]
    ]


def test_a_table_keeps_the_time_it_was_made_through_changes(filled: Session) -> None:
    before = rows(filled, "SHOW TABLES")[0]["created_on"]
    filled.run_script("ALTER TABLE t ADD COLUMN z INT; ALTER TABLE t RENAME TO t2")
    after = rows(filled, "SHOW TABLES")[0]
    assert (after["name"], after["created_on"]) == ("T2", before)


def test_a_primary_key_takes_no_null_wherever_it_is_written(session: Session) -> None:
    session.execute("CREATE TABLE a (x INT, y INT, CONSTRAINT k PRIMARY KEY (x, y))")
    session.execute("CREATE TABLE b LIKE a")
    for name in ("a", "b"):
        assert [row["primary key"] for row in rows(session, f"DESC TABLE {name}")] == ["Y", "Y"]
        with pytest.raises(BadInput, match="non-nullable column"):
            session.execute(f"INSERT INTO {name} (x) VALUES (1)")


def test_variables_parameters_schemas_and_functions_have_their_columns(session: Session) -> None:
    session.run_script(
        "SET (a, b) = (5, 'x'); ALTER SESSION SET AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR = FALSE"
    )
    assert [(row["name"], row["value"], row["type"]) for row in rows(session, "SHOW VARIABLES")] == [
        ("A", "5", "fixed"),
        ("B", "x", "text"),
    ]
    (parameter,) = rows(session, "SHOW PARAMETERS LIKE 'ai%'")
    assert (parameter["key"], parameter["value"]) == ("AI_SQL_ERROR_HANDLING_USE_FAIL_ON_ERROR", "false")
    assert [row["is_current"] for row in rows(session, "SHOW SCHEMAS")] == ["N", "Y"]
    (function,) = rows(session, "SHOW FUNCTIONS LIKE 'ai_filter'")
    assert (function["min_num_arguments"], function["is_aggregate"]) == (1, "N")
    assert session.execute("SHOW SNOWFLAKE.ML.FORECAST").columns == [
        "created_on", "name", "database_name", "schema_name", "current_version", "comment", "owner",
    ]  # fmt: skip


def test_a_model_is_shown_with_its_comment(session: Session) -> None:
    session.execute("CREATE SNOWFLAKE.ML.TOP_INSIGHTS why() COMMENT = 'Anna''s first'")
    session.execute("CREATE SNOWFLAKE.ML.TOP_INSIGHTS plain()")
    found = rows(session, "SHOW SNOWFLAKE.ML.TOP_INSIGHTS")
    assert [(row["name"], row["comment"]) for row in found] == [("WHY", "Anna's first"), ("PLAIN", "")]


def test_a_renamed_column_keeps_its_rules_and_a_dropped_one_leaves_none(filled: Session) -> None:
    filled.run_script(
        "ALTER TABLE t RENAME COLUMN id TO key; ALTER TABLE t RENAME COLUMN v TO word; ALTER TABLE t DROP COLUMN f;"
        "ALTER TABLE t ADD COLUMN f INT; ALTER TABLE t RENAME COLUMN n TO number; INSERT INTO t (key) VALUES (1), (2)"
    )
    found = {row["name"]: row for row in rows(filled, "DESC TABLE t")}
    assert (found["KEY"]["primary key"], found["F"]["unique key"]) == ("Y", "N")
    assert filled.execute("SELECT key, word, number FROM t ORDER BY key").rows == [(1, "x", 5), (2, "x", 6)]
    with pytest.raises(BadInput, match="non-nullable column KEY"):
        filled.execute("INSERT INTO t (word) VALUES ('y')")
    with pytest.raises(BadInput, match="WORD already exists"):
        filled.execute("ALTER TABLE t RENAME COLUMN key TO word")


ROUTINES = """CREATE FUNCTION area(r FLOAT) RETURNS FLOAT AS 'PI() * r * r';
CREATE FUNCTION span(a INT, b NUMBER(5,2) DEFAULT 1) RETURNS TABLE (x INT, y VARCHAR(9)) AS 'SELECT a, b::VARCHAR';
CREATE PROCEDURE greet(who VARCHAR) RETURNS VARCHAR LANGUAGE SQL AS BEGIN RETURN 'Hi ' || who; END"""


def test_functions_and_procedures_are_listed_with_their_arguments(session: Session) -> None:
    session.run_script(ROUTINES)
    found = {row["name"]: row for row in rows(session, "SHOW USER FUNCTIONS")}
    assert {name: row["arguments"] for name, row in found.items()} == {
        "AREA": "AREA(FLOAT) RETURN FLOAT",
        "SPAN": "SPAN(NUMBER, DEFAULT NUMBER) RETURN TABLE (X NUMBER, Y VARCHAR)",
    }
    span = found["SPAN"]
    assert (span["min_num_arguments"], span["max_num_arguments"], span["is_table_function"]) == (1, 2, "Y")
    assert list(span)[:4] == ["created_on", "name", "schema_name", "is_builtin"]
    assert [row["name"] for row in rows(session, "SHOW USER FUNCTIONS LIKE 'ar%'")] == ["AREA"]
    (greet,) = rows(session, "SHOW PROCEDURES")
    assert (greet["arguments"], list(greet)[-1]) == (
        "GREET(VARCHAR) RETURN VARCHAR",
        "external_access_integrations",
    )
    assert "AREA" in [row["name"] for row in rows(session, "SHOW FUNCTIONS")]


def test_describe_of_a_routine_gives_its_properties(session: Session) -> None:
    session.run_script(ROUTINES)
    assert session.execute("DESCRIBE FUNCTION span(INT, NUMBER(5,2))").rows == [
        ("signature", "(A NUMBER, B NUMBER)"),
        ("returns", "TABLE (X NUMBER, Y VARCHAR)"),
        ("language", "SQL"),
        ("body", "SELECT a, b::VARCHAR"),
    ]
    assert session.execute("DESC PROCEDURE greet(VARCHAR)").rows[1] == ("returns", "VARCHAR")
    with pytest.raises(BadInput, match="Function SPAN with 1 arguments does not exist"):
        session.execute("DESC FUNCTION span(INT)")


def test_tables_say_whether_they_are_temporary_or_transient(session: Session) -> None:
    session.execute("CREATE TEMP TABLE t1 (a INT)")
    session.execute("CREATE TRANSIENT TABLE t2 AS SELECT 1 AS a")
    session.execute("CREATE TABLE t3 (a INT)")
    session.execute("ALTER TABLE t1 ADD COLUMN b INT DEFAULT 2")
    shown = {row["name"]: row["kind"] for row in rows(session, "SHOW TABLES")}
    assert shown == {"T1": "TEMPORARY", "T2": "TRANSIENT", "T3": "TABLE"}
    listed = session.execute(
        "SELECT table_type, is_transient FROM information_schema.tables ORDER BY table_name"
    )
    assert listed.rows == [("LOCAL TEMPORARY", "NO"), ("BASE TABLE", "YES"), ("BASE TABLE", "NO")]
    assert (
        session.execute("SELECT GET_DDL('TABLE', 't2')")
        .rows[0][0]
        .startswith("create or replace TRANSIENT TABLE T2 (")
    )
