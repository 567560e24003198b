"""Whole numbers of Snowflake have 38 digits, SQLite's 64 bits: exact in between, or an error, never another digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.sql_ai import Session, open_session

LARGEST = 2**63 - 1
_near = st.one_of(
    st.integers(-(2**63) + 1, LARGEST),
    st.integers(-5, 5),
    *(st.integers(edge - 3, edge + 3) for edge in (2**31, 2**32, 2**61, 2**62, LARGEST - 4, -(2**62), 2**53)),
)
SESSION = open_session(False)
SESSION.execute("CREATE TABLE pairs (a NUMBER, b NUMBER)")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("9223372036854775807 + 1", 2**63),
        ("9223372036854775807 + 1 - 9223372036854775807", 1),
        ("-9223372036854775807 - 1", -(2**63)),
        ("100000000000000000000", 10**20),
        ("4611686018427387904 * 2", 2**63),
        ("MOD(9223372036854775807, 10)", 7),
        ("-9223372036854775807 % 1000", -807),
        ("MOD(-7, 3)", -1),
        ("MOD(7, -3)", 1),
        ("FACTORIAL(20)", 2432902008176640000),
        ("PARSE_JSON('9007199254740993') + 2", 9007199254740995),
        ("PARSE_JSON('1e20') * 3", 3e20),
        ("PARSE_JSON('1.5') - 1", 0.5),
        ("(SELECT SUM(column1) FROM VALUES (9007199254740993), (2))", 9007199254740995),
        ("100000000000000000 / 4", 25000000000000000.0),
        ("1234567.123456789", 1234567.123456789),
        ("3.14159265358979323846", 3.141592653589793),
        ("'99999999999.99'::NUMBER(38,2)", 99999999999.99),
        ("12345678901234567.89::FLOAT", 12345678901234568.0),
        ("99999999999999999999999999999999999999::DOUBLE", 1e38),
        ("9223372036854775807 + 1 > 9223372036854775807", True),
    ],
)
def test_the_value_is_exact(session: Session, expression: str, value: object) -> None:
    for optimize in (True, False):
        (cell,) = session.execute(f"SELECT {expression}", optimize=optimize).rows[0]
        assert (cell, type(cell)) == (value, type(value))


@pytest.mark.parametrize(
    "expression",
    [
        "9223372036854775807 + 2",
        "9223372036854775807 * 3",
        "-9223372036854775807 - 10",
        "99999999999999999999999999999999999999",
        "9223372036854775807::NUMBER(38,0) * 10",
        "(SELECT SUM(column1) FROM VALUES (9223372036854775807), (2))",
        "FACTORIAL(33)",
        "9007199254740993 / 1",
        "DIV0(9007199254740993, 1)",
        "PARSE_JSON('9223372036854775807') + 2",
        "(SELECT SUM(column1) FROM VALUES (9223372036854775808), (1))",
        "12345678901234567.89",
        "'123456789012345.678'::NUMBER(38,3)",
    ],
)
def test_where_a_digit_would_change_the_statement_fails_by_name(session: Session, expression: str) -> None:
    with pytest.raises(BadInput, match=r"more digits than are kept|does not fit into 64 bits"):
        session.execute(f"SELECT {expression}")


@pytest.mark.parametrize("name", ["DIV0", "DIV0NULL"])
def test_div0_keeps_as_many_decimals_as_a_division(session: Session, name: str) -> None:
    sql = f"SELECT {name}(1::NUMBER(38, 14), 3), 1::NUMBER(38, 14) / 3, {name}(1, 3), 1 / 3"
    fine, fine_too, whole, whole_too = session.execute(sql).rows[0]
    assert fine == fine_too == 0.33333333333333
    assert whole == whole_too == 0.333333


def test_a_number_that_is_none_is_refused_and_not_null(session: Session) -> None:
    with pytest.raises(BadInput, match="NaN is not kept"):
        session.execute("SELECT 'NaN'::FLOAT")
    assert session.execute("SELECT TRY_CAST('NaN' AS FLOAT), TO_DOUBLE('inf')").rows == [(None, float("inf"))]


@given(_near, _near, st.sampled_from("+-*"))
def test_arithmetic_of_columns_is_pythons_or_an_error(a: int, b: int, operator: str) -> None:
    SESSION.execute(f"INSERT OVERWRITE INTO pairs VALUES ({a}, {b})")
    expected = {"+": a + b, "-": a - b, "*": a * b}[operator]
    for expression in (f"a {operator} b", f"(a + 0) {operator} b", f"a {operator} ({b})"):
        result = SESSION.run_script(f"SELECT {expression} FROM pairs")[0]
        if result.error:
            assert "digits" in result.error.message
            assert abs(expected) > LARGEST
            continue
        (found,) = result.rows[0]
        assert (found, type(found)) == (expected, int)


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT COUNT(*) FROM VALUES (1), (2) GROUP BY ()", [(2,)]),
        ("SELECT COUNT(*), SUM(column1) FROM VALUES (1) WHERE FALSE GROUP BY ()", [(0, None)]),
        ("SELECT 'all' AS a FROM VALUES (1), (2) GROUP BY ()", [("all",)]),
        ("SELECT COUNT(*) FROM VALUES (1), (2) GROUP BY () HAVING COUNT(*) > 2", []),
        ("SELECT column1, COUNT(*) FROM VALUES (1), (1) GROUP BY column1, ()", [(1, 2)]),
        ("SELECT column1, column2, COUNT(*) FROM VALUES (1, 2), (1, 2) GROUP BY (column1, column2)", [(1, 2, 2)]),
    ],
)  # fmt: skip
def test_group_by_takes_an_empty_and_a_bracketed_list(session: Session, sql: str, rows: list[object]) -> None:
    for optimize in (True, False):
        assert session.execute(sql, optimize=optimize).rows == rows
