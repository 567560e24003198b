"""Which sentences are quoted beside the one that carries the answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.evidence import Candidate
from core.rag.selection import MOST_SENTENCES, choose


def sentence(score, text=None, passage=0, start=0):
    return Candidate(passage, start, start + 10, text or f"Sentence {score}.", score, (), (), False, score)


CANDIDATES = [sentence(1.0), sentence(0.93, passage=1), sentence(0.7, passage=2), sentence(0.66, passage=3)]


@pytest.mark.parametrize(("confidence", "quoted"), [(1.0, 1), (0.9, 2), (0.5, 2), (0.1, 3), (0.0, 3)])
def test_the_less_sure_an_answer_is_the_more_sentences_are_quoted(confidence, quoted):
    assert len(choose(CANDIDATES, CANDIDATES[0], confidence)) == quoted


def test_the_carrier_is_quoted_first_however_low_its_score():
    chosen = choose(CANDIDATES, CANDIDATES[3], 1.0)
    assert [c.passage for c in chosen] == [3, 0]


def test_behind_the_carrier_the_others_stand_in_reading_order_those_of_its_passage_first():
    carrier = sentence(0.9, "Carrier.", passage=1, start=30)
    before = sentence(0.95, "Before.", passage=1, start=5)
    elsewhere = sentence(1.0, "Elsewhere.")
    assert choose([elsewhere, before, carrier], carrier, 0.0) == [carrier, before, elsewhere]


def test_no_sentence_is_quoted_twice_whatever_passage_repeats_it():
    twins = [sentence(1.0, "The same."), sentence(0.99, "The same.", passage=1)]
    assert choose(twins, twins[0], 0.0) == [twins[0]]


@pytest.mark.parametrize(("confidence", "passages"), [(0.1, [0, 1, 2]), (0.3, [0, 0, 0])])
def test_a_guess_quotes_several_passages_instead_of_one(confidence, passages):
    of_one = [sentence(1.0 - n / 100, passage=0, start=20 * n) for n in range(3)]
    candidates = [*of_one, sentence(0.9, passage=1), sentence(0.8, passage=2)]
    assert [c.passage for c in choose(candidates, of_one[0], confidence)] == passages


def test_a_guess_that_only_one_passage_bears_out_quotes_more_of_it():
    of_one = [sentence(1.0 - n / 100, passage=0, start=20 * n) for n in range(4)]
    assert choose([*of_one, sentence(0.2, passage=1)], of_one[0], 0.1) == of_one[:3]


def test_each_part_of_a_question_has_its_best_sentence_quoted_in_the_order_of_the_parts():
    price, time, other = sentence(0.6, passage=1), sentence(0.9), sentence(1.0, passage=2)
    chosen = choose([other, time, price], time, 0.9, [[price, time], [time, price]])
    assert chosen == [price, time, other]


def test_a_part_whose_best_sentence_another_part_has_quotes_its_next_one():
    old, new = sentence(1.0), sentence(0.4, passage=1)
    assert choose([old, new], old, 1.0, [[old], [old, new]]) == [old, new]


def test_a_part_without_a_sentence_leaves_its_place_to_the_others():
    old, new = sentence(1.0), sentence(0.98, passage=1)
    assert choose([old, new], new, 1.0, [[], [old]]) == [old, new]
    assert choose([old, new], new, 1.0, [[], []]) == [new, old]


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(0, 1),
    st.data(),
)
def test_doubt_never_quotes_fewer_sentences_nor_fewer_passages(scores, one, other, data):
    candidates = [
        sentence(s, f"Number {i}.", data.draw(st.integers(0, 3)), i)
        for i, s in enumerate(sorted(scores, reverse=True))
    ]
    carrier = data.draw(st.sampled_from(candidates))
    sure = choose(candidates, carrier, max(one, other))
    unsure = choose(candidates, carrier, min(one, other))
    assert carrier == sure[0] == unsure[0]
    assert len(sure) <= len(unsure) <= MOST_SENTENCES
    assert len({c.passage for c in sure}) <= len({c.passage for c in unsure})
