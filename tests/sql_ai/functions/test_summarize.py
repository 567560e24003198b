import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sql_ai.functions.summarize import aggregate, summarize, summarize_group
from core.sql_ai.functions.text import sentences

_LONG = (
    "The lamp arrived on Monday in a sturdy box. The base is made of oak and feels heavy. The light is warm and bright "
    "enough to read by. After two weeks the switch began to stick. Support sent a new switch within three days. "
    "Now the lamp works well again and I like it very much."
)
_sentence = st.lists(
    st.sampled_from(["lamp", "price", "broke", "fast", "delivery", "great", "the", "never", "ü", "42"]),
    min_size=1,
    max_size=9,
).map(lambda found: " ".join(found).capitalize() + ".")
_texts = st.lists(_sentence, max_size=14).map(" ".join)


@settings(max_examples=25)
@given(st.one_of(_texts, st.text(max_size=300)))
def test_a_summary_is_never_longer_than_its_input_and_short_texts_stay(text):
    summary = summarize([text])[0]
    assert len(summary) <= len(text)
    if len(text) <= 110:
        assert summary == text


def test_a_summary_is_shorter_and_made_of_the_texts_own_sentences_in_their_order():
    summary = summarize([_LONG])[0]
    parts = sentences(summary)
    assert len(summary) < len(_LONG) / 2
    places = [sentences(_LONG).index(part) for part in parts]
    assert places == sorted(places)


def test_a_text_of_up_to_110_characters_stays_even_with_many_sentences():
    text = " ".join(f"Point {number} is\nfine." for number in range(6))
    text += "  " + "X" * (108 - len(text))
    assert len(text) == 110
    assert summarize([text]) == [text]
    assert summarize([text + ". And so on."])[0] != text + ". And so on."


def test_one_sentence_comes_back_as_it_is_however_long():
    text = "word " * 60 + "end"
    assert summarize([text]) == [text]


@settings(max_examples=15)
@given(st.lists(_texts, min_size=1, max_size=6))
def test_a_groups_summary_is_never_longer_than_the_group(texts):
    assert len(summarize_group([tuple(texts)])[0]) <= len(" ".join(texts))


def test_a_group_is_summarised_by_its_own_sentences():
    group = ("The battery dies fast. I like the colour.", "The battery is weak.", "Weak battery, sadly.")
    known = {part for text in group for part in sentences(text)}
    assert set(sentences(summarize_group([group])[0])) <= known


def test_an_instruction_that_asks_for_complaints_brings_complaints_first():
    group = (
        "The screen is beautiful and bright.", "I love the sound.", "The hinge broke after a week.",
        "Delivery was quick and friendly.", "The battery is terrible.", "A wonderful keyboard.",
        "It feels light and elegant.", "Perfect size for my bag.",
    )  # fmt: skip
    complaints = aggregate([(group, "What are the main complaints?")])[0]
    praise = aggregate([(group, "What do customers praise?")])[0]
    assert "broke" in complaints
    assert "terrible" in complaints
    assert "broke" not in praise
    assert "terrible" not in praise


def test_an_instruction_that_asks_for_a_list_gets_one_sentence_a_line():
    group = tuple(f"Point number {number} about the lamp is that it shines." for number in range(6))
    assert "\n" in aggregate([(group, "List the main points")])[0]


def test_an_empty_group_has_an_empty_summary():
    assert summarize_group([()]) == [""]
    assert aggregate([(("", " "), "What?")]) == [""]


@pytest.mark.parametrize(
    "instruction", ["What do people complain about?", "List the complaints", "What is bad?"]
)
def test_praise_is_no_answer_to_a_question_for_complaints(instruction):
    texts = ("The soup was cold.", "The waiter was rude.", "Great view!")
    (given,) = aggregate([(texts, instruction)])
    assert given.split("\n" if "List" in instruction else ". ")[0].startswith("The soup was cold")
    assert "Great view" not in given


def test_complaints_are_no_answer_to_a_question_for_praise():
    texts = ("The soup was cold.", "Great view!")
    assert aggregate([(texts, "What do guests like?")]) == ["Great view!"]
    assert aggregate([(texts[:1], "What do guests like?")]) == ["The soup was cold."]
