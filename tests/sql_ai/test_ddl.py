"""GET_DDL writes the statement that makes an object anew."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session

STATEMENTS = {
    "TABLE": """CREATE TABLE kept (id INT NOT NULL, v VARCHAR(10) DEFAULT 'it''s', n INT AUTOINCREMENT START 5,
      at TIMESTAMP_NTZ DEFAULT CURRENT_TIMESTAMP(), "Mixed one" VARIANT,
      e VECTOR(FLOAT, 3) COMMENT 'its vector', PRIMARY KEY (id))
      COMMENT = 'what''s kept'""",
    "VIEW": "CREATE VIEW kept (a COMMENT 'one', \"b c\") COMMENT = 'two' AS SELECT 1, 'x'",
    "SEQUENCE": "CREATE SEQUENCE kept START = 10 INCREMENT = 5",
    "FUNCTION": "CREATE FUNCTION kept(x INT, y VARCHAR DEFAULT 'q') RETURNS VARCHAR AS 'y || ''-'' || x'",
    "PROCEDURE": r"CREATE PROCEDURE kept(x INT) RETURNS VARCHAR AS $$ BEGIN RETURN '\\' || x; END $$",
}


def written(session: Session, kind: str, name: str = "kept") -> str:
    text = session.execute(f"SELECT GET_DDL('{kind}', '{name}')").rows[0][0]
    assert isinstance(text, str)
    return text


def test_a_table_is_written_as_snowflake_lays_it_out(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT, b VARCHAR NOT NULL)")
    assert written(session, "table", "db.public.t") == (
        "create or replace TABLE T (\n\tA NUMBER(38,0),\n\tB VARCHAR(16777216) NOT NULL\n);"
    )


@pytest.mark.parametrize("kind", STATEMENTS)
def test_what_is_written_makes_the_same_object(session: Session, kind: str) -> None:
    session.execute(STATEMENTS[kind])
    name = {"FUNCTION": "kept(INT, VARCHAR)", "PROCEDURE": "kept(INT)"}.get(kind, "kept")
    text = written(session, kind, name)
    session.execute(text.rstrip(";"))
    assert written(session, kind, name) == text


def test_the_remade_routines_give_the_same_values(session: Session) -> None:
    for kind, name in (("FUNCTION", "kept(INT, VARCHAR)"), ("PROCEDURE", "kept(INT)")):
        session.execute(STATEMENTS[kind])
        session.execute(written(session, kind, name).rstrip(";"))
    assert session.execute("SELECT kept(1), kept(2, 'z')").rows == [("q-1", "z-2")]
    assert session.execute("CALL kept(3)").rows == [("\\3",)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("GET_DDL('TABLE', 'nothing')", "Table NOTHING does not exist"),
        ("GET_DDL('VIEW', 't')", "View T does not exist"),
        ("GET_DDL('STAGE', 't')", "knows no object type STAGE"),
        ("GET_DDL('FUNCTION', 'f(INT)')", "Function F with 1 arguments does not exist"),
        ("GET_DDL('TABLE', column1)", "needs constant texts"),
    ],
)
def test_get_ddl_says_what_it_does_not_find(session: Session, call: str, message: str) -> None:
    session.execute("CREATE TABLE t (a INT)")
    with pytest.raises(BadInput, match=message):
        session.execute(f"SELECT {call} FROM VALUES ('t')")
