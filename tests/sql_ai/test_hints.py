"""What people often write wrongly is answered with the way to write it."""

import pytest

from core.errors import HubError
from core.sql_ai import Session


@pytest.mark.parametrize(
    ("sql", "advice"),
    [
        ("SELECT AI_FILTER('Is it about money?', x) FROM t", "AI_FILTER(PROMPT('Is it ..? {0}', column))"),
        ("SELECT SENTIMENT(x) FROM t", "SNOWFLAKE.CORTEX.SENTIMENT"),
        ("SELECT CLASSIFY_TEXT(x, ['a', 'b']) FROM t", "SNOWFLAKE.CORTEX.CLASSIFY_TEXT"),
        ("CALL m!PREDICT(INPUT_DATA => TABLE(t))", "SELECT *, M!PREDICT(INPUT_DATA => {*}) FROM"),
        ("SELECT * FROM TABLE(p())", "CALL p(..) ->> SELECT .. FROM $1"),
    ],
)
def test_the_hint_shows_the_form_that_runs(session: Session, sql: str, advice: str) -> None:
    session.execute("CREATE TABLE t AS SELECT 'x' AS x, 1 AS a, 'y' AS label")
    session.execute(
        "CREATE SNOWFLAKE.ML.CLASSIFICATION m(INPUT_DATA => TABLE(SELECT MOD(SEQ4(), 7) AS a,"
        " IFF(MOD(SEQ4(), 7) > 3, 'y', 'n') AS label FROM TABLE(GENERATOR(ROWCOUNT => 40))), TARGET_COLNAME => 'LABEL')"
    )
    session.execute("CREATE PROCEDURE p() RETURNS INT AS $$ BEGIN RETURN 1; END $$")
    with pytest.raises(HubError) as caught:
        session.execute(sql)
    assert advice in caught.value.hint
