"""Nothing leaves the session's database, nothing fills or stalls it, and every limit is reported by its name."""

import gc
import sqlite3
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.config import ROOT
from core.config_sql import SqlSettings
from core.errors import BadInput, Cancelled, HubError, LimitReached, NotAvailable
from core.sql_ai import Session, open_session
from core.sql_ai.memo import Memo
from core.sql_ai.sandbox import Sandbox
from core.sql_ai.udfs import aggregates
from tests.support.processor import takes_less_than

Limited = Callable[..., Session]


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH DATABASE '/tmp/x.db' AS y",
        "DETACH y",
        "PRAGMA writable_schema = ON",
        "PRAGMA table_info(t)",
        "VACUUM INTO '/tmp/x.db'",
        "SELECT load_extension('x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/x', 'y')",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM pragma_table_info('t')",
        "SELECT * FROM json_each('[1]')",
        "SELECT randomblob(900000000)",
        "SELECT zeroblob(900000000)",
        "SELECT printf('%.*c', 100000000, 'x')",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "CREATE INDEX i ON t (id)",
        "COPY INTO t FROM @stage",
        "PUT file:///etc/passwd @stage",
        "CREATE FUNCTION f() RETURNS INT LANGUAGE PYTHON HANDLER = 'f' AS 'import os'",
        "CREATE PROCEDURE p() RETURNS INT LANGUAGE PYTHON AS 'import os'",
        "CALL os_system('ls')",
        "EXECUTE IMMEDIATE 'ATTACH DATABASE x AS y'",
        "EXECUTE IMMEDIATE 'EXECUTE IMMEDIATE q'",
        "SELECT sf_cast(1, 'x')",
        "SELECT ai_call(0, 'AI_FILTER', 'x')",
        "SELECT sqlite_version()",
    ],
)
def test_what_reaches_outside_is_refused_with_a_hint(session: Session, sql: str) -> None:
    session.execute("CREATE TABLE t (id INT)")
    with pytest.raises((BadInput, NotAvailable)) as caught:
        session.execute(sql)
    assert caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH DATABASE ':memory:' AS other",
        "PRAGMA user_version",
        "SELECT load_extension('x')",
        "SELECT randomblob(10)",
        "SELECT hex(zeroblob(10))",
        "SELECT sqlite_version()",
        "SELECT printf('%d', 1)",
        "SELECT changes()",
        "CREATE TABLE x (a)",
        "DROP TABLE x",
        "INSERT INTO x VALUES (1)",
        "SELECT * FROM pragma_table_info('x')",
        "CREATE TEMP TABLE y (a)",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "VACUUM",
    ],
)
def test_the_authorizer_denies_it_even_if_the_compiler_let_it_through(sql: str) -> None:
    sandbox = Sandbox(SqlSettings())
    with sandbox.writing():
        sandbox.run("CREATE TABLE x (a)")
    with pytest.raises(HubError):
        sandbox.run(sql).fetchall()
    assert sandbox.run("SELECT COUNT(*) FROM x").fetchone() == (0,)


def test_writing_mode_lets_no_other_statement_through() -> None:
    sandbox = Sandbox(SqlSettings())
    for sql in (
        "ATTACH DATABASE ':memory:' AS other",
        "PRAGMA user_version = 7",
        "CREATE TRIGGER g AFTER INSERT ON x BEGIN SELECT 1; END",
    ):
        with pytest.raises(HubError), sandbox.writing():
            sandbox.run(sql)


def test_sessions_do_not_see_each_other(models: Any) -> None:
    first, second = open_session(samples=False), open_session(samples=False)
    first.execute("CREATE TABLE mine AS SELECT 1 AS a")
    first.execute("SET v = 1")
    with pytest.raises(BadInput, match="MINE does not exist"):
        second.execute("SELECT * FROM mine")
    with pytest.raises(BadInput, match="does not exist"):
        second.execute("SELECT $v")


def test_a_session_that_nobody_holds_is_freed_with_its_database(models: Any) -> None:
    """SQLite holds on to functions where Python's collector cannot look: they must not hold the session."""
    session = open_session(samples=False, overrides=models.overrides())
    session.execute("CREATE TABLE t AS SELECT 'good' AS x UNION ALL SELECT 'bad'")
    session.execute("SELECT UPPER(x), AI_SENTIMENT(x) FROM t")
    session.execute("SELECT LISTAGG(x, ','), MEDIAN(LENGTH(x)) FROM t")
    session.execute("EXECUTE IMMEDIATE $$ BEGIN LET a := 1; RETURN a + 1; END $$")
    with pytest.raises(BadInput):
        session.execute("SELECT TO_NUMBER(x) FROM t")
    sandbox = next(value for value in vars(session).values() if isinstance(value, Sandbox))
    gone = [weakref.ref(session), weakref.ref(sandbox)]  # a connection takes no weak reference
    del session, sandbox
    gc.collect()
    assert [reference() for reference in gone] == [None, None]


@pytest.mark.timeout(30)  # each of these once ran for minutes inside one step, where no limit can look
@pytest.mark.parametrize(
    "text", ["REPEAT('9', 1000000)", "'1e999999999'", "'-1e999999'", "'1' || REPEAT('0', 900000)"]
)
@pytest.mark.parametrize(
    "sql",
    [
        "TO_NUMBER({})",
        "{} + 1",
        "CAST({} AS NUMBER(10, 2))",
        "TRY_TO_NUMBER({})",
        "CAST({} AS FLOAT)",
        "{}::INT",
        "PARSE_JSON({})::INT",
        "TO_TIMESTAMP({})",
        "ROUND({})",
    ],
)
def test_a_number_of_a_million_digits_is_answered_at_once(session: Session, sql: str, text: str) -> None:
    (result,) = session.run_script(f"SELECT {sql.format(text)} AS a")
    if result.error is None:
        assert len(result.rows) == 1
    else:
        assert len(result.error.message) < 300, "the number itself does not belong into the message"


def _texts(count: int, size: int) -> pd.DataFrame:
    return pd.DataFrame({"x": [str(i).ljust(size, "-") for i in range(count)]})


LIMITS = {
    "time_limit_s": (0.5, "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r"),
    "max_result_bytes": (1_000, "SELECT REPEAT('x', 90) FROM TABLE(GENERATOR(ROWCOUNT => 50))"),
    "max_statement_chars": (100, "SELECT '" + "x" * 200 + "'"),
    "max_value_bytes": (1_000, "SELECT REPEAT('x', 5000)"),
    "max_expression_depth": (10, "SELECT " + "(" * 12 + "1" + ")" * 12),
    "max_compound_selects": (3, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5"),
    "max_model_chars": (1_000, "SELECT AI_FILTER(REPEAT(column1, 600)) FROM VALUES ('a'), ('b')"),
    "max_recursion_rows": (10, "SELECT 1 FROM TABLE(GENERATOR(ROWCOUNT => 11))"),
    "max_model_inputs": (2, "SELECT AI_FILTER(column1) FROM VALUES ('a'), ('b'), ('c')"),
    "max_tables": (1, "CREATE TABLE second (id INT)"),
    "max_table_rows": (5, "INSERT INTO first SELECT 1 FROM TABLE(GENERATOR(ROWCOUNT => 6))"),
    "max_database_bytes": (
        1_000_000,
        "CREATE OR REPLACE TABLE first AS SELECT REPEAT('x', 9000) AS x FROM TABLE(GENERATOR(ROWCOUNT => 500))",
    ),
    "max_models": (1, "CREATE SNOWFLAKE.ML.TOP_INSIGHTS two()"),
    "max_training_rows": (
        12,
        "CREATE SNOWFLAKE.ML.CLASSIFICATION c(INPUT_DATA => "
        "TABLE(SELECT SEQ4() AS n FROM TABLE(GENERATOR(ROWCOUNT => 20))), TARGET_COLNAME => 'N')",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_that_is_hit_is_reported_by_its_name(limited: Limited, name: str) -> None:
    value, sql = LIMITS[name]
    session = limited(**{name: value})
    session.execute("CREATE TABLE first (id INT)")
    session.execute("CREATE SNOWFLAKE.ML.TOP_INSIGHTS one()")
    before = session.tables()
    with pytest.raises(LimitReached) as caught:
        session.execute(sql)
    assert name in caught.value.message
    assert f"{value:,}" in caught.value.message or f"{value:g}" in caught.value.message
    assert caught.value.hint
    assert session.tables() == before
    assert session.execute("SELECT 1").rows == [(1,)]


@pytest.mark.timeout(60)  # with the whole in every row, 100,000 numbers once made 60 GB
@pytest.mark.parametrize("recursive", ["FALSE", "TRUE"])
def test_a_long_array_is_not_multiplied_by_flatten(session: Session, recursive: str) -> None:
    flattened = (
        "SELECT COUNT(*), SUM(value), MIN(ARRAY_SIZE(this)) FROM TABLE(FLATTEN(INPUT => "
        "ARRAY_GENERATE_RANGE(0, {}), RECURSIVE => " + recursive + "))"
    )
    assert session.execute(flattened.format(3_000)).rows == [(3_000, 4_498_500, 3_000)]
    with pytest.raises(LimitReached, match="max_value_bytes"):
        session.execute(flattened.format(100_000))


def test_deeply_nested_values_are_not_multiplied_by_flatten(session: Session) -> None:
    nested = "[" * 900 + '"' + "x" * 40_000 + '"' + "]" * 900
    with pytest.raises(LimitReached, match="FLATTEN makes at most"):
        session.execute(
            f"SELECT COUNT(*) FROM TABLE(FLATTEN(INPUT => PARSE_JSON('{nested}'), RECURSIVE => TRUE))"
        )


SORTING = """
import resource
from core.config_sql import SqlSettings
from core.errors import LimitReached
from core.sql_ai import open_session
limits = SqlSettings(max_heap_bytes=60_000_000)
session, other = open_session(limits=limits), open_session(limits=limits)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
many = "FROM product_reviews a, product_reviews b, product_reviews c"
for sql in (
    f"SELECT * {many} ORDER BY a.review_text, b.review_text",
    f"SELECT a.review_text, b.review_text, c.review_text, COUNT(*) {many} GROUP BY 1, 2, 3",
    f"SELECT ROW_NUMBER() OVER (ORDER BY a.review_text, c.review_text), b.* {many}",
):
    try:
        session.execute(sql)
        print("no limit")
    except LimitReached as error:
        print(error.message, "|", error.hint)
print(other.execute("SELECT COUNT(*) FROM product_reviews").rows)
print("MB", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_sort_of_a_huge_join_ends_at_the_memory_limit_and_hurts_no_other_session() -> None:
    """In a process of its own: the limit is the process's, and can only be lowered."""
    done = subprocess.run(
        [sys.executable, "-c", SORTING], capture_output=True, text=True, cwd=ROOT, timeout=200, check=True
    )
    *told, rows, growth = done.stdout.splitlines()
    assert len(told) == 3
    for line in told:
        assert "max_heap_bytes = 60,000,000" in line
        assert "WHERE" in line
    assert int(rows.strip("[](),")) > 0
    assert int(growth.split()[1]) < 150


def test_a_long_result_is_cut_and_marked(limited: Limited) -> None:
    session = limited(max_rows=5)
    exact = session.execute("SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 5))")
    cut = session.execute("SELECT SEQ4() FROM TABLE(GENERATOR(ROWCOUNT => 6))")
    assert (len(exact.rows), exact.truncated) == (5, False)
    assert (len(cut.rows), cut.truncated) == (5, True)
    with pytest.raises(LimitReached, match="max_rows = 5"):
        session.execute("SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))")


def test_memory_rounds_and_kept_results_are_bounded_without_an_error(limited: Limited) -> None:
    session = limited(memo_entries=2, kept_results=1, max_rounds=2)
    session.execute("SELECT AI_FILTER(column1) FROM VALUES ('a'), ('b'), ('c')")
    assert len(session.memo) == 2
    session.execute("SELECT 2")
    assert len(session.results) == 1
    assert session.execute("SELECT AI_COMPLETE('m', AI_COMPLETE('m', AI_COMPLETE('m', 'x')))").rows == [
        ("re: re: re: x",)
    ]


def test_the_memory_of_answers_is_bounded_in_bytes_too() -> None:
    memo = Memo(entries=1_000, most_bytes=10_000)
    for number in range(100):
        memo.put(f"{number}", {"text": ["x" * 900], "vector": [0.5] * 10})
    assert 1 < len(memo) < 10
    assert memo.bytes <= 10_000
    memo.put("99", "short")
    memo.clear()
    assert memo.bytes == 0


def test_a_session_s_variables_hold_no_more_than_one_value_may(limited: Limited) -> None:
    session = limited(max_value_bytes=10_000)
    for number in range(9):
        session.execute(f"SET v{number} = REPEAT('x', 1000)")
    with pytest.raises(LimitReached, match="max_value_bytes = 10,000"):
        session.execute("SET (v9, v10) = (REPEAT('x', 900), REPEAT('x', 900))")
    session.execute("SET v0 = 'short'")
    session.execute("SET v10 = REPEAT('x', 1000)")


def test_kept_results_hold_no_more_than_two_of_full_size_and_the_last_one_always(limited: Limited) -> None:
    session = limited(max_result_bytes=10_000)
    for _statement in range(6):
        session.execute("SELECT REPEAT('x', 7000)")
    assert len(session.results) == 2
    session.execute("SELECT 1")
    assert len(session.execute("SELECT * FROM TABLE(RESULT_SCAN(LAST_QUERY_ID(-2)))").rows[0][0]) == 7_000


def test_the_rows_that_a_block_holds_are_bounded(limited: Limited) -> None:
    """Each RESULTSET is within the limit of a result; a block can have a thousand."""
    session = limited(max_result_bytes=10_000)
    sets = "".join(f"LET r{i} RESULTSET := (SELECT REPEAT('x', 9000)); " for i in range(12))
    with pytest.raises(LimitReached, match="8 times the limit max_result_bytes"):
        session.execute(f"BEGIN {sets} RETURN 1; END")
    assert session.execute("SELECT 1").rows == [(1,)]


def test_nested_values_count_as_what_they_are_in_memory(limited: Limited) -> None:
    """A list of empty lists takes twenty times the memory of its text."""
    session = limited(max_result_bytes=100_000)
    many = "[" + ",".join(["[]"] * 2_500) + "]"
    with pytest.raises(LimitReached, match="max_result_bytes"):
        session.execute(f"SELECT PARSE_JSON('{many}')")
    assert len(session.execute(f"SELECT '{many}'").rows[0][0]) == len(many)


@pytest.mark.timeout(60)  # a body with a thousand places times an argument of a thousand parts
def test_long_arguments_are_not_multiplied_by_long_bodies(session: Session) -> None:
    places, parts = ", ".join(["x"] * 1_000), ", ".join(["1"] * 1_000)
    session.execute(f"CREATE FUNCTION f(x INT) RETURNS ARRAY AS 'ARRAY_CONSTRUCT({places})'")
    with pytest.raises(LimitReached, match="unfold to more than 200,000 expressions"):
        session.execute(f"SELECT f(ARRAY_SIZE(ARRAY_CONSTRUCT({parts})))")


@pytest.mark.timeout(60)  # each character was looked for in the whole of the other text, in one step: hours
@pytest.mark.parametrize(
    "sql",
    [
        "STRTOK_TO_ARRAY({text}, {marks})",
        "STRTOK({text}, {marks}, 1)",
        "INITCAP({text}, {marks})",
        "TRIM({text}, {marks})",
        "LTRIM({text}, {marks})",
        "RTRIM({text}, {marks})",
        "TRANSLATE({text}, {marks}, '')",
    ],
)
@pytest.mark.parametrize("marks", ["REPEAT('c', 500000) || 'ab'", "REPEAT('ba', 250000)"])
def test_a_long_set_of_characters_costs_no_more_than_a_short_one(
    session: Session, sql: str, marks: str
) -> None:
    made = sql.format(text="REPEAT('ab', 250000)", marks=marks)
    with takes_less_than(5):
        session.execute(f"SELECT LENGTH(({made})::STRING)")


# Each item was looked for in a list of all others, in one step: forty thousand took a minute.
@pytest.mark.timeout(60)
@pytest.mark.parametrize(("function", "left"), [("ARRAY_INTERSECTION", 20_000), ("ARRAY_EXCEPT", 30_000)])
def test_long_arrays_are_compared_in_linear_time(session: Session, function: str, left: int) -> None:
    arrays = "ARRAY_GENERATE_RANGE(0, 50000), ARRAY_GENERATE_RANGE(30000, 80000)"
    with takes_less_than(5):
        assert session.execute(f"SELECT ARRAY_SIZE({function}({arrays}))").rows == [(left,)]


def test_an_ai_aggregate_collects_no_more_than_others(session: Session) -> None:
    with pytest.raises(LimitReached, match="collects more than its limit of 8 MB"):
        session.execute("SELECT AI_AGG(REPEAT('x', 1000000), 'sum up') FROM TABLE(GENERATOR(ROWCOUNT => 10))")


def test_many_aggregates_together_have_a_limit_and_give_back_what_they_took(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aggregates, "_MOST_TOGETHER", 20_000_000)
    before = aggregates.Collecting.together
    collected = ", ".join(f"ARRAY_AGG(REPEAT('{i}', 1000000))" for i in range(6))
    rows = "FROM TABLE(GENERATOR(ROWCOUNT => 5))"
    with pytest.raises(LimitReached, match="all running statements"):
        session.execute(f"SELECT {collected} {rows}")
    assert aggregates.Collecting.together == before
    session.execute(f"SELECT LENGTH(LISTAGG(REPEAT('a', 300000))) {rows}")
    assert aggregates.Collecting.together == before


def test_every_setting_of_the_sandbox_is_tried_here() -> None:
    tried = {*LIMITS, "max_rows", "memo_entries", "kept_results", "max_rounds", "max_heap_bytes"}
    unlimited = {"price_per_million_tokens", "price_as_of"}
    assert set(SqlSettings.model_fields) == tried | unlimited


def test_the_deadline_is_checked_inside_functions(limited: Limited) -> None:
    session = limited(time_limit_s=0.3)
    session.sandbox.add_function("sf_upper", 1, lambda value: time.sleep(0.05) or value, deterministic=False)
    with pytest.raises(LimitReached, match=r"time_limit_s = 0\.3"):
        session.execute("SELECT UPPER(SEQ4()::STRING) FROM TABLE(GENERATOR(ROWCOUNT => 1000))")


def test_the_deadline_is_checked_between_batches() -> None:
    asked: list[int] = []

    def slow(requests: list[tuple[Any, ...]]) -> list[bool]:
        asked.append(len(requests))
        time.sleep(limits.time_limit_s)
        return [True] * len(requests)

    limits = SqlSettings(time_limit_s=2.0)
    session = open_session(False, {"AI_FILTER": slow}, limits)
    session.load_table("t", _texts(600, 10))
    with pytest.raises(LimitReached, match="time_limit_s"):
        session.execute("SELECT AI_FILTER(x) FROM t")
    assert len(asked) == 1
    assert asked[0] < 600


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT TO_DATE('nonsense')", "nonsense"),
        ("SELECT 1 / (SELECT 0)", "zero"),
        ("SELECT PARSE_JSON('{')", "JSON"),
        ("SELECT REGEXP_REPLACE('a', '(', 'b')", r"\("),
        ("SELECT VECTOR_L2_DISTANCE([1], [1, 2])", "1 and 2 elements"),
        ("SELECT FACTORIAL(99)", "FACTORIAL"),
        ("SELECT CHR(99999999)", "CHR"),
        ("SELECT REPEAT('a', 40) || 'b' RLIKE '(a|a)*$'", "longer than 0.4 s"),
    ],
)
def test_the_real_error_of_a_function_reaches_the_user(session: Session, sql: str, message: str) -> None:
    with pytest.raises(HubError, match=message) as caught:
        session.execute(sql)
    assert "user-defined function" not in caught.value.message


def test_an_error_of_a_model_reaches_the_user() -> None:
    def broken(requests: list[tuple[Any, ...]]) -> list[Any]:
        raise ValueError("the tensor is upside down")

    session = open_session(False, {"AI_FILTER": broken})
    with pytest.raises(HubError, match="upside down") as caught:
        session.execute("SELECT AI_FILTER('x')")
    assert caught.value.hint
    assert session.execute("SELECT 1").rows == [(1,)]


def test_a_model_that_loses_an_answer_is_found_out() -> None:
    session = open_session(False, {"AI_FILTER": lambda requests: []})
    with pytest.raises(NotAvailable, match="0 answers to 1 requests"):
        session.execute("SELECT AI_FILTER('x')")


@pytest.mark.fault(
    "a statement that fails half-way",
    sees="the real error with a hint; the SQL stays in the editor",
    kept="the tables as they were",
    heals="by itself",
)
def test_a_failing_change_changes_nothing(session: Session) -> None:
    session.execute("CREATE TABLE t (id INT NOT NULL)")
    session.execute("INSERT INTO t VALUES (1), (2)")
    for sql in (
        "INSERT INTO t VALUES (3), (NULL)",
        "UPDATE t SET id = 1 / (id - 2)",
        "INSERT INTO t SELECT '3x'",
    ):
        with pytest.raises(HubError):
            session.execute(sql)
    assert session.execute("SELECT * FROM t ORDER BY id").rows == [(1,), (2,)]


def test_a_running_statement_can_be_cancelled_and_the_session_goes_on(session: Session) -> None:
    caught: list[BaseException] = []

    def run() -> None:
        try:
            session.execute(
                "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r"
            )
        except HubError as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    while thread.is_alive():
        session.cancel()
        time.sleep(0.01)
    assert isinstance(caught[0], Cancelled)
    assert caught[0].hint
    assert session.execute("SELECT 1").rows == [(1,)]


def test_training_that_outlasts_the_limit_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, limited: Limited
) -> None:
    released = threading.Event()
    monkeypatch.setattr("core.sql_ai.ml_statements._train", lambda _kind, _arguments: released.wait(60))
    session = limited(time_limit_s=1.0)
    session.execute("CREATE TABLE t (d DATE, y INT)")
    with pytest.raises(LimitReached, match="time_limit_s"):
        session.execute(
            "CREATE SNOWFLAKE.ML.FORECAST f(INPUT_DATA => TABLE(t), TIMESTAMP_COLNAME => 'd', TARGET_COLNAME => 'y')"
        )
    assert not released.is_set()
    released.set()
    assert session.models == {}


def test_cancelling_an_idle_session_does_nothing(session: Session) -> None:
    session.cancel()
    assert session.execute("SELECT 1").rows == [(1,)]


def test_threads_take_turns(session: Session) -> None:
    session.execute("CREATE TABLE t (id INT)")
    errors: list[str] = []

    def work(number: int) -> None:
        for _ in range(10):
            result = session.run_script(f"INSERT INTO t VALUES ({number})")[0]
            errors.extend([result.error.message] if result.error else [])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert session.execute("SELECT COUNT(*) FROM t").rows == [(40,)]


def test_no_file_is_opened_by_a_session(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session.run_script(
        "CREATE TABLE t AS SELECT REPEAT('x', 1000) a FROM TABLE(GENERATOR(ROWCOUNT => 3000));"
        "SELECT * FROM t ORDER BY a"
    )
    assert list(tmp_path.iterdir()) == []


def test_sqlite_is_new_enough_for_what_is_compiled() -> None:
    assert sqlite3.sqlite_version_info >= (3, 35)


def test_the_sample_tables_keep_the_limit_of_rows() -> None:
    with pytest.raises(LimitReached, match="640 rows are more than the limit max_table_rows = 100"):
        open_session(limits=SqlSettings(max_table_rows=100))
