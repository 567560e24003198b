import html
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st_

from core.rag.documents import Hit
from core.ui.rag.answers import marks_of, prose
from core.ui.rag.passages import card, excerpt, highlighted

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


LONG = " ".join(f"Sentence {number} says a little more than the one before." for number in range(30))


def passage_of(make_turn, text, **changes):
    return replace(make_turn(text).answer.passages[0], **changes)


def test_a_long_passage_is_shown_around_the_marked_words_and_whole_on_demand(make_turn):
    passage = passage_of(make_turn, LONG)
    at = LONG.index("Sentence 15")
    shown = card(1, passage, [(at, at + 11)])
    first, whole = shown.split("<details", 1)
    assert re.search(r'hub-passage">… Sentence 1[12] .*<mark>Sentence 15</mark> says .* …</p>$', first)
    assert "Sentence 0 " not in first
    assert len(first) < 900
    assert "Whole passage, 1,549 characters" in whole
    assert re.search(r'hub-passage">Sentence 0 .*<mark>Sentence 15</mark> says .*Sentence 29 ', whole)


def test_marks_far_apart_in_a_long_passage_are_both_shown(make_turn):
    passage = passage_of(make_turn, LONG)
    end = LONG.index("Sentence 28")
    shown = excerpt(passage, [(0, 10), (end, end + 11)])
    assert shown.startswith("<mark>Sentence 0</mark> says")
    assert " … " in shown
    assert "<mark>Sentence 28</mark>" in shown


def test_a_long_passage_without_marks_is_shown_where_it_was_found(make_turn):
    at = LONG.index("Sentence 20")
    shown = excerpt(
        passage_of(make_turn, LONG, hits=(Hit("c1", "Annual", 0.5, at, at + 50), Hit("c0", "", 0.4, 0, 50)))
    )
    assert "Sentence 20" in shown
    assert "Sentence 0 " not in shown


def test_a_short_passage_is_shown_whole_and_has_nothing_to_open(make_turn):
    shown = card(1, passage_of(make_turn, LONG[:600]))
    assert "<details" not in shown
    assert "…" not in shown


@pytest.mark.parametrize("text", [EVIL, f"{EVIL} {LONG} {EVIL}"], ids=["short", "long"])
def test_hostile_text_names_and_headings_stay_text_in_answers_and_cards(make_turn, text):
    answer = make_turn(text, document=EVIL).answer
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
