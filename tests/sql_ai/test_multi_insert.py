"""INSERT ALL changes all its tables or none; tests/acceptance/documentation_patterns.sql shows its forms."""

import pytest

from core.errors import BadInput, HubError
from core.sql_ai.session import Session
from tests.sql_ai.conftest import Models


@pytest.fixture(autouse=True)
def tables(session: Session) -> None:
    session.run_script(
        "CREATE TABLE a (n INT); CREATE TABLE b (n INT NOT NULL); CREATE TABLE s AS "
        "SELECT column1 AS n FROM VALUES (1), (2), (NULL); INSERT INTO a VALUES (9)"
    )


def test_a_row_that_one_table_refuses_leaves_the_others_unchanged_too(session: Session) -> None:
    with pytest.raises(BadInput, match="non-nullable"):
        session.execute("INSERT OVERWRITE ALL INTO a INTO b SELECT n FROM s")
    assert session.execute("SELECT n FROM a").rows == [(9,)]
    assert session.execute("SELECT COUNT(*) FROM b").rows == [(0,)]


def test_a_condition_that_is_null_sends_the_row_to_else(session: Session) -> None:
    answer = session.execute(
        "INSERT ALL WHEN n > 1 THEN INTO b WHEN n = 1 THEN INTO b ELSE INTO a VALUES (n) SELECT n FROM s"
    )
    assert answer.columns == ["number of rows inserted into B", "number of rows inserted into A"]
    assert answer.rows == [(2, 1)]
    assert session.execute("SELECT n FROM a ORDER BY n NULLS FIRST").rows == [(None,), (9,)]


def test_a_model_is_asked_once_for_a_condition_and_its_negation(session: Session, models: Models) -> None:
    session.execute(
        "INSERT FIRST WHEN AI_FILTER('is ' || n) THEN INTO a WHEN TRUE THEN INTO a SELECT n FROM s"
    )
    assert len(models.asked) == 2  # two texts; NULL asks nothing
    assert session.execute("SELECT COUNT(*) FROM a").rows == [(4,)]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("INSERT FIRST INTO a SELECT n FROM s", "WHEN"),
        ("INSERT ALL INTO missing SELECT n FROM s", "MISSING"),
        ("INSERT ALL INTO a (m) SELECT n FROM s", "M"),
        ("INSERT ALL INTO a SELECT n, 1 AS m FROM s", "2 values"),
        ("INSERT ALL INTO a", "INSERT|Syntax"),
    ],
)
def test_what_does_not_fit_is_named(session: Session, sql: str, named: str) -> None:
    with pytest.raises(HubError, match=named) as caught:
        session.execute(sql)
    assert caught.value.hint
    assert session.execute("SELECT n FROM a").rows == [(9,)]
