"""Of two mistakes, the one that is written first is told, whatever order the conditions are evaluated in."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session

FIRST, SECOND = "AI_FILTER('x' || first_one)", "second_one = 1"


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT a FROM t WHERE {FIRST} AND {SECOND}",
        f"SELECT a FROM t WHERE {FIRST} OR {SECOND}",
        f"SELECT a FROM t WHERE NOT (a = 1 OR ({FIRST} AND {SECOND}))",
        f"SELECT t.a FROM t JOIN t u ON {FIRST} WHERE {SECOND}",
        f"SELECT t.a FROM t JOIN t u ON {FIRST} JOIN t v ON {SECOND}",
        f"SELECT t.a FROM t LEFT JOIN t u ON {FIRST} AND {SECOND}",
        f"SELECT a FROM t UNION SELECT a FROM t WHERE {FIRST} AND {SECOND}",
        f"SELECT a FROM t QUALIFY {FIRST} AND {SECOND}",
        f"INSERT INTO t SELECT a FROM t WHERE {FIRST} AND {SECOND}",
        f"INSERT ALL WHEN {FIRST} AND {SECOND} THEN INTO t SELECT a FROM t",
        f"UPDATE t SET a = 1 WHERE {FIRST} AND {SECOND}",
        f"DELETE FROM t WHERE {FIRST} AND {SECOND}",
        f"MERGE INTO t USING t u ON {FIRST} AND {SECOND} WHEN MATCHED THEN DELETE",
        f"MERGE INTO t USING t u ON t.a = u.a WHEN MATCHED AND {FIRST} AND {SECOND} THEN DELETE",
        f"CREATE VIEW v AS SELECT a FROM t WHERE {FIRST} AND {SECOND}",
        f"EXPLAIN AI SELECT a FROM t WHERE {FIRST} AND {SECOND}",
    ],
)
def test_the_first_mistake_as_written_is_told(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE t (a INT)")
    for optimize in (True, False):
        with pytest.raises(BadInput, match="FIRST_ONE does not exist"):
            session.execute(sql, optimize=optimize)
