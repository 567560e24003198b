"""The parts of a search: keyword scores, fusion, filters, ranking."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput
from core.rag import fusion
from core.rag.filters import compile_filter
from core.rag.keyword import KeywordIndex, terms
from core.rag.knowledge_base import open_knowledge_base
from core.rag.retrieval import best_rows, blend

SCORES = st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30).map(
    lambda v: np.array(v, dtype=np.float32)
)


def test_terms_are_stemmed_without_stop_words_and_names_survive():
    assert terms("The machines are CLEANED daily") == ["machin", "clean", "daili"]
    assert terms("version v2.1") == ["version", "v2.1", "v2", "1"]
    assert terms("Error E12 on the D2") == ["error", "e12", "d2"]


def test_keyword_scores_are_the_share_of_the_questions_weight():
    index = KeywordIndex(["the pump is leaking water", "the pump is new", "holidays in spring"])
    scores = index.scores("leaking pump")
    assert scores.argmax() == 0
    assert 0 < scores[1] < scores[0] <= 1
    assert scores[2] == 0


def test_an_unknown_word_lowers_the_share():
    index = KeywordIndex(["the pump is leaking", "other things"])
    assert index.scores("pump xylophone")[0] < index.scores("pump")[0]


@pytest.mark.parametrize("texts", [[], ["the of and"], [""], ["one"]])
def test_a_poor_vocabulary_gives_zeros_not_errors(texts):
    scores = KeywordIndex(texts).scores("zebra crossing")
    assert scores.shape == (len(texts),)
    assert not scores.any()


def test_a_question_of_stop_words_gives_zeros():
    assert not KeywordIndex(["pump"]).scores("what is the").any()


@given(SCORES, st.floats(0, 1))
@settings(max_examples=80)
def test_weighted_fusion_stays_in_bounds_and_agrees_at_the_ends(scores, weight):
    other = scores[::-1].copy()
    fused = fusion.weighted(scores, other, weight)
    assert ((fused >= -1e-6) & (fused <= 1 + 1e-6)).all()
    assert np.allclose(fusion.weighted(scores, other, 1.0), scores)
    assert np.allclose(fusion.weighted(scores, other, 0.0), other)


@given(SCORES, st.floats(0, 1))
@settings(max_examples=80)
def test_the_weight_moves_a_bounded_way_and_not_at_all_when_one_part_stands_alone(scores, weight):
    other = scores[::-1].copy()
    moved = fusion.by_margin(scores, other, weight)
    assert -1e-6 <= moved <= 1 + 1e-6
    assert weight - 0.15 - 1e-6 <= moved <= weight + 0.10 + 1e-6
    assert fusion.by_margin(scores, other, 0.0) == 0.0
    assert fusion.by_margin(scores, other, 1.0) == 1.0
    assert np.allclose(fusion.with_document(scores, other, 0.0), scores)
    assert np.allclose(fusion.with_document(scores, other, 1.0), scores)
    assert (fusion.with_document(scores, other, weight) <= np.maximum(scores, other) + 1e-6).all()


def test_the_part_whose_best_text_stands_out_weighs_more():
    flat = np.full(5, 0.4, dtype=np.float32)
    clear = np.array([0.9, 0.4, 0.4, 0.4, 0.4], dtype=np.float32)
    assert fusion.by_margin(flat, clear, 0.45) == pytest.approx(0.45 - 0.15 * 4 * 0.45 * 0.55)
    assert fusion.by_margin(clear, flat, 0.45) == pytest.approx(0.45 + 0.10 * 4 * 0.45 * 0.55)
    assert fusion.by_margin(flat, flat, 0.45) == fusion.by_margin(clear[:2], flat[:2], 0.45) == 0.45


def test_a_passage_has_a_share_of_the_words_of_its_whole_document(hashing):
    knowledge_base = open_knowledge_base(None)
    filler = " ".join(["Sundry remarks on ordinary matters stand in this paragraph."] * 8)
    knowledge_base.add_text(f"Pumps are rinsed.\n\n{filler}\n\nValves are oiled.", name="both.txt")
    knowledge_base.add_text(f"Pumps are rinsed.\n\n{filler}\n\nNothing follows.", name="one.txt")
    corpus = knowledge_base.current()
    shares = corpus.document_shares("pumps and valves")
    by_document = dict(zip((chunk.document_id for chunk in corpus.chunks), shares.tolist(), strict=True))
    assert by_document["both.txt"] > by_document["one.txt"] > 0
    best = corpus.document_best(corpus.keyword.scores("valves"))
    assert all(
        (value > 0) == (c.document_id == "both.txt") for c, value in zip(corpus.chunks, best, strict=True)
    )
    first = knowledge_base.search("pumps and valves", k=4, mode="hybrid")
    pumps = {passage.document: passage.score for passage in first if "Pumps" in passage.text}
    assert pumps.get("both.txt", 1.0) > pumps.get("one.txt", 0.0)


@given(SCORES, st.integers(1, 40))
@settings(max_examples=80)
def test_best_rows_are_the_head_of_a_stable_sort(scores, k):
    expected = np.argsort(-scores, kind="stable")[:k]
    assert list(best_rows(scores, k, positive=False)) == list(expected)
    assert list(best_rows(scores, k, positive=True)) == [row for row in expected if scores[row] > 0]


def test_blending_with_weight_zero_changes_nothing():
    assert blend({1: 0.4, 2: 0.6}, {1: 1.0, 2: 0.0}, 0.0) == {1: 0.4, 2: 0.6}


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ({"dept": "HR"}, True),
        ({"dept": {"$ne": "HR"}}, False),
        ({"year": {"$gte": 2024, "$lt": 2026}}, True),
        ({"year": {"$gt": 2025}}, False),
        ({"year": {"$gt": "2000"}}, False),
        ({"year": {"$in": [2024, 2025]}}, True),
        ({"year": {"$nin": [2025]}}, False),
        ({"tags": {"$contains": "travel"}}, True),
        ({"dept": {"$contains": "h"}}, True),
        ({"tags": {"$not_contains": "food"}}, True),
        ({"$and": [{"dept": "HR"}, {"year": 2025}]}, True),
        ({"$or": [{"dept": "IT"}, {"year": 2025}]}, True),
        ({"missing": "x"}, False),
        ({"missing": {"$ne": "x"}}, True),
        ({"dept": "HR", "year": 2024}, False),
    ],
)
def test_filters_mean_what_chromas_notation_says(where, passes):
    assert compile_filter(where)({"dept": "HR", "year": 2025, "tags": ["travel", "rail"]}) is passes


@pytest.mark.parametrize(
    "where",
    [{"a": {"$like": "x"}}, {"$not": []}, {"$and": []}, {"$or": "x"}, {"a": {}}, {"a": {"$in": "x"}}, ["a"]],
)
def test_a_filter_that_is_not_understood_is_refused_with_a_hint(where):
    with pytest.raises(BadInput) as caught:
        compile_filter(where)
    assert caught.value.hint


def test_a_filter_that_nests_without_end_is_refused():
    where = {"a": 1}
    for _ in range(30):
        where = {"$and": [where]}
    with pytest.raises(BadInput, match="nests too deeply"):
        compile_filter(where)
