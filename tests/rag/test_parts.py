"""A question that asks for several things is told apart by rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rag.parts import Part, parts_of
from core.rag.questions import as_question


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How long is the warranty and who repairs the pump?",
            ("How long is the warranty", "who repairs the pump long warranty"),
        ),
        (
            "What does a day ticket cost, and at what time does the museum open?",
            ("What does a day ticket cost", "at what time does the museum open?"),
        ),
        (
            "Compare the range of the Merlin 20 with that of the Merlin 30.",
            ("Compare the range of the Merlin 20.", "Compare the range of the Merlin 30."),
        ),
        (
            "How did the fee change from 2019 to 2023?",
            ("How did the fee change from 2019?", "How did the fee change from 2023?"),
        ),
        (
            "Is Oslo or Bergen further north?",
            ("Is Oslo further north?", "Is Bergen further north?"),
        ),
        (
            "What is the weight of the Merlin 20 compared with the Merlin 30?",
            ("What is the weight of the Merlin 20?", "What is the weight of the Merlin 30?"),
        ),
        (
            "Which forms are used for sick leave and for parental leave?",
            ("Which forms are used for sick leave?", "Which forms are used for parental leave?"),
        ),
        (
            "How long is the notice period during and after probation?",
            (
                "How long is the notice period during probation?",
                "How long is the notice period after probation?",
            ),
        ),
    ],
)
def test_a_question_that_asks_for_several_things_is_told_apart(question, parts):
    assert tuple(part.question for part in parts_of(question)) == parts


@pytest.mark.parametrize(
    "question",
    [
        "How long is the warranty?",
        "Which oils and fats are used?",
        "Who wrote the report about the bridge at Orrin in 2019?",
        "Does Oslo and Oslo count twice?",
        "What is kept in and out?",
        "Which rooms are open for guests and staff?",
        "and",
        "",
    ],
)
def test_a_question_that_asks_for_one_thing_stays_whole(question):
    assert parts_of(question) == ()


def test_a_clause_keeps_its_own_words_beside_those_that_it_is_looked_up_with():
    assert parts_of("How long is the warranty and who repairs it?") == (
        Part("How long is the warranty", "How long is the warranty", clause=True),
        Part("who repairs it?", "who repairs it long warranty", clause=True),
    )


WORDS = st.sampled_from(
    ["and", "or", "for", "before", "after", "Oslo", "2019", "2020", "who", "what", "leave", "?", ","]
)


@given(st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=20).map(" ".join)))
@settings(max_examples=150)
def test_parts_are_never_empty_never_one_and_at_most_four(text):
    parts = parts_of(text)
    assert len(parts) != 1
    assert len(parts) <= 4
    assert all(part.question.strip() and part.asked.strip() for part in parts)


# The longest question of blank lines took nine seconds, in which nobody else got an answer.
@pytest.mark.timeout(30)
def test_a_question_full_of_blank_lines_is_read_at_once():
    asked = as_question("How long is leave," + "\n" * 1_900 + "x and who approves it?")
    assert asked == "How long is leave,\nx and who approves it?"
    parts_of(asked)
