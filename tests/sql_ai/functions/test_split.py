from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.sql_ai.functions.split import markdown_header, recursive_character

_texts = st.lists(
    st.sampled_from(["word", "ü", " ", "\n", "\n\n", "# Head\n", "x" * 30, ". "]), max_size=40
).map("".join)


@given(_texts, st.integers(1, 50), st.sampled_from(["none", "markdown"]))
def test_pieces_fit_the_size_and_cover_the_text_without_overlap(text, size, form):
    pieces = recursive_character(text, form, size)
    assert all(0 < len(piece) <= size for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.integers(1, 60), st.integers(8, 50), st.data())
def test_overlapping_pieces_fit_the_size_and_leave_no_word_out(count, size, data):
    overlap = data.draw(st.integers(0, size - 1))
    text = " ".join(f"w{number}" for number in range(count))
    pieces = recursive_character(text, "none", size, overlap)
    assert all(len(piece) <= size and piece in text for piece in pieces)
    places = [(text.index(piece), text.index(piece) + len(piece)) for piece in pieces]
    assert places[0][0] == 0
    assert places[-1][1] == len(text)
    for (_, end), (start, _) in pairwise(places):
        assert end - overlap <= start <= end + 1


def test_the_documented_example_overlaps_by_whole_words():
    assert recursive_character("hello world are you here", "none", 15, 10) == [
        "hello world are",
        "world are you",
        "are you here",
    ]


def test_separators_of_ones_own_come_first():
    assert recursive_character("a;b;c", "none", 2, separators=[";"]) == ["a", ";b", ";c"]


@pytest.mark.parametrize(
    ("form", "size", "overlap"), [("html", 5, 0), ("none", 0, 0), ("none", 5, 5), ("none", 5, -1)]
)
def test_impossible_sizes_and_formats_are_refused(form, size, overlap):
    with pytest.raises(BadInput):
        recursive_character("text", form, size, overlap)


def test_sections_know_the_headers_above_them():
    text = "# One\nintro\n## Two\nbody\n```\n# no header\n```\n# Three\nend"
    found = markdown_header(text, {"#": "h1", "##": "h2"})
    assert [chunk["headers"] for chunk in found] == [
        {"h1": "One"},
        {"h1": "One", "h2": "Two"},
        {"h1": "Three"},
    ]
    assert "# no header" in found[1]["chunk"]


def test_a_header_map_without_headers_is_refused():
    with pytest.raises(BadInput):
        markdown_header("text", {"*": "h1"})
