import pytest

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.tokens import MANAGED_PROMPT, count, estimate
from core.sql_ai.functions.translate import LANGUAGES, translate


def test_without_an_endpoint_every_translation_says_how_to_get_one():
    answer = translate([("Hello", "en", "de"), ("Hello", "", "fr")])
    assert all(isinstance(item, RowError) and "LLM_BASE_URL" in item for item in answer)


def test_the_endpoint_translates(endpoint):
    endpoint.reply = lambda messages: " Hallo " if "from English to German" in messages[0]["content"] else "?"
    assert translate([("Hello", "en", "de")]) == ["Hallo"]


def test_a_text_in_its_own_language_stays():
    assert translate([("Hallo", "de", "de"), ("", "en", "de")]) == ["Hallo", ""]


@pytest.mark.parametrize(("source", "target"), [("en", "xx"), ("xx", "en"), ("en", "")])
def test_an_unknown_language_code_is_named(source, target):
    answer = translate([("Hello", source, target)])[0]
    assert isinstance(answer, RowError)
    assert "not supported" in answer


def test_there_are_the_documented_languages():
    assert len(LANGUAGES) == 23


def test_the_documented_count_of_a_sentiment_call_is_met():
    assert count([("ai_sentiment", "x" * 80)]) == [139]


@pytest.mark.parametrize("name", ["AI_SENTIMENT", "sentiment", "", "ai_unknown"])
def test_a_function_that_cannot_be_counted_is_named(name):
    assert isinstance(count([(name, "text")])[0], RowError)


def test_longer_texts_have_more_tokens_and_every_prompt_counts():
    assert estimate("") == 0
    assert estimate("a") == 1
    for name, added in MANAGED_PROMPT.items():
        assert count([(name, "x" * 400)]) == [added + 100]
