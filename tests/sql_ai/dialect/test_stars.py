"""What * stands for."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session


@pytest.mark.parametrize("star", ["*", "g.*"])
def test_a_generator_has_no_column_for_a_star(session: Session, star: str) -> None:
    with pytest.raises(BadInput, match="stands for no column") as caught:
        session.execute(f"SELECT {star} FROM TABLE(GENERATOR(ROWCOUNT => 2)) g")
    assert "SEQ4()" in caught.value.hint


def test_a_star_of_an_alias_that_is_not_there_names_it(session: Session) -> None:
    with pytest.raises(BadInput, match="Table or alias H does not exist"):
        session.execute("SELECT h.* FROM (SELECT 1 AS a) g")
