"""The Interview Guide page and the presenter's cards, through AppTest."""

import pytest

from core.errors import BadInput
from core.guide import load_guide
from core.guide.content import Topic

GUIDE = load_guide()
PAGE = "pages/Interview_Guide.py"
FIRST = GUIDE.chapters[0]


def markdown(app) -> str:
    return "\n".join(text.value for text in app.markdown)


def topics(app):
    """The topics of a chapter; their key changes with the address."""
    return next(pills for pills in app.pills if "_topic_" in str(pills.key))


@pytest.mark.parametrize("chapter", GUIDE.chapters, ids=lambda chapter: chapter.key)
def test_a_chapter_opens_with_its_pitch(open_app, chapter):
    assert chapter.pitch in markdown(open_app(PAGE, section=chapter.title))


def test_every_part_of_a_chapter_has_an_address(open_app):
    assert FIRST.walk in markdown(open_app(PAGE, section=FIRST.title, part="Architecture"))
    assert FIRST.stories[0].lesson in markdown(open_app(PAGE, section=FIRST.title, part="Stories"))
    assert FIRST.script.steps[0].say in markdown(open_app(PAGE, section=FIRST.title, part="Demo script"))


def test_a_question_opens_by_its_address_and_the_others_stay_shut(open_app):
    first, second = FIRST.questions[:2]
    shown = markdown(open_app(PAGE, section=FIRST.title, part="Questions", q=first.key))
    assert first.answer in shown
    assert second.answer not in shown


def test_every_question_can_show_its_evidence(open_app):
    for chapter in GUIDE.chapters:
        for question in chapter.questions:
            app = open_app(PAGE, section=chapter.title, part="Questions", q=question.key)
            assert question.answer in markdown(app)
            assert not app.error, question.key


def test_a_topic_narrows_the_list(open_app):
    app = open_app(PAGE, section=FIRST.title, part="Questions")
    topics(app).set_value(Topic.COST).run()
    assert app.query_params["topic"] == Topic.COST.value
    asked = {question.ask for question in FIRST.questions if question.topic is Topic.COST}
    assert asked == {box.label for box in app.expander}


def test_search_goes_through_all_chapters(open_app):
    app = open_app(PAGE, find="threshold")
    labels = [box.label for box in app.expander]
    assert labels
    assert len({label.split(":")[0] for label in labels}) > 1


def test_a_search_without_a_hit_says_what_to_try(open_app):
    assert open_app(PAGE, find="xyzzy").info


def test_cards_go_round_until_they_are_known(open_app):
    app = open_app(PAGE, section="Practice")
    deck = app.session_state["interview_guide_deck"]
    app.button(key="frame_card_reveal").click().run()
    app.button(key="frame_card_again").click().run()
    again = app.session_state["interview_guide_deck"]
    assert again.waiting[-1] == deck.card
    app.button(key="frame_card_reveal").click().run()
    app.button(key="frame_card_knew").click().run()
    assert app.session_state["interview_guide_deck"].known == (again.card,)


def test_the_guide_can_be_taken_away(open_app):
    labels = [button.label for button in open_app(PAGE).get("download_button")]
    assert labels == ["Markdown", "Printable page"]


def test_a_misspelt_guide_says_what_is_wrong_on_the_page(open_app, monkeypatch):
    def broken():
        raise BadInput("tour.toml is not valid TOML: line 3", "Correct the file.")

    monkeypatch.setattr("core.guide.load_guide", broken)
    app = open_app(PAGE)
    assert "tour" in app.error[0].value
    assert [title.value for title in app.title] == ["Interview Guide"]


def test_a_step_shows_its_notes_on_its_page(open_app):
    app = open_app(PAGE, notes="1", step="sql_ai-2")
    step = GUIDE.scripts["sql_ai"].steps[1]
    assert step.say in markdown(app)
    assert any(f"step 2 of {len(GUIDE.scripts['sql_ai'].steps)}" in caption.value for caption in app.caption)


def links(app) -> dict[str, str]:
    return {link.label: link.proto.query_string for link in app.get("page_link")}


def test_next_and_back_lead_through_the_script(open_app):
    first = links(open_app("Home.py", tour="1"))
    assert "Back" not in first
    assert "tour=2" in first["Next step"]
    last = len(GUIDE.tour.steps)
    shown = open_app("Home.py", tour=str(last))
    assert f"tour={last - 1}" in links(shown)["Back"]
    assert "Next step" not in links(shown)
    assert GUIDE.tour.steps[-1].say in markdown(shown)


def test_leaving_takes_the_notes_away(open_app):
    app = open_app("Home.py", notes="1", step="rag_chat-1")
    app.button(key="frame_step_leave").click().run()
    assert not {"notes", "step"} & set(app.query_params)
    assert GUIDE.scripts["rag_chat"].steps[0].say not in markdown(app)


@pytest.mark.parametrize("step", ["sql_ai-0", "sql_ai-99", "nowhere-1", "sql_ai", "-", "sql_ai-x"])
def test_a_wrong_step_is_ignored(open_app, step):
    app = open_app("Home.py", step=step)
    assert "Next step" not in links(app)


def test_reset_brings_the_guide_back_to_its_first_chapter(open_app):
    second = GUIDE.chapters[1]
    question = second.questions[0]
    app = open_app(PAGE, section=second.title, part="Questions", q=question.key)
    topics(app).set_value(question.topic).run()
    assert question.answer in markdown(app)
    app.button(key="frame_reset_interview_guide").click().run()
    assert not app.exception
    assert "section" not in app.query_params
    assert FIRST.pitch in markdown(app)
    assert "q" not in app.query_params
    assert "topic" not in app.query_params
