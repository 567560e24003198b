"""A random number, a UUID or a number of a sequence is drawn once for each row, however often its name is read."""

import pytest

from core.errors import NotAvailable
from core.sql_ai import Session

ROWS = "(SELECT column1 AS v FROM VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f'), ('g'), ('h'))"
MANY = "TABLE(GENERATOR(ROWCOUNT => 200))"


@pytest.fixture
def filled(session: Session) -> Session:
    session.run_script(
        f"CREATE TABLE t AS SELECT * FROM {ROWS}; CREATE SEQUENCE q; CREATE VIEW w AS SELECT RANDOM() AS r FROM t;"
        "CREATE FUNCTION rnd() RETURNS INT AS 'RANDOM()'; CREATE FUNCTION twice(x INT) RETURNS INT AS 'x + x'"
    )
    return session


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT_IF(x = x AND x - x = 0) = 8 FROM (SELECT RANDOM() AS x FROM t)",
        "SELECT COUNT_IF(x = y) = 8 FROM (SELECT x, x AS y FROM (SELECT UUID_STRING() AS x FROM t))",
        "SELECT COUNT_IF(a = b AND a <> c) = 8 FROM (SELECT rnd() AS a, a AS b, rnd() AS c FROM t)",
        "SELECT SUM(MOD(twice(UNIFORM(1, 1000, RANDOM())), 2)) = 0 FROM t",
        "WITH c AS (SELECT UNIFORM(1, 1000000, RANDOM()) AS u FROM t) SELECT SUM(u - u) = 0 FROM c",
        "WITH c AS (SELECT RANDSTR(9, RANDOM()) AS u FROM t) SELECT COUNT(*) = 8 FROM c a JOIN c b ON a.u = b.u",
        "SELECT COUNT_IF(r = r) = 8 FROM w",
        "SELECT COUNT(*) = 0 FROM w a JOIN w b ON a.r = b.r",
        "SELECT MIN(IFF(a = b, 1, 0)) = 1 FROM (SELECT NORMAL(0, 1, RANDOM()) AS a, a AS b FROM t)",
        "SELECT COUNT(*) = 0 FROM (SELECT RANDOM() AS r FROM t WHERE r > 0) WHERE r <= 0",
        "SELECT COUNT_IF(r) = 8 FROM (SELECT NULLIF(u, -1) = u AS r FROM (SELECT RANDOM() AS u FROM t))",
        "SELECT COUNT_IF(n <> m - 1) = 0 FROM (SELECT n, n + 1 AS m FROM (SELECT q.NEXTVAL AS n FROM t))",
        "SELECT COUNT(DISTINCT k) = 8 AND SUM(k - l) = 0 FROM (SELECT q.NEXTVAL AS k, k AS l FROM t)",
        "SELECT SUM(s * 10 - t) = 0 AND MAX(s) = 7 FROM (SELECT SEQ4() AS s, s * 10 AS t FROM t)",
        "SELECT COUNT_IF(k IS NULL) = 0 "
        f"FROM (SELECT DECODE(UNIFORM(1, 2, RANDOM()), 1, 'a', 2, 'b') AS k FROM {MANY})",
        "SELECT COUNT_IF(k = 'none') = 0 FROM (SELECT CASE UNIFORM(1, 3, RANDOM()) WHEN 1 THEN 'a' WHEN 2 THEN 'b' "
        f"WHEN 3 THEN 'c' ELSE 'none' END AS k FROM {MANY})",
        f"SELECT COUNT_IF(k = 1) = 0 FROM (SELECT NULLIF(UNIFORM(1, 2, RANDOM()), 1) AS k FROM {MANY})",
    ],
)  # fmt: skip
def test_every_reading_of_a_row_sees_the_same_number(filled: Session, sql: str) -> None:
    for optimize in (True, False):
        assert filled.execute(sql, optimize=optimize).rows == [(True,)]


def test_order_by_sorts_by_the_number_that_is_shown(filled: Session) -> None:
    for order in ("r", "1"):
        rows = filled.execute(f"SELECT RANDOM() AS r, AI_COMPLETE('m', v) FROM t ORDER BY {order}").rows
        assert rows == sorted(rows)
        assert len(set(rows)) == 8


def test_calls_in_different_places_draw_different_numbers(filled: Session) -> None:
    rows = filled.execute("SELECT RANDOM(), RANDOM(), UUID_STRING(), UUID_STRING() FROM t").rows
    assert len({cell for row in rows for cell in row}) == 32


def test_passes_that_wait_for_answers_show_what_one_pass_would(filled: Session) -> None:
    sql = "SELECT r, AI_COMPLETE('m', v) FROM (SELECT RANDOM(7) AS r, v FROM t) WHERE AI_FILTER(v) OR r <> 0 ORDER BY v"
    batched = filled.execute(sql).rows
    assert batched == filled.execute(sql, optimize=False).rows
    assert len({row[0] for row in batched}) == 8


@pytest.mark.parametrize("group", ["g", "ROLLUP (g)"])
def test_grouping_by_a_number_that_is_drawn_is_refused_and_a_subquery_does_it(
    filled: Session, group: str
) -> None:
    with pytest.raises(NotAvailable, match="GROUP BY a random number"):
        filled.execute(f"SELECT UNIFORM(1, 2, RANDOM()) AS g, COUNT(*) FROM {MANY} GROUP BY {group}")
    sql = f"SELECT g, COUNT(*) FROM (SELECT UNIFORM(1, 2, RANDOM()) AS g FROM {MANY}) GROUP BY g ORDER BY g"
    (one, two) = filled.execute(sql).rows
    assert (one[0], two[0], one[1] + two[1]) == (1, 2, 200)
