from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.rag.excerpts import excerpts
from core.rag.sentences import split_sentences

ALPHABET = "One two.\nThree! ## Four? 5.\n\n- six"
texts = st.lists(st.sampled_from(ALPHABET.split(" ")), max_size=40).map(" ".join)
spans = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=4)

TEXT = "Alpha begins. Beta follows. Gamma is here. Delta comes next. Epsilon ends."


def shown(anchors, room, text=TEXT):
    return [text[start:end] for start, end in excerpts(text, anchors, room)]


def test_an_excerpt_is_the_marked_sentence_with_its_nearest_neighbours():
    at = TEXT.index("Gamma")
    assert shown([(at, at + 5)], 20) == ["Gamma is here."]
    assert shown([(at, at + 5)], 35) == ["Gamma is here. Delta comes next."]
    assert shown([(at, at + 5)], 50) == ["Beta follows. Gamma is here. Delta comes next."]


def test_marks_that_stand_apart_are_shown_as_stretches_of_their_own():
    assert shown([(0, 3), (len(TEXT) - 3, len(TEXT))], 10) == ["Alpha begins.", "Epsilon ends."]


def test_without_a_mark_the_beginning_is_shown():
    assert shown([], 30) == ["Alpha begins. Beta follows."]
    assert shown([], 5) == ["Alpha begins."], "at least a sentence"
    assert excerpts("", [], 100) == []
    assert excerpts(" \n ", [(0, 2)], 100) == []


@given(texts, spans, st.integers(0, 300))
@settings(max_examples=150)
def test_excerpts_hold_every_marked_sentence_in_order_and_keep_to_the_room(text, anchors, room):
    found = excerpts(text, anchors, room)
    sentences = split_sentences(text)
    assert found == sorted(found)
    assert all(a < b for a, b in found)
    assert all(b < c for (_, b), (c, _) in pairwise(found))
    assert {a for a, _ in found} <= {a for a, _ in sentences}
    assert {b for _, b in found} <= {b for _, b in sentences}
    marked = [(a, b) for a, b in sentences if any(a < end and start < b for start, end in anchors)]
    assert all(any(a <= c and d <= b for a, b in found) for c, d in marked)
    held = sum(d - c for c, d in sentences if any(a <= c and d <= b for a, b in found))
    first = sentences[0][1] - sentences[0][0] if sentences else 0
    assert held <= max(room, sum(d - c for c, d in marked) or first)


@given(texts, spans)
def test_with_room_enough_all_of_the_text_is_shown(text, anchors):
    assert [text[a:b] for a, b in excerpts(text, anchors, len(text))] == (
        [text.strip()] if text.strip() else []
    )
