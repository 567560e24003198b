"""One SELECT: its clauses, and the keys that SQLite cannot read where they stand."""

from typing import Any

import pytest

from core.errors import BadInput
from core.sql_ai import Session


@pytest.fixture
def sales(session: Session) -> Session:
    session.execute("CREATE TABLE shops (id INT, size INT) AS SELECT * FROM VALUES (1, 5), (2, 7), (3, 9)")
    session.execute(
        "CREATE TABLE sales (shop INT, units INT) AS SELECT * FROM VALUES (1, 10), (2, 20), (2, 21)"
    )
    return session


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("SELECT SUM(units) FROM sales WHERE shop = id GROUP BY id", [10, 41, None]),
        ("SELECT COUNT(*) FROM sales WHERE shop = id GROUP BY id", [1, 2, None]),
        ("SELECT COUNT(*) FROM sales WHERE shop = id GROUP BY shop, size", [1, 2, None]),
        ("SELECT SUM(units) FROM sales WHERE shop = id GROUP BY units - size ORDER BY 1 DESC LIMIT 1", [10, 21, None]),
        ("SELECT SUM(units) FROM sales WHERE shop = id GROUP BY id HAVING SUM(units) > 20", [None, 41, None]),
        ("SELECT SUM(units) FROM sales WHERE shop = id GROUP BY shop, units, id "
         "QUALIFY ROW_NUMBER() OVER (ORDER BY units) = 1", [10, 20, None]),
    ],
)  # fmt: skip
def test_a_subquery_groups_by_a_column_of_the_query_around_it(
    sales: Session, query: str, values: list[Any]
) -> None:
    for optimize in (True, False):
        rows = sales.execute(f"SELECT ({query}) FROM shops ORDER BY id", optimize=optimize).rows
        assert [row[0] for row in rows] == values


@pytest.mark.parametrize(
    ("items", "rows"),
    [
        ("x, 2024 AS y, COUNT(*)", [(1, 2024, 2), (2, 2024, 1)]),
        ("x, 3 AS y, COUNT(*) AS n", [(1, 3, 2), (2, 3, 1)]),
        ("x, 'all' AS y, COUNT(*)", [(1, "all", 2), (2, "all", 1)]),
        ("9 AS y, COUNT(*)", [(9, 3)]),
    ],
)
def test_a_constant_is_no_position_for_group_by_all(
    session: Session, items: str, rows: list[tuple[object, ...]]
) -> None:
    source = "FROM (SELECT column1 AS x FROM VALUES (1), (2), (1))"
    assert session.execute(f"SELECT {items} {source} GROUP BY ALL ORDER BY 1").rows == rows
    assert session.execute(f"SELECT {items} {source} WHERE x > 2 GROUP BY ALL").rows == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT shop FROM sales QUALIFY shop = 1", "QUALIFY needs a window function"),
        ("SELECT DISTINCT shop FROM sales ORDER BY units", "UNITS is not a valid order by expression"),
    ],
)
def test_a_clause_that_means_nothing_is_an_error(sales: Session, sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        sales.execute(sql)


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT DISTINCT shop FROM sales ORDER BY shop DESC", [2, 1]),
        ("SELECT DISTINCT s.shop AS units FROM sales s ORDER BY s.shop DESC", [2, 1]),
        ("SELECT DISTINCT shop AS units FROM sales ORDER BY units DESC", [2, 1]),
        ("SELECT DISTINCT * FROM sales ORDER BY units DESC, 1", [2, 2, 1]),
        ("SELECT DISTINCT shop, (SELECT MAX(id) FROM shops) AS m FROM sales ORDER BY m, shop", [1, 2]),
        ("SELECT DISTINCT shop FROM sales JOIN (SELECT 2 AS shop) USING (shop) ORDER BY shop", [2]),
        ("SELECT shop, RANK() OVER (ORDER BY units) AS r FROM sales QUALIFY r = 1", [1]),
    ],
)
def test_distinct_rows_are_sorted_by_what_they_show(sales: Session, sql: str, values: list[int]) -> None:
    assert [row[0] for row in sales.execute(sql).rows] == values
