"""Follow-up questions become self-contained, others stay as they are."""

import pytest

from core.rag.conversation import Turn, resolve


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        (
            "How long is the probation period in Maribor?",
            "And in Porto?",
            "How long is the probation period in Porto?",
        ),
        (
            "What was the hotel limit in Paris in 2024?",
            "And in 2026?",
            "What was the hotel limit in Paris in 2026?",
        ),
        (
            "What is the tank size of the Solo S2?",
            "What about the Duo D2?",
            "What is the tank size of the Duo D2?",
        ),
        (
            "What is the tank size of the Solo S2?",
            "How much does it weigh?",
            "How much does the Solo S2 weigh?",
        ),
        ("What does code G4 mean on the Grain 64?", "How do I fix it?", "How do I fix the Grain 64?"),
        ("Who founded Corvane?", "When was it founded?", "When was Corvane founded?"),
        ("Who is the safety officer?", "What is her number?", "What is the safety officer's number?"),
        ("When is the steam valve cleaned?", "Why?", "Why: When is the steam valve cleaned?"),
        (
            "How long is the warranty?",
            "And for rented machines?",
            "How long is the warranty for rented machines?",
        ),
    ],
)
def test_what_is_left_unsaid_is_filled_in_and_explained(before, question, expected):
    resolved = resolve(question, [Turn("Something older?", ""), Turn(before, "An answer.")])
    assert resolved.question == expected
    assert len(resolved.changes) == 1


@pytest.mark.parametrize(
    "question",
    [
        "What is the price of the Trio T3?",
        "Which machine is the one that has two boilers?",
        "Is it possible to work on Sundays?",
        "Does Corvane pay its suppliers within 30 days?",
    ],
)
def test_a_question_that_stands_by_itself_is_left_alone(question):
    resolved = resolve(question, [Turn("How long is the warranty?", "Two years.")])
    assert (resolved.question, resolved.changes) == (question, ())


def test_without_a_conversation_nothing_is_changed():
    assert resolve("And in Porto?", []).question == "And in Porto?"
