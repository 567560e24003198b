"""Objects that only Snowflake's service has: statements about them are refused by name, with what to do instead."""

import re

from core.errors import NotAvailable
from core.sql_ai.dialect.compilation import refuse

_MODELS = "SHOW SNOWFLAKE.ML.FORECAST lists models, CREATE OR REPLACE changes one."
# What to do instead, and the kinds of objects it is true of.
_ADVICE = {
    "The sandbox has no stages and no files; upload tables on the page.": (
        "STAGE, FILE FORMAT, PIPE, EXTERNAL TABLE, STORAGE INTEGRATION"
    ),
    "Nothing runs on a schedule here; run the statement behind AS yourself.": "TASK, ALERT",
    "The sandbox keeps no record of changes; read the table itself.": "STREAM",
    "Write CREATE VIEW or CREATE TABLE with the query behind AS.": "DYNAMIC TABLE",
    "Keep AI_EMBED's vectors in a table and order by VECTOR_COSINE_SIMILARITY.": "CORTEX SEARCH SERVICE",
    "It is a service of Snowflake around the SQL; the tables and queries inside it run here.": (
        "AGENT, SEMANTIC VIEW, STREAMLIT, NOTEBOOK, SERVICE, COMPUTE POOL, IMAGE REPOSITORY, GIT REPOSITORY, "
        "API INTEGRATION, NOTIFICATION INTEGRATION, EXTERNAL ACCESS INTEGRATION, EXTERNAL FUNCTION, MCP SERVER, "
        "APPLICATION, APPLICATION PACKAGE"
    ),
    "The sandbox has one of each, and any database and schema may stand before a name. Leave the statement out.": (
        "DATABASE, SCHEMA, WAREHOUSE"
    ),
    "The sandbox has one visitor, who may do everything in it. Leave the statement out.": (
        "ROLE, DATABASE ROLE, USER, MASKING POLICY, ROW ACCESS POLICY, SESSION POLICY, PASSWORD POLICY, TAG, SECRET, "
        "SHARE, NETWORK RULE, NETWORK POLICY, RESOURCE MONITOR"
    ),
    "The sandbox has no account; ALTER SESSION SET .. changes what a session can change.": "ACCOUNT",
    _MODELS: "MODEL, MODEL MONITOR",
}
_HINTS = {kind: advice for advice, kinds in _ADVICE.items() for kind in kinds.split(", ")}
_KINDS = "|".join(r"\s+".join(kind.split()) for kind in sorted(_HINTS, key=len, reverse=True))
_STATEMENT = re.compile(
    r"(CREATE|ALTER|DROP|SHOW|DESCRIBE|DESC|EXECUTE)"
    r"(?:\s+(?:OR\s+REPLACE|OR\s+ALTER|TEMP|TEMPORARY|TRANSIENT|SECURE|TERSE))*"
    rf"\s+({_KINDS}|SNOWFLAKE\s*\.\s*ML\s*\.\s*\w+)S?\b",
    re.IGNORECASE,
)


def refusal(text: str) -> NotAvailable | None:
    """The error for a statement about an object of Snowflake's service, None for any other statement."""
    match = _STATEMENT.match(text)
    if match is None:
        return None
    kind = re.sub(r"\s*\.\s*", ".", " ".join(match[2].upper().split()))
    return refuse(f"{match[1].upper()} {kind}", _HINTS.get(kind, _MODELS))
