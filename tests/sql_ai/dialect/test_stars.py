"""What * stands for."""

import pytest

from core.errors import BadInput, NotAvailable
from core.sql_ai import Session


@pytest.mark.parametrize("star", ["*", "g.*"])
def test_a_generator_has_no_column_for_a_star(session: Session, star: str) -> None:
    with pytest.raises(BadInput, match="stands for no column") as caught:
        session.execute(f"SELECT {star} FROM TABLE(GENERATOR(ROWCOUNT => 2)) g")
    assert "SEQ4()" in caught.value.hint


def test_a_star_of_an_alias_that_is_not_there_names_it(session: Session) -> None:
    with pytest.raises(BadInput, match="Table or alias H does not exist"):
        session.execute("SELECT h.* FROM (SELECT 1 AS a) g")


TABLE = "(SELECT column1 AS x, column2 AS y FROM VALUES (1, 'p'), (2, 'q'), (3, NULL)) a"


@pytest.mark.parametrize(
    ("expression", "same"),
    [
        ("HASH(*)", "HASH(x, y)"),
        ("HASH(a.*)", "HASH(x, y)"),
        ("HASH(* EXCLUDE y)", "HASH(x)"),
        ("HASH_AGG(*)", "HASH_AGG(x, y)"),
        ("HASH_AGG(DISTINCT a.*)", "HASH_AGG(DISTINCT x, y)"),
        ("HASH_AGG(* ILIKE 'x')", "HASH_AGG(x)"),
        ("COUNT(a.*)", "COUNT_IF(y IS NOT NULL)"),
        ("GREATEST(* EXCLUDE y, 2)", "GREATEST(x, 2)"),
    ],
)
def test_a_star_among_arguments_stands_for_the_columns(session: Session, expression: str, same: str) -> None:
    for over in (TABLE, f"(SELECT * FROM {TABLE}) a"):
        assert session.execute(f"SELECT {expression} FROM {over}").rows == (
            session.execute(f"SELECT {same} FROM {over}").rows
        )


def test_a_function_of_a_fixed_number_of_values_takes_no_star(session: Session) -> None:
    with pytest.raises(BadInput, match="one value is expected"):
        session.execute(f"SELECT UPPER(*) FROM {TABLE}")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("3 IN (** [1, 3])", True),
        ("3 NOT IN (5, ** ARRAY_CONSTRUCT(1, 3), 7)", False),
        ("COALESCE(** [NULL, 5])", 5),
        ("GREATEST(1, ** [7, 2])", 7),
        ("CONCAT(** ['a', 'b'], 'c')", "abc"),
    ],
)
def test_the_spread_operator_gives_the_elements_one_by_one(
    session: Session, expression: str, value: object
) -> None:
    assert session.execute(f"SELECT {expression}").rows == [(value,)]


def test_the_spread_operator_takes_a_parameter(session: Session) -> None:
    found = session.execute(f"SELECT x FROM {TABLE} WHERE x IN (** :ids) ORDER BY x", values={"ids": [3, 1]})
    assert found.rows == [(1,), (3,)]


def test_the_spread_operator_refuses_an_array_that_differs_by_row(session: Session) -> None:
    with pytest.raises(NotAvailable, match="no constant"):
        session.execute("SELECT 1 IN (** a) FROM (SELECT [1] AS a)")
