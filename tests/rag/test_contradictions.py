"""When a sentence says the opposite of what is asked."""

import pytest

from core.rag.contradictions import opposed_words
from core.rag.questions import frames, read_question
from core.rag.words import words_of


@pytest.mark.parametrize(
    ("question", "sentence", "opposed"),
    [
        ("Who was the first king?", "The last king was Otto.", ("first",)),
        ("Which fee is charged?", "No fee is charged.", ("fee", "charged")),
        ("What is not covered?", "Theft is covered.", ("covered",)),
        ("What tribes weren't in the war?", "The Abenaki tribes were in the war.", ("war",)),
        ("In the war, what groups never controlled land?", "Tribes controlled land.", ("controlled", "land")),
        ("What does it not depend on?", "It depends on use, which is not stated.", ("depend",)),
        (
            "What must laws which will not have effect pass?",
            "Laws which will have effect pass a vote.",
            ("effect", "pass"),
        ),
        (
            "Who sees that members don't vote by party?",
            "Whips see that members vote by party.",
            ("vote", "party"),
        ),
        ("What interfered with the third invasion?", "The second invasion failed.", ("third",)),
        ("What are three integers called?", "The product of two integers is one.", ("three",)),
        ("What is the turn of the 20th century?", "It is beyond the 19th century.", ("20th",)),
    ],
)
def test_opposites_negation_and_other_counts_are_found(question, sentence, opposed):
    assert opposed_words(read_question(question), sentence) == opposed


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("What is not covered?", "Theft is not covered."),
        ("What is not covered?", "Excluded is theft."),
        ("Where must I not wear gloves?", "Gloves must not be worn at the drill."),
        ("Who pays for what I do not like?", "The shop pays for what customers like."),
        ("How soon does a shop that cannot sell coffee get help?", "A shop gets help within a day."),
        ("Which conflict was he not able to stop?", "He unsuccessfully tried to stop the war."),
        ("Where do silly questions go?", "The room for questions is called no-silly-questions."),
        ("Who was not only king but pope?", "Otto was king and pope."),
        (
            "Along what river are nine houses?",
            "They live in twelve houses, nine of which are by the Charles.",
        ),
        ("What happened in the second invasion?", "The second invasion failed in the third month."),
    ],
)
def test_what_agrees_is_not_opposed(question, sentence):
    assert opposed_words(read_question(question), sentence) == ()


def test_words_of_a_questions_form_are_told_from_its_matter():
    words = words_of("What typically happens to the tower of General Happe, for example?")
    assert [word.text for word in words if frames(word)] == ["typically", "happens", "example"]
