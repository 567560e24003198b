"""INSERT, UPDATE and DELETE: what is refused leaves the table as it was."""

import pytest

from core.errors import BadInput
from core.sql_ai import Session


@pytest.mark.parametrize("item", ["a", "a > 1", "5", "UPPER(a) = 2", "a = 1, b"])
def test_update_takes_assignments_only(session: Session, item: str) -> None:
    session.execute("CREATE TABLE t (a INT, b INT) AS SELECT 7, 8")
    with pytest.raises(BadInput, match="in SET is no assignment"):
        session.execute(f"UPDATE t SET {item}")
    assert session.execute("SELECT * FROM t").rows == [(7, 8)]
