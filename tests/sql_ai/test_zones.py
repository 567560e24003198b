"""TIMESTAMP_TZ: a moment that knows its offset; compared as a moment, taken apart as its clock shows it."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.sql_ai import Session
from core.sql_ai.zoned import utc, zoned, zoned_text

EAST = timezone(timedelta(hours=2))
TEN = datetime(2024, 1, 1, 10, 30, tzinfo=EAST)
T = "'2024-01-01 10:30:00 +0200'::TIMESTAMP_TZ"
TABLE = f"""CREATE TABLE z AS SELECT 1 AS id, {T} AS t UNION ALL SELECT 2, '2024-01-01 09:00:00 +0000'
  UNION ALL SELECT 3, '2024-01-01 08:30:00 Z' UNION ALL SELECT 4, NULL"""


@pytest.fixture
def filled(session: Session) -> Session:
    session.execute(TABLE)
    return session


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (T, TEN),
        (f"{T}::VARCHAR", "2024-01-01 10:30:00.000 +0200"),
        ("'2024-01-01 10:00'::TIMESTAMP_TZ::VARCHAR", "2024-01-01 10:00:00.000 +0000"),
        ("CAST('2024-01-01T10:00:00Z' AS TIMESTAMP WITH TIME ZONE)", datetime(2024, 1, 1, 10, tzinfo=UTC)),
        ("'2024-01-01 10:00:00.129 +0200'::TIMESTAMP_TZ(1)::VARCHAR", "2024-01-01 10:00:00.100 +0200"),
        (f"{T} = '2024-01-01 08:30:00 +0000'::TIMESTAMP_TZ", True),
        (f"{T} < '2024-01-01 09:00:00'::TIMESTAMP_NTZ", True),
        (f"{T} BETWEEN '2024-01-01 08:00:00' AND '2024-01-01 09:00:00'", True),
        (f"{T} IN ('2024-01-01 08:30:00 Z')", True),
        (f"{T}::TIMESTAMP_NTZ", datetime(2024, 1, 1, 10, 30)),
        (f"{T}::TIMESTAMP_LTZ", datetime(2024, 1, 1, 8, 30)),
        (f"{T}::DATE", date(2024, 1, 1)),
        (f"{T}::TIME", time(10, 30)),
        (f"HOUR({T})", 10),
        (f"DATE_PART('epoch_second', {T})", 1704097800),
        (f"DATE_PART('timezone_hour', {T})", 2),
        ("DATE_PART(timezone_minute, '2024-01-01 10:00:00 -0730'::TIMESTAMP_TZ)", -30),
        (f"DATEADD(day, 1, {T})", TEN + timedelta(days=1)),
        (f"DATE_TRUNC('day', {T})", datetime(2024, 1, 1, tzinfo=EAST)),
        (f"{T} + INTERVAL '1 hour'", TEN + timedelta(hours=1)),
        (f"DATEDIFF(minute, {T}, '2024-01-01 08:31:00'::TIMESTAMP_NTZ)", 1),
        (f"TO_CHAR({T}, 'HH24:MI TZH:TZM')", "10:30 +02:00"),
        (f"TO_CHAR({T}, 'HH24:MI TZHTZM')", "10:30 +0200"),
        ("TO_TIMESTAMP_TZ('01/02/2024 03:04 -0500', 'MM/DD/YYYY HH24:MI TZHTZM')::VARCHAR",
         "2024-01-02 03:04:00.000 -0500"),
        ("TO_TIMESTAMP('01/02/2024 03:04 -0500', 'MM/DD/YYYY HH24:MI TZHTZM')", datetime(2024, 1, 2, 3, 4)),
        ("TO_TIMESTAMP_TZ(1700000000)", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("TRY_TO_TIMESTAMP_TZ('noon')", None),
        ("TRY_CAST('noon' AS TIMESTAMP_TZ)", None),
        (f"CONVERT_TIMEZONE('America/Los_Angeles', {T})::VARCHAR", "2024-01-01 00:30:00.000 -0800"),
        ("TIMESTAMP_TZ_FROM_PARTS(2024, 7, 1, 10, 0, 0, 0, 'Europe/Paris')::VARCHAR", "2024-07-01 10:00:00.000 +0200"),
        ("TIMESTAMP_FROM_PARTS('2024-05-17'::DATE, '10:35'::TIME)", datetime(2024, 5, 17, 10, 35)),
        (f"{{'t': {T}}}", {"t": "2024-01-01 10:30:00.000 +0200"}),
        (f"COALESCE(NULL, {T})", TEN),
        (f"AI_COMPLETE('m', {T})", "re: 2024-01-01 10:30:00.000 +0200"),
        (f"SYSTEM$TYPEOF({T})", "TIMESTAMP_TZ"),
    ],
)  # fmt: skip
def test_the_value_is_the_documented_one(session: Session, expression: str, value: Any) -> None:
    for optimize in (True, False):
        (found,) = session.execute(f"SELECT {expression}", optimize=optimize).rows[0]
        assert found == value
        assert getattr(found, "tzinfo", None) == getattr(value, "tzinfo", None)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT id FROM z ORDER BY t, id", [(1,), (3,), (2,), (4,)]),
        ("SELECT COUNT(DISTINCT t), MAX(t)::VARCHAR FROM z", [(2, "2024-01-01 09:00:00.000 +0000")]),
        ("SELECT COUNT(DISTINCT t, id > 0) FROM z", [(2,)]),
        ("SELECT a.id, b.id FROM z a JOIN z b ON a.t = b.t AND a.id < b.id", [(1, 3)]),
        ("SELECT COUNT(*) FROM z GROUP BY t ORDER BY 1 DESC", [(2,), (1,), (1,)]),
        ("SELECT id FROM z QUALIFY ROW_NUMBER() OVER (PARTITION BY t ORDER BY id) = 1 ORDER BY id", [(1,), (2,), (4,)]),
        ("SELECT id, COUNT(*) OVER (ORDER BY t RANGE BETWEEN INTERVAL '10 minutes' PRECEDING AND CURRENT ROW) AS n "
         "FROM z WHERE id < 4 ORDER BY id", [(1, 2), (2, 1), (3, 2)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT t FROM z)", [(3,)]),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT t FROM z QUALIFY RANK() OVER (ORDER BY 1) = 1)", [(3,)]),
        ("SELECT COUNT(*) FROM (SELECT t FROM z WHERE id = 1 UNION SELECT t FROM z WHERE id = 3)", [(1,)]),
        ("SELECT COUNT(*) FROM (SELECT t FROM z WHERE id = 1 UNION ALL SELECT t FROM z WHERE id = 3)", [(2,)]),
        ("SELECT COUNT(*) FROM (SELECT t FROM z WHERE id = 1 INTERSECT SELECT t FROM z WHERE id = 3)", [(1,)]),
        ("SELECT COUNT(*) FROM (SELECT t FROM z EXCEPT SELECT t FROM z WHERE id = 3)", [(2,)]),
        ("SELECT MAX_BY(id, t), LISTAGG(id, '') WITHIN GROUP (ORDER BY t, id) FROM z WHERE t IS NOT NULL",
         [(2, "132")]),
    ],
)  # fmt: skip
def test_moments_are_sorted_grouped_and_joined_as_moments(filled: Session, sql: str, rows: list[Any]) -> None:
    for optimize in (True, False):
        assert filled.execute(sql, optimize=optimize).rows == rows


def test_columns_variables_and_kept_results_keep_the_offset(filled: Session) -> None:
    filled.execute("CREATE TABLE c (t TIMESTAMP_TZ, n TIMESTAMP_NTZ)")
    filled.execute("INSERT INTO c SELECT t, t FROM z WHERE id = 1")
    assert filled.execute("SELECT * FROM c").rows == [(TEN, datetime(2024, 1, 1, 10, 30))]
    scanned = filled.execute("SELECT t::VARCHAR FROM TABLE(RESULT_SCAN(LAST_QUERY_ID()))").rows
    assert scanned == [("2024-01-01 10:30:00.000 +0200",)]
    filled.execute("SET x = (SELECT t FROM c)")
    assert filled.execute("SELECT $x::VARCHAR, $x = t FROM c").rows == [
        ("2024-01-01 10:30:00.000 +0200", True)
    ]
    assert [row[1] for row in filled.execute("DESC TABLE c").rows] == ["TIMESTAMP_TZ(9)", "TIMESTAMP_NTZ(9)"]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("'2024-13-01'::TIMESTAMP_TZ", "is not recognized"),
        (f"{T} - {T}", "is not defined"),
        (f"{T} + 1", "is not defined"),
        ("TRUE::TIMESTAMP_TZ", "cannot be cast to TIMESTAMP_TZ"),
        (f"{T}::NUMBER", "cannot be cast to NUMBER"),
        (f"CONVERT_TIMEZONE('Mars/Base', {T})", "Unknown time zone"),
        (f"CONVERT_TIMEZONE('UTC', 'Europe/Paris', {T})", "no source zone"),
    ],
)
def test_what_cannot_be_is_named(session: Session, expression: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        session.execute(f"SELECT {expression}")


@given(
    st.datetimes(datetime(100, 1, 1), datetime(9000, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
    st.datetimes(datetime(100, 1, 1), datetime(9000, 1, 1)),
    st.integers(-14 * 60, 14 * 60),
)
def test_the_text_of_a_moment_keeps_it_and_sorts_as_it(
    a: datetime, east: int, b: datetime, west: int
) -> None:
    first, second = (
        moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        for moment, minutes in ((a, east), (b, west))
    )
    assert zoned(zoned_text(first)) == first
    assert zoned(zoned_text(first)).utcoffset() == first.utcoffset()
    if first != second:
        assert (first < second) == (zoned_text(first) < zoned_text(second))
    else:
        assert utc(zoned_text(first)) == utc(zoned_text(second))
