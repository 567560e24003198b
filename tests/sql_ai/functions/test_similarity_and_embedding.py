import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sql_ai.functions.embedding import DIMENSIONS, embed
from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.similarity import similarity
from core.sql_ai.functions.vectors import vectors

_texts = st.one_of(st.text(max_size=30), st.sampled_from(["refund", "money back", "rain", "", "ü😀"]))


@settings(max_examples=25)
@given(_texts, _texts)
def test_similarity_is_symmetric_bounded_and_one_for_equal_texts(first, second):
    there, back, same = similarity([(first, second), (second, first), (first, first)])
    assert there == back
    assert -1 <= there <= 1
    assert same == 1


def test_the_same_meaning_is_nearer_than_another():
    near, far = similarity(
        [("I want my money back", "How do I get a refund?"), ("I want my money back", "It rains")]
    )
    assert near > far + 0.2


def test_a_vector_does_not_depend_on_the_texts_beside_it():
    texts = ["short", "a somewhat longer text", "x " * 300, "", "ü", *(f"text number {n}" for n in range(40))]
    together = vectors(texts)
    for text in texts:
        assert np.array_equal(together[text], vectors([text])[text])


def test_each_model_gives_its_documented_dimension_and_the_same_cosine():
    for model, dimension in DIMENSIONS.items():
        first, second = embed([(model, "refund"), (model.upper(), "money back")])
        assert len(first) == len(second) == dimension
        assert abs(np.dot(first, first) - 1) < 1e-5
        assert abs(np.dot(first, second) - similarity([("refund", "money back")])[0]) < 1e-5


def test_an_unknown_model_is_an_error_of_its_row():
    good, bad = embed([("e5-base-v2", "text"), ("no-such-model", "text")])
    assert len(good) == 768
    assert isinstance(bad, RowError)
    assert "no-such-model" in bad


def test_nothing_asked_is_nothing_answered():
    assert similarity([]) == []
    assert embed([]) == []
