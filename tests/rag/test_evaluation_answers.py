"""The SQuAD reader, the measures, and the report that outside checks read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.rag import __main__ as command_line
from core.rag.answer_measures import contains_gold, exact_match, normalise_answer, token_f1
from core.rag.evaluation_answers import evaluate_squad, read_squad, spread
from core.rag.statistics import mean, paired_difference, share

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Kettle_ponds",
            "paragraphs": [
                {
                    "context": "Kettle ponds were formed by melting ice about 12,000 years ago. "
                    + "They are deep. " * 30,
                    "qas": [
                        {
                            "id": "1",
                            "question": "How many years ago were kettle ponds formed?",
                            "is_impossible": False,
                            "answers": [
                                {"text": "12,000", "answer_start": 0},
                                {"text": "12,000", "answer_start": 0},
                            ],
                        },
                        {
                            "id": "2",
                            "question": "Who destroyed the kettle ponds?",
                            "is_impossible": True,
                            "answers": [],
                        },
                    ],
                },
                {
                    "context": "The largest kettle pond, Lake Orrin, is home to otters. "
                    + "It is cold. " * 40,
                    "qas": [
                        {
                            "id": "3",
                            "question": "Which animals live in Lake Orrin?",
                            "is_impossible": False,
                            "answers": [{"text": "otters", "answer_start": 0}],
                        }
                    ],
                },
            ],
        },
        {
            "title": "Bridges",
            "paragraphs": [
                {"context": "A bridge spans a river. Bridges are built of stone or steel.", "qas": []}
            ],
        },
    ],
}


@pytest.fixture
def squad(tmp_path):
    path = tmp_path / "squad.json"
    path.write_text(json.dumps(SQUAD))
    return path


@pytest.fixture
def foreign(tmp_path):
    path = tmp_path / "foreign.txt"
    path.write_text("What is the price of butter in Lagos?\n\nWho wrote the ninth symphony?\n")
    return path


def test_the_report_has_every_promised_figure_with_count_and_interval(embedder, squad, foreign, capsys):
    code = command_line.main(
        ["evaluate", "answers", "--squad", str(squad), "--off-topic", str(foreign), "--json"]
    )
    report = json.loads(capsys.readouterr().out)
    assert code == 0
    assert report["questions"] == {"in_file": 3, "answerable": 2, "impossible": 1, "off_topic": 2}
    for mode in ("vector", "keyword", "hybrid", "hybrid+rerank"):
        assert report["retrieval"][mode]["recall@1"] == 1.0
        assert set(report["retrieval"][mode]) == {"recall@1", "recall@5", "mrr", "intervals", "counts"}
    for name in ("contains_gold", "exact_match", "f1", "wrong_refusals", "citation_accuracy"):
        low, high = report["answerable"]["intervals"][name]
        assert low <= report["answerable"][name] <= high
    assert report["answerable"]["contains_gold"] == 1.0
    assert report["answerable"]["citation_accuracy"] == 1.0
    assert report["refused"]["off_topic"] == 1.0
    assert report["refused"]["document_removed"] == 1.0
    assert report["refused"]["counts"] == {"impossible": 1, "document_removed": 2, "off_topic": 2}
    assert 0 < report["latency"]["p50"] <= report["latency"]["p95"]


def test_what_was_not_asked_has_no_value(hashing, squad):
    report = evaluate_squad(squad, generator="extractive", tell=lambda message: None)
    assert report["refused"]["off_topic"] is None
    assert report["refused"]["counts"]["off_topic"] == 0


def test_the_limit_bounds_questions_of_each_kind_and_keeps_the_corpus(hashing, squad):
    report = evaluate_squad(squad, limit=1, generator="extractive", tell=lambda message: None)
    assert report["questions"]["answerable"] == report["questions"]["impossible"] == 1
    assert report["corpus"]["paragraphs"] == 3


def test_articles_become_documents_with_readable_titles_and_single_answers(squad):
    read = read_squad(squad)
    assert [article.title for article in read.articles] == ["Kettle ponds", "Bridges"]
    assert read.questions[0].answers == ("12,000",)
    assert read.questions[1].answers == ()


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("no json", []),
        ("[" * 100_000, []),
        ('{"data": 5}', []),
        ('{"data": []}', []),
        ('{"data": [{"title": "x", "paragraphs": [{"context": "y", "qas": [{"id": 1}]}]}]}', []),
        (json.dumps(SQUAD), ["--limit", "0"]),
        (json.dumps(SQUAD), ["--generator", "oracle"]),
        (json.dumps(SQUAD), ["--limit", "many"]),
        (json.dumps(SQUAD), ["--off-topic", "missing.txt"]),
    ],
)
def test_bad_input_is_one_json_error_with_a_hint_and_exit_code_two(tmp_path, capsys, content, options):
    path = tmp_path / "squad.json"
    path.write_text(content)
    code = command_line.main(["evaluate", "answers", "--squad", str(path), "--json", *options])
    error = json.loads(capsys.readouterr().out)["error"]
    assert code == 2
    assert error["message"]
    assert error["hint"]


@pytest.mark.parametrize("title", ["x" * 500, "AC/DC\n\0", "\ud800", "Kovac\u030c"])
def test_an_article_may_have_any_title(hashing, tmp_path, title):
    article = {**SQUAD["data"][0], "title": title}
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [article]}))
    report = evaluate_squad(path, generator="extractive", tell=lambda message: None)
    assert report["corpus"]["articles"] == 1


def test_a_missing_file_is_named():
    with pytest.raises(BadInput, match="nowhere"):
        read_squad(__import__("pathlib").Path("nowhere.json"))


def test_answers_are_compared_as_squad_does():
    assert normalise_answer("The  Eiffel-Tower, [2]!") == "eiffeltower"
    assert contains_gold("It was built in 1889. [1]", ["1889"])
    assert not contains_gold("It was built in 18890.", ["1889"])
    assert not contains_gold("anything", [])
    assert exact_match("the 1889", ["1889"])
    assert token_f1("built in 1889", ["1889"]) == pytest.approx(0.5)


@given(st.lists(st.integers(), max_size=40), st.integers(1, 50))
def test_a_spread_keeps_the_order_and_takes_no_item_twice(items, limit):
    numbered = list(enumerate(items))
    taken = spread(numbered, limit)
    assert len(taken) == min(limit, len(items))
    assert taken == sorted(set(taken))


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_intervals_hold_their_value_and_stay_between_0_and_1(outcomes):
    estimate = share(outcomes)
    assert 0.0 <= estimate.low <= estimate.value <= estimate.high <= 1.0
    assert estimate.count == len(outcomes)


def test_intervals_are_the_known_ones():
    assert share([True] * 10).low == pytest.approx(0.7225, abs=1e-3)  # Wilson, 10 of 10
    assert share([]).count == 0
    assert mean([0.0, 1.0] * 50) == mean([0.0, 1.0] * 50)
    same = paired_difference([0.1, 0.9], [0.1, 0.9])
    assert (same.value, same.low, same.high, same.decided) == (0.0, 0.0, 0.0, False)
    better = paired_difference([0.0] * 30, [1.0] * 30)
    assert better.decided
    assert better.value == 1.0
