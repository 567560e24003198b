import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rag.sentences import LONGEST_SENTENCE, split_sentences, without_marker

CASES = [
    ("It costs 3.50 EUR. Shipping is free.", ["It costs 3.50 EUR.", "Shipping is free."]),
    ("Dr. Smith met J. K. Rowling at 5 p.m. in Paris. They left.", None),
    ("He moved to the U.S. The company followed.", ["He moved to the U.S.", "The company followed."]),
    ("It was the U.S. Army that came.", ["It was the U.S. Army that came."]),
    ("See e.g. Table 3 and No. 5. Done!", ["See e.g. Table 3 and No. 5.", "Done!"]),
    ("It rained.[1] The match ended.", ["It rained.[1]", "The match ended."]),
    ('He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]),
    ("# Travel policy\nBook early. Pay late.", ["Travel policy", "Book early.", "Pay late."]),
    (
        "- first item\n- second item. With more\n1. third",
        ["first item", "second item.", "With more", "third"],
    ),
    ("Width: 320 mm\nHeight: 110 mm", ["Width: 320 mm", "Height: 110 mm"]),
    (
        "This line of prose is wrapped at a width of about\nseventy characters and goes on. Next one.",
        ["This line of prose is wrapped at a width of about seventy characters and goes on.", "Next one."],
    ),
    ("| Code | Meaning |\n|---|---|\n| E12 | Overheated. |", None),
    ("Use model A. It is faster.", ["Use model A.", "It is faster."]),
    (
        "Version 2.4.1 fixed it... Nobody noticed?! Well.",
        ["Version 2.4.1 fixed it...", "Nobody noticed?!", "Well."],
    ),
    ("今日は晴れ。明日は雨。", ["今日は晴れ。", "明日は雨。"]),
    ("", []),
    (" \n\t\n ", []),
]


@pytest.mark.parametrize(("text", "expected"), [case for case in CASES if case[1] is not None])
def test_sentences_end_where_a_reader_would_end_them(text, expected):
    spans = (without_marker(text, span) for span in split_sentences(text))
    assert [" ".join(text[start:end].split()) for start, end in spans] == expected


def test_titles_initials_and_times_do_not_end_a_sentence():
    assert len(split_sentences("Dr. Smith met J. K. Rowling at 5 p.m. in Paris. They left.")) == 2


def test_each_table_row_is_a_sentence_of_its_own():
    text = "| Code | Meaning |\n|---|---|\n| E12 | Overheated. |"
    assert [text[a:b] for a, b in split_sentences(text)] == text.splitlines()


def test_a_marker_is_dropped_for_quotation_but_belongs_to_the_span():
    text = "- 14 days"
    assert split_sentences(text) == [(0, len(text))]
    assert text[slice(*without_marker(text, (0, len(text))))] == "14 days"


@settings(max_examples=200)
@given(st.text(alphabet=st.sampled_from("aB1. \n!?#-|*\"'()[]。é\t,;\r\x0b\x85\u2028"), max_size=300))
def test_spans_are_ordered_disjoint_and_leave_only_white_space_outside(text):
    end_of_last = 0
    for start, end in split_sentences(text):
        assert start >= end_of_last
        assert text[end_of_last:start].strip() == ""
        assert text[start:end] == text[start:end].strip() != ""
        end_of_last = end
    assert text[end_of_last:].strip() == ""


def test_a_text_without_punctuation_is_cut_at_a_soft_border():
    text = ", ".join(["alpha beta"] * 400)
    spans = split_sentences(text)
    assert all(end - start <= LONGEST_SENTENCE for start, end in spans)
    assert "".join(text[a:b] for a, b in spans).replace(" ", "") == text.replace(" ", "")


# Each of a million signs was taken for the start of the run that ends at the last one.
@pytest.mark.timeout(30)
@pytest.mark.parametrize("sign", ["!", "…", "?!", "."])
def test_a_run_of_signs_is_looked_through_once(sign):
    text = "Stop" + sign * 100_000 + "now. Go on."
    assert [text[a:b] for a, b in split_sentences(text)][-1] == "Go on."
