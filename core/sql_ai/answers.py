"""What each AI function sends to its model, and what it makes of the answer: Snowflake's shapes and rules.

``prepare`` turns the evaluated arguments of one call into a Request, or into a value that needs no model;
``finish`` turns the model's answer into the documented result.
"""
# ruff: noqa: E501
# Its tables read best with one entry a line.

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.errors import BadInput
from core.sql_ai.functions.embedding import DIMENSIONS
from core.sql_ai.functions.redact import CATEGORIES
from core.sql_ai.values import dumps

Arguments = Mapping[str, Any]
_PLACEHOLDER = re.compile(r"\{(\d+)\}")
_MOST_ASPECTS, _LONGEST_ASPECT = 10, 30
_SUMMARY_UNCHANGED = 110
_KEYS = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str)


@dataclass(frozen=True)
class Request:
    """What is sent to the model: ``arguments`` is what an override sees; ``key`` identifies it in the memo."""

    provider: str
    arguments: tuple[Any, ...]

    @cached_property
    def key(self) -> str:
        """Text that is equal for equal requests."""
        return self.provider + _KEYS.encode(self.arguments)


@dataclass(frozen=True)
class Done:
    """A result that needs no model."""

    value: Any


class RowFault(Exception):
    """This row cannot be answered; the function's rule says what becomes of it. ``hint`` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def prepare(function: str, arguments: Arguments) -> Request | Done:
    """The request for one call of ``function``.

    Raises BadInput for arguments that no row could use, RowFault for those of this row.
    """
    return _PREPARE[function](arguments)


def finish(function: str, answer: Any, arguments: Arguments) -> Any:
    """The documented result for the model's answer; raises RowFault when it is a row error."""
    from core.sql_ai.functions.errors import RowError

    if isinstance(answer, RowError):
        raise RowFault(str(answer), answer.hint)
    if isinstance(answer, Exception):
        raise RowFault(str(answer))
    shape = _FINISH.get(function)
    return shape(answer, arguments) if shape else answer


def fill_prompt(prompt: Mapping[str, Any]) -> str | None:
    """The text of a PROMPT object; None when a value is NULL. Raises BadInput for a placeholder without value."""
    values = list(prompt.get("args") or [])
    template = prompt.get("template")
    if template is None:
        return None
    check_template(template, len(values))
    if any(values[int(number)] is None for number in _PLACEHOLDER.findall(template)):
        return None
    return _PLACEHOLDER.sub(lambda match: _as_text(values[int(match[1])]), template)


def check_template(template: str, count: int) -> None:
    """Raise BadInput when the template names a value that is not there; spare values are fine."""
    for number in _PLACEHOLDER.findall(template):
        if int(number) >= count:
            raise BadInput(
                f"PROMPT: the placeholder {{{number}}} has no argument; {count} given",
                "Number the placeholders from {0}.",
            )


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return dumps(value)


def _text(value: Any) -> str | None:
    """The text of an argument: text, a PROMPT object, or any scalar."""
    if isinstance(value, Mapping) and "template" in value:
        return fill_prompt(value)
    return None if value is None else _as_text(value)


def _sentiment(arguments: Arguments) -> Request | Done:
    aspects = arguments.get("CATEGORIES") or []
    if len(aspects) > _MOST_ASPECTS:
        raise BadInput(
            f"AI_SENTIMENT takes at most {_MOST_ASPECTS} categories, {len(aspects)} given", "Split the call."
        )
    for aspect in aspects:
        if not isinstance(aspect, str) or len(aspect) > _LONGEST_ASPECT:
            raise BadInput(
                f"AI_SENTIMENT: the category {aspect!r} is not a text of at most {_LONGEST_ASPECT} characters",
                "Shorten it.",
            )
    text = _text(arguments["TEXT"])
    if text is None:
        return Done(None)
    return Request("AI_SENTIMENT", (text, sorted(set(aspects))) if aspects else (text,))


def _sentiment_shape(answer: Any, arguments: Arguments) -> Any:
    if isinstance(answer, Mapping):
        return answer
    pairs = [("overall", answer)] if isinstance(answer, str) else [tuple(pair) for pair in answer]
    rest = sorted((pair for pair in pairs if pair[0] != "overall"), key=lambda pair: pair[0])
    ordered = [pair for pair in pairs if pair[0] == "overall"] + rest
    return {"categories": [{"name": name, "sentiment": mood} for name, mood in ordered]}


def _classify(arguments: Arguments, provider: str = "AI_CLASSIFY", most: int = 500) -> Request | Done:
    categories, config = arguments["LIST_OF_CATEGORIES"], arguments.get("CONFIG_OBJECT") or {}
    text = _text(arguments["INPUT"])
    if text is None or categories is None:
        return Done(None)
    names = _labels(categories)
    if len(names) < 2 or len(set(names)) != len(names) or len(names) > most:
        raise BadInput(
            f"{provider} needs 2 to {most} different categories, {len(set(names))} given",
            "List them once each.",
        )
    _check_config(provider, config, names)
    return Request(provider, (text, categories, config) if config else (text, categories))


def _labels(categories: Any) -> list[str]:
    if not isinstance(categories, list):
        raise BadInput("The categories must be an ARRAY", "Write ['delivery', 'quality'].")
    if all(isinstance(item, str) for item in categories):
        return categories
    if all(isinstance(item, Mapping) and isinstance(item.get("label"), str) for item in categories):
        return [item["label"] for item in categories]
    raise BadInput(
        "The categories must be texts, or objects with 'label', of one kind only", "Do not mix both kinds."
    )


def _check_options(provider: str, config: Any, known: tuple[str, ...]) -> None:
    """Raise BadInput unless the configuration is an object with known options only."""
    if not isinstance(config, Mapping):
        raise BadInput(f"{provider}: the configuration must be an OBJECT", f"Write {{'{known[0]}': ..}}.")
    unknown = set(config) - set(known)
    if unknown:
        raise BadInput(f"{provider} has no option '{min(unknown)}'", f"Known: {', '.join(known)}.")


def _check_config(provider: str, config: Any, names: list[str]) -> None:
    _check_options(provider, config, ("task_description", "output_mode", "examples"))
    if str(config.get("output_mode", "single")).lower() not in ("single", "multi"):
        raise BadInput(f"output_mode '{config['output_mode']}' is not known", "Write 'single' or 'multi'.")
    examples = config.get("examples") or []
    if not isinstance(examples, list) or len(examples) > 20:
        raise BadInput(f"{provider} takes an array of at most 20 examples", "Keep the most telling ones.")
    for example in examples:
        labels = example_labels(example) if isinstance(example, Mapping) else []
        if not labels or "input" not in example or any(label not in names for label in labels):
            raise BadInput(
                f"{provider}: an example needs an input and labels from the categories",
                "See the function help.",
            )


def example_labels(example: Mapping[str, Any]) -> list[Any]:
    """The labels of an example; CLASSIFY_TEXT calls its single one ``label``."""
    labels = example.get("labels", example.get("label"))
    return labels if isinstance(labels, list) else [labels] if labels is not None else []


def _classify_shape(answer: Any, arguments: Arguments) -> Any:
    return answer if isinstance(answer, Mapping) else {"labels": _as_labels(answer)}


def _classify_text_shape(answer: Any, arguments: Arguments) -> Any:
    if isinstance(answer, Mapping):
        return answer
    labels = _as_labels(answer)
    return {"label": labels[0] if labels else None}


def _as_labels(answer: Any) -> list[str]:
    return [answer] if isinstance(answer, str) else list(answer)


def _filter(arguments: Arguments) -> Request | Done:
    text = _text(arguments["INPUT"])
    return Done(None) if text is None else Request("AI_FILTER", (text,))


def _similarity(arguments: Arguments) -> Request | Done:
    a, b = arguments["INPUT1"], arguments["INPUT2"]
    if a is None or b is None:
        return Done(None)
    config = arguments.get("CONFIG_OBJECT") or {}
    _check_options("AI_SIMILARITY", config, ("model",))
    model = str(config.get("model", "snowflake-arctic-embed-l-v2.0")).lower()
    if model not in DIMENSIONS:
        raise RowFault(f"unknown embedding model '{model}'; known: {', '.join(sorted(DIMENSIONS))}")
    if isinstance(a, list) and isinstance(b, list):
        from core.sql_ai.udfs.vectors import vector_cosine_similarity

        return Done(vector_cosine_similarity(dumps(a), dumps(b)))
    if isinstance(a, list) or isinstance(b, list):
        raise BadInput(
            "AI_SIMILARITY compares two texts or two vectors", "Embed the text first, with AI_EMBED."
        )
    return Request("AI_SIMILARITY", (_as_text(a), _as_text(b)))


def _embed(arguments: Arguments, dimension: int | None = None) -> Request | Done:
    model, text = arguments["MODEL"], arguments["INPUT"]
    if model is None or text is None:
        return Done(None)
    size = DIMENSIONS.get(str(model).lower())
    if size is None or (dimension and size != dimension):
        fitting = ", ".join(name for name, n in DIMENSIONS.items() if dimension in (None, n))
        raise RowFault(
            f"'{model}' is not an embedding model"
            + (f" of {dimension} dimensions" if dimension else "")
            + f"; known: {fitting}"
        )
    return Request("AI_EMBED", (str(model), _as_text(text)))


def _embed_shape(answer: Any, arguments: Arguments) -> list[float]:
    return [float(item) for item in answer]


def _extract(arguments: Arguments) -> Request | Done:
    text, form = arguments["TEXT"], arguments["RESPONSEFORMAT"]
    if text is None:
        return Done(None)
    scores = bool(arguments.get("SCORES"))
    return Request("AI_EXTRACT", (_as_text(text), form, True) if scores else (_as_text(text), form))


def _extract_shape(answer: Any, arguments: Arguments) -> Any:
    if isinstance(answer, Mapping) and "response" in answer and "error" in answer:
        return answer
    return {"error": None, "response": answer}


def _prompt_or_turns(value: Any) -> Any:
    """The text of a prompt, or a history of turns as it is; raises RowFault for an array of anything else."""
    if not isinstance(value, list):
        return _text(value)
    if not value or not all(isinstance(turn, Mapping) and {"role", "content"} <= set(turn) for turn in value):
        raise RowFault("the history must be an array of {'role', 'content'} objects")
    return value


def _complete(arguments: Arguments) -> Request | Done:
    model, prompt = arguments["MODEL"], _prompt_or_turns(arguments["PROMPT"])
    if model is None or prompt is None:
        return Done(None)
    options, form = arguments.get("MODEL_PARAMETERS") or {}, arguments.get("RESPONSE_FORMAT")
    if form is not None and not isinstance(form, Mapping):
        raise RowFault("response_format must be a JSON schema object or TYPE OBJECT(..)")
    request: tuple[Any, ...] = (str(model), prompt)
    if options or form is not None:
        request += (options,)
    return Request("AI_COMPLETE", (*request, form) if form is not None else request)


def _complete_shape(answer: Any, arguments: Arguments) -> Any:
    reply = _reply(answer, arguments)
    structured = arguments.get("RESPONSE_FORMAT") is not None
    if structured and isinstance(answer, str) and reply["structured"] is None:
        raise RowFault(f"the answer is not JSON: {answer[:60]}")
    if not arguments.get("SHOW_DETAILS"):
        return reply["structured"] if structured else reply["text"]
    usage = reply["usage"]
    if (arguments.get("MODEL_PARAMETERS") or arguments.get("OPTIONS") or {}).get("guardrails") is True:
        usage = {**usage, "guardrail_tokens": 0}  # no guard model runs here, so none are used
    shown = {"created": reply["created"], "model": reply["model"], "usage": usage}
    if structured:
        return {**shown, "structured_output": [{"raw_message": reply["structured"], "type": "json"}]}
    return {"choices": [{"messages": reply["text"]}], **shown}


def _reply(answer: Any, arguments: Arguments) -> dict[str, Any]:
    """A model's reply in one shape; overrides may answer with plain text or an object."""
    if hasattr(answer, "prompt_tokens"):
        prompt, completion = int(answer.prompt_tokens), int(answer.completion_tokens)
        usage = {
            "completion_tokens": completion,
            "prompt_tokens": prompt,
            "total_tokens": prompt + completion,
        }
        return {
            "text": answer.text,
            "structured": answer.structured,
            "created": answer.created,
            "model": answer.model,
            "usage": usage,
        }
    text = answer if isinstance(answer, str) else dumps(answer)
    prompt = -(-len(str(arguments.get("PROMPT"))) // 4)
    usage = {
        "completion_tokens": -(-len(text) // 4),
        "prompt_tokens": prompt,
        "total_tokens": prompt + -(-len(text) // 4),
    }
    structured = answer
    if isinstance(answer, str):
        try:
            structured = json.loads(answer)
        except ValueError:
            structured = None
    return {
        "text": text,
        "structured": structured,
        "created": 0,
        "model": str(arguments.get("MODEL")),
        "usage": usage,
    }


def _legacy_complete(arguments: Arguments) -> Request | Done:
    model, prompt = arguments["MODEL"], arguments["PROMPT"]
    if model is None or prompt is None:
        return Done(None)
    prompt = _prompt_or_turns(prompt)
    options = dict(arguments.get("OPTIONS") or {})
    form = options.pop("response_format", None)
    request: tuple[Any, ...] = (str(model), prompt)
    if options or form is not None:
        request += (options,)
    return Request("COMPLETE", (*request, form) if form is not None else request)


def _legacy_complete_shape(answer: Any, arguments: Arguments) -> Any:
    if arguments.get("OPTIONS") is None:
        return _reply(answer, arguments)["text"]
    form = (arguments["OPTIONS"] or {}).get("response_format")
    return _complete_shape(answer, {**arguments, "SHOW_DETAILS": True, "RESPONSE_FORMAT": form})


def _summarize(provider: str) -> Callable[[Arguments], Request | Done]:
    def build(arguments: Arguments) -> Request | Done:
        text = _text(arguments["INPUT"])
        if text is None or (provider == "AI_SUMMARIZE" and len(text) <= _SUMMARY_UNCHANGED):
            return Done(text)
        return Request(provider, (text,))

    return build


def _summary_shape(answer: Any, arguments: Arguments) -> Any:
    text = _text(arguments["INPUT"]) or ""
    return text if isinstance(answer, str) and len(answer) > len(text) else answer


def _translate(provider: str) -> Callable[[Arguments], Request | Done]:
    def build(arguments: Arguments) -> Request | Done:
        values = [arguments[name] for name in ("TEXT", "SOURCE_LANGUAGE", "TARGET_LANGUAGE")]
        if None in values:
            return Done(None)
        return Request(provider, tuple(_as_text(value) for value in values))

    return build


def _redact(arguments: Arguments) -> Request | Done:
    categories, mode = arguments.get("CATEGORIES"), str(arguments.get("MODE") or "redact").lower()
    if mode not in ("redact", "detect"):
        raise BadInput(f"AI_REDACT has no mode '{mode}'", "Write 'redact' or 'detect'.")
    for category in categories or []:
        if not isinstance(category, str) or category.upper() not in CATEGORIES:
            raise BadInput(
                f"AI_REDACT does not support the category {category!r}",
                f"Known: {', '.join(CATEGORIES)}.",
            )
    text = arguments["INPUT"]
    if text is None:
        return Done(None)
    chosen = [category.upper() for category in categories] if categories else list(CATEGORIES)
    if mode == "detect":
        return Request("AI_REDACT", (_as_text(text), chosen, mode))
    return Request("AI_REDACT", (_as_text(text), chosen) if categories else (_as_text(text),))


def _redact_shape(answer: Any, arguments: Arguments) -> Any:
    return {"spans": answer} if isinstance(answer, list) else answer


def _count_tokens(arguments: Arguments) -> Request | Done:
    """The function's name, then (for 'ai_complete' and 'ai_embed') a model, then texts; options add nothing."""
    from core.sql_ai.functions import tokens
    from core.sql_ai.functions.errors import RowError

    values = [value for name, value in arguments.items() if name != "RETURN_ERROR_DETAILS"]
    if any(isinstance(value, bool) for value in values):
        raise RowFault("return_error_details is not taken by position", "Write return_error_details => TRUE.")
    if None in values:
        return Done(None)
    function, rest = str(values[0]), values[1:]
    if function in ("ai_complete", "ai_embed") and len(rest) > 1 and isinstance(rest[1], str):
        rest = rest[1:]
    if function == "ai_translate":
        rest = rest[:1]
    texts = [
        value
        for value in (rest if function == "ai_similarity" else rest[:1])
        if isinstance(value, str | Mapping)
    ]
    extra = sum(len(dumps(value)) for value in rest if isinstance(value, list))
    counts = tokens.count(
        [
            (function, (_text(text) or "") + "x" * (extra if not index else 0))
            for index, text in enumerate(texts[:2])
        ]
    )
    for count in counts:
        if isinstance(count, RowError):
            raise RowFault(str(count))
    return Done(sum(int(count) for count in counts))


def _legacy_count_tokens(arguments: Arguments) -> Request | Done:
    from core.sql_ai.functions import tokens

    return Done(None if None in arguments.values() else tokens.estimate(_as_text(arguments["INPUT"])))


def _prompt(arguments: Arguments) -> Request | Done:
    values = [value for name, value in arguments.items() if name != "TEMPLATE"]
    template = arguments["TEMPLATE"]
    if template is None:
        return Done(None)
    check_template(template, len(values))
    return Done({"args": values, "template": template})


def _split_recursive(arguments: Arguments) -> Request | Done:
    from core.sql_ai.functions import split

    text, form, size = (arguments[name] for name in ("TEXT", "FORMAT", "CHUNK_SIZE"))
    if text is None or form is None or size is None:
        return Done(None)
    separators = arguments.get("SEPARATORS")
    return Done(
        split.recursive_character(text, form, int(size), int(arguments.get("OVERLAP") or 0), separators)
    )


def _split_header(arguments: Arguments) -> Request | Done:
    from core.sql_ai.functions import split

    text, headers, size = (arguments[name] for name in ("TEXT", "HEADERS", "CHUNK_SIZE"))
    if text is None or headers is None:
        return Done(None)
    return Done(split.markdown_header(text, headers, int(size), int(arguments.get("OVERLAP") or 0)))


def _aggregate(arguments: Arguments) -> Request | Done:
    texts = arguments["EXPR"]
    if not texts or arguments["INSTRUCTION"] is None:
        return Done(None)
    return Request("AI_AGG", (texts, arguments["INSTRUCTION"]))


def _summarize_aggregate(arguments: Arguments) -> Request | Done:
    return Request("AI_SUMMARIZE_AGG", (arguments["EXPR"],)) if arguments["EXPR"] else Done(None)


def _one_text(provider: str, name: str) -> Callable[[Arguments], Request | Done]:
    def build(arguments: Arguments) -> Request | Done:
        text = _text(arguments[name])
        return Done(None) if text is None else Request(provider, (text,))

    return build


def _extract_answer(arguments: Arguments) -> Request | Done:
    document, question = arguments["DOCUMENT"], arguments["QUESTION"]
    if document is None or question is None:
        return Done(None)
    return Request("EXTRACT_ANSWER", (_as_text(document), _as_text(question)))


_PREPARE: dict[str, Callable[[Arguments], Request | Done]] = {
    "AI_SENTIMENT": _sentiment, "CORTEX.ENTITY_SENTIMENT": _sentiment, "AI_CLASSIFY": _classify, "AI_FILTER": _filter,
    "CORTEX.CLASSIFY_TEXT": lambda arguments: _classify(arguments, "CLASSIFY_TEXT", 100), "AI_SIMILARITY": _similarity,
    "AI_EMBED": _embed, "CORTEX.EMBED_TEXT_768": lambda arguments: _embed(arguments, 768),
    "CORTEX.EMBED_TEXT_1024": lambda arguments: _embed(arguments, 1024), "AI_EXTRACT": _extract, "AI_COMPLETE": _complete,
    "CORTEX.COMPLETE": _legacy_complete, "CORTEX.TRY_COMPLETE": _legacy_complete, "AI_SUMMARIZE": _summarize("AI_SUMMARIZE"),
    "CORTEX.SUMMARIZE": _summarize("SUMMARIZE"), "AI_TRANSLATE": _translate("AI_TRANSLATE"), "CORTEX.TRANSLATE": _translate("TRANSLATE"),
    "AI_REDACT": _redact, "AI_AGG": _aggregate, "AI_SUMMARIZE_AGG": _summarize_aggregate, "AI_COUNT_TOKENS": _count_tokens,
    "CORTEX.COUNT_TOKENS": _legacy_count_tokens, "PROMPT": _prompt, "CORTEX.SPLIT_TEXT_RECURSIVE_CHARACTER": _split_recursive,
    "CORTEX.SPLIT_TEXT_MARKDOWN_HEADER": _split_header, "CORTEX.SENTIMENT": _one_text("SENTIMENT", "TEXT"), "CORTEX.EXTRACT_ANSWER": _extract_answer,
}  # fmt: skip
_FINISH: dict[str, Callable[[Any, Arguments], Any]] = {
    "AI_SENTIMENT": _sentiment_shape, "CORTEX.ENTITY_SENTIMENT": _sentiment_shape, "AI_CLASSIFY": _classify_shape,
    "CORTEX.CLASSIFY_TEXT": _classify_text_shape, "AI_EMBED": _embed_shape, "CORTEX.EMBED_TEXT_768": _embed_shape,
    "CORTEX.EMBED_TEXT_1024": _embed_shape, "AI_EXTRACT": _extract_shape, "AI_COMPLETE": _complete_shape,
    "CORTEX.COMPLETE": _legacy_complete_shape, "CORTEX.TRY_COMPLETE": _legacy_complete_shape, "AI_SUMMARIZE": _summary_shape,
    "AI_REDACT": _redact_shape, "AI_FILTER": lambda answer, arguments: None if answer is None else bool(answer),
    "AI_SIMILARITY": lambda answer, arguments: float(answer), "CORTEX.SENTIMENT": lambda answer, arguments: float(answer),
}  # fmt: skip
