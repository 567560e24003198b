import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st_

from core.ui.rag.answers import marks_of, prose
from core.ui.rag.passages import card, highlighted

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)> ![p](http://evil.example/?q=1) [a](javascript:1)"
)
stretches = st_.lists(st_.tuples(st_.integers(-5, 80), st_.integers(-5, 80)), max_size=6)


@given(st_.text(max_size=60), stretches)
@settings(max_examples=100)
def test_highlighting_changes_no_character_of_the_text(text, marked):
    shown = highlighted(text, marked)
    assert html.unescape(re.sub(r"</?mark>", "", shown)) == text


@given(st_.text(max_size=60), stretches)
@settings(max_examples=100)
def test_exactly_the_characters_inside_a_stretch_are_marked(text, marked):
    pieces = re.split(r"(<mark>.*?</mark>)", highlighted(text, marked), flags=re.DOTALL)
    position, inside = 0, set()
    for piece in pieces:
        plain = html.unescape(re.sub(r"</?mark>", "", piece))
        if piece.startswith("<mark>"):
            inside |= set(range(position, position + len(plain)))
        position += len(plain)
    assert inside == {i for i in range(len(text)) if any(a <= i < b for a, b in marked)}


def test_a_card_says_where_a_passage_is_from_and_shows_every_score_with_its_rank(make_turn):
    shown = card(1, make_turn(origin="upload").answer.passages[0])
    assert "Added by you" in shown
    assert "Leave › Annual · page 3" in shown
    for part in ("vector <b>0.75</b> #1", "keyword <b>0.39</b> #2", "hybrid <b>0.57</b> #1"):
        assert part in shown
    assert "rerank" not in shown, "a score that was not computed is not shown"


def test_hostile_text_names_and_headings_stay_text_in_answers_and_cards(make_turn):
    answer = make_turn(EVIL, document=EVIL).answer
    for shown in (card(1, answer.passages[0]), prose(answer.sentences, answer.passages)):
        tags = set(re.findall(r"<\s*/?\s*([a-zA-Z]+)", shown))
        assert tags <= {"article", "header", "span", "b", "p", "div", "details", "summary", "q", "mark"}
        assert "href" not in shown
        assert "src=x" in shown, "the text itself is there, escaped"


def test_a_citation_opens_its_passage_with_the_supporting_words_marked(make_turn):
    answer = make_turn("Porto has 25 days.").answer
    shown = prose(answer.sentences, answer.passages)
    assert re.search(r"<details[^>]*><summary[^>]*>\[1\]</summary>.*<mark>Porto has 25 days\.</mark>", shown)
    assert "Support 1.00, quoted word for word" in shown
    assert marks_of(answer) == {1: [(0, 18)]}
