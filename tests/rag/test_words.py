import pytest

from core.rag.questions import read_question


@pytest.mark.parametrize(
    ("question", "looked_up"),
    [
        ("Do I need to tell anybody something about my shares?", {"need", "tell", "shares"}),
        ("Is it OK to get codes by SMS?", {"codes", "SMS"}),
        ("Who was called when everything was offline?", {"offline"}),
    ],
)
def test_words_that_stand_for_anything_are_not_looked_up(question, looked_up):
    assert {word.text for word in read_question(question).keywords} <= looked_up
