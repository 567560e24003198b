import pytest

from core.sql_ai.functions import sentiment
from core.sql_ai.functions.foreign import foreign_lean


def _mood(text):
    return sentiment.label([(text, ())])[0][0][1]


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Très bon produit.", "positive"),
        ("Je n’aime pas du tout.", "negative"),
        ("Livraison rapide mais la couleur est fausse.", "mixed"),
        ("Das ist gut.", "positive"),
        ("Das gefällt mir nicht.", "negative"),
        ("Der Laden öffnet um neun.", "neutral"),
        ("Me encanta, volveré a comprar.", "positive"),
        ("No me gusta nada.", "negative"),
        ("La tienda abre a las nueve.", "neutral"),
        ("Ottimo prodotto, consigliato.", "positive"),
        ("Non mi piace.", "negative"),
        ("O serviço foi péssimo.", "negative"),
    ],
)
def test_plain_opinion_in_the_languages_snowflake_names_is_understood(text, mood):
    assert _mood(text) == mood


@pytest.mark.parametrize(
    "text", ["", "?!", "The die is cast.", "Good fit, no complaints.", "日本語です", "Gut feeling"]
)
def test_english_and_unknown_languages_are_left_to_the_model(text):
    assert foreign_lean(text) is None


def test_a_lean_lies_between_its_ends_whatever_the_text():
    assert foreign_lean("bon " * 10_000) == 1.0
    assert foreign_lean("Das ist schlecht und das ist gut.") == 0.0


def test_an_aspect_that_is_named_without_an_opinion_is_neutral_in_another_language_too():
    assert dict(sentiment.label([("Der Laden öffnet um neun.", ("Laden",))])[0])["Laden"] == "neutral"
