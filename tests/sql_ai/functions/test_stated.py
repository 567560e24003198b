"""Numbers are taken from where the text states them; bounds of a scale are none."""

import pytest

from core.sql_ai.functions.stated import stated_number


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("guests", "We had 250 guests and 12 complaints", 250),
        ("complaints", "We had 250 guests and 12 complaints", 12),
        ("humidity", "It was 31 degrees and humidity was 80 percent", 80),
        ("score", "Score: 7", 7),
        ("rating", "I rate it 7/10, great but pricey", 7),
        ("stars", "The bed was great, 5 of 5 stars", 5),
        ("total_cost", "Three chairs at $1,250.50 in all", 1250.5),
        ("quantity", "Order 8812 ships Monday with 3 lamps", 3),
        ("growthPercent", "Revenue rose 12% to 3.4 million", 12),
        ("revenue", "Revenue rose 12% to 3.4 million", 3.4e6),
        ("children", "Ann has two children", 2),
        ("balance", "The balance is -4.5", -4.5),
    ],
)
def test_the_number_beside_the_words_of_the_name_is_taken(name: str, text: str, wanted: float) -> None:
    assert stated_number(name, text, lambda value: True) == wanted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("stars", "Rate from 1 to 5 stars: awful food"),
        ("score", "Give a score between 0 and 10"),
        ("port", "The server crashed at 9 pm"),
        ("guests", "It was 12 o'clock. Guests left"),
        ("score", "I love it"),
    ],
)
def test_a_bound_or_a_number_of_something_else_is_no_answer(name: str, text: str) -> None:
    assert stated_number(name, text, lambda value: True) is None


def test_a_number_outside_the_range_of_the_field_is_passed_over() -> None:
    assert stated_number("score", "Score 70, adjusted score 7", lambda value: value <= 10) == 7
