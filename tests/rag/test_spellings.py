"""Words written otherwise: what still counts as the name that was asked for, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.matching import matches, read_text
from core.rag.spellings import forms_of, is_slip
from core.rag.words import content_words, words_of


def _met(question, text, known=()):
    """Which content words of the question the text meets; a slip is any word not in `known`."""
    words = content_words(words_of(question))
    forms = forms_of(question, words, lambda word: word.text in known)
    found = matches(words, forms, read_text(text))
    return {word.text for word, met in zip(words, found, strict=True) if met}


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Celeron", "Céloron met the traders."),
        ("Temur", "Temür ruled from 1294."),
        ("Frensh", "No French troops were there."),
        ("Geroge", "George left."),
        ("EU", "European Union law applies."),
        ("RAF", "the Royal Air Force flew"),
        ("Jr", "Junior and senior students."),
        ("1970", "It grew from 1977 on."),
        ("1700", "Mayors of the 17th and 18th centuries."),
        ("1700", "It was founded in 1734."),
    ],
)
def test_a_name_is_met_in_another_spelling(typed, written):
    question = f"What about {typed}{'s' if typed.isdigit() else ''}?"
    assert typed in _met(question, written)


def test_the_words_of_a_name_are_met_by_its_initials():
    assert {"European", "Union"} <= _met("What of the European Union?", "The EU decides.")
    assert {"United", "States"} <= _met("What of the United States?", "A close U.S. ally.")
    assert not {"European", "Union"} & _met("What of the European Union?", "The UN decides.")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Jip", "The Jin dynasty began in 1115."),
        ("Smeaton", "The Savery engine was cheap."),
        ("1977", "In the 1970s it grew."),
        ("1980s", "It grew from 1977 on."),
        ("1700s", "It was founded in the 17th century."),
    ],
)
def test_another_name_is_not_met(typed, written):
    assert typed not in _met(f"What about {typed}?", written)


def test_a_word_that_is_known_is_no_slip_of_another():
    assert "adopted" not in _met("Was the plan adopted?", "The plan was adapted.", known={"plan", "adopted"})


@given(st.text(alphabet="abcdef", min_size=5, max_size=9), st.data())
def test_one_letter_changed_left_out_or_swapped_is_a_slip_both_ways(word, data):
    place = data.draw(st.integers(1, len(word) - 2))
    changed = word[:place] + "z" + word[place + 1 :]
    longer = word[:place] + "z" + word[place:]
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    for other in (changed, longer, swapped):
        if other != word:
            assert is_slip(word, other)
            assert is_slip(other, word)
    assert not is_slip(word, word[:2] + "zyx" + word[5:])


def test_two_letters_or_another_first_letter_make_another_word():
    assert not is_slip("celery", "celoron")
    assert not is_slip("normal", "formal")
    assert not is_slip("east", "vast")
