"""What to say of a query that is taken along to Snowflake."""

import re

_OWN_FUNCTION = re.compile(r"\bsentiment_analysis\s*\(", re.IGNORECASE)


def told(sql: str) -> str:
    """Markdown: that the text runs there as it is, or the names in it that only this page knows."""
    from core.sql_ai.functions.complete import LOCAL_MODEL

    changes = []
    if f"'{LOCAL_MODEL}'" in sql:
        changes.append(f"put the name of one of Snowflake's models in the place of `{LOCAL_MODEL}`")
    if _OWN_FUNCTION.search(sql):
        changes.append("leave out `sentiment_analysis`, which is this page's own function")
    if not changes:
        return "The SQL is unchanged: it is already in Snowflake's dialect."
    return f"The SQL is already in Snowflake's dialect; only {' and '.join(changes)}."
