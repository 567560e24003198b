"""Models see each distinct request once, in batches, and never one that row-by-row evaluation would not make."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from core.sql_ai import Session, open_session
from core.sql_ai.batching import further

from .conftest import Models, number

ROWS, TEXTS = 600, 40
_TEXT = [f"text {index * 7 % TEXTS}" for index in range(ROWS)]


def score(text: str) -> float:
    return number((text,)) / 500 - 1


def distinct(rows: Any) -> int:
    return len({_TEXT[index] for index in rows})


@pytest.fixture
def numbers(session: Session) -> Session:
    frame = pd.DataFrame({"id": range(ROWS), "x": _TEXT, "cat": ["ab"[index % 2] for index in range(ROWS)]})
    session.load_table("t", frame)
    return session


def first_passing(wanted: int, sign: int = 1) -> range:
    """The rows that a scan reads until so many have a positive (or negative) score."""
    passed = 0
    for index, text in enumerate(_TEXT):
        passed += sign * score(text) > 0
        if passed == wanted:
            return range(index + 1)
    return range(ROWS)


F = "SNOWFLAKE.CORTEX.SENTIMENT(x)"
SHAPES = {
    "three calls in the select list": (f"SELECT {F}, {F} + 1, {F} * 2 FROM t", TEXTS),
    "select, where and order by": (f"SELECT {F} s FROM t WHERE {F} > 0 ORDER BY {F}", TEXTS),
    "derived table": (f"SELECT s, s + 1 FROM (SELECT {F} AS s FROM t) WHERE s > 0", TEXTS),
    "common table expression": (f"WITH q AS (SELECT {F} AS s FROM t) SELECT s, s + 1 FROM q WHERE s > 0", TEXTS),
    "AI condition first": (f"SELECT id FROM t WHERE {F} > 0 AND id < 20", distinct(range(20))),
    "AI condition last": (f"SELECT id FROM t WHERE id < 20 AND {F} > 0", distinct(range(20))),
    "nested OR beside a cheap condition": (
        f"SELECT id FROM t WHERE ({F} > 0 OR id < 0) AND cat = 'a'",
        distinct(range(0, ROWS, 2)),
    ),
    "late materialisation": (f"SELECT id, {F} FROM t ORDER BY id DESC LIMIT 10", distinct(range(ROWS - 10, ROWS))),
    "late materialisation under QUALIFY": (
        f"SELECT id, {F} FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY cat ORDER BY id) <= 3",
        distinct(range(6)),
    ),
    "limit": (f"SELECT {F} FROM t LIMIT 10", distinct(range(10))),
    "limit with an offset": (f"SELECT id FROM t WHERE {F} > 0 LIMIT 4 OFFSET 8", distinct(first_passing(12))),
    "limit over a common table expression": (
        f"WITH q AS (SELECT id, {F} AS s FROM t) SELECT id FROM q WHERE s > 0 LIMIT 12",
        distinct(first_passing(12)),
    ),
    "limit of UNION ALL behind an AI condition": (
        f"SELECT id FROM t WHERE {F} > 0 UNION ALL SELECT id FROM t WHERE {F} > 0 LIMIT 12",
        distinct(first_passing(12)),
    ),
    "limit behind an AI condition": (f"SELECT id FROM t WHERE {F} > 0 LIMIT 12", distinct(first_passing(12))),
    "limit behind a derived AI column": (
        f"SELECT s FROM (SELECT {F} AS s FROM t) WHERE s < 0 LIMIT 9",
        distinct(first_passing(9, -1)),
    ),
    "CASE guard": (f"SELECT CASE WHEN id < 5 THEN {F} ELSE 0 END FROM t", distinct(range(5))),
    "IFF guard with an AI condition": (f"SELECT IFF(id < 9, {F}, NULL) FROM t", distinct(range(9))),
    "COALESCE asks only where it must": (
        f"SELECT COALESCE(IFF(id >= 4, 0, NULL), {F}) FROM t",
        distinct(range(4)),
    ),
    "distinct": (f"SELECT {F} FROM (SELECT DISTINCT x FROM t)", TEXTS),
    "exists": (f"SELECT id FROM t WHERE EXISTS (SELECT 1 WHERE {F} > 0)", TEXTS),
    "exists over many rows": (
        f"SELECT 1 WHERE EXISTS (SELECT 1 FROM t WHERE {F} > 0)",
        distinct(first_passing(1)),
    ),
    "exists for each row": (
        f"SELECT id FROM t AS a WHERE id < 3 AND EXISTS (SELECT 1 FROM t WHERE {F} > -2)",
        1,
    ),
    "limit inside a subquery": (f"SELECT COUNT(*) FROM (SELECT id FROM t WHERE {F} > -2 LIMIT 7)", 7),
    "limit over a union": (
        f"SELECT id FROM t WHERE {F} > -2 UNION ALL SELECT id FROM t WHERE {F} > -2 LIMIT 5",
        5,
    ),
    "grouping by an answer": (f"SELECT {F} > 0 AS good, COUNT(*) FROM t GROUP BY 1", TEXTS),
    "window over answers": (f"SELECT AVG({F}) OVER (PARTITION BY cat) FROM t", TEXTS),
    "semantic join": (
        "SELECT a.id FROM (SELECT * FROM t WHERE id < 12) a JOIN (SELECT * FROM t WHERE id < 8) b"
        " ON AI_FILTER(PROMPT('{0} like {1}', a.x, b.x))",
        12 * 8,
    ),
    "semantic join with an equality": (
        "SELECT a.id FROM (SELECT * FROM t WHERE id < 12) a JOIN (SELECT * FROM t WHERE id < 8) b"
        " ON AI_FILTER(PROMPT('{0} like {1}', a.x, b.x)) AND a.cat = b.cat",
        12 * 8 // 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sql", "ideal"), SHAPES.values(), ids=list(SHAPES))
def test_model_inputs_are_the_ideal_number(numbers: Session, models: Models, sql: str, ideal: int) -> None:
    result = numbers.execute(sql)
    assert result.meter.model_inputs == ideal == len(models.asked)
    assert len(set(map(repr, models.asked))) == ideal


@pytest.mark.parametrize(("sql", "ideal"), SHAPES.values(), ids=list(SHAPES))
def test_batched_rows_are_the_rows_of_row_by_row_evaluation(numbers: Session, sql: str, ideal: int) -> None:
    batched, plain = numbers.execute(sql), numbers.execute(sql, optimize=False)
    assert batched.columns == plain.columns
    assert sorted(map(repr, batched.rows)) == sorted(map(repr, plain.rows))
    assert plain.meter.model_inputs >= ideal


def test_an_ai_condition_asks_only_about_rows_that_the_one_before_lets_through(
    numbers: Session, models: Models
) -> None:
    numbers.execute(
        "SELECT id FROM t WHERE AI_FILTER(CONCAT('first ', x)) AND AI_FILTER(CONCAT('second ', x))"
    )
    first = [r[0] for n, r in models.asked if r[0].startswith("first")]
    second = {r[0] for n, r in models.asked if r[0].startswith("second")}
    assert len(first) == TEXTS
    assert second == {f"second {t[6:]}" for t in first if number((t,)) % 2 == 0}


def test_nested_calls_take_one_round_each_and_no_extra_inputs(numbers: Session) -> None:
    sql = "SELECT SNOWFLAKE.CORTEX.SENTIMENT(AI_COMPLETE('m', AI_TRANSLATE(x, 'fr', 'en'))) FROM t"
    meter = numbers.execute(sql).meter
    assert (meter.model_inputs, meter.rounds) == (3 * TEXTS, 4)


def test_requests_of_one_function_go_out_in_one_batch(numbers: Session, models: Models) -> None:
    numbers.execute(f"SELECT {F}, AI_FILTER(x) FROM t")
    assert sorted(models.batches) == [("AI_FILTER", TEXTS), ("SENTIMENT", TEXTS)]


def test_a_cheap_condition_in_a_join_comes_before_the_ai_condition(numbers: Session) -> None:
    sql = "SELECT 1 FROM t a JOIN t b ON AI_FILTER(CONCAT(a.x, b.x)) AND a.id = b.id WHERE a.id < 5 AND b.id > 2"
    assert numbers.execute(sql).meter.model_inputs == 2


def test_conditions_that_ask_behind_a_name_come_after_cheap_ones_and_keep_their_order(
    numbers: Session,
) -> None:
    """A function's body and a view's query ask the model just as a call that is written out."""
    numbers.execute("CREATE FUNCTION mood(v VARCHAR) RETURNS FLOAT AS 'SNOWFLAKE.CORTEX.SENTIMENT(v)'")
    numbers.execute("CREATE FUNCTION mild(v VARCHAR) RETURNS BOOLEAN AS 'ABS(mood(v)) < 9'")
    numbers.execute("CREATE VIEW liked AS SELECT id FROM t WHERE AI_FILTER(x)")
    for asking in ("mild(x)", "id IN (SELECT id FROM liked)"):
        assert numbers.execute(f"SELECT id FROM t WHERE {asking} AND id < 0").meter.model_inputs == 0
        both = f"SELECT id FROM t WHERE AI_FILTER(NULL) AND {asking}"
        assert numbers.execute(both).meter.model_inputs == 0


def test_the_memo_lives_across_statements_and_forgets_the_oldest_answers(models: Models) -> None:
    from core.config_sql import SqlSettings

    session = open_session(False, models.overrides(), SqlSettings(memo_entries=3))
    for text in "abc":
        session.execute(f"SELECT SNOWFLAKE.CORTEX.SENTIMENT('{text}')")
    again = session.execute("SELECT SNOWFLAKE.CORTEX.SENTIMENT('a')").meter
    assert (again.model_inputs, again.cache_hits) == (0, 1)
    session.execute("SELECT SNOWFLAKE.CORTEX.SENTIMENT('d')")  # b is the least recently used by now
    assert len(session.memo) == 3
    assert session.execute("SELECT SNOWFLAKE.CORTEX.SENTIMENT('a')").meter.model_inputs == 0
    assert session.execute("SELECT SNOWFLAKE.CORTEX.SENTIMENT('b')").meter.model_inputs == 1


def test_row_by_row_evaluation_asks_for_every_row(numbers: Session) -> None:
    meter = numbers.execute(f"SELECT {F} FROM t", optimize=False).meter
    assert meter.model_inputs == meter.calls == ROWS


def test_few_rows_that_get_through_a_limit_make_the_batches_grow(models: Models) -> None:
    rare = models.overrides() | {
        "AI_FILTER": lambda requests: [r[0] in ("text 777", "text 999") for r in requests]
    }
    session = open_session(False, rare)
    session.load_table("t", pd.DataFrame({"x": [f"text {i}" for i in range(1000)]}))
    result = session.execute("SELECT x FROM t WHERE AI_FILTER(x) LIMIT 2")
    assert [row[0] for row in result.rows] == ["text 777", "text 999"]
    assert result.meter.rounds < 20


def passing(models: Models, rows: int, passes: Callable[[int], bool]) -> Session:
    """A session whose table t has ``rows`` numbers as texts; AI_FILTER is true for those that pass."""
    filtered = models.overrides() | {"AI_FILTER": lambda requests: [passes(int(r[0])) for r in requests]}
    session = open_session(False, filtered)
    session.load_table("t", pd.DataFrame({"x": [str(index) for index in range(rows)]}))
    return session


def test_batches_grow_when_rows_stop_getting_through_a_limit(models: Models) -> None:
    session = passing(models, 20_000, lambda number: number < 1_000)
    result = session.execute("SELECT x FROM t WHERE AI_FILTER(x) LIMIT 1010")
    assert len(result.rows) == 1_000
    assert result.meter.model_inputs == 20_000
    assert result.meter.batches < 20


def test_the_next_budget_is_a_number_also_when_rows_became_fewer() -> None:
    assert further(10, [(0, 0), (5, 4), (9, 2)], 3) >= 10
    assert further(10, [(0, 0), (5, 1), (50, 1), (500, 1)], 500) > 1_000


def test_the_last_batches_ask_for_little_more_than_is_needed(models: Models) -> None:
    """One row in ten gets through, so 200 are needed; batches that double would have asked about 300 or more."""
    session = passing(models, 2_000, lambda number: number % 10 == 9)
    result = session.execute("SELECT x FROM t WHERE AI_FILTER(x) LIMIT 15 OFFSET 5")
    assert [row[0] for row in result.rows] == [str(index * 10 + 9) for index in range(5, 20)]
    assert 200 <= result.meter.model_inputs <= 220
    assert result.meter.batches < 20


def test_an_answer_that_changes_its_own_question_ends_row_by_row(models: Models) -> None:
    from core.config_sql import SqlSettings

    session = open_session(False, models.overrides(), SqlSettings(max_rounds=3))
    calls = "x"
    for _ in range(6):
        calls = f"AI_COMPLETE('m', {calls})"
    assert session.execute(f"SELECT {calls} FROM (SELECT 'q' AS x)").rows == [("re: " * 6 + "q",)]


def test_changes_see_all_answers_before_they_are_made(numbers: Session) -> None:
    numbers.execute("CREATE TABLE copy AS SELECT id, x, NULL::FLOAT AS s FROM t")
    meter = numbers.execute("UPDATE copy SET s = SNOWFLAKE.CORTEX.SENTIMENT(x) WHERE AI_FILTER(x)").meter
    passing = {t for t in _TEXT if number((t,)) % 2 == 0}
    assert meter.model_inputs == TEXTS + len(passing)
    rows = numbers.execute("SELECT x, s FROM copy WHERE s IS NOT NULL").rows
    assert {x for x, _s in rows} == passing
    assert all(s == pytest.approx(score(x)) for x, s in rows)


def test_the_cap_on_model_inputs_fails_loudly_and_asks_nothing(models: Models) -> None:
    from core.config_sql import SqlSettings
    from core.errors import LimitReached

    session = open_session(False, models.overrides(), SqlSettings(max_model_inputs=5))
    session.load_table("t", pd.DataFrame({"x": list("abcdef")}))
    with pytest.raises(LimitReached, match="max_model_inputs = 5"):
        session.execute("SELECT AI_FILTER(x) FROM t")
    assert models.asked == []


def test_a_prompt_is_no_call_of_a_model(numbers: Session) -> None:
    meter = numbers.execute("SELECT AI_FILTER(PROMPT('{0} is short', x)) FROM t WHERE id < 30").meter
    assert (meter.calls, meter.model_inputs) == (30, distinct(range(30)))
    assert meter.cache_hits == 30 - meter.model_inputs
    assert numbers.execute("SELECT PROMPT('{0}', x), AI_COUNT_TOKENS('ai_filter', x) FROM t").meter.calls == 0


def test_the_meter_tells_batches_and_what_earlier_statements_left(numbers: Session) -> None:
    first = numbers.execute(f"SELECT {F} FROM t WHERE id < 5").meter
    assert (first.model_inputs, first.batches, first.memo_hits) == (5, 1, 0)
    more = numbers.execute(f"SELECT {F}, AI_FILTER(x) FROM t WHERE id < 9").meter
    assert (more.model_inputs, more.batches, more.memo_hits) == (4 + 9, 2, 5)
    alone = numbers.execute(f"SELECT {F} FROM t WHERE id < 9", optimize=False).meter
    assert (alone.model_inputs, alone.batches, alone.memo_hits) == (9, 9, 0)
