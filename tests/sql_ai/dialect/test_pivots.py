"""PIVOT: the names of the columns, and NULL as a value of its own."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from typing import Any

import pytest

from core.sql_ai import Session

SALES = "CREATE TABLE s AS SELECT * FROM VALUES ('a', 'JAN', 10), ('a', NULL, 5), ('b', 'FEB', 7) AS v (id, month, amount)"


@pytest.mark.parametrize(
    ("pivot", "columns", "rows"),
    [
        # an alias of the aggregate is appended to each name
        ("SUM(amount) AS total FOR month IN ('JAN', 'FEB' AS f)", ["ID", "'JAN'_TOTAL", "F_TOTAL"],
         [("a", 10, None), ("b", None, 7)]),
        ("SUM(amount) total FOR month IN ('JAN')", ["ID", "'JAN'_TOTAL"], [("a", 10), ("b", None)]),
        # what ANY and a subquery find includes NULL
        ("SUM(amount) FOR month IN (ANY ORDER BY month)", ["ID", "'FEB'", "'JAN'", "NULL"],
         [("a", None, 10, 5), ("b", 7, None, None)]),
        ("SUM(amount) FOR month IN (ANY ORDER BY month DESC)", ["ID", "NULL", "'JAN'", "'FEB'"],
         [("a", 5, 10, None), ("b", None, None, 7)]),
        ("COUNT(amount) FOR month IN (SELECT DISTINCT month FROM s WHERE month IS NULL)", ["ID", "NULL"], [("a", 1), ("b", 0)]),
        ("SUM(amount) FOR month IN ('JAN') DEFAULT ON NULL (0)", ["ID", "'JAN'"], [("a", 10), ("b", 0)]),
    ],
)  # fmt: skip
def test_a_pivot_names_its_columns_as_documented(
    session: Session, pivot: str, columns: list[str], rows: list[tuple[Any, ...]]
) -> None:
    session.execute(SALES)
    found = session.execute(f"SELECT * FROM s PIVOT ({pivot}) ORDER BY id")
    assert (found.columns, found.rows) == (columns, rows)
