"""What only Snowflake's service has is refused under its own name, with a hint that says what to do instead."""

import pytest

from core.errors import NotAvailable
from core.sql_ai import Session


@pytest.mark.parametrize(
    ("sql", "named", "advice"),
    [
        ("CREATE OR REPLACE TASK t WAREHOUSE = w SCHEDULE = '1 minute' AS SELECT 1", "CREATE TASK", "AS"),
        ("ALTER TASK t RESUME", "ALTER TASK", "schedule"),
        ("EXECUTE TASK t", "EXECUTE TASK", "schedule"),
        ("CREATE STREAM s ON TABLE t", "CREATE STREAM", "table itself"),
        (
            "CREATE OR REPLACE DYNAMIC TABLE d TARGET_LAG = '1 minute' WAREHOUSE = w AS SELECT 1 AS a",
            "CREATE DYNAMIC TABLE",
            "CREATE VIEW",
        ),
        ("ALTER DYNAMIC TABLE d REFRESH", "ALTER DYNAMIC TABLE", "CREATE VIEW"),
        (
            "CREATE CORTEX SEARCH SERVICE c ON body WAREHOUSE = w TARGET_LAG = '1 hour' AS (SELECT 1 AS body)",
            "CREATE CORTEX SEARCH SERVICE",
            "VECTOR_COSINE_SIMILARITY",
        ),
        ("SHOW CORTEX SEARCH SERVICES", "SHOW CORTEX SEARCH SERVICE", "VECTOR_COSINE_SIMILARITY"),
        (
            "CREATE SEMANTIC VIEW v TABLES (t AS t PRIMARY KEY (a))",
            "CREATE SEMANTIC VIEW",
            "service",
        ),
        ("CREATE AGENT a FROM SPECIFICATION $$ models: {} $$", "CREATE AGENT", "service"),
        ("CREATE MASKING POLICY p AS (v STRING) RETURNS STRING -> 'x'", "CREATE MASKING POLICY", "visitor"),
        ("CREATE WAREHOUSE IF NOT EXISTS w WITH WAREHOUSE_SIZE = 'SMALL'", "CREATE WAREHOUSE", "Leave"),
        ("CREATE SCHEMA IF NOT EXISTS d.s", "CREATE SCHEMA", "Leave"),
        ("CREATE OR REPLACE FILE FORMAT f TYPE = 'CSV'", "CREATE FILE FORMAT", "upload"),
        ("ALTER ACCOUNT SET CORTEX_ENABLED_CROSS_REGION = 'ANY_REGION'", "ALTER ACCOUNT", "ALTER SESSION"),
        ("SHOW MODELS IN SCHEMA s", "SHOW MODEL", "SHOW SNOWFLAKE.ML"),
        ("DESCRIBE SNOWFLAKE.ML.FORECAST f", "DESCRIBE SNOWFLAKE.ML.FORECAST", "SHOW SNOWFLAKE.ML"),
        ("ALTER SNOWFLAKE.ML.FORECAST f RENAME TO g", "ALTER SNOWFLAKE.ML.FORECAST", "OR REPLACE"),
        ("UNDROP TABLE t", "UNDROP", "again"),
        ("SELECT relative_path FROM DIRECTORY(@docs)", "DIRECTORY", "Upload"),
    ],
)
def test_the_refusal_names_the_object_and_says_what_to_do(
    session: Session, sql: str, named: str, advice: str
) -> None:
    with pytest.raises(NotAvailable) as caught:
        session.execute(sql)
    assert caught.value.message.removeprefix("The statement ").startswith(f"{named} ")
    assert advice in caught.value.hint


def test_tables_and_columns_may_bear_such_names(session: Session) -> None:
    session.run_script("CREATE TABLE task (stage INT, role INT); INSERT INTO task VALUES (1, 2)")
    assert session.execute("SELECT stage, role FROM task").rows == [(1, 2)]
    session.execute("ALTER TABLE task RENAME COLUMN stage TO stream")
    session.execute("DROP TABLE task")


def test_the_body_of_a_task_is_refused_as_a_whole_and_none_of_it_runs(session: Session) -> None:
    results = session.run_script(
        "CREATE TABLE t (a INT);"
        "CREATE OR REPLACE TASK nightly SCHEDULE = '1 minute' AS"
        " BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END;"
        "CREATE ALERT x IF (EXISTS (SELECT 1)) THEN BEGIN INSERT INTO t VALUES (3); DELETE FROM t; END;"
        "SELECT COUNT(*) FROM t;"
    )
    assert [result.error is None for result in results] == [True, False, False, True]
    assert results[-1].rows == [(0,)]
