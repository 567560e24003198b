"""FROM with several tables: the rows that an outer join adds."""

import pytest

from core.sql_ai import Session


@pytest.fixture
def tables(session: Session) -> Session:
    session.execute("CREATE TABLE a (x INT) AS SELECT * FROM VALUES (1), (2)")
    session.execute("CREATE TABLE b (y INT) AS SELECT * FROM VALUES (1), (3)")
    session.execute("CREATE TABLE c (z INT) AS SELECT * FROM VALUES (1), (4)")
    return session


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("a JOIN b ON FALSE FULL JOIN c ON x = z", [(None, None, 1), (None, None, 4)]),
        ("a JOIN b ON x = y AND 1 = 2 RIGHT JOIN c ON x = z", [(None, None, 1), (None, None, 4)]),
        ("(a JOIN b ON x = y AND COALESCE(NULL, 0) = 1) RIGHT JOIN c ON x = z", [(None, None, 1), (None, None, 4)]),
        ("a JOIN b ON x = y AND TRUE FULL JOIN c ON x = z", [(1, 1, 1), (None, None, 4)]),
        ("a JOIN b ON :never FULL JOIN c ON x = z", [(None, None, 1), (None, None, 4)]),
        ("c RIGHT JOIN a ON x = z JOIN b ON FALSE", []),
    ],
)  # fmt: skip
def test_a_constant_condition_loses_no_row_of_a_later_outer_join(
    tables: Session, source: str, rows: list[tuple[int | None, ...]]
) -> None:
    for optimize in (True, False):
        found = tables.execute(f"SELECT x, y, z FROM {source} ORDER BY z", optimize, {"never": False}).rows
        assert found == rows


def test_an_asof_join_takes_the_nearest_value_inside_a_variant(session: Session) -> None:
    session.execute("CREATE TABLE r AS SELECT TO_VARIANT(column1) AS v FROM VALUES (9), (10)")
    found = session.execute("SELECT r.v FROM (SELECT 11 AS x) ASOF JOIN r MATCH_CONDITION (x >= r.v)").rows
    assert found == [(10,)]
