"""What the list beside the editor says about tables and limits."""

import pytest

from core.config_sql import SqlSettings
from core.ui.sql_ai import schema


def test_every_limit_is_listed_with_its_setting_meaning_and_value():
    lines = {name: (meaning, value) for name, meaning, value in schema.limit_lines(SqlSettings())}
    limits = set(SqlSettings.model_fields) - {"price_per_million_tokens", "price_as_of"}
    assert set(lines) == {f"SQL__{name.upper()}" for name in limits}
    assert lines["SQL__MAX_ROWS"] == ("Rows a result may have; more are cut and marked", "10,000")
    assert lines["SQL__MAX_DATABASE_BYTES"][1] == "256,000,000"
    assert lines["SQL__TIME_LIMIT_S"][1] == "60"


def test_a_price_is_listed_once_it_is_set():
    lines = schema.limit_lines(SqlSettings(price_per_million_tokens=2.5))
    assert ("SQL__PRICE_PER_MILLION_TOKENS", "2.5") in [(name, value) for name, _, value in lines]


@pytest.mark.parametrize(
    ("table", "sql"),
    [
        ("DAILY_SALES", "FROM DAILY_SALES\n"),
        ("daily", 'FROM "daily"\n'),
        ('a"b c', 'FROM "a""b c"\n'),
        ("ÄRA", 'FROM "ÄRA"\n'),
    ],
)
def test_a_table_is_named_in_its_first_query_as_it_has_to_be(table, sql):
    assert sql in schema.select_from(table)
