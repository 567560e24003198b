"""The second look of a search: late interaction word by word, and rankings that take turns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rag import open_knowledge_base
from core.rag.answering import reranks
from core.rag.documents import Chunk
from core.rag.keyword import FixedScores, KeywordIndex
from core.rag.rerank import late_interaction
from core.rag.retrieval import search, take_turns

RANKINGS = st.lists(st.lists(st.integers(0, 20), unique=True, max_size=8), min_size=1, max_size=4)


@given(RANKINGS)
@settings(max_examples=100)
def test_taking_turns_keeps_every_row_once_and_every_first_among_the_first(rankings):
    taken = list(take_turns([np.array(ranking, dtype=np.int64) for ranking in rankings]))
    assert sorted(taken) == sorted(set().union(*rankings))
    firsts = {ranking[0] for ranking in rankings if ranking}
    assert firsts <= set(taken[: len(rankings)])
    assert taken[:1] == rankings[0][:1] or not rankings[0]


def test_rare_words_are_told_from_common_ones():
    index = KeywordIndex(["the pump leaks", "the pump is new", "the pump stands in the hall"])
    assert 0 < index.rarity("pump") < index.rarity("leak") < index.rarity("zebra")
    assert FixedScores(index.scores("pump"), index).rarity("leak") == index.rarity("leak")


def _chunk(text, context=""):
    return Chunk("a document", 0, text, 0, len(text), context=context)


def test_late_interaction_is_highest_for_the_same_words_and_bounded(hashing):
    texts = ["the red valve", "the red door", "a green garden"]
    same, near, far = late_interaction("the red valve", [_chunk(text) for text in texts])
    assert same == pytest.approx(1.0, abs=0.01)
    assert 0.0 <= far < near < same
    assert late_interaction("the red valve", []) == []


def test_a_rare_word_that_is_met_counts_more_than_a_common_one(hashing):
    chunks = [_chunk("zircon"), _chunk("pump")]
    rare, common = late_interaction("pump zircon", chunks, {"zircon": 5.0, "pump": 1.0}.__getitem__)
    assert rare > common
    even = late_interaction("pump zircon", chunks)
    assert rare - common > even[0] - even[1] + 0.1


def test_the_context_line_counts(hashing):
    bare, titled = late_interaction("merlin range", [_chunk("Range far."), _chunk("Range far.", "Merlin")])
    assert titled > bare


@pytest.fixture(scope="module")
def gliders(embedder):
    base = open_knowledge_base(None)
    filler = "The wing is painted every spring. The hangar is swept on Fridays. Ropes are stored dry."
    for number, distance in ((20, 410), (30, 655)):
        base.add_text(
            f"# Merlin {number}\n\n## Range\n\nThe glider covers {distance} kilometres.\n\n## Care\n\n{filler}",
            name=f"merlin-{number}",
            media_type="text/markdown",
        )
    for number in range(12):
        text = f"The Merlin 30 was flown in contest {number}. Its range was discussed by the jury of contest {number}."
        base.add_text(text, name=f"contest-{number:02d}")
    return base


def test_both_things_that_are_compared_are_found(gliders):
    question = "How many kilometres do the Merlin 20 and the Merlin 30 cover?"
    found = gliders.search(question, k=4, rerank=True)
    assert {"merlin-20", "merlin-30"} <= {passage.document for passage in found}
    assert all(0.0 <= passage.score <= 1.0 for passage in found)
    assert (
        found[0].chunk_id
        == gliders.search(question.replace(" and the", ", the"), k=1, rerank=True)[0].chunk_id
    )
    assert len({passage.chunk_id for passage in found}) == 4


def test_answers_rerank_by_default_in_hybrid_mode_only(gliders, set_settings):
    hybrid = gliders.ask("How far does the Merlin 20 fly?", threshold=0.0, generator="extractive")
    assert all(passage.scores["rerank"] is not None for passage in hybrid.passages)
    keyword = gliders.ask("Merlin 20 range", mode="keyword", threshold=0.0, generator="extractive")
    assert all(passage.scores["rerank"] is None for passage in keyword.passages)
    set_settings(RAG__RERANK_ANSWERS="false")
    assert not reranks("hybrid")


@pytest.mark.parametrize("words", [3, 15, 16, 30, 60])
def test_the_longer_a_question_the_less_the_second_look_counts(hashing, words):
    base = open_knowledge_base(None)
    for name in ("one", "two", "three"):
        base.add_text(f"Glider {name} has a wing of oak and a keel of ash.", name=name)
    question = " ".join(["glider one wing"] * (words // 3) + ["oak"] * (words % 3))
    for passage in base.search(question, k=3, rerank=True):
        scores = passage.scores
        even = 0.45 * max(scores["vector"], 0.0) + 0.55 * scores["keyword"]
        share = min(1.0, 15 / words) ** 3
        first = share * even + (1 - share) * scores["fused"]
        expected = first + 0.6 * share * (scores["rerank"] - first)
        assert passage.score == pytest.approx(min(1.0, expected), abs=1e-5)


def test_another_reranker_is_relied_on_whatever_the_length(hashing):
    base = open_knowledge_base(None)
    base.add_text("Gliders have wings.", name="wings")
    base.add_text("Cakes have layers.", name="cakes")
    request = base.request(" ".join(["gliders"] * 40), rerank=True)
    found = search(base.current(), base.encode_query, request, lambda question, chunks, rarity: [1.0, 1.0])
    even = {p.document: 0.45 * max(p.scores["vector"], 0.0) + 0.55 * p.scores["keyword"] for p in found}
    assert len(found) == 2
    for passage in found:
        assert passage.score == pytest.approx(0.4 * even[passage.document] + 0.6, abs=1e-5)
