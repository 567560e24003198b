"""Comments on tables, views and columns stay with what they are about, and SHOW and DESCRIBE tell them."""

from collections.abc import Callable

import pytest

from core.errors import BadInput, LimitReached, NotAvailable
from core.sql_ai import Session


def comments(session: Session, name: str) -> dict[str, str | None]:
    """The comment of the table or view under '', those of its columns under their names."""
    found: dict[str, str | None] = {
        row[0]: row[9] for row in session.execute(f'DESCRIBE TABLE "{name}"').rows if row[9] is not None
    }
    shown = session.execute(f"SHOW OBJECTS LIKE '{name}'")
    whole = shown.rows[0][shown.columns.index("comment")]
    return found | ({"": whole} if whole else {})


@pytest.fixture
def commented(session: Session) -> Session:
    session.execute("CREATE TABLE t (a INT COMMENT 'first', b VARCHAR) COMMENT = 'the table'")
    session.execute("CREATE VIEW v (x COMMENT 'its x') COMMENT = 'the view' AS SELECT a FROM t")
    return session


def test_create_keeps_the_comments_it_is_given(commented: Session) -> None:
    assert comments(commented, "T") == {"": "the table", "A": "first"}
    assert comments(commented, "V") == {"": "the view", "X": "its x"}
    listed = commented.execute("SELECT comment FROM information_schema.tables ORDER BY table_name").rows
    columns = commented.execute(
        "SELECT column_name, comment FROM information_schema.columns WHERE comment IS NOT NULL ORDER BY 1"
    )
    assert (listed, columns.rows) == ([("the table",), ("the view",)], [("A", "first"), ("X", "its x")])


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("COMMENT ON TABLE t IS 'new'", {"": "new", "A": "first"}),
        ("COMMENT ON TABLE db.public.t IS ''", {"A": "first"}),
        ("COMMENT ON COLUMN t.b IS 'it''s b'", {"": "the table", "A": "first", "B": "it's b"}),
        ("ALTER TABLE t SET COMMENT = 'set'", {"": "set", "A": "first"}),
        ("ALTER TABLE t UNSET COMMENT", {"A": "first"}),
        ("ALTER TABLE t ALTER COLUMN b COMMENT 'second'", {"": "the table", "A": "first", "B": "second"}),
        ("ALTER TABLE t ADD COLUMN c INT COMMENT 'third'", {"": "the table", "A": "first", "C": "third"}),
        ("ALTER TABLE t RENAME COLUMN a TO z", {"": "the table", "Z": "first"}),
        ("ALTER TABLE t DROP COLUMN a", {"": "the table"}),
        ("CREATE OR REPLACE TABLE t (a INT, b INT)", {}),
        ("CREATE OR REPLACE TABLE t COMMENT = 'filled' AS SELECT 1 AS a", {"": "filled"}),
        ("COMMENT IF EXISTS ON TABLE nothing IS 'x'", {"": "the table", "A": "first"}),
    ],
)
def test_a_statement_changes_the_comments_it_names(
    commented: Session, sql: str, found: dict[str, str | None]
) -> None:
    commented.execute(sql)
    assert comments(commented, "T") == found


def test_comments_go_with_the_name_and_a_clone_takes_them_too(commented: Session) -> None:
    commented.execute("CREATE TABLE copied CLONE t")
    commented.execute("ALTER TABLE t RENAME TO moved")
    commented.execute("CREATE TABLE t (a INT) COMMENT = 'another'")
    commented.execute("ALTER TABLE t SWAP WITH moved")
    assert comments(commented, "T") == comments(commented, "COPIED") == {"": "the table", "A": "first"}
    assert comments(commented, "MOVED") == {"": "another"}
    commented.execute("DROP TABLE t")
    commented.execute("CREATE TABLE t (a INT)")
    assert comments(commented, "T") == {}


@pytest.mark.parametrize(
    ("sql", "error", "message"),
    [
        ("COMMENT ON TABLE nothing IS 'x'", BadInput, "NOTHING does not exist"),
        ("COMMENT ON COLUMN t.q IS 'x'", BadInput, "Column Q does not exist"),
        ("COMMENT ON SCHEMA public IS 'x'", NotAvailable, "COMMENT ON SCHEMA"),
    ],
)
def test_a_comment_on_nothing_says_so(
    commented: Session, sql: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        commented.execute(sql)


def test_comments_are_bounded_together(limited: Callable[..., Session]) -> None:
    session = limited(max_value_bytes=1_000)
    session.execute("CREATE TABLE t (a INT, b INT)")
    session.execute(f"COMMENT ON TABLE t IS '{'x' * 600}'")
    with pytest.raises(LimitReached, match="max_value_bytes"):
        session.execute(f"COMMENT ON COLUMN t.a IS '{'x' * 600}'")
    session.execute(f"COMMENT ON TABLE t IS '{'y' * 900}'")
    assert comments(session, "T") == {"": "y" * 900}
