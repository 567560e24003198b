import pytest

from core.sql_ai.functions import evaluation
from core.sql_ai.functions.classify import ClassifyItem, Example, Label, classify
from core.sql_ai.functions.errors import RowError
from tests.support.processor import takes_less_than


def _one(text, *labels, **options):
    return classify([ClassifyItem(text, tuple(Label(name) for name in labels), **options)])[0]


def test_a_text_about_price_and_quality_gets_both_labels_in_multi_mode():
    found = _one("The price was fair but it broke", "delivery", "quality", "price", multi=True)
    assert found == ("quality", "price")


@pytest.mark.parametrize(
    "text", ["What time does the museum open?", "asdf qwertz", "", "Two plus two is four."]
)
def test_in_multi_mode_a_text_about_something_else_gets_no_label(text):
    assert _one(text, "delivery", "quality", "price", multi=True) == ()


def test_the_documented_example_finds_travel_and_cooking():
    text = "One day I will see the world and learn to cook my favorite dishes"
    assert _one(text, "travel", "cooking", "reading", "driving", multi=True) == ("travel", "cooking")
    assert len(_one(text, "travel", "cooking", "reading", "driving")) == 1


@pytest.mark.parametrize("fallback", ["other", "None of these", "misc"])
def test_a_label_for_the_rest_takes_what_fits_no_other(fallback):
    assert _one("Bananas are rich in potassium.", "hardware", "software", fallback) == (fallback,)
    assert _one("The keyboard has a broken key.", "hardware", "software", fallback) == ("hardware",)


def test_labels_that_name_a_mood_are_decided_by_the_sentiment():
    texts = ("Wonderful, I would buy it again.", "It fell apart in a week.", "The box contains two screws.")
    assert [_one(text, "positive", "negative", "neutral")[0] for text in texts] == [
        "positive",
        "negative",
        "neutral",
    ]
    assert _one("I am unhappy", "happy", "sad") == ("sad",)


def test_of_a_label_and_its_denial_the_plain_one_is_looked_for():
    assert _one("Please help immediately, nothing works!", "urgent", "not urgent") == ("urgent",)
    assert _one("The walls are painted green.", "urgent", "not urgent") == ("not urgent",)


def test_a_description_says_what_belongs_to_a_label():
    labels = (Label("A", "animals and pets"), Label("B", "cars and engines"))
    assert classify([ClassifyItem("My dog chased a cat", labels)])[0] == ("A",)
    assert classify([ClassifyItem("The gearbox needs oil", labels)])[0] == ("B",)


def test_examples_teach_a_label_that_says_nothing_by_itself():
    labels = (Label("X1"), Label("X2"))
    examples = (Example("How do I bake bread?", ("X1",)), Example("My tyre is flat", ("X2",)))
    texts = ("A recipe for rolls and buns", "The wheel lost its air")
    found = classify([ClassifyItem(text, labels, examples=examples) for text in texts])
    assert found == [("X1",), ("X2",)]


@pytest.mark.parametrize(
    "labels", [("only",), (), ("a", "a"), ("a", " "), tuple(f"label {i}" for i in range(501))]
)
def test_labels_that_cannot_be_used_give_a_row_error(labels):
    assert isinstance(_one("text", *labels), RowError)


def test_labels_are_told_apart_by_case_and_answered_as_written():
    assert _one("The parcel is late", "Delivery", "Price")[0] == "Delivery"


def test_one_bad_row_leaves_the_others_alone():
    good = ClassifyItem("The parcel is late", (Label("delivery"), Label("food")))
    bad = ClassifyItem("x", (Label("a"),))
    first, second, third = classify([good, bad, good])
    assert first == third == ("delivery",)
    assert isinstance(second, RowError)


@pytest.mark.parametrize(
    ("task", "label"),
    [
        ("What is the complaint about?", "pool"),
        ("What did the guest not like?", "pool"),
        ("What does the guest praise?", "staff"),
        ("What are the strengths?", "staff"),
    ],
)
def test_a_task_that_asks_for_good_or_bad_looks_at_those_clauses_only(task, label):
    text = "The staff were wonderful, but the pool was filthy."
    assert _one(text, "staff", "pool", task=task) == (label,)


def test_any_other_task_changes_nothing():
    text = "The staff were wonderful, but the pool was filthy."
    assert _one(text, "staff", "pool", task="What is the text about?") == _one(text, "staff", "pool")


def test_a_text_without_the_mood_asked_for_is_read_whole():
    assert _one("The parcel is here.", "delivery", "price", task="What is the complaint?") == ("delivery",)


def test_where_tasks_decide_most_labels_are_right_and_elsewhere_they_do_no_harm():
    deciding = evaluation.classify_measures()[-1]
    assert deciding.value >= deciding.baseline + 0.3
    rows = evaluation.task_rows(False)
    asked = classify([ClassifyItem(text, tuple(map(Label, labels)), task) for text, labels, task, _ in rows])
    plain = classify([ClassifyItem(text, tuple(map(Label, labels))) for text, labels, _task, _ in rows])
    right = [(row[3],) for row in rows]
    assert sum(map(tuple.__eq__, asked, right)) >= sum(map(tuple.__eq__, plain, right))


@pytest.mark.parametrize("piece", ["x\n", "Berlin 2024-01-01 a@b.c "])
def test_a_text_of_two_million_characters_is_classified_by_its_beginning_in_little_time(piece):
    """It took twenty-four seconds, which no time limit cut short."""
    labels = (Label("places"), Label("food"))
    classify([ClassifyItem("warm", labels)])
    with takes_less_than(5):
        (found,) = classify([ClassifyItem(piece * (2_000_000 // len(piece)), labels)])
    assert found == classify([ClassifyItem((piece * 100_000)[:100_000], labels)])[0]
