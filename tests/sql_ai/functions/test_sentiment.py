import csv

import numpy as np
import pytest

from core.config import settings
from core.errors import LimitReached
from core.sql_ai.functions import opinion, sentiment
from core.sql_ai.functions.lexicon import lexicon_features, spelled
from core.sql_ai.functions.pauses import checking
from core.sql_ai.functions.text import DATA
from tests.support.processor import takes_less_than


def _label(text, *aspects):
    return dict(sentiment.label([(text, aspects)])[0])


@pytest.mark.parametrize(
    "text",
    [
        "Cracked on arrival, support never answered.",
        "This is not good.",
        "I don't like it.",
        "It looks fine but it is useless.",
        "Nobody came to help us.",
        "The soup was cold and the bread was stale.",
        "This lamp was a huge disappointment!!",
        "Please dont waste your money on it.",
    ],
)
def test_a_bad_review_scores_at_most_minus_a_half(text):
    assert sentiment.score([text])[0] <= -0.5
    assert _label(text)["overall"] in ("negative", "mixed")


@pytest.mark.parametrize(
    "text",
    [
        "Not bad at all!",
        "I have no complaints.",
        "Wonderful little lamp.",
        "It never lets me down.",
        "👍 love it",
    ],
)
def test_a_good_review_scores_at_least_a_half(text):
    assert sentiment.score([text])[0] >= 0.5
    assert _label(text)["overall"] == "positive"


@pytest.mark.parametrize(
    "text", ["The box contains two cables.", "", "   ", "?!", "OK", "The store opens at nine."]
)
def test_what_holds_no_opinion_is_neutral_and_scores_between_the_halves(text):
    assert _label(text)["overall"] == "neutral"
    assert -0.5 < sentiment.score([text])[0] < 0.5


@pytest.mark.parametrize("frame", ["{}.", "{}", "It is {}.", "It was {}.", "This is {}.", "Very {}."])
@pytest.mark.parametrize(
    ("word", "mood"),
    [("good", "positive"), ("great", "positive"), ("excellent", "positive"), ("bad", "negative"),
     ("terrible", "negative"), ("slow", "negative")],
)  # fmt: skip
def test_the_plainest_words_of_praise_and_blame_are_understood(frame, word, mood):
    assert _label(frame.format(word).capitalize())["overall"] == mood


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Better than expected.", "positive"),
        ("Could be worse.", "positive"),
        ("Could be better.", "negative"),
        ("It is not boring.", "positive"),
        ("It is not expensive.", "positive"),
    ],
)
def test_a_turned_word_counts_for_the_other_side(text, mood):
    assert _label(text)["overall"] == mood


@pytest.mark.parametrize(
    "text",
    [
        "Where can I find a good hotel?",
        "What is the best way to get there?",
        "Is this any good?",
        "Please send the invoice.",
        "Oracle makes databases.",
    ],
)
def test_a_question_a_request_and_a_fact_are_neutral(text):
    assert _label(text)["overall"] == "neutral"


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("👍", "positive"),
        ("😍😍", "positive"),
        ("👎", "negative"),
        ("😡", "negative"),
        ("It came 😍", "positive"),
    ],
)
def test_an_emoji_is_read_as_what_it_shows(text, mood):
    assert _label(text)["overall"] == mood
    assert (sentiment.score([text])[0] > 0) == (mood == "positive")


def test_a_mark_alone_is_an_opinion():
    assert [_label(mark)["overall"] for mark in ("10/10", "1/10", "Five stars", "1 star")] == [
        "positive", "negative", "positive", "negative",
    ]  # fmt: skip


def test_praise_and_blame_in_one_text_are_mixed():
    assert _label("The food was great but the service was terrible.")["overall"] == "mixed"
    assert _label("Excellent camera. The battery is awful.")["overall"] == "mixed"


def test_after_a_turn_the_last_word_counts():
    good_end, bad_end = sentiment.score(
        ["It looks cheap, but it is superb.", "It is superb, but it looks cheap."]
    )
    assert good_end > bad_end


def test_aspects_are_judged_apart_and_stand_in_order_of_their_names():
    pairs = sentiment.label([("The food was great but the service was slow.", ("service", "price", "food"))])[
        0
    ]
    assert pairs[0][0] == "overall"
    assert pairs[1:] == [("food", "positive"), ("price", "unknown"), ("service", "negative")]


def test_the_label_agrees_with_the_score():
    texts = [row["text"] for row in _rows("sentiment")][::3]
    scores = sentiment.score(texts)
    for text, value in zip(texts, scores, strict=True):
        label = _label(text)["overall"]
        if label == "positive":
            assert value >= 0.5
        elif label == "negative":
            assert value <= -0.5
        elif label == "neutral":
            assert -0.5 < value < 0.5
        else:
            assert label == "mixed"


def test_a_score_does_not_depend_on_its_neighbours():
    texts = [row["text"] for row in _rows("sentiment")][:40]
    assert sentiment.score(texts) == [sentiment.score([text])[0] for text in texts]


def test_the_model_beats_textblob_by_ten_points_on_sentences_nobody_tuned_on():
    rows = [row for row in _rows("sentiment") if row["sentiment"] in ("positive", "negative")]
    truth = [row["sentiment"] == "positive" for row in rows]
    texts = [row["text"] for row in rows]
    ours = [value > 0 for value in sentiment.score(texts)]
    blob = [value > 0 for value in sentiment.polarity(texts)]
    right, baseline = (sum(a == b for a, b in zip(guess, truth, strict=True)) for guess in (ours, blob))
    assert right / len(rows) >= 0.92
    assert right - baseline >= 0.1 * len(rows)


def test_polarity_is_textblobs():
    from textblob import TextBlob

    assert sentiment.polarity(["A great day", ""]) == [TextBlob("A great day").sentiment.polarity, 0.0]


def test_training_again_gives_the_same_coefficients():
    texts, labels = opinion.read_labelled(opinion.TRAINING_FILE)
    some = slice(0, len(texts), 6)
    first, second = (opinion._train(texts[some], labels[some]) for _ in range(2))
    assert (first.slopes == second.slopes).all()
    assert (first.base == second.base).all()


def test_the_coefficients_are_kept_in_the_data_folder_and_read_back():
    before = sentiment.score(["A fine film."])
    stored = list((settings().data_dir / "sql_ai").glob("opinion-*.npz"))
    assert stored
    changed = stored[0].stat().st_mtime_ns
    opinion._weights.cache_clear()
    assert sentiment.score(["A fine film."]) == before
    assert stored[0].stat().st_mtime_ns == changed


def test_no_test_sentence_stands_in_the_training_or_a_tuning_file():
    files = [opinion.TRAINING_FILE, *DATA.glob("sentiment_*_tuning.csv")]
    assert len(files) == 3
    trained = {text.lower() for file in files for text in opinion.read_labelled(file)[0]}
    for name in ("sentiment", "sentiment_few_cues", "sentiment_plain", "sentiment_foreign"):
        assert not trained & {row["text"].lower() for row in _rows(name)}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dont buy it", "don't buy it"),
        ("I CANT hear it", "I CAN'T hear it"),
        ("It wasnt warm", "It wasn't warm"),
    ],
)
def test_a_left_out_apostrophe_changes_nothing(typed, meant):
    assert (opinion.features([typed]) == opinion.features([meant])).all()


def test_words_that_only_end_like_a_contraction_stay():
    assert spelled("The tenant is distant and the paint isnt dry.") == (
        "The tenant is distant and the paint isn't dry."
    )


def test_a_very_long_text_is_judged_by_its_sentences():
    text = "The hotel was lovely. " * 400
    assert sentiment.score([text])[0] >= 0.5


ENDLESS = {"words": "good ", "letters": "a", "lines": "x\n", "clauses": "good, "}


@pytest.mark.parametrize("piece", ENDLESS.values(), ids=ENDLESS)
def test_a_sentence_without_end_is_judged_by_its_beginning_in_little_time(piece):
    """A text of two million characters without a full stop took a minute, which no time limit cut short."""
    sentiment.score(["warm"])
    with takes_less_than(10):
        (whole,) = sentiment.score([piece * (2_000_000 // len(piece))])
        sentiment.label([(piece * (2_000_000 // len(piece)), ("food",))])
    assert whole == sentiment.score([(piece * 4000)[:4000]])[0]


def test_the_judgement_of_one_text_can_be_stopped_at_each_of_its_sentences():
    looks = []
    text = "".join(f"Room {number} was lovely. " for number in range(60))
    with checking(lambda: looks.append(1)):
        sentiment.score([text])
    assert len(looks) > 60
    with pytest.raises(LimitReached), checking(lambda: _out_of_time()):
        sentiment.score([text])


def _out_of_time():
    raise LimitReached("time is over")


def _rows(name):
    from core.sql_ai.functions.evaluation import FOLDER

    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("text", "side"),
    [
        ("10 out of 10.", 1),
        ("A solid 9/10.", 1),
        ("I'd give it four stars.", 1),
        ("2/10 at best.", -1),
        ("One-star service.", -1),
        ("No stars.", -1),
        ("3/5", 0),
        ("Support is there 24/7.", 0),
        ("A star is born.", 0),
        ("The two stars of the film met in Rome.", 0),
    ],
)
def test_a_mark_out_of_five_or_ten_counts_as_a_verdict(text, side):
    assert np.sign(lexicon_features(text)[0]) == side


def test_a_drawn_out_word_counts_like_the_word_for_every_lexicon():
    drawn, plain = opinion.lexical_features(["sooo goooood, teeerrible", "so good, terrible"])
    assert (drawn == plain).all()
    kept = opinion.lexical_features(["Takes AAA cells, see www.shop.com"])
    assert (kept == opinion.lexical_features(["Takes DDD cells, see vvv.shop.com"])).all()


def test_a_word_listed_as_it_stands_lends_nothing_to_words_of_the_same_stem():
    assert lexicon_features("a phony guarantee")[0] < 0
    assert lexicon_features("a phone")[0] == 0
    assert lexicon_features("a roomy bag")[0] > 0
    assert lexicon_features("a room")[0] == 0


def test_a_missing_space_between_sentences_changes_no_word():
    glued, apart = opinion.lexical_features(["It broke.Never buy it.", "It broke. Never buy it."])
    assert (glued == apart).all()


def test_aspects_are_found_by_the_words_that_show_them_and_apart_across_an_and():
    found = _label("The waiter ignored us and the steak was tough.", "service", "food")
    assert (found["service"], found["food"]) == ("negative", "negative")
    found = _label("The app looks beautiful but it is hard to use.", "design", "usability")
    assert (found["design"], found["usability"]) == ("positive", "negative")


def test_without_an_aspect_only_what_tells_the_mood_is_judged(monkeypatch):
    asked = []
    monkeypatch.setattr(sentiment, "opinions", lambda parts: asked.extend(parts) or opinion.opinions(parts))
    text = "The waiter was rude and the steak was tough, the soup was cold, the bill was high."
    sentiment.label([(text, ())])
    assert asked == [text]
    sentiment.label([(text, ("steak",))])
    assert "the steak was tough" in asked
