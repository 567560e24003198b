"""Answers end to end over the built-in corpus: quoted, generated, refused."""

import threading

import pytest

from core.errors import BadInput, NotAvailable
from core.rag import open_knowledge_base
from core.rag.answering import stream_answer
from core.rag.conversation import Turn
from core.rag.events import REFUSAL, Done, Dropped, Refused, Retrieved, Token, Verified
from core.rag.grounding import sources_of

ANNUAL_LEAVE = "How many days of paid annual leave do full-time employees have in Porto?"


def test_a_quotation_is_verbatim_and_cites_the_passage_that_holds_it(corpus):
    answer = corpus.ask(ANNUAL_LEAVE)
    assert not answer.refused
    assert "25 days in Porto" in answer.text
    assert len(answer.citations) == len(answer.support) == len(answer.sentences)
    for sentence in answer.sentences:
        (quote,) = sentence.quotes
        assert sentence.citations == (quote.passage,)
        assert f"{sentence.text} [{quote.passage}]" in answer.text
        assert answer.passages[quote.passage - 1].text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize(
    "question", ["What is the capital of Mongolia?", "Who won the football world cup in 1998?"]
)
def test_a_question_about_something_else_is_refused_with_a_reason_and_the_nearest_passages(corpus, question):
    answer = corpus.ask(question)
    assert answer.refused
    assert answer.text == REFUSAL
    assert answer.reason
    assert answer.confidence < answer.threshold
    assert len(answer.passages) == 4
    assert answer.citations == []


def test_a_changed_entity_is_refused_and_named(corpus):
    answer = corpus.ask("How much does the Duo D7 weigh?")
    assert answer.refused
    assert "D7" in answer.reason


def test_a_name_that_no_passage_holds_is_given_whole_in_the_reason(corpus):
    answer = corpus.ask("How much annual leave does Napoleon III get?")
    assert answer.refused
    assert answer.reason == "None of the nearest passages mentions “Napoleon III”."


@pytest.mark.parametrize(
    "question", ["a", "Who was that?", "What should they do?", "What about it?", "Why, why, why?"]
)
def test_a_question_that_names_nothing_is_refused_with_that_reason(corpus, question):
    answer = corpus.ask(question)
    assert answer.refused
    assert answer.reason == "The question names nothing that could be looked up in the documents."


def test_a_question_whose_document_is_filtered_out_is_refused(corpus):
    question = "How many characters must a password have?"
    holding = corpus.ask(question).passages[0].document
    assert corpus.ask(question, where={"document": {"$ne": holding}}).refused


def test_the_threshold_is_compared_with_the_confidence_that_is_shown(corpus):
    sure = corpus.ask(ANNUAL_LEAVE).confidence
    assert not corpus.ask(ANNUAL_LEAVE, threshold=sure).refused
    assert corpus.ask(ANNUAL_LEAVE, threshold=min(1.0, sure + 0.001)).refused
    assert not corpus.ask("What is the capital of Mongolia?", threshold=0.0).refused


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("  ", {}),
        ("What?", {"threshold": 1.5}),
        ("What?", {"threshold": float("nan")}),
        ("What?", {"generator": "gpt"}),
        ("What?", {"k": 0}),
        ("x" * 3000, {}),
    ],
)
def test_what_cannot_be_asked_is_refused_with_a_hint(corpus, question, options):
    with pytest.raises(BadInput) as caught:
        corpus.ask(question, **options)
    assert caught.value.hint


def test_an_empty_knowledge_base_says_i_dont_know(hashing):
    answer = open_knowledge_base(None).ask("What is the warranty?")
    assert answer.refused
    assert answer.passages == ()
    assert answer.reason


def test_events_come_in_order_and_end_with_the_answer(corpus):
    events = list(corpus.stream(ANNUAL_LEAVE))
    assert isinstance(events[0], Retrieved)
    assert isinstance(events[-1], Done)
    assert [e.sentence for e in events if isinstance(e, Verified)] == list(events[-1].answer.sentences)
    refused = list(corpus.stream("What is the capital of Mongolia?"))
    assert [type(event) for event in refused] == [Retrieved, Refused, Done]


def test_a_follow_up_is_completed_from_the_conversation_and_says_how(corpus):
    turn = Turn("How long is the probation period in Maribor?", "Four months.")
    answer = corpus.ask("And in Porto?", history=[turn])
    assert answer.question == "How long is the probation period in Porto?"
    assert "three months" in answer.text
    assert any(thought.title == "Self-contained question" for thought in answer.thoughts)


def test_personal_data_is_masked_in_answer_and_passages_on_request(corpus):
    question = "Who is the data protection officer of Corvane?"
    assert "privacy@corvane.example" in corpus.ask(question).text
    masked = corpus.ask(question, mask_personal_data=True)
    assert "Elodie Marchetti" in masked.text
    assert "privacy@" not in masked.text + "".join(passage.text for passage in masked.passages)


def test_the_thoughts_show_hits_evidence_and_what_decided(corpus):
    answer = corpus.ask(ANNUAL_LEAVE)
    evidence = next(thought for thought in answer.thoughts if thought.title == "Evidence")
    assert evidence.props["contributions"].keys() == answer.evidence.keys()
    assert evidence.props["calibrated_for"]["corpus"] == "shared"
    assert answer.timings["total"] >= answer.timings["retrieval"]


# --- a model speaks


def test_a_supported_sentence_of_the_endpoint_is_shown_with_the_passage_that_carries_it(corpus, endpoint):
    endpoint.reply = lambda messages: "Full-time employees in Porto have 25 days of paid annual leave [1]."
    events = list(corpus.stream(ANNUAL_LEAVE, generator="endpoint"))
    answer = events[-1].answer
    assert "".join(e.text for e in events if isinstance(e, Token)) == endpoint.reply([])
    assert [sentence.origin for sentence in answer.sentences] == ["generated"]
    quote = answer.sentences[0].quotes[0]
    assert "25 days in Porto" in answer.passages[quote.passage - 1].text
    assert "Porto" in answer.prompt
    assert answer.timings["first_token"] > 0


@pytest.mark.parametrize(
    "lie",
    [
        "Full-time employees in Porto have 31 days of paid annual leave [1].",
        "Full-time employees in Porto have 27 days of paid annual leave [1].",
        "Full-time employees in Lisbon have 25 days of paid annual leave [1].",
        "Full-time employees in Porto do not have 25 days of paid annual leave [1].",
        "I like turtles.",
        "",
    ],
)
def test_what_the_passages_do_not_carry_is_replaced_by_quotation(corpus, endpoint, lie):
    endpoint.reply = lambda messages: lie
    events = list(corpus.stream(ANNUAL_LEAVE, generator="endpoint"))
    answer = events[-1].answer
    assert not lie or lie.removesuffix(" [1].") not in answer.text
    assert "25 days in Porto" in answer.text
    assert all(sentence.origin == "quotation" for sentence in answer.sentences)
    assert bool(lie) == any(isinstance(event, Dropped) for event in events)


def test_markup_of_a_model_is_not_shown(corpus, endpoint):
    endpoint.reply = lambda messages: (
        "Full-time employees in Porto have 25 days of paid annual leave ![x](http://evil.example/?q=1) [1]."
    )
    answer = corpus.ask(ANNUAL_LEAVE, generator="endpoint")
    assert "evil" not in answer.text
    assert "25 days" in answer.text


@pytest.mark.parametrize("fault", ["slow", "garbage", "unauthorised", "busy"])
def test_a_failing_endpoint_is_an_error_when_chosen_and_a_quotation_when_automatic(
    corpus, endpoint, set_settings, fault
):
    endpoint.fault = fault
    if fault == "slow":
        set_settings(LLM_TIMEOUT_S="0.5")
    with pytest.raises(NotAvailable) as caught:
        corpus.ask(ANNUAL_LEAVE, generator="endpoint")
    assert caught.value.hint
    answer = corpus.ask(ANNUAL_LEAVE, generator="auto")
    assert "25 days in Porto" in answer.text
    assert any("failed" in thought.title for thought in answer.thoughts)


def test_an_endpoint_that_says_nothing_is_replaced_by_quotation_and_that_is_said(corpus, endpoint):
    endpoint.reply = lambda messages: ""
    answer = corpus.ask(ANNUAL_LEAVE, generator="endpoint")
    assert "25 days in Porto" in answer.text
    assert any("said nothing" in thought.title for thought in answer.thoughts)


def test_the_endpoint_gets_fenced_and_marked_passages_and_no_refused_question(corpus, endpoint):
    corpus.ask(ANNUAL_LEAVE, generator="endpoint")
    sent = endpoint.requests[-1]["messages"][-1]["content"]
    assert sent.count("<source number=") == sent.count("</source>") == 4
    assert "days^of^paid" in sent
    before = len(endpoint.requests)
    corpus.ask("What is the capital of Mongolia?", generator="endpoint")
    assert len(endpoint.requests) == before


def test_the_local_model_streams_and_only_carried_sentences_remain(corpus, local_generator):
    events = list(corpus.stream(ANNUAL_LEAVE, generator="local"))
    answer = events[-1].answer
    assert any(isinstance(event, Token) for event in events)
    assert answer.prompt
    assert answer.tokens["prompt"] > 10
    assert "25" in answer.text
    for sentence in answer.sentences:
        assert sentence.quotes
        assert sentence.support >= 0.6


def test_what_the_local_model_repeats_from_beside_the_answer_is_replaced_by_quotation(
    corpus, local_generator, monkeypatch
):
    quoted = corpus.ask(ANNUAL_LEAVE, generator="extractive")
    said = {quote.text for sentence in quoted.sentences for quote in sentence.quotes}
    beside = next(source.text for source in sources_of(quoted.passages) if source.text not in said)
    monkeypatch.setattr(local_generator, "stream", lambda messages, **options: iter([beside]))
    answer = corpus.ask(ANNUAL_LEAVE, generator="local")
    assert "25 days in Porto" in answer.text
    assert [rejected.reasons for rejected in answer.rejected] == [
        ("it words none of the sentences that answer best",)
    ]


def test_stop_ends_the_local_model_and_leaves_a_quotation(corpus, local_generator):
    stop = threading.Event()
    tokens = 0
    for event in stream_answer(corpus, ANNUAL_LEAVE, generator="local", cancel=stop):
        tokens += isinstance(event, Token)
        stop.set()
    assert tokens <= 3
    assert isinstance(event, Done)
    assert event.answer.sentences


def test_a_models_list_marks_and_markup_are_not_part_of_its_sentences(corpus, endpoint):
    endpoint.reply = lambda messages: (
        "<b>So:</b>\n- Full-time employees have 25 days of annual leave in Porto [1].\n- It is so [1]."
    )
    answer = corpus.ask(ANNUAL_LEAVE, generator="endpoint")
    assert answer.sentences[0].text == "Full-time employees have 25 days of annual leave in Porto."


def test_a_keyword_search_that_finds_nothing_for_a_name_is_refused(corpus):
    answer = corpus.ask("Who is Zzyzx Qwrtpl?", mode="keyword")
    assert answer.refused
    assert answer.passages == ()
    assert answer.reason == "No passage was found for this question."
