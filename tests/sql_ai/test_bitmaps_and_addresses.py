"""Bitmaps, IP addresses and aggregates of vectors."""

from typing import Any

import pytest

from core.errors import BadInput
from core.sql_ai import Session

VECTORS = "(SELECT column1::VECTOR(FLOAT, 2) AS v FROM VALUES ([1, 2]), ([3, -4]), (NULL))"
V4 = {
    "family": 4, "host": "192.168.242.188", "ip_fields": [3232297660, 0, 0, 0], "ip_type": "inet", "ipv4": 3232297660,
    "ipv4_range_end": 3232297727, "ipv4_range_start": 3232297472, "netmask_prefix_length": 24,
    "snowflake$type": "ip_address",
}  # fmt: skip
V6 = {
    "family": 6, "host": "fe80::20c:29ff:fe2c:429", "ip_fields": [4269801472, 0, 34351615, 4264297513],
    "ip_type": "inet", "hex_ipv6": "FE80000000000000020C29FFFE2C0429", "netmask_prefix_length": 64,
    "hex_ipv6_range_start": "FE800000000000000000000000000000", "snowflake$type": "ip_address",
    "hex_ipv6_range_end": "FE80000000000000FFFFFFFFFFFFFFFF",
}  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT PARSE_IP('192.168.242.188/24', 'INET')", [(V4,)]),
        ("SELECT PARSE_IP('fe80::20c:29ff:fe2c:429/64', 'inet')", [(V6,)]),
        ("SELECT PARSE_IP('10.0.0.1', 'INET'):netmask_prefix_length::INT, PARSE_IP(NULL, 'INET')", [(None, None)]),
        ("SELECT ARRAY_TO_STRING(OBJECT_KEYS(PARSE_IP('no', 'INET', 1)), ',')", [("error",)]),
        (f"SELECT VECTOR_SUM(v), VECTOR_AVG(v), VECTOR_MIN(v), VECTOR_MAX(v) FROM {VECTORS}",
         [([4.0, -2.0], [2.0, -1.0], [1.0, -4.0], [3.0, 2.0])]),
        (f"SELECT VECTOR_SUM(v) FROM {VECTORS} WHERE v IS NULL", [(None,)]),
        ("SELECT BITMAP_BUCKET_NUMBER(column1), BITMAP_BIT_POSITION(column1) "
         "FROM VALUES (1), (32768), (32769), (0), (-1), (-32768)",
         [(1, 0), (1, 32767), (2, 0), (0, 0), (0, 1), (-1, 0)]),
        ("SELECT SUM(c) FROM (SELECT BITMAP_COUNT(BITMAP_CONSTRUCT_AGG(BITMAP_BIT_POSITION(column1))) AS c "
         "FROM VALUES (1), (2), (2), (40000), (NULL) GROUP BY BITMAP_BUCKET_NUMBER(column1))", [(3,)]),
        ("SELECT BITMAP_COUNT(BITMAP_OR_AGG(b)) FROM (SELECT BITMAP_CONSTRUCT_AGG(BITMAP_BIT_POSITION(column1)) AS b "
         "FROM VALUES (1, 1), (2, 1), (2, 2), (4, 2) GROUP BY column2)", [(3,)]),
        ("SELECT BITMAP_TO_ARRAY(BITMAP_CONSTRUCT_AGG(BITMAP_BIT_POSITION(column1)), 2) FROM VALUES (50000), (50002)",
         [([50000, 50002],)]),
    ],
)  # fmt: skip
def test_the_value_is_the_documented_one(session: Session, sql: str, rows: list[Any]) -> None:
    for optimize in (True, False):
        assert session.execute(sql, optimize=optimize).rows == rows


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT PARSE_IP('no', 'INET')", "'no' is not an IP address"),
        ("SELECT PARSE_IP('10.0.0.1/24', 'CIDR')", "has host bits set"),
        ("SELECT PARSE_IP('10.0.0.1', 'IP')", "PARSE_IP has no type 'IP'"),
        ("SELECT VECTOR_SUM(1)", "which is not of type VECTOR"),
        ("SELECT BITMAP_COUNT(5)", "not a bitmap"),
        ("SELECT BITMAP_CONSTRUCT_AGG(40000)", "bit position 40000"),
    ],
)
def test_what_is_none_is_named(session: Session, sql: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        session.execute(sql)
