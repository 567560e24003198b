"""Loading, search, cards and export of the guide, on small content of their own."""

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.config import settings as hub_settings
from core.errors import BadInput
from core.guide import describe, find_questions, load_guide, parse_reference, to_html, to_markdown
from core.guide.cards import shuffled
from core.guide.evidence import find_setting
from core.guide.loading import FOLDER

GUIDE = load_guide()


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "guide"
    shutil.copytree(FOLDER, folder)
    return folder


def test_a_misspelt_field_is_named_with_its_file(copy):
    path = copy / "sql_ai.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("pitch =", "pich =", 1), encoding="utf-8")
    with pytest.raises(BadInput, match=r"sql_ai\.toml.*pich"):
        load_guide(copy)


def test_an_unknown_topic_lists_the_known_ones(copy):
    path = copy / "cross.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace('topic = "cost"', 'topic = "price"', 1), encoding="utf-8"
    )
    with pytest.raises(BadInput, match="price") as caught:
        load_guide(copy)
    assert "trade-offs" in caught.value.hint


def test_broken_toml_and_a_missing_file_are_errors_with_a_hint(copy):
    (copy / "tour.toml").write_text("title = ", encoding="utf-8")
    with pytest.raises(BadInput, match="not valid TOML"):
        load_guide(copy)
    (copy / "tour.toml").unlink()
    with pytest.raises(BadInput, match=r"no tour\.toml"):
        load_guide(copy / "")


def test_a_reference_keeps_page_state_and_label():
    reference = parse_reference("page:rag_chat?tab=At scale&k=3 | The table")
    assert (reference.kind, reference.target, reference.label) == ("page", "rag_chat", "The table")
    assert dict(reference.query) == {"tab": "At scale", "k": "3"}


@pytest.mark.parametrize("text", ["core.rag:search", "picture:x", "code:", ""])
def test_a_reference_in_another_form_is_refused(text):
    with pytest.raises(BadInput):
        parse_reference(text)


def test_search_wants_every_word_and_puts_questions_first():
    hits = find_questions(GUIDE.questions, "cost")
    assert hits
    in_question = ["cost" in hit.ask.lower() for hit in hits]
    assert in_question == sorted(in_question, reverse=True)
    assert len(find_questions(GUIDE.questions, "cost batch")) < len(hits)
    assert find_questions(GUIDE.questions, "  ") == []
    assert find_questions(GUIDE.questions, "cost zzz") == []


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 9))
@settings(max_examples=30)
def test_no_card_is_ever_lost(answers, seed):
    keys = [f"card-{number}" for number in range(7)]
    deck = shuffled(keys, seed)
    for knew in answers:
        deck = deck.knew() if knew else deck.again()
        assert sorted(deck.waiting + deck.known) == keys
        assert not deck.revealed
    assert len(deck.known) == min(sum(answers), 7)


def test_a_deck_is_shuffled_but_repeatable():
    keys = [str(number) for number in range(30)]
    assert shuffled(keys, 1) == shuffled(keys, 1) != shuffled(keys, 2)


def test_the_export_holds_everything():
    text = to_markdown(GUIDE)
    for chapter in GUIDE.chapters:
        assert chapter.pitch in text
        assert all(question.answer in text for question in chapter.questions)
        assert all(story.lesson in text for story in chapter.stories)
    for script in GUIDE.scripts.values():
        assert all(step.say in text for step in script.steps)
    assert all(item in text for item in GUIDE.checklist)


def test_the_printable_page_stands_alone():
    page = to_html(GUIDE)
    assert page.startswith("<!doctype html>")
    assert page.count("<h2>") == len(GUIDE.chapters) + 3
    assert not any(word in page for word in ("<script", "<link", "src=", "flowchart"))
    assert GUIDE.chapters[0].diagram_alt in page


def test_a_reference_says_what_it_shows_and_where_that_is():
    reference = parse_reference("page:rag_chat?view=Evaluation | The curve")
    assert describe(reference) == "The curve (`page rag_chat?view=Evaluation`)"


def test_a_setting_shows_value_and_meaning_and_hides_secrets(set_settings):
    set_settings(RAG__TOP_K="7", HUB_ADMIN_TOKEN="hunter2")
    assert find_setting("RAG__TOP_K").value == "7"
    assert "hunter2" not in find_setting("HUB_ADMIN_TOKEN").value
    assert hub_settings().hub_admin_token is not None


@pytest.mark.parametrize("name", ["RAG__NOTHING", "NOTHING", "RAG", "HUB_DATA_DIR__X", "SQL__MAX_ROWS__X"])
def test_a_setting_that_does_not_exist_is_named(name):
    if name == "RAG":
        assert find_setting(name).value == "a group of settings"
        return
    with pytest.raises(BadInput, match=name):
        find_setting(name)
