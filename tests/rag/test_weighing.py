"""How sure it is that the passages answer a question, whole and part by part."""

from dataclasses import replace

import pytest

from core.rag.answer_measures import contains_gold
from core.rag.parts import Part
from core.rag.weighing import Weighed, weigh

CUP = "who won the football world cup in 1998"
HALF = f"How long is the probation period in Maribor and {CUP}?"
TURNED = f"{CUP.capitalize()} and how long is the probation period in Maribor?"


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        (
            "After how many hours without cleaning are the buttons of the Duo D2 and of the Trio T3 locked?",
            ["96 hours", "72 hours"],
        ),
        ("What is the trade-in value of a Solo S1 in 2025 and in 2026?", ["250 euros", "220 euros"]),
        ("How long is the notice period during and after probation?", ["one week", "six weeks"]),
        (
            "Where are the backups of customers kept and for how long, and how long is telemetry kept?",
            ["Dublin", "35 days", "90 days"],
        ),
    ],
)
def test_every_part_of_a_question_is_answered(corpus, question, answers):
    answer = corpus.ask(question, generator="extractive")
    assert all(contains_gold(answer.text.replace("one week's", "one week"), [part]) for part in answers), (
        answer.text
    )
    assert not answer.reason


def test_a_question_no_sentence_answers_whole_is_answered_when_each_part_is(corpus):
    question = (
        "After how many hours without cleaning are the buttons of the Duo D2 and of the Trio T3 locked?"
    )
    passages = corpus.ask(question).passages
    weighed = weigh(corpus, question, passages, None)
    least = min(look.confidence for look in weighed.parts)
    assert weighed.whole.confidence < weighed.limit < least == weighed.confidence


@pytest.mark.parametrize("question", [HALF, TURNED])
def test_the_clause_that_is_answered_is_answered_and_the_other_one_named(corpus, question):
    answer = corpus.ask(question, generator="extractive")
    assert not answer.refused
    assert contains_gold(answer.text, ["four months"])
    assert "world cup in 1998" in answer.reason
    assert "probation" not in answer.reason
    parts = next(thought.props["parts"] for thought in answer.thoughts if thought.title == "Part by part")
    assert sorted(part["confidence"] >= answer.threshold for part in parts) == [False, True]


def test_a_clause_that_says_enough_alone_is_not_judged_with_the_words_of_the_other(corpus):
    question = "What is the highest court of Mongolia called and when was Corvane founded?"
    answer = corpus.ask(question, generator="extractive")
    assert contains_gold(answer.text, ["March 2009"])
    assert "court" in answer.reason
    assert "Corvane" not in answer.reason


def test_of_two_compared_things_both_must_be_there_and_the_missing_one_is_named(corpus):
    answer = corpus.ask("Compare the water tank of the Solo S2 with that of the Solo S9.")
    assert answer.refused
    assert answer.reason == "The nearest passages do not answer “Compare the water tank of the Solo S9”."


def test_a_question_none_of_whose_clauses_is_answered_is_refused(corpus):
    assert corpus.ask(f"Why is the sky blue and {CUP}?").refused


def test_without_passages_there_is_no_evidence_and_no_confidence(corpus):
    weighed = weigh(corpus, HALF, (), None)
    assert weighed.refused
    assert weighed.confidence == 0.0
    assert weighed.unanswered == ("How long is the probation period in Maribor", CUP)
    assert not any(weighed.whole.evidence.values())


@pytest.mark.parametrize(("sure", "confidence"), [(0.39, 0.2), (0.4, 0.4)])
def test_a_clause_alone_is_answered_from_a_higher_confidence_than_a_whole_question(corpus, sure, confidence):
    whole = weigh(corpus, HALF, (), None).whole
    parts = tuple(
        replace(whole, part=Part(asked, asked, clause=True), confidences=(found,))
        for asked, found in (("one", sure), ("two", 0.05))
    )
    assert Weighed(replace(whole, confidences=(0.2,)), parts, 0.3).confidence == confidence
