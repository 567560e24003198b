"""Every function, aggregate and window function of the tables reaches SQLite and survives any mix of arguments."""
# ruff: noqa: E501
# Its tables read best with one entry a line.

import random

import pytest

from core.errors import BadInput, LimitReached
from core.sql_ai import Session
from core.sql_ai.dialect import aggregates, windows
from core.sql_ai.dialect.rules import RULES, Rule

_VALUES = {
    "s": ["'abc'", "''", "'12'", "'é'"], "d": ["'abc'", "X'00FF'"], "n": ["1", "0", "-2", "2.5"], "b": ["TRUE", "FALSE"], "u": ["'day'", "'month'", "'hour'"],
    "t": ["'2024-02-29'::DATE", "'2024-02-29 10:00:00'::TIMESTAMP"], "v": ["1", "'x'", "[1]", "TRUE"],
    "j": ["[1, 'a', NULL]", "{'a': 1}", "PARSE_JSON('[]')"], "a": ["1", "'x'"], "k": ["1", "2"],
}  # fmt: skip
_CALLS = {
    "TO_BINARY": "'53', 'HEX'", "PARSE_IP": "'::1', 'INET'", "BITMAP_COUNT": "X'03'", "BITMAP_TO_ARRAY": "X'03'",
    "CONVERT_TIMEZONE": "'UTC', 'Europe/Paris', '2024-01-01 10:00:00'", "NEXT_DAY": "'2024-02-29'::DATE, 'mo'",
    "PREVIOUS_DAY": "'2024-02-29'::DATE, 'friday'", "SHA2": "'x', 512", "SHA2_HEX": "'x'", "SHA2_BINARY": "'x', 224", "TO_OBJECT": "PARSE_JSON('{}')",
}  # fmt: skip
_ODD = [
    "NULL",
    "''",
    "-1",
    "1e300",
    "'2024-02-30'",
    "[]",
    "{}",
    "TRUE",
    "'%'",
    "'('",
    "999999999999",
    "X'00'",
]


def count(rule: Rule) -> int:
    return rule.least if rule.most is None else rule.most


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_function_of_the_table_can_be_called(session: Session, name: str) -> None:
    if name in _CALLS:
        assert session.execute(f"SELECT {name}({_CALLS[name]})").rows[0][0] is not None
        return
    rule, failures = RULES[name], []
    for choice in range(4):
        values = [_VALUES[rule.letter(i)] for i in range(max(count(rule), rule.least))]
        call = f"{name}({', '.join(options[choice % len(options)] for options in values)})"
        error = session.run_script(f"SELECT {call}")[0].error
        failures.append(f"{call}: {error}")
    assert any(failure.endswith(": None") for failure in failures), failures


@pytest.mark.parametrize("name", sorted(RULES))
def test_odd_arguments_give_a_value_or_a_helpful_error(session: Session, name: str) -> None:
    draw = random.Random(name)
    rule = RULES[name]
    for _ in range(8):
        arguments = [draw.choice(_ODD) for _ in range(draw.choice([rule.least, count(rule)]))]
        error = session.run_script(f"SELECT {name}({', '.join(arguments)})")[0].error
        if error is not None:
            assert isinstance(error, BadInput | LimitReached), (arguments, error.message)
            assert error.hint
            assert "user-defined" not in error.message
            assert "not allow" not in error.message


@pytest.mark.parametrize("name", sorted(windows.NAMES))
def test_a_window_function_reaches_sqlite(session: Session, name: str) -> None:
    arguments = {"NTILE": "2", "NTH_VALUE": "column1, 2"}.get(
        name, "" if "RANK" in name or name in ("ROW_NUMBER", "CUME_DIST") else "column1"
    )
    order = "" if name == "RATIO_TO_REPORT" else "ORDER BY column1"
    rows = session.execute(f"SELECT {name}({arguments}) OVER ({order}) FROM VALUES (1), (2), (3)").rows
    assert len(rows) == 3


@pytest.mark.parametrize("name", sorted(aggregates.NAMES))
def test_an_aggregate_reaches_sqlite(session: Session, name: str) -> None:
    pairs = {"CORR", "COVAR_SAMP", "COVAR_POP", "MAX_BY", "MIN_BY"}
    arguments = "column1"
    if name in pairs or name.startswith("REGR_"):
        arguments = "column1, column1 * 2"
    elif name == "ARRAY_UNION_AGG":
        arguments = "[column1]"
    elif name == "OBJECT_AGG":
        arguments = "UUID_STRING(), column1::VARIANT"
    elif name == "APPROX_PERCENTILE":
        arguments = "column1, 0.5"
    elif name.startswith("PERCENTILE_"):
        arguments = "0.5"
    elif name.startswith("VECTOR_"):
        arguments = "[column1]::VECTOR(FLOAT, 1)"
    elif name == "BITMAP_OR_AGG":
        arguments = "X'03'"
    elif name.startswith("BOOL"):
        arguments = "column1 > 1"
    within = " WITHIN GROUP (ORDER BY column1)" if name.startswith("PERCENTILE_") else ""
    rows = session.execute(f"SELECT {name}({arguments}){within} FROM VALUES (1), (2), (4), (4)").rows
    assert rows[0][0] is not None
