import json

import pytest

from core.sql_ai.functions.complete import CompleteRequest, complete
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.structured import Unanswerable, check_schema, fill, validate


def _ask(prompt, form=None, model="llama3.1-8b", **options):
    return complete([CompleteRequest(model, (("user", prompt),), options, form)])[0]


def _object(**properties):
    return {
        "type": "json",
        "schema": {"type": "object", "properties": properties, "required": list(properties)},
    }


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"model": "no-such-model"}, "no-such-model"),
        ({"prompt": "  "}, "empty"),
        ({"temperature": 2}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"top_k": 3}, "top_k"),
        ({"temperature": True}, "temperature"),
    ],
)
def test_a_call_that_cannot_be_answered_says_why(changes, word):
    answer = _ask(**{"prompt": "hello", **changes})
    assert isinstance(answer, RowError)
    assert word in answer


def test_a_role_that_does_not_exist_is_named():
    answer = complete([CompleteRequest("llama3.1-8b", (("robot", "hi"),), {})])[0]
    assert isinstance(answer, RowError)
    assert "robot" in answer


def test_the_endpoint_gets_the_turns_and_its_answer_is_returned(endpoint):
    reply = complete(
        [CompleteRequest("claude-4-sonnet", (("system", "Be brief."), ("user", "Hi")), {"max_tokens": 7})]
    )[0]
    assert reply.text
    assert reply.model == "claude-4-sonnet"
    assert reply.completion_tokens > 0
    assert reply.answered_by


def test_structured_output_measures_and_extracts_instead_of_inventing():
    form = _object(
        name={"type": "string"}, age={"type": "integer"}, score={"type": "number"},
        sentiment={"type": "string", "enum": ["positive", "negative"]},
        topics={"type": "array", "items": {"type": "string", "enum": ["price", "delivery"]}},
    )  # fmt: skip
    reply = _ask("Anna Weber is 34 years old and hates the late delivery. It was terrible.", form)
    assert reply.structured["name"] == "Anna Weber"
    assert reply.structured["age"] == 34
    assert reply.structured["score"] <= -0.5
    assert reply.structured["sentiment"] == "negative"
    assert reply.structured["topics"] == ["delivery"]
    assert json.loads(reply.text) == reply.structured


def test_a_rating_stays_in_its_range():
    form = _object(rating={"type": "number", "minimum": 1, "maximum": 10})
    good, bad = _ask("A wonderful film.", form), _ask("A terrible film.", form)
    assert 5.5 < good.structured["rating"] <= 10
    assert 1 <= bad.structured["rating"] < 5.5


@pytest.mark.parametrize("form", [{}, {"schema": 3}, {"type": "json"}, {"schema": {"type": "tuple"}}])
def test_a_response_format_without_a_schema_is_a_row_error(form):
    assert isinstance(_ask("hello", form), RowError)
    with pytest.raises(Unanswerable):
        check_schema(form)


@pytest.mark.parametrize(
    ("value", "schema", "fault"),
    [
        ({"a": 1}, {"type": "object", "properties": {"a": {"type": "string"}}}, "$.a"),
        ({}, {"type": "object", "properties": {}, "required": ["b"]}, "$.b"),
        ([1, "x"], {"type": "array", "items": {"type": "integer"}}, "$[1]"),
        (True, {"type": "integer"}, "$"),
        (7, {"type": "number", "maximum": 5}, "range"),
        ("c", {"type": "string", "enum": ["a", "b"]}, "one of"),
    ],
)
def test_what_does_not_fit_a_schema_is_named_by_its_path(value, schema, fault):
    assert fault in validate(value, schema)


def test_what_fits_a_schema_passes():
    schema = {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}
    assert validate({"a": None, "more": 1}, schema) is None


def test_a_nullable_field_the_prompt_does_not_tell_is_null():
    schema = {
        "type": "object",
        "properties": {"due": {"type": ["integer", "null"], "description": "How many days?"}},
    }
    value = fill(schema, "Five days remain.", {})
    assert set(value) == {"due"}
