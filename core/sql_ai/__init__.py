"""SQL AI Playground: Snowflake's AI functions in an embedded SQLite, with as few model calls as possible."""

from core.sql_ai.results import CallFailures, FailureCause, Meter, Result
from core.sql_ai.session import HistoryEntry, Session, open_session
from core.sql_ai.tables import TableInfo

__all__ = [
    "CallFailures",
    "FailureCause",
    "HistoryEntry",
    "Meter",
    "Result",
    "Session",
    "TableInfo",
    "open_session",
]
