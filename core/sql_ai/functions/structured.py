"""Structured output: fills a JSON schema from a prompt with measured or extracted values, never with invented ones.

Sentiment-like fields come from the sentiment function, choices from classification, booleans from the filter, other
values from the text itself; only what none of them can tell is asked of the language model, and checked.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from core.errors import HubError
from core.sql_ai.functions import classify, filtering, sentiment, summarize
from core.sql_ai.functions.answering import Question, answer
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.evidence import detect_language
from core.sql_ai.functions.stated import NUMBER_WORDS, stated_number
from core.sql_ai.functions.text import words

_MOOD = re.compile(r"sentiment|polarity|mood|\bscore\b|^score|rating|stars|satisf|tone|positiv")
_DEEPEST = 8
_NEW_TOKENS = 24
_CHECKS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


class Unanswerable(ValueError):
    """The schema cannot be read, or no value for it can be had from the prompt; the text is the message."""


def check_schema(response_format: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON schema inside a response format; raises `Unanswerable` when there is none."""
    schema = response_format.get("schema", response_format)
    if not isinstance(schema, Mapping) or not (
        schema.get("properties") or schema.get("type") in _CHECKS.keys() - {"null"}
    ):
        raise Unanswerable("response_format holds no JSON schema; write {'type': 'json', 'schema': {...}}")
    _check_types(schema, 0)
    return schema


def fill(schema: Mapping[str, Any], prompt: str, options: Mapping[str, Any]) -> Any:
    """Return a value that is valid for the schema; raises `Unanswerable` when a field has no honest value."""
    value = _from_endpoint(schema, prompt, options)
    if value is None:
        value = _value(schema, "answer", prompt)
    fault = validate(value, schema)
    if fault:
        raise Unanswerable(f"no answer fits the response format: {fault}")
    return value


def validate(value: Any, schema: Mapping[str, Any], path: str = "$") -> str | None:
    """Return what is wrong with a value, or None when it satisfies type, enum, range, required and items."""
    kinds = _kinds(schema)
    if not any(_is_a(value, kind) for kind in kinds):
        return f"{path} is not {' or '.join(kinds)}"
    if value is None:
        return None
    if "enum" in schema and value not in schema["enum"]:
        return f"{path} is not one of {schema['enum']}"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return f"{path} is out of range"
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        faults = [validate(item, schema["items"], f"{path}[{place}]") for place, item in enumerate(value)]
        return next((fault for fault in faults if fault), None)
    if isinstance(value, dict):
        return _validate_object(value, schema, path)
    return None


def _validate_object(value: dict[str, Any], schema: Mapping[str, Any], path: str) -> str | None:
    missing = [name for name in schema.get("required", []) if name not in value]
    if missing:
        return f"{path}.{missing[0]} is missing"
    properties = schema.get("properties", {})
    faults = [
        validate(item, properties[name], f"{path}.{name}")
        for name, item in value.items()
        if name in properties
    ]
    return next((fault for fault in faults if fault), None)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type") or (
        "object" if "properties" in schema else "array" if "items" in schema else "string"
    )
    return [str(item).lower() for item in kind] if isinstance(kind, list | tuple) else [str(kind).lower()]


def _is_a(value: Any, kind: str) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _CHECKS[kind])


def _check_types(schema: Mapping[str, Any], depth: int) -> None:
    if depth > _DEEPEST:
        raise Unanswerable(f"response_format is nested deeper than {_DEEPEST} levels")
    unknown = [kind for kind in _kinds(schema) if kind not in _CHECKS]
    if unknown:
        raise Unanswerable(f"response_format names the type '{unknown[0]}'; use {', '.join(sorted(_CHECKS))}")
    children = [*schema.get("properties", {}).values()]
    if isinstance(schema.get("items"), Mapping):
        children.append(schema["items"])
    for child in children:
        if not isinstance(child, Mapping):
            raise Unanswerable("each property of response_format must be an object")
        _check_types(child, depth + 1)


def _value(schema: Mapping[str, Any], name: str, prompt: str) -> Any:
    kind = next(kind for kind in _kinds(schema) if kind != "null" or len(_kinds(schema)) == 1)
    if kind == "object":
        return _object(schema, prompt)
    try:
        return _SOURCES[kind](schema, name, prompt)
    except Unanswerable:
        if "null" in _kinds(schema):
            return None
        raise


def _object(schema: Mapping[str, Any], prompt: str) -> dict[str, Any]:
    """The properties that have an honest value; one that is not required may be missing, but not all of them."""
    found: dict[str, Any] = {}
    missing: Unanswerable | None = None
    for key, child in schema.get("properties", {}).items():
        try:
            found[key] = _value(child, key, prompt)
        except Unanswerable as error:
            if key in schema.get("required", ()):
                raise
            missing = error
    if missing is not None and not found:
        raise missing
    return found


def _string(schema: Mapping[str, Any], name: str, prompt: str) -> str:
    asked = _asked(schema, name).lower()
    if schema.get("enum"):
        return _choice([str(item) for item in schema["enum"]], name, schema, prompt)
    if "sentiment" in asked:
        return sentiment.label([(prompt, ())])[0][0][1]
    if "language" in asked:
        return detect_language(prompt)
    if re.search(r"summar|gist|tl;?dr", asked):
        return summarize.summarize([prompt])[0]
    found = answer([(prompt, Question(name, _asked(schema, name)))])[0]
    return found[0].text if found else _ask(prompt, _asked(schema, name))


def _number(schema: Mapping[str, Any], name: str, prompt: str) -> float:
    low, high = float(schema.get("minimum", "-inf")), float(schema.get("maximum", "inf"))
    stated = stated_number(name, prompt, lambda value: low <= value <= high)
    if stated is not None:
        return stated
    if _MOOD.search(_asked(schema, name).lower()):
        return _scaled(sentiment.score([prompt])[0], schema, name)
    found = answer([(prompt, Question(name, _asked(schema, name)))])[0]
    for text in [item.text for item in found] or [_ask(prompt, _asked(schema, name))]:
        match = re.search(r"-?\d[\d,]*(?:\.\d+)?", text)
        if match:
            return float(match.group().replace(",", ""))
        spelled = [NUMBER_WORDS[word] for word in words(text) if word in NUMBER_WORDS]
        if spelled:
            return float(spelled[-1])  # "A week has seven days", also behind a repeated question
    raise Unanswerable(f"no number for '{name}' was found")


def _scaled(mood: float, schema: Mapping[str, Any], name: str) -> float:
    """Map -1..1 to the range the schema or the name states: 'rating' and 'stars' run from 1 to 5."""
    stars = re.search(r"rating|stars", name.lower()) is not None
    low = float(schema.get("minimum", 1 if stars else -1))
    high = float(schema.get("maximum", 5 if stars else 1))
    return round(low + (mood + 1) / 2 * (high - low), 4)


def _integer(schema: Mapping[str, Any], name: str, prompt: str) -> int:
    return round(_number(schema, name, prompt))


def _boolean(schema: Mapping[str, Any], name: str, prompt: str) -> bool:
    asked = re.sub(r"^(?:is|has|are|does)[_ ]", "", _asked(schema, name))
    decided = filtering.decide([f"This text is about {asked.rstrip('?')}: {prompt}"])[0]
    if isinstance(decided, RowError):
        raise Unanswerable(str(decided))
    return decided


def _array(schema: Mapping[str, Any], name: str, prompt: str) -> list[Any]:
    items = schema.get("items")
    child: Mapping[str, Any] = items if isinstance(items, Mapping) else {"type": "string"}
    if child.get("enum"):
        labels = tuple(classify.Label(str(item)) for item in child["enum"])
        chosen = classify.classify([classify.ClassifyItem(prompt, labels, multi=True)])[0]
        return [] if isinstance(chosen, RowError) else list(chosen)
    if _kinds(child)[0] == "object":
        return [_value(child, name, prompt)]
    found = answer([(prompt, Question(name, _asked(schema, name), many=True))])[0]
    texts = [item.text for item in found]
    if _kinds(child)[0] in ("number", "integer"):
        numbers = [
            float(m.group().replace(",", ""))
            for text in texts
            if (m := re.search(r"-?\d[\d,]*(?:\.\d+)?", text))
        ]
        return [int(number) if _kinds(child)[0] == "integer" else number for number in numbers]
    return texts


def _null(_schema: Mapping[str, Any], _name: str, _prompt: str) -> None:
    return None


_SOURCES: dict[str, Any] = {
    "string": _string,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
    "null": _null,
}


def _choice(names: list[str], name: str, schema: Mapping[str, Any], prompt: str) -> str:
    if len(names) == 1:
        return names[0]
    labels = tuple(classify.Label(option) for option in names)
    chosen = classify.classify([classify.ClassifyItem(prompt, labels, task=_asked(schema, name))])[0]
    if isinstance(chosen, RowError):
        raise Unanswerable(str(chosen))
    return chosen[0]


def _asked(schema: Mapping[str, Any], name: str) -> str:
    return str(schema.get("description") or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " "))


def _ask(prompt: str, asked: str) -> str:
    from core.sql_ai.functions.generation import loaded_generator, say

    question = f"{prompt}\n\nAnswer in a few words. {asked[:1].upper()}{asked[1:]}?"
    try:
        done = say(loaded_generator("auto"), [{"role": "user", "content": question}], _NEW_TOKENS)
    except HubError as error:
        raise Unanswerable(error.message) from error
    text = done.text.strip().split("\n")[0]
    if not text:
        raise Unanswerable(f"the model gave no answer for '{asked}'")
    return text


def _from_endpoint(schema: Mapping[str, Any], prompt: str, options: Mapping[str, Any]) -> Any:
    """Ask a configured endpoint for the whole object; None when there is none or its answer is not valid."""
    from core.config import settings
    from core.sql_ai.functions.generation import loaded_generator, say

    if not settings().llm_base_url:
        return None
    order = (
        f"{prompt}\n\nAnswer only with a JSON value that satisfies this JSON schema:\n{json.dumps(schema)}"
    )
    done = say(
        loaded_generator("endpoint"),
        [{"role": "user", "content": order}],
        int(options.get("max_tokens") or 1024),
        float(options.get("temperature") or 0.0),
    )
    match = re.search(r"[\[{].*[\]}]", done.text, re.DOTALL)
    try:
        value = json.loads(match.group()) if match else None
    except json.JSONDecodeError:
        return None
    return None if value is None or validate(value, schema) else value
