import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.amounts import Range, ranges_in, unit_of
from core.rag.words import words_of


def ranges(text):
    return [(found.lowest, found.highest, found.unit) for found in ranges_in(text, words_of(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Claims between 500 and 2,500 euros need the head.", [(500, 2500, "euro")]),
        ("From 1,000 to 10,000 euros two offers are needed.", [(1000, 10000, "euro")]),
        ("Machines of 5-10 kilograms or 5 kilograms to 10 kilograms.", [(5, 10, "kilogram")] * 2),
        ("The manager approves up to 500 euros.", [(0, 500, "euro")]),
        ("It takes no more than 3.5 days.", [(0, 3.5, "day")]),
        ("Companies with fewer than 20 employees", [(0, 20, "employe")]),
        (
            "Orders above 25,000 euros and of 60,000 euros or more",
            [(25000, math.inf, "euro"), (60000, math.inf, "euro")],
        ),
        ("More than 12,000 openings; 20 grams or less", [(0, 20, "gram"), (12000, math.inf, "open")]),
        ("From 2019 to 2024 it grew, above all in 2021.", []),
        ("It costs 500 euros, 3 days long.", []),
        ("between 20 and 10 euros", []),
        ("", []),
    ],
)
def test_the_ranges_of_a_text_are_its_amounts_with_a_unit_and_a_border(text, expected):
    assert sorted(ranges(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("question", "unit"),
    [
        ("Who signs a bill of 3,000 euros?", "euro"),
        ("A 3,000-euro bill", "euro"),
        ("What happened in 1899?", ""),
        ("What happened in 1899, euros aside?", ""),
        ("Between 5 10", ""),
        ("The year 1899 and after", ""),
    ],
)
def test_the_unit_of_a_number_is_the_word_right_behind_it(question, unit):
    words = words_of(question)
    number = next(word for word in words if word.number is not None)
    assert unit_of(number, question, words) == unit


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_range_holds_what_lies_between_its_borders_and_only_in_its_unit(one, other, amount):
    found = Range(min(one, other), max(one, other), "euro")
    assert found.holds(amount, "euro") == (min(one, other) <= amount <= max(one, other))
    assert not found.holds(one, "day")
    assert found.holds(one, "euro")
