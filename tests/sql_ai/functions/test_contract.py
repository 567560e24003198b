"""What holds for every function: one answer a row, in order, whatever the text; equal inputs give equal answers."""

import math

import pytest

from core.sql_ai.functions.classify import ClassifyItem, Label, classify
from core.sql_ai.functions.embedding import embed
from core.sql_ai.functions.extract import extract, extract_answer
from core.sql_ai.functions.filtering import decide
from core.sql_ai.functions.redact import detect, redact
from core.sql_ai.functions.sentiment import label, polarity, score
from core.sql_ai.functions.similarity import similarity
from core.sql_ai.functions.summarize import aggregate, summarize, summarize_group
from core.sql_ai.functions.tokens import count

_LABELS = (Label("delivery"), Label("price"))
FUNCTIONS = {
    "sentiment_analysis": polarity,
    "SENTIMENT": score,
    "AI_SENTIMENT": lambda texts: label([(text, ("price",)) for text in texts]),
    "AI_CLASSIFY": lambda texts: classify([ClassifyItem(text, _LABELS, multi=True) for text in texts]),
    "AI_FILTER": decide,
    "AI_EXTRACT": lambda texts: extract([(text, ["What is the price?"], True) for text in texts]),
    "EXTRACT_ANSWER": lambda texts: extract_answer([(text, "What is the price?") for text in texts]),
    "AI_REDACT": lambda texts: redact([(text, ()) for text in texts]),
    "AI_REDACT detect": lambda texts: detect([(text, ()) for text in texts]),
    "AI_SUMMARIZE": summarize,
    "AI_SUMMARIZE_AGG": lambda texts: summarize_group([(text, text) for text in texts]),
    "AI_AGG": lambda texts: aggregate([((text,), "What is it about?") for text in texts]),
    "AI_SIMILARITY": lambda texts: similarity([(text, "price") for text in texts]),
    "AI_EMBED": lambda texts: embed([("e5-base-v2", text) for text in texts]),
    "AI_COUNT_TOKENS": lambda texts: count([("ai_sentiment", text) for text in texts]),
}
TEXTS = [
    "The price was fair.",
    "",
    "   \n\t ",
    "😀👍🏽 日本語のレビュー、とても良い。",
    "مرحبا بالعالم",
    "é" * 50,
    "NULL",
    "{'json': [1, 2]} <b>html</b> %s {0} \\ ' \" --",
    "\x00\x01 control \u202e reversed \ufeff mark",
    "no",
    "1234567890",
    "Price: $12. " * 150,
    "word" * 500,
]


@pytest.fixture(params=FUNCTIONS, scope="module")
def function(request):
    return FUNCTIONS[request.param]


def test_every_text_gets_one_answer_and_none_breaks_the_batch(function):
    answers = function(TEXTS)
    assert len(answers) == len(TEXTS)
    assert all(answer is not None for answer in answers)
    assert all(math.isfinite(answer) for answer in answers if isinstance(answer, float))


def test_an_answer_is_the_same_alone_again_and_in_any_order(function):
    together = function(TEXTS)
    assert function(TEXTS[::-1]) == together[::-1]
    assert [function([text])[0] for text in TEXTS[:6]] == together[:6]
    assert function([TEXTS[0], TEXTS[0]]) == [together[0], together[0]]


def test_no_text_gives_no_answer(function):
    assert list(function([])) == []


_SQL = {
    "AI_SENTIMENT": "AI_SENTIMENT({})",
    "SENTIMENT": "SNOWFLAKE.CORTEX.SENTIMENT({})",
    "AI_CLASSIFY": "AI_CLASSIFY({}, ['delivery', 'price'])",
    "AI_FILTER": "AI_FILTER({})",
    "AI_EXTRACT": "AI_EXTRACT({}, ['What is the price?'])",
    "AI_REDACT": "AI_REDACT({})",
    "AI_SUMMARIZE": "AI_SUMMARIZE({})",
    "AI_SIMILARITY": "AI_SIMILARITY({}, 'price')",
    "AI_EMBED": "AI_EMBED('e5-base-v2', {})",
    "AI_COUNT_TOKENS": "AI_COUNT_TOKENS('ai_sentiment', {})",
    "AI_TRANSLATE": "AI_TRANSLATE({}, 'en', 'de')",
}


@pytest.fixture(scope="module")
def session():
    from core.sql_ai import open_session

    return open_session(samples=False)


@pytest.mark.parametrize("name", _SQL)
def test_null_in_is_null_out(session, name):
    assert session.execute(f"SELECT {_SQL[name].format('NULL')}").rows == [(None,)]


@pytest.mark.parametrize("name", ["AI_SENTIMENT", "SENTIMENT", "AI_CLASSIFY", "AI_REDACT", "AI_SUMMARIZE"])
def test_a_number_is_read_as_its_text(session, name):
    number, text = (session.execute(f"SELECT {_SQL[name].format(value)}").rows for value in ("12", "'12'"))
    assert number == text


def test_sentiment_analysis_is_textblobs_polarity_in_sql(session):
    assert session.execute("SELECT sentiment_analysis('a great day')").rows == [
        (pytest.approx(polarity(["a great day"])[0]),)
    ]
