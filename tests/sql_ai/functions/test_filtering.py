import pytest

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.filtering import decide
from tests.support.processor import takes_less_than


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("The customer mentions a refund: I want my money back.", True),
        ("The customer mentions a refund: The lamp looks great.", False),
        ("Is this review positive? The sound is fantastic.", True),
        ("Is this review positive? It broke on the second day.", False),
        ("The review is not negative: A lovely little lamp.", True),
        ("The text does not mention money: I paid forty dollars.", False),
        ("The text does not mention money: The window is stuck.", True),
        ("Does this ticket report a crash? The app closes when I press save.", True),
        ("Does this ticket report a crash? How do I change my address?", False),
        ("The text contains an e-mail address: write to a@example.org", True),
        ("The text contains an e-mail address: write to me", False),
        ("The sentence is a question: Where is the station?", True),
        ("The text is in German: Das ist ein sehr schönes Haus und ich mag es.", True),
        ("The text is in German: This is a very nice house.", False),
        ("The reviewer complains about the staff: The waiter was rude to us.", True),
        ("The reviewer complains about the staff: The waiter was charming.", False),
        ("Is Canada in North America?", True),
    ],
)
def test_a_prompt_is_decided_as_a_reader_would(prompt, expected):
    assert decide([prompt]) == [expected]


@pytest.mark.parametrize("prompt", ["", "  ", "?!"])
def test_a_prompt_without_words_is_a_row_error(prompt):
    assert isinstance(decide([prompt])[0], RowError)


def test_a_denied_claim_is_the_opposite_of_the_claim():
    texts = ["I paid ten dollars.", "The parcel is late.", "My cat sleeps.", "Call 555-0142."]
    for claim in ("mentions money", "mentions a phone number"):
        plain = decide([f"The text {claim}: {text}" for text in texts])
        verb, _, rest = claim.partition(" ")
        denied = decide([f"The text does not {verb.rstrip('s')} {rest}: {text}" for text in texts])
        assert denied == [not answer for answer in plain]


def test_a_long_text_is_searched_to_its_end_for_words_of_the_claim():
    text = "The room was fine. " * 30 + "I want my money back."
    assert decide([f"The guest mentions money: {text}"]) == [True]


@pytest.mark.parametrize(
    ("thing", "kind", "expected"),
    [
        ("cat", "an animal", True),
        ("chair", "an animal", False),
        ("car", "a vehicle", True),
        ("phone", "a food", False),
    ],
)
def test_a_thing_is_of_a_kind_or_not(thing, kind, expected):
    assert decide([f"Is {thing} {kind}?"]) == [expected]


@pytest.mark.parametrize("piece", ["x\n", "Berlin 2024-01-01 a@b.c "])
def test_a_prompt_of_two_million_characters_is_read_by_its_beginning_in_little_time(piece):
    """It took ten to thirty seconds, which no time limit cut short."""
    decide(["Is Berlin a city?"])
    with takes_less_than(5):
        decide([f"Is this about a city? {piece * (2_000_000 // len(piece))}"])
