"""AI_COMPLETE: the configured endpoint or the local model answers, whatever Snowflake model is named."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import HubError
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.pauses import checkpoint
from core.sql_ai.functions.structured import Unanswerable, check_schema, fill

LOCAL_MODEL = "demo-small"
# Names Snowflake documents. They are accepted so that a query runs unchanged; the answer comes from this machine's
# generator, and `CompleteReply.answered_by` says from which.
KNOWN_MODELS: tuple[str, ...] = (
    LOCAL_MODEL,
    "claude-3-5-sonnet",
    "claude-3-7-sonnet",
    "claude-4-opus",
    "claude-4-sonnet",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-haiku-4-5",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "deepseek-r1",
    "gemini-3-pro",
    "gemini-2-5-flash",
    "gemma-7b",
    "jamba-1.5-large",
    "jamba-1.5-mini",
    "jamba-instruct",
    "llama2-70b-chat",
    "llama3-70b",
    "llama3-8b",
    "llama3.1-405b",
    "llama3.1-70b",
    "llama3.1-8b",
    "llama3.2-1b",
    "llama3.2-3b",
    "llama3.3-70b",
    "llama4-maverick",
    "llama4-scout",
    "mistral-7b",
    "mistral-large",
    "mistral-large2",
    "mixtral-8x7b",
    "openai-gpt-4.1",
    "openai-gpt-5",
    "openai-gpt-5.1",
    "openai-gpt-5-mini",
    "openai-gpt-5-nano",
    "openai-gpt-5-chat",
    "openai-gpt-oss-120b",
    "openai-gpt-oss-20b",
    "openai-o4-mini",
    "pixtral-large",
    "reka-core",
    "reka-flash",
    "snowflake-arctic",
    "snowflake-llama-3.1-405b",
    "snowflake-llama-3.3-70b",
)
DEFAULT_NEW_TOKENS = 96  # Snowflake's default of 4,096 would take minutes a row on this machine
MOST_NEW_TOKENS = 512  # of the local model
_OPTIONS = frozenset(("temperature", "top_p", "max_tokens", "guardrails"))
_ROLES = frozenset(("system", "user", "assistant"))


@dataclass(frozen=True)
class CompleteRequest:
    """One call: the model's name, (role, content) turns, options, and a response format or None."""

    model: str
    messages: tuple[tuple[str, str], ...]
    options: Mapping[str, Any]
    response_format: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class CompleteReply:
    """One answer; `structured` holds the object when a response format was asked for, `created` is Unix time."""

    text: str
    structured: Any
    prompt_tokens: int
    completion_tokens: int
    model: str
    created: int
    answered_by: str


def complete(items: list[CompleteRequest]) -> list[CompleteReply | RowError]:
    """Return an answer for each request; unknown models, bad options and failing generators give row errors."""
    answers = []
    for item in items:
        checkpoint()
        answers.append(_answer(item))
    return answers


def _answer(request: CompleteRequest) -> CompleteReply | RowError:
    fault = _fault(request)
    if fault is not None:
        return fault
    try:
        if request.response_format is not None:
            return _structured(request, request.response_format)
        return _plain(request)
    except HubError as error:
        return RowError(error.message, error.hint, passing=True)
    except Unanswerable as error:
        return RowError(str(error))


def _fault(request: CompleteRequest) -> RowError | None:
    if request.model.lower() not in KNOWN_MODELS:
        return RowError(
            f"unknown model '{request.model}'; for example '{LOCAL_MODEL}' and 'llama3.1-8b' are known"
        )
    if not request.messages or not any(content.strip() for _, content in request.messages):
        return RowError("the prompt is empty")
    roles = [role for role, _ in request.messages if role not in _ROLES]
    if roles:
        return RowError(f"role '{roles[0]}' is not one of system, user, assistant")
    unknown = sorted(set(request.options) - _OPTIONS)
    if unknown:
        return RowError(f"option '{unknown[0]}' is not known; options are {', '.join(sorted(_OPTIONS))}")
    return _option_fault(request.options)


def _option_fault(options: Mapping[str, Any]) -> RowError | None:
    for name, low, high in (("temperature", 0.0, 1.0), ("top_p", 0.0, 1.0), ("max_tokens", 1.0, 1_000_000.0)):
        value = options.get(name)
        if value is not None and (
            isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high
        ):
            return RowError(f"option '{name}' must be a number from {low:g} to {high:g}, not {value!r}")
    return None


def _plain(request: CompleteRequest) -> CompleteReply:
    from core.sql_ai.functions.generation import loaded_generator, say

    generator = loaded_generator("auto")
    messages: list[Any] = [{"role": role, "content": content} for role, content in request.messages]
    wanted = int(request.options.get("max_tokens") or DEFAULT_NEW_TOKENS)
    limit = min(wanted, MOST_NEW_TOKENS) if generator.name == "local" else wanted
    temperature = float(request.options.get("temperature") or 0.0)
    done = say(generator, messages, limit, temperature)
    return CompleteReply(
        done.text,
        None,
        done.prompt_tokens,
        done.completion_tokens,
        request.model,
        int(time.time()),
        done.model,
    )


def _structured(request: CompleteRequest, response_format: Mapping[str, Any]) -> CompleteReply:
    schema = check_schema(response_format)
    prompt = (
        "\n".join(content for role, content in request.messages if role == "user") or request.messages[-1][1]
    )
    value = fill(schema, prompt, request.options)
    import json

    from core.sql_ai.functions.tokens import estimate

    text = json.dumps(value, ensure_ascii=False)
    return CompleteReply(
        text, value, estimate(prompt), estimate(text), request.model, int(time.time()), "structured"
    )
