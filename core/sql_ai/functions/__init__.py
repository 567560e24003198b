"""The answers behind the SQL AI functions: plain batches in, plain values out, no SQL and no session.

Every function takes a list and returns a list of the same length. A row that cannot be answered gives a
`RowError` in its place; the engine turns that into NULL, an error object or a failing query by Snowflake's rules.
"""

from core.sql_ai.functions.errors import RowError

__all__ = ["RowError"]
