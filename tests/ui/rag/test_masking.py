from core.ui.rag.answers import prose
from core.ui.rag.masking import masked


def test_an_answer_is_masked_in_every_part_and_its_citation_still_marks_the_same_words(make_turn):
    answer = make_turn("Ask Anna at anna@corvane.example about leave.").answer
    hidden = masked(answer)
    assert "anna@corvane.example" not in repr(hidden)
    assert "[e-mail]" in hidden.text
    assert "[e-mail]" in hidden.passages[0].text
    assert hidden.sentences[0].quotes[0].end == answer.sentences[0].quotes[0].end
    assert "<mark>Ask Anna at [e-mail]············ about leave.</mark>" in prose(
        hidden.sentences, hidden.passages
    )
    assert hidden.confidence == answer.confidence


def test_what_holds_no_personal_data_is_equal_afterwards(make_turn):
    answer = make_turn().answer
    assert masked(answer) == answer
