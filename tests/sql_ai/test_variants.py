"""VARIANT: the values inside are compared, never their JSON text, and come out as they went in."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from typing import Any

import pytest

from core.sql_ai import Session

ROWS = """CREATE TABLE e AS SELECT column1 AS id, PARSE_JSON(column2) AS v FROM VALUES
  (1, '{"a": 10, "b": "x", "t": true, "o": {"k": 1}}'), (2, '{"a": 9, "b": "y", "t": false}'), (3, '{"a": null}')"""


@pytest.fixture
def filled(session: Session) -> Session:
    session.execute(ROWS)
    return session


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT GREATEST(v:a, 5), LEAST(v:a, 100), LEAST(v:a, v:a) FROM e WHERE id = 1", [(10, 10, 10)]),
        ("SELECT GREATEST(v:a, 5, NULL), GREATEST_IGNORE_NULLS(v:a, 5, NULL) FROM e WHERE id = 1", [(None, 10)]),
        ("SELECT LEAST_IGNORE_NULLS(v:a, 100), GREATEST(v:b, 'w') FROM e WHERE id = 2", [(9, "y")]),
        ("SELECT GREATEST(v:a, 5), LEAST_IGNORE_NULLS(v:zz, NULL) FROM e WHERE id = 3", [(None, None)]),
        ("SELECT MAX(v:t), MIN(v:t), TYPEOF(MAX(v:t)) FROM e", [(True, False, "BOOLEAN")]),
        ("SELECT MAX(v:a), MIN(v:a), MAX(v:b) FROM e", [(10, 9, "y")]),
        ("SELECT ANY_VALUE(v:o), MAX(v:o), MIN(v:o):k FROM e", [({"k": 1}, {"k": 1}, 1)]),
        ("SELECT MAX(v:zz) FROM e", [(None,)]),
        ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY v:a), PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY v:a) FROM e", [(9.5, 10)]),
        ("SELECT MAX(v:a) OVER (), MIN(v:a) OVER (ORDER BY id) FROM e ORDER BY id", [(10, 10), (10, 9), (10, 9)]),
        ("SELECT id, MAX(v:a) FROM e GROUP BY id ORDER BY 2, 1", [(2, 9), (1, 10), (3, None)]),
    ],
)  # fmt: skip
def test_the_value_inside_a_variant_counts(filled: Session, query: str, rows: list[tuple[Any, ...]]) -> None:
    assert filled.execute(query).rows == rows


def test_the_least_and_the_greatest_of_many_long_variants_are_found_without_keeping_them_all(
    session: Session,
) -> None:
    session.execute(
        "CREATE TABLE long AS SELECT OBJECT_CONSTRUCT('b', REPEAT('x', 600) || SEQ4()) AS o"
        " FROM TABLE(GENERATOR(ROWCOUNT => 20000))"
    )
    found = session.execute("SELECT LENGTH(MIN(o:b)), RIGHT(MAX(o:b), 4), COUNT(*) FROM long")
    assert found.rows == [(601, "9999", 20000)]
