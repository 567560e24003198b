"""AI_COUNT_TOKENS: how many input tokens a call would be billed for."""

from core.sql_ai.functions.errors import RowError

CHARACTERS_PER_TOKEN = 4
# Tokens of the managed prompt Snowflake adds to the text. 'ai_sentiment' on 80 characters counts 139 (documented);
# the others are our estimates of prompts of that kind.
MANAGED_PROMPT: dict[str, int] = {
    "ai_sentiment": 119,
    "ai_classify": 90,
    "ai_filter": 45,
    "ai_summarize": 60,
    "ai_agg": 60,
    "ai_summarize_agg": 60,
    "ai_translate": 50,
    "ai_extract": 110,
    "ai_redact": 140,
    "ai_complete": 0,
    "ai_embed": 0,
    "ai_similarity": 0,
}


def count(items: list[tuple[str, str]]) -> list[int | RowError]:
    """Return the input tokens of each (function, text): about four characters a token, plus the managed prompt.

    Function names are lower case and start with 'ai_', as Snowflake asks; any other name gives a row error.
    """
    return [_count(function, text) for function, text in items]


def estimate(text: str) -> int:
    """Return the rough number of tokens of a text, at least 1 for a text that is not empty."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def _count(function: str, text: str) -> int | RowError:
    if function not in MANAGED_PROMPT:
        return RowError(f"'{function}' is not a function whose tokens can be counted; use one of {_names()}")
    return MANAGED_PROMPT[function] + estimate(text)


def _names() -> str:
    return ", ".join(sorted(MANAGED_PROMPT))
