"""Window frames: distances in time, frames that may be empty, and aggregates over no rows."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

from collections.abc import Iterator

import pytest

from core.errors import BadInput, HubError, NotAvailable
from core.sql_ai import open_session
from core.sql_ai.session import Session

DATA = """CREATE TABLE t (id INT, d DATE, x NUMBER(10,2));
INSERT INTO t VALUES (1,'2025-01-01',3),(2,'2025-01-03',NULL),(3,'2025-01-04',5),(4,'2025-02-01',1)"""

SALES = """CREATE TABLE sales (d DATE, ts TIMESTAMP_NTZ, n NUMBER, g VARCHAR) AS SELECT * FROM VALUES
  ('2024-01-31', '2024-01-31 10:00', 1, 'a'), ('2024-02-15', '2024-02-15 10:00', 2, 'a'),
  ('2024-02-29', '2024-02-29 09:00', 4, 'b'), ('2024-03-30', '2024-03-30 10:00', 8, 'b'),
  ('2024-03-31', '2024-03-31 11:00', 16, 'a'), ('2024-03-31', '2024-03-31 11:00', 32, 'b'), (NULL, NULL, 64, 'a')"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    opened = open_session(samples=False)
    opened.run_script(DATA)
    opened.execute(SALES)
    yield opened
    opened.close()


def column(session: Session, expression: str) -> list[object]:
    return [row[1] for row in session.execute(f"SELECT id, {expression} FROM t ORDER BY id").rows]


@pytest.mark.parametrize(
    ("function", "frame", "wanted"),
    [
        ("MEDIAN(x)", "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING", [None, 3, 3, 5]),
        ("MEDIAN(x)", "ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING", [None, 3, None, 5]),
        ("MEDIAN(x)", "ROWS BETWEEN 5 FOLLOWING AND 9 FOLLOWING", [None] * 4),
        ("COUNT(DISTINCT x)", "ROWS BETWEEN 1 FOLLOWING AND 3 FOLLOWING", [2, 2, 1, 0]),
        ("ARRAY_AGG(x)", "ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING", [[], [], [3], [3]]),
        ("LAST_VALUE(x) IGNORE NULLS", "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING", [None, 3, 3, 5]),
        ("SUM(x)", "ROWS BETWEEN 2 PRECEDING AND 0 PRECEDING", [3, 3, 8, 6]),
    ],
)
def test_a_frame_without_rows_gives_the_aggregate_of_no_rows_and_does_not_crash_the_process(
    session: Session, function: str, frame: str, wanted: list[object]
) -> None:
    assert column(session, f"{function} OVER (ORDER BY id {frame})") == wanted


def test_the_words_of_a_frame_may_be_written_small(session: Session) -> None:
    frame = "ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING"
    query = "SELECT MEDIAN(x) OVER (ORDER BY id {0}), SUM(x) OVER (ORDER BY id {0}) FROM t ORDER BY id"
    assert session.execute(query.format(frame.lower())).rows == session.execute(query.format(frame)).rows
    with pytest.raises(BadInput, match="ends before it starts"):
        session.execute(query.format("rows between 1 preceding and 2 preceding"))


def test_lag_and_lead_skip_nulls_also_in_a_partition_of_one_row(session: Session) -> None:
    assert column(session, "LAG(x) IGNORE NULLS OVER (ORDER BY id)") == [None, 3, 3, 5]
    assert column(session, "LEAD(x, 2, -1) IGNORE NULLS OVER (ORDER BY id)") == [1, 1, -1, -1]
    assert column(session, "LEAD(x) IGNORE NULLS OVER (PARTITION BY id ORDER BY d)") == [None] * 4


def test_a_range_measures_days_and_numbers(session: Session) -> None:
    window = "ORDER BY d RANGE BETWEEN INTERVAL '3 days' PRECEDING AND CURRENT ROW"
    assert column(session, f"SUM(x) OVER ({window})") == [3, 3, 8, 1]
    window = "ORDER BY d DESC RANGE BETWEEN CURRENT ROW AND INTERVAL '1 week' FOLLOWING"
    assert column(session, f"MEDIAN(x) OVER ({window})") == [3, 3, 4, 1]
    window = "ORDER BY x RANGE BETWEEN 2 PRECEDING AND 2 FOLLOWING"
    assert column(session, f"COUNT(*) OVER ({window})") == [3, 1, 2, 2]


@pytest.mark.parametrize(
    ("call", "frame", "wanted"),
    [
        # a month before March 30th and 31st is February 29th
        ("SUM(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 3, 7, 12, 60, 60, 64]),
        ("SUM(n)", "BY d RANGE INTERVAL '1 month' PRECEDING", [1, 3, 7, 12, 60, 60, 64]),
        ("SUM(n)", "BY d DESC RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [7, 6, 4, 56, 48, 48, 64]),
        ("SUM(n)", "BY ts RANGE BETWEEN CURRENT ROW AND INTERVAL '1' MONTH FOLLOWING", [7, 6, 4, 56, 48, 48, 64]),
        ("SUM(n)", "BY ts RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 3, 7, 8, 56, 56, 64]),
        ("SUM(n)", "BY d RANGE BETWEEN INTERVAL '1 quarter' PRECEDING AND INTERVAL '1 day' PRECEDING",
         [None, 1, 3, 7, 15, 15, 64]),
        ("COUNT(*)", "BY d RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 month' PRECEDING", [0, 0, 0, 3, 3, 3, 7]),
        ("COUNT(*)", "BY d NULLS FIRST RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '1 month' PRECEDING",
         [1, 1, 1, 4, 4, 4, 1]),
        ("COUNT(n)", "BY d RANGE BETWEEN INTERVAL '1 month, 1 day' FOLLOWING AND UNBOUNDED FOLLOWING", [4, 4, 4, 1, 1, 1, 1]),
        ("SUM(n * 2)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [2, 6, 14, 24, 120, 120, 128]),
        ("MAX(n * 2 || '*')", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND INTERVAL '1 day' PRECEDING",
         [None, "2*", "4*", "8*", "8*", "8*", "128*"]),
        ("MIN(n)", "BY d RANGE BETWEEN INTERVAL '1 year' PRECEDING AND CURRENT ROW", [1, 1, 1, 1, 1, 1, 64]),
        ("MAX(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND INTERVAL '1 month' FOLLOWING", [4, 4, 4, 32, 32, 32, 64]),
        ("AVG(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 1.5, 2.333333, 6, 15, 15, 64]),
        ("MEDIAN(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 1.5, 2, 6, 12, 12, 64]),
        ("ARRAY_AGG(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND INTERVAL '1 day' PRECEDING",
         [[], [1], [1, 2], [4], [4, 8], [4, 8], [64]]),
        ("COUNT(DISTINCT g)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 1, 2, 1, 2, 2, 1]),
        ("FIRST_VALUE(n)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [1, 1, 1, 4, 4, 4, 64]),
        ("LAST_VALUE(n)", "BY d RANGE BETWEEN INTERVAL '1 year' PRECEDING AND INTERVAL '1 day' PRECEDING",
         [None, 1, 2, 4, 8, 8, 64]),
        ("NTH_VALUE(n, 2)", "BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW", [None, 2, 2, 8, 8, 8, None]),
        ("MEDIAN(n)", "BY n RANGE BETWEEN 3 PRECEDING AND 1 PRECEDING", [None, 1, 1.5, None, None, None, None]),
        ("LISTAGG(n, ',')", "BY n DESC RANGE BETWEEN 1 FOLLOWING AND 8 FOLLOWING", ["", "1", "2,1", "4,2,1", "8", "", ""]),
        ("MEDIAN(n)", "BY d RANGE BETWEEN INTERVAL '16 days' PRECEDING AND INTERVAL '1 day' PRECEDING",
         [None, 1, 2, None, 8, 8, 64]),
    ],
)  # fmt: skip
def test_a_range_reaches_back_by_months_whatever_their_length(
    session: Session, call: str, frame: str, wanted: list[object]
) -> None:
    found = session.execute(f"SELECT {call} OVER (ORDER {frame}) FROM sales ORDER BY d, n").rows
    assert [row[0] for row in found] == wanted


def test_a_range_by_months_stays_in_its_partition_and_equals_a_join(session: Session) -> None:
    window = "PARTITION BY g ORDER BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW"
    joined = """SELECT a.n, SUM(b.n) FROM sales a JOIN sales b ON a.g = b.g AND (b.d BETWEEN
      DATEADD('month', -1, a.d) AND a.d OR (a.d IS NULL AND b.d IS NULL)) GROUP BY a.n ORDER BY 1"""
    found = session.execute(f"SELECT n, SUM(n) OVER ({window}) FROM sales ORDER BY 1").rows
    assert found == session.execute(joined).rows


@pytest.mark.parametrize(
    "window",
    [
        "ORDER BY d RANGE BETWEEN 3 PRECEDING AND CURRENT ROW",
        "ORDER BY d RANGE BETWEEN INTERVAL '-1 month' PRECEDING AND CURRENT ROW",
        "ORDER BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND 3 FOLLOWING",
        "ORDER BY d RANGE BETWEEN INTERVAL '1 day' PRECEDING AND 3 FOLLOWING",
        "ORDER BY d RANGE BETWEEN INTERVAL '1 month' FOLLOWING AND CURRENT ROW",
        "ORDER BY d ROWS BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW",
        "ORDER BY id RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW",
        "ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING",
        "RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW",
        "PARTITION BY x RANGE BETWEEN INTERVAL '1 day' PRECEDING AND CURRENT ROW",
        "RANGE BETWEEN 1 PRECEDING AND CURRENT ROW",
        "ORDER BY id ROWS BETWEEN 1 PRECEDING AND 3 PRECEDING",
        "ORDER BY id ROWS BETWEEN 3 FOLLOWING AND 1 FOLLOWING",
        "ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1",
        "ORDER BY id ROWS BETWEEN 'x' PRECEDING AND CURRENT ROW",
        "ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 99999999999 FOLLOWING",  # would run for an hour, unstoppable
        "ORDER BY id ROWS BETWEEN 1 FOLLOWING AND 1e30 FOLLOWING",
        "ORDER BY id ROWS BETWEEN 1 FOLLOWING AND INTERVAL '6 hours' FOLLOWING",
        "ORDER BY id, d RANGE BETWEEN 3 PRECEDING AND CURRENT ROW",
    ],
)
def test_a_frame_that_means_nothing_is_refused(session: Session, window: str) -> None:
    with pytest.raises((BadInput, NotAvailable)) as caught:
        session.execute(f"SELECT MEDIAN(x) OVER ({window}) FROM t")
    assert caught.value.hint


@pytest.mark.parametrize(
    "call", ["LAG()", "LEAD(x, 1, 2, 3)", "FIRST_VALUE()", "NTH_VALUE(x)", "NTILE()", "RANK(x)"]
)
def test_a_window_function_with_too_few_or_many_arguments_is_refused(session: Session, call: str) -> None:
    with pytest.raises(BadInput, match="argument"):
        session.execute(f"SELECT {call} OVER (ORDER BY id) FROM t")


def test_aggregates_over_no_rows_are_empty_and_not_null(session: Session) -> None:
    found = session.execute(
        "SELECT LISTAGG(d), ARRAY_AGG(d), COUNT(DISTINCT d, x), HASH_AGG(d), REGR_COUNT(x, x), "
        "OBJECT_AGG(d::VARCHAR, x), MEDIAN(x), SUM(x) FROM t WHERE x > 100"
    )
    assert found.rows == [("", [], 0, 0, 0, {}, None, None)]


@pytest.mark.parametrize(
    "call", ["SUM(LAG(x) OVER (ORDER BY id)) OVER (ORDER BY id)", "RANK() OVER (ORDER BY SUM(x) OVER ())"]
)
def test_a_window_inside_a_window_is_told_to_go_into_a_subquery(session: Session, call: str) -> None:
    with pytest.raises(BadInput, match="inside another one") as caught:
        session.execute(f"SELECT {call} FROM t")
    assert "subquery" in caught.value.hint


def test_the_first_moment_of_the_last_month_is_found_and_a_collated_text_is_refused(session: Session) -> None:
    window = "OVER (ORDER BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW)"
    zoned = f"SELECT MIN(TO_TIMESTAMP_TZ(ts::VARCHAR || ' +0100')) {window} FROM sales ORDER BY d LIMIT 4"
    assert [row[0].day for row in session.execute(zoned).rows] == [31, 31, 31, 29]
    with pytest.raises(NotAvailable, match="collated text over months"):
        session.execute(f"SELECT MIN(g COLLATE 'en-ci') {window} FROM sales")


def test_a_sum_over_months_that_does_not_fit_into_64_bits_is_told(session: Session) -> None:
    session.execute(
        "CREATE OR REPLACE TABLE big AS SELECT '2024-01-01'::DATE AS d, 9000000000000000000 AS n UNION ALL SELECT '2024-01-02', 9000000000000000000"
    )
    with pytest.raises(BadInput, match="64 bits"):
        session.execute(
            "SELECT SUM(n) OVER (ORDER BY d RANGE BETWEEN INTERVAL '1 month' PRECEDING AND CURRENT ROW) FROM big"
        )


@pytest.mark.parametrize(
    ("call", "frame", "wanted"),
    [
        ("COUNT(*)", "BY x RANGE BETWEEN 0.1 PRECEDING AND CURRENT ROW", [1, 2, 2, 1, 1]),
        ("SUM(id)", "BY x DESC RANGE BETWEEN CURRENT ROW AND 0.10 FOLLOWING", [1, 3, 5, 4, 5]),
        ("SUM(id)", "BY x RANGE BETWEEN 1 PRECEDING AND 0.25 PRECEDING", [None, None, None, 6, 5]),
        ("MEDIAN(id)", "BY x RANGE BETWEEN 0.2 PRECEDING AND 0.1 PRECEDING", [None, 1, 1.5, None, 5]),
        ("LAST_VALUE(id)", "BY x RANGE BETWEEN CURRENT ROW AND 1e-1 FOLLOWING", [2, 3, 3, 4, 5]),
        ("COUNT(*)", "BY x * 10 RANGE BETWEEN 1 PRECEDING AND CURRENT ROW", [1, 2, 2, 1, 1]),
        ("COUNT(*)", "BY x RANGE BETWEEN 1e-999999999 PRECEDING AND CURRENT ROW", [1, 1, 1, 1, 1]),
        ("COUNT(*)", "BY id RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW", [1, 2, 2, 2, 2]),
    ],
)  # fmt: skip
def test_a_range_measures_decimals_exactly(
    session: Session, call: str, frame: str, wanted: list[object]
) -> None:
    session.execute(
        "CREATE OR REPLACE TABLE prices (id INT, x NUMBER(10, 2)) AS SELECT * FROM VALUES (1, 0.7), (2, 0.8), (3, 0.9), (4, 1.7), (5, NULL)"
    )
    assert [
        row[0] for row in session.execute(f"SELECT {call} OVER (ORDER {frame}) FROM prices ORDER BY id").rows
    ] == wanted


@pytest.mark.parametrize(
    "bound",
    [
        "'abc'",
        "1e999999",
        "1e99999999999999999999999",
        "-1",
        "id",
        "0." + "1" * 400,
        "1" + "0" * 400,
    ],
)
def test_a_distance_that_is_no_plain_number_is_refused_with_a_hint(session: Session, bound: str) -> None:
    with pytest.raises(HubError) as caught:
        session.execute(
            f"SELECT SUM(id) OVER (ORDER BY x RANGE BETWEEN {bound} PRECEDING AND CURRENT ROW) FROM t"
        )
    assert caught.value.hint
    assert "bug" not in caught.value.hint
