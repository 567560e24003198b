# ruff: noqa: E501
# Its tables read best with one entry a line.
"""MATCH_RECOGNIZE: runs of rows that fit a pattern."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput, HubError, LimitReached, NotAvailable
from core.sql_ai import Session
from core.sql_ai.row_patterns import Matches, Span, compiled, row_mark
from core.sql_ai.udfs import aggregates
from tests.support.processor import takes_less_than

# The price history of Snowflake's documentation.
PRICES = {
    "ABCD": (50, 36, 39, 42, 30, 47, 71, 80, 75, 63),
    "XYZ": (89, 24, 37, 63, 65, 56, 50, 54, 30, 32),
}
V_SHAPE = "PATTERN (before down+ up+) DEFINE down AS price < LAG(price), up AS price > LAG(price)"
OF_COMPANY = "PARTITION BY company ORDER BY day"


@pytest.fixture
def stock(session: Session) -> Session:
    rows = [
        f"('{name}', '2020-10-{day:02d}', {price})"
        for name, all_of in PRICES.items()
        for day, price in enumerate(all_of, 1)
    ]
    session.execute(
        f"CREATE TABLE stock (company VARCHAR, day DATE, price INT) AS SELECT * FROM VALUES {', '.join(rows)}"
    )
    return session


def matched(rows: str, pattern: str, defined: tuple[str, ...]) -> list[list[Span]]:
    matches = Matches(rows, pattern, defined)
    return [matches.of_row(row) for row in range(len(rows))]


def day(number: int) -> date:
    return date(2020, 10, number)


def test_one_row_per_match_gives_the_table_of_the_documentation(stock: Session) -> None:
    found = stock.execute(
        f"""SELECT * FROM stock MATCH_RECOGNIZE ({OF_COMPANY}
        MEASURES MATCH_NUMBER() AS number, FIRST(day) AS starts, LAST(day) AS ends, COUNT(*) AS rows_in_sequence,
          COUNT(down.*) AS decreases, COUNT(up.*) AS increases
        ONE ROW PER MATCH AFTER MATCH SKIP TO LAST up {V_SHAPE}) ORDER BY company, number"""
    )
    assert found.columns == [
        "COMPANY",
        "NUMBER",
        "STARTS",
        "ENDS",
        "ROWS_IN_SEQUENCE",
        "DECREASES",
        "INCREASES",
    ]
    assert found.rows == [
        ("ABCD", 1, day(1), day(4), 4, 1, 2),
        ("ABCD", 2, day(4), day(8), 5, 1, 3),
        ("XYZ", 1, day(1), day(5), 5, 1, 3),
        ("XYZ", 2, day(5), day(8), 4, 2, 1),
        ("XYZ", 3, day(8), day(10), 3, 1, 1),
    ]


def test_all_rows_per_match_show_every_row_with_its_symbol(stock: Session) -> None:
    found = stock.execute(
        f"""SELECT * FROM stock AS s MATCH_RECOGNIZE ({OF_COMPANY}
        MEASURES MATCH_NUMBER() AS n, MATCH_SEQUENCE_NUMBER() AS place, CLASSIFIER() AS symbol,
          FINAL LAST(up.price) AS top, RUNNING MIN(price) AS low, RUNNING COUNT(up.*) AS ups, s.price - 1 AS less
        ALL ROWS PER MATCH {V_SHAPE}) AS m WHERE m.company = 'ABCD' ORDER BY n, place"""
    )
    assert found.columns == ["COMPANY", "DAY", "PRICE", "N", "PLACE", "SYMBOL", "TOP", "LOW", "UPS", "LESS"]
    assert [row[1:] for row in found.rows] == [
        (day(1), 50, 1, 1, "BEFORE", 42, 50, 0, 49), (day(2), 36, 1, 2, "DOWN", 42, 36, 0, 35),
        (day(3), 39, 1, 3, "UP", 42, 36, 1, 38), (day(4), 42, 1, 4, "UP", 42, 36, 2, 41),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("clause", "rows"),
    [
        # greedy and reluctant, anchors, alternatives, counts
        ("MEASURES COUNT(*) AS n PATTERN (low+) DEFINE low AS price < 50", [(5,)]),
        ("MEASURES COUNT(*) AS n PATTERN (low+?) DEFINE low AS price < 50", [(1,), (1,), (1,), (1,), (1,)]),
        ("MEASURES COUNT(*) AS n PATTERN (low{2}) DEFINE low AS price < 50", [(2,), (2,)]),
        ("MEASURES COUNT(*) AS n PATTERN (^ any low*) DEFINE low AS price < 50", [(6,)]),
        ("MEASURES FIRST(price) AS p PATTERN (high{1,2} $) DEFINE high AS price > 60", [(75,)]),
        ("MEASURES CLASSIFIER() AS c PATTERN (low (high | mid)) DEFINE low AS price < 40, high AS price > 60, mid AS price > 41", [("MID",), ("MID",)]),
        ("MEASURES SUM(a.price) AS a, SUM(b.price) AS b, LAST(b.price) AS l, price AS p PATTERN (a b b) DEFINE b AS b.price > LAG(b.price)",
         [(36, 81, 42, 42), (30, 118, 71, 71)]),
        ("MEASURES FIRST(price) AS p AFTER MATCH SKIP TO NEXT ROW PATTERN (x up up) DEFINE up AS price > LAG(price)", [(36,), (30,), (47,)]),
        ("MEASURES FIRST(price) AS p AFTER MATCH SKIP TO FIRST up PATTERN (x up up) DEFINE up AS price > LAG(price)", [(36,), (30,), (47,)]),
        ("MEASURES LAST(price) - FIRST(price) AS rise PATTERN (x up+) DEFINE up AS price > LAG(price)", [(6,), (50,)]),
        ("MEASURES AVG(up.price) > 50 AS big PATTERN (up+) DEFINE up AS price > LAG(price, 1, 0)", [(False,), (False,), (True,)]),
        ("MEASURES COUNT(*) AS n PATTERN (next_lower) DEFINE next_lower AS LEAD(price) < price", [(1,)] * 4),
        ("MEASURES COUNT(*) AS n PATTERN (never) DEFINE never AS NULL", []),
    ],
)  # fmt: skip
def test_patterns_and_measures_mean_what_is_documented(
    stock: Session, clause: str, rows: list[tuple[Any, ...]]
) -> None:
    query = "SELECT * FROM (SELECT * FROM stock WHERE company = 'ABCD') MATCH_RECOGNIZE (ORDER BY day {})"
    assert stock.execute(query.format(clause)).rows == rows


def test_a_condition_of_a_symbol_may_ask_a_model_and_the_matches_may_be_joined(stock: Session) -> None:
    query = f"""WITH v AS (SELECT * FROM stock MATCH_RECOGNIZE ({OF_COMPANY} MEASURES COUNT(*) AS n PATTERN (x up+)
      DEFINE up AS price > LAG(price) AND AI_SIMILARITY(company, 'XYZ') >= 0)) SELECT v.n, s.price FROM v JOIN stock s
      ON s.company = v.company AND s.day = '2020-10-01' ORDER BY 1, 2"""
    assert (
        stock.execute(query).rows
        == stock.execute(query, optimize=False).rows
        == [(2, 89), (2, 89), (3, 50), (4, 50), (4, 89)]
    )


@pytest.mark.parametrize(
    "clause",
    [
        "PATTERN (a) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n DEFINE a AS TRUE", "ORDER BY day PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) PATTERN (a) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a*) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a (b) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a ++) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a{-b-}) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a{99999}) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a{3,2}) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a & b) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (PERMUTE(a, b)) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(*) AS n PATTERN ([a]) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n AFTER MATCH SKIP TO LAST z PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n AFTER MATCH SKIP TO FIRST a PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES COUNT(*) AS n AFTER MATCH SKIP TO b PATTERN (a b?) DEFINE b AS FALSE",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a) DEFINE a AS COUNT(*) > 1", "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a b) DEFINE b AS a.price > 1",
        "ORDER BY day MEASURES COUNT(*) AS n PATTERN (a) DEFINE a AS FIRST(price) > 1", "ORDER BY day MEASURES LAG(price) AS n PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES 1 AS n PATTERN (a) DEFINE a AS price > 1, A AS price < 1",
        "ORDER BY day MEASURES SUM(a.price + b.price) AS n PATTERN (a b) DEFINE a AS TRUE", "ORDER BY day MEASURES SUM(a.price - price) AS n PATTERN (a b) DEFINE a AS TRUE", "ORDER BY day MEASURES COUNT(DISTINCT a.price) AS n PATTERN (a b) DEFINE a AS TRUE",
        "ORDER BY day MEASURES LAST(price) AS n ALL ROWS PER MATCH PATTERN (a) DEFINE a AS TRUE", "ORDER BY day MEASURES LAST(price, 1) AS n PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES 1 AS n ALL ROWS PER MATCH WITH UNMATCHED ROWS PATTERN (a) DEFINE a AS TRUE", "PARTITION BY price + 1 ORDER BY day MEASURES 1 AS n PATTERN (a) DEFINE a AS TRUE",
        "ORDER BY day MEASURES (SELECT 1) AS n PATTERN (a) DEFINE a AS TRUE", "ORDER BY nothing MEASURES COUNT(*) AS n PATTERN (a) DEFINE a AS TRUE",
        f"ORDER BY day MEASURES COUNT(*) AS n PATTERN (a0) DEFINE {', '.join(f'a{i} AS TRUE' for i in range(9))}",
    ],
)  # fmt: skip
def test_a_clause_that_is_wrong_or_not_done_here_is_refused_with_a_hint(stock: Session, clause: str) -> None:
    with pytest.raises(HubError) as caught:
        stock.execute(f"SELECT * FROM stock MATCH_RECOGNIZE ({clause})")
    assert caught.value.hint
    assert "cannot be run" not in caught.value.message


def test_a_clause_without_define_is_told_as_in_snowflake_also_by_a_view(stock: Session) -> None:
    query = "SELECT * FROM stock MATCH_RECOGNIZE (ORDER BY day MEASURES COUNT(*) AS n PATTERN (a b))"
    for statement in (query, f"CREATE VIEW v AS {query}"):
        with pytest.raises(BadInput, match="no DEFINE"):
            stock.execute(statement)


def test_a_view_finds_the_matches_of_its_query(stock: Session) -> None:
    query = f"""SELECT * FROM stock MATCH_RECOGNIZE ({OF_COMPANY} MEASURES COUNT(*) AS n, FINAL LAST(up.price) AS top
        ONE ROW PER MATCH AFTER MATCH SKIP TO LAST up PATTERN (x{{1}}? up+ (^ y)?) DEFINE up AS price > LAG(price)) AS m"""
    stock.execute(f"CREATE VIEW v AS {query}")
    assert stock.execute("SELECT * FROM v").rows == stock.execute(query).rows != []


def test_a_join_beside_the_clause_is_refused(stock: Session) -> None:
    with pytest.raises(NotAvailable, match="beside a join"):
        stock.execute(
            "SELECT * FROM stock a, stock b MATCH_RECOGNIZE (ORDER BY day MEASURES 1 AS n PATTERN (a))"
        )


@given(st.lists(st.integers(0, 3), max_size=12))
def test_no_row_is_in_two_matches_and_each_match_is_whole(masks: list[int]) -> None:
    found = matched("".join(map(row_mark, masks)), "a+ b", ("A", "B"))
    assert all(len(spans) <= 1 for spans in found)
    for spans, mask in zip(found, masks, strict=True):
        assert all(mask & (1 if name == "A" else 2) for _number, name, _place in spans)
    symbols = [spans[0][1] if spans else "-" for spans in found]
    assert "AA-" not in "".join(symbols)


def test_a_pattern_that_backtracks_without_end_is_stopped() -> None:
    with pytest.raises(LimitReached, match="2 s"):
        matched(row_mark(1) * 60, "((a | a)+)+ b", ("A", "B"))


def test_a_pattern_of_any_length_is_not_read() -> None:
    with pytest.raises(LimitReached, match="1,000"):
        compiled("a " * 600, ("A",))
    with pytest.raises(BadInput, match="no symbols"):
        compiled("", ())


@pytest.mark.parametrize(
    "pattern",
    [
        "((a{1000}){1000}){1000}",
        "(((a | b?){100} a){100})+ b",
        "(" * 200 + "a" + ")" * 200,
        "a{1000} b{1000} a",
    ],
)
def test_a_pattern_that_stands_for_too_many_rows_or_nests_too_deep_is_refused_before_it_is_built(
    pattern: str,
) -> None:
    with takes_less_than(1), pytest.raises(LimitReached, match=r"2,000|50"):
        compiled(pattern, ("A", "B"))


@pytest.mark.parametrize(
    ("pattern", "empty"),
    [
        ("a*", True), ("a | b*", True), ("(a b)?", True), ("a{0,2} b{0}", True), ("(a | )", True), ("a{,3}", True),
        ("a+", False), ("a? b", False), ("(a | b)+", False), ("(a* | b*){100} a", False), ("^ a{1,} $", False),
        ("(a?)+", True), ("((a | b c)* c)+?", False), ("^ $ a?", True),
    ],
)  # fmt: skip
def test_a_pattern_that_also_matches_no_rows_is_told_from_its_parts(pattern: str, empty: bool) -> None:
    if empty:
        with pytest.raises(NotAvailable, match="no rows"):
            compiled(pattern, ("A",))
    else:
        assert compiled(pattern, ("A",)).fullmatch("") is None


def test_matches_are_looked_for_as_far_as_the_row_asked_for() -> None:
    matches = Matches(row_mark(1) * 1_000_000, "a", ("A",))
    with takes_less_than(0.5):
        assert matches.of_row(0) == [(1, "A", 1)]
        assert matches.of_row(1) == [(2, "A", 1)]


def test_a_symbol_that_the_pattern_does_not_use_may_name_its_own_columns(stock: Session) -> None:
    found = stock.execute(
        f"""SELECT COUNT(*) FROM stock MATCH_RECOGNIZE ({OF_COMPANY} MEASURES COUNT(*) AS n PATTERN (up+)
        DEFINE up AS price > LAG(price), down AS down.price < LAG(down.price))"""
    )
    assert found.rows == [(5,)]


def test_what_matching_keeps_counts_towards_the_memory_of_all_aggregates(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.execute("CREATE TABLE many AS SELECT SEQ4() AS id FROM TABLE(GENERATOR(ROWCOUNT => 30000))")
    query = "SELECT n FROM many MATCH_RECOGNIZE (ORDER BY id MEASURES COUNT(*) AS n PATTERN (a+) DEFINE a AS TRUE)"
    monkeypatch.setattr(aggregates, "_MOST_TOGETHER", aggregates.Collecting.together + 8_000_000)
    with pytest.raises(LimitReached, match="running statements"):
        session.execute(query)
    monkeypatch.setattr(aggregates, "_MOST_TOGETHER", aggregates.Collecting.together + 20_000_000)
    assert session.execute(query).rows == [(30_000,)]
