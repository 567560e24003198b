"""A block runs under the limits of one statement; tests/acceptance/scripting_patterns.sql shows the language."""

from collections.abc import Callable

import pytest

from core.errors import BadInput, HubError, LimitReached
from core.sql_ai.session import Session
from tests.sql_ai.conftest import Models

_ENDLESS = "BEGIN LOOP NULL; END LOOP; EXCEPTION WHEN OTHER THEN RETURN 'caught'; END"


def test_a_loop_without_end_meets_the_time_limit_which_no_handler_catches(
    limited: Callable[..., Session],
) -> None:
    with pytest.raises(LimitReached, match="time_limit_s"):
        limited(time_limit_s=0.3).execute(_ENDLESS)


def test_the_model_inputs_of_a_block_count_together_and_equal_texts_once(
    session: Session, models: Models
) -> None:
    block = "BEGIN FOR i IN 1 TO 3 DO LET m := AI_SENTIMENT('text ' || MOD(i, 2)); END FOR; RETURN m; END"
    with pytest.raises(BadInput, match="M"):
        session.execute(block)  # m lives in the loop
    assert len(models.asked) == 2


def test_the_limit_on_model_inputs_holds_for_a_whole_block(limited: Callable[..., Session]) -> None:
    session = limited(max_model_inputs=2)
    with pytest.raises(LimitReached, match="max_model_inputs"):
        session.execute(
            "BEGIN FOR i IN 1 TO 5 DO LET m := AI_SENTIMENT('text ' || i); END FOR; RETURN 1; END"
        )


def test_a_cursor_over_more_rows_than_the_limit_is_refused_not_cut(limited: Callable[..., Session]) -> None:
    block = (
        "BEGIN LET n INT := 0; LET r RESULTSET := (SELECT SEQ4() AS a FROM TABLE(GENERATOR(ROWCOUNT => 9))); "
    )
    block += "FOR x IN r DO n := n + 1; END FOR; RETURN n; END"
    assert limited(max_rows=9).execute(block).rows == [(9,)]
    with pytest.raises(LimitReached, match="max_rows"):
        limited(max_rows=8).execute(block)


_CURSOR = (
    "DECLARE c CURSOR FOR SELECT column1 AS n, '?' AS mark FROM VALUES (1), (2), (3) WHERE n BETWEEN ? AND ?;"
)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("LET v INT; OPEN c USING (2, 3); FETCH c INTO v, m; RETURN v || m;", [("2?",)]),
        ("LET low := 1; LET n := 0; OPEN c USING (low + 1, GREATEST(1, 3)); FOR r IN c DO n := n + r.n; END FOR; "
         "CLOSE c; OPEN c USING (1, 1); FOR r IN c DO n := n * 10 + r.n; END FOR; RETURN n;", [(51,)]),
        ("LET v INT; OPEN c USING (1, 3); FETCH c INTO v, m; RETURN TABLE(RESULTSET_FROM_CURSOR(c));",
         [(2, "?"), (3, "?")]),
    ],
)  # fmt: skip
def test_a_cursor_takes_values_for_its_marks_when_it_is_opened(
    session: Session, body: str, answer: list[object]
) -> None:
    for optimize in (True, False):
        assert session.execute(f"{_CURSOR} m VARCHAR; BEGIN {body} END", optimize=optimize).rows == answer


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("OPEN c;", "2 [?] for 0 values"),
        ("OPEN c USING (1);", "2 [?] for 1 values"),
        ("OPEN c USING (1, 2, 3);", "2 [?] for 3 values"),
        ("RETURN TABLE(RESULTSET_FROM_CURSOR(c));", "C is not open"),
    ],
)
def test_a_cursor_with_too_few_or_many_values_is_an_error(session: Session, body: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        session.execute(f"{_CURSOR} BEGIN {body} RETURN 1; END")


def test_what_a_statement_outside_may_not_do_a_block_may_not_either(session: Session) -> None:
    for inner in (
        "ATTACH DATABASE 'x' AS y",
        "PRAGMA user_version",
        "COPY INTO t FROM @s",
        "SELECT readfile('x')",
    ):
        with pytest.raises(HubError) as caught:
            session.execute(f"BEGIN {inner}; END")
        assert caught.value.hint
        with pytest.raises(HubError):
            session.execute(
                f"EXECUTE IMMEDIATE $$BEGIN EXECUTE IMMEDIATE '{inner.replace(chr(39), chr(39) * 2)}'; END$$"
            )


def test_statements_before_the_one_that_fails_stay_done(session: Session) -> None:
    session.execute("CREATE TABLE t (a INT)")
    with pytest.raises(BadInput, match="line 3 of the block"):
        session.execute("BEGIN\nINSERT INTO t VALUES (1);\nINSERT INTO missing VALUES (1);\nEND")
    assert session.execute("SELECT COUNT(*) FROM t").rows == [(1,)]


def test_a_block_leaves_no_variable_behind(session: Session) -> None:
    session.execute("BEGIN LET secret := 5; RETURN secret; END")
    with pytest.raises(BadInput, match=":secret"):
        session.execute("SELECT :secret")


def test_a_parameter_from_outside_is_seen_inside_and_hidden_by_a_variable(session: Session) -> None:
    assert session.execute("BEGIN RETURN :store || '!'; END", values={"store": "A"}).rows == [("A!",)]
    inside = "BEGIN LET store := 'B'; RETURN (SELECT :store); END"
    assert session.execute(inside, values={"store": "A"}).rows == [("B",)]


def test_row_by_row_and_batched_blocks_agree(session: Session) -> None:
    session.execute("CREATE TABLE t AS SELECT 'text ' || SEQ4() AS body FROM TABLE(GENERATOR(ROWCOUNT => 6))")
    block = (
        "BEGIN LET r RESULTSET := (SELECT body, AI_FILTER(body) AS f FROM t ORDER BY 1); RETURN TABLE(r); END"
    )
    assert session.execute(block, optimize=False).rows == session.execute(block, optimize=True).rows


def test_texts_that_run_themselves_end_at_a_named_depth(session: Session) -> None:
    session.execute("SET q = 'BEGIN EXECUTE IMMEDIATE $q; END'")
    with pytest.raises(LimitReached, match="more than 10 levels"):
        session.execute("EXECUTE IMMEDIATE $q")
    assert session.open_blocks == 0


def test_the_value_of_a_called_procedure_goes_into_a_variable(session: Session) -> None:
    session.execute("CREATE PROCEDURE five() RETURNS INT LANGUAGE SQL AS 'BEGIN RETURN 5; END'")
    for target in (":y", "y"):
        block = f"DECLARE y INT DEFAULT 1; BEGIN CALL five() INTO {target}; RETURN y * 2; END"
        assert session.execute(block).rows == [(10,)]


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("CALL five() INTO :y", "INTO"),
        ("SELECT 5 INTO :y", "INTO"),
        ("CALL five() LIMIT 1", "LIMIT"),
        ("CALL why!GET_DRIVERS() ORDER BY 1", "ORDER"),
    ],
)
def test_a_clause_behind_a_call_is_refused_and_never_skipped(session: Session, sql: str, named: str) -> None:
    session.execute("CREATE PROCEDURE five() RETURNS INT LANGUAGE SQL AS 'BEGIN RETURN 5; END'")
    session.execute("CREATE SNOWFLAKE.ML.TOP_INSIGHTS why()")
    with pytest.raises(HubError, match=named):
        session.execute(sql)


def test_a_dynamic_statement_with_into_is_refused_and_never_skipped(session: Session) -> None:
    block = "DECLARE y INT DEFAULT 1; BEGIN EXECUTE IMMEDIATE 'SELECT 5' INTO :y; RETURN y; END"
    with pytest.raises(HubError):
        session.execute(block)
