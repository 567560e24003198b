"""The RAG page with the real documents, the real embedder and the quoting generator."""

import io
import zipfile

import pytest

from core.config import settings
from core.errors import StoreError
from core.ui.rag import chat_view, state

PAGE = "pages/RAG_Chat.py"
LEAVE = "How many days of annual leave do I have in Porto?"


def html_of(app):
    return " ".join(element.proto.body for element in app.get("html"))


def linked(controls, name):
    """The control for a parameter of the address; its key changes with the address."""
    return next(control for control in controls if str(control.key).startswith(f"{state.KEY}_{name}_"))


def views(app):
    return linked(app.segmented_control, "view")


@pytest.fixture
def ask(open_app):
    def run(question, **query):
        return open_app(PAGE, question=question, run="1", **{"generator": "extractive", **query})

    return run


def test_a_new_visitor_sees_questions_to_start_with_and_no_heavy_wait(open_app):
    app = open_app(PAGE)
    labels = [button.label for button in app.button]
    assert set(chat_view.EXAMPLES) <= set(labels)
    assert state._BASE not in app.session_state


def test_a_link_asks_its_question_and_the_answer_cites_a_marked_passage(ask):
    app = ask(LEAVE)
    assert [m.name for m in app.chat_message] == ["user", "assistant"]
    shown = html_of(app)
    assert "25 days" in shown
    assert 'class="hub-cite"><summary' in shown
    assert "<mark>" in shown
    assert "vector <b>0." in shown
    app.run()
    assert len(app.chat_message) == 2, "a rerun must not ask again"


def test_a_step_of_a_script_shows_its_own_question_right_below_what_is_said(ask):
    app = ask(LEAVE, notes="1", step="rag_chat-1")
    for name, value in {"question": chat_view.EXAMPLES[-1], "step": "rag_chat-2"}.items():
        app.query_params[name] = value
    app.run()
    assert [message.name for message in app.chat_message] == ["user", "assistant"]
    assert "the documents do not answer this" in html_of(app)
    assert any("1 earlier question is not drawn" in caption.value for caption in app.caption)
    app.chat_input[0].set_value("And in Ghent?").run()
    assert len(app.chat_message) == 4, "what is asked freely goes on from the step's own question"
    for name in ("notes", "step"):
        del app.query_params[name]
    app.run()
    assert len(app.chat_message) == 6


def test_an_example_is_answered_with_a_click(open_app):
    app = open_app(PAGE, generator="extractive")
    button = next(b for b in app.button if b.label == LEAVE)
    button.click().run()
    assert not app.exception
    assert "25 days" in html_of(app)


def test_what_the_documents_do_not_say_is_refused_with_the_nearest_passages(ask):
    app = ask("Who won the football world cup in 1998?")
    assert "I don&#x27;t know" in html_of(app)
    assert "hub-passage" in html_of(app)


def test_what_an_answer_leaves_open_is_said_below_it(ask):
    shown = html_of(
        ask("How long is the probation period in Maribor and who won the football world cup in 1998?")
    )
    assert "four months" in shown
    assert "No sentence was found that answers “who won the football world cup in 1998”." in shown


def test_the_number_of_passages_follows_the_setting(ask):
    assert html_of(ask(LEAVE, k="2")).count('class="hub-scores"') == 2
    assert html_of(ask(LEAVE, k="6")).count('class="hub-scores"') == 6


def test_a_text_that_was_just_added_answers_the_next_question(open_app):
    app = open_app(PAGE, view="Documents", generator="extractive")
    app.text_input[0].set_value("parrot.md")
    app.text_area[0].set_value(
        "The office parrot in Ghent is called Admiral Biscuit. It was adopted in 2021."
    )
    next(b for b in app.button if b.label == "Add text").click().run()
    assert "Added: parrot.md" in html_of(app)
    views(app).set_value("Chat").run()
    app.chat_input[0].set_value("What is the office parrot in Ghent called?").run()
    assert not app.exception
    assert "Admiral Biscuit" in html_of(app)
    assert "Added by you" in html_of(app)


def test_a_workbook_is_refused_with_what_is_accepted_and_what_to_do(open_app):
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    app = open_app(PAGE, view="Documents")
    (field,) = app.file_uploader
    assert not field.proto.type, "the browser would refuse the file before the page can say why"
    field.upload("plan.xlsx", book.getvalue(), "application/vnd.ms-excel")
    next(b for b in app.button if b.label == "Index files").click().run()
    shown = html_of(app)
    assert "Not added: plan.xlsx" in shown
    assert "holds an Excel workbook" in shown
    assert "Save the sheet as CSV" in shown


def test_two_visitors_do_not_see_each_others_documents(open_app):
    asked = "What is the secret code word?"
    first = open_app(PAGE, view="Documents", generator="extractive")
    first.text_area[0].set_value("The secret code word is marmalade seven.")
    next(b for b in first.button if b.label == "Add text").click().run()
    views(first).set_value("Chat").run()
    first.chat_input[0].set_value(asked).run()
    assert "marmalade" in html_of(first)
    second = open_app(PAGE, question=asked, run="1", generator="extractive")
    assert "hub-passage" in html_of(second)
    assert "marmalade" not in html_of(second)


def test_an_empty_text_is_told_and_nothing_is_added(open_app):
    app = open_app(PAGE, view="Documents")
    next(b for b in app.button if b.label == "Add text").click().run()
    assert "Not added: note.md" in html_of(app)
    assert any("0 added by you" in m.value for m in app.markdown)


def test_a_question_too_long_to_be_read_does_not_make_an_address_too_long_to_be_loaded(open_app):
    app = open_app(PAGE, question=LEAVE, run="1", generator="extractive")
    app.chat_input[0].set_value("\N{PARROT}" * 9000 + " leave in Porto?").run()
    assert not app.exception
    assert any("2,000 are read" in error.value for error in app.error)
    assert sum(map(len, app.query_params.get("question", []))) < 2000


def test_the_inspector_shows_all_modes_for_one_question(open_app):
    app = open_app(PAGE, view="Inspector", inspect=LEAVE)
    assert len(app.get("plotly_chart")) == 1
    app.segmented_control(key="rag_chat_inspected").set_value("keyword").run()
    assert not app.exception
    assert "25 days" in html_of(app)


def test_reset_forgets_conversation_and_uploads(ask):
    app = ask(LEAVE)
    app.query_params.clear()
    app.button(key="frame_reset_rag_chat").click().run()
    assert not app.exception
    assert len(app.chat_message) == 0


def test_a_broken_store_is_told_in_place_and_the_page_stays(ask, monkeypatch):
    def broken(**_options):
        raise StoreError("The store is damaged", "Delete the folder rag in the data folder.")

    monkeypatch.setattr("core.rag.open_shared_corpus", broken, raising=False)
    app = ask(LEAVE)
    assert [title.value for title in app.title] == ["RAG Chat"]
    assert "The store is damaged" in app.error[0].value
    assert "Delete the folder" in app.error[0].value


def test_html_in_a_document_is_shown_as_text(open_app):
    app = open_app(PAGE, view="Documents")
    app.text_input[0].set_value("evil.txt")
    app.text_area[0].set_value("The badge colour is <script>alert(1)</script><b>purple</b> for guests.")
    next(b for b in app.button if b.label == "Add text").click().run()
    views(app).set_value("Inspector").run()
    linked(app.text_input, "inspect").set_value("Which badge colour is for guests?").run()
    assert "&lt;script&gt;" in html_of(app)
    assert "<script>" not in html_of(app)


def test_a_comparison_shows_a_column_for_each_value_and_ends_with_the_next_question(ask):
    app = ask(LEAVE, compare="Passages")
    labels = [m.value for m in app.markdown]
    assert {"**k = 1**", "**k = 3**", "**k = 8**"} <= set(labels)
    assert html_of(app).count("25 days in Porto and") >= 4
    app.chat_input[0].set_value("What does error code G4 mean on the Grain 64?").run()
    assert not app.exception
    assert "compare" not in app.query_params
    assert "**k = 1**" not in [m.value for m in app.markdown]


def test_a_second_visitor_with_the_same_link_gets_the_kept_answer(ask):
    ask(LEAVE)
    again = ask(LEAVE)
    assert any("kept, first took" in badge.value for badge in again.markdown)
    assert "25 days" in html_of(again)


def test_the_panel_tells_support_steps_timings_and_that_no_model_was_asked(ask):
    app = ask(LEAVE)
    turn = app.session_state[state._TURNS][0]
    app.session_state[f"rag_chat_how_{turn.id}"] = True
    app.run()
    assert not app.exception
    shown = html_of(app)
    assert 'class="rag-support"' in shown
    assert "retrieval" in shown
    assert any("No model was asked" in caption.value for caption in app.caption)


def test_suggested_questions_are_answered_from_the_same_document(ask):
    app = ask(LEAVE)
    offered = [b for b in app.button if b.key and b.key.startswith("rag_chat_offer_")]
    assert offered
    offered[0].click().run()
    assert not app.exception
    assert len(app.session_state[state._TURNS]) == 2
    assert not app.session_state[state._TURNS][1].answer.refused


def test_a_thumb_is_stored_and_counted(ask):
    from core.ui.rag import feedback

    before = feedback.tally()
    app = ask(LEAVE)
    turn = app.session_state[state._TURNS][0]
    app.get("feedback")[0].set_value(1).run()
    assert not app.exception
    assert feedback.tally().up == before.up + 1
    feedback.rate(turn, None)


@pytest.mark.parametrize("question", ["x" * 5000, "?", "\u200b", "<b>![x](http://evil.example)</b> " * 20])
def test_an_odd_question_in_a_link_is_answered_refused_or_explained(ask, question):
    app = ask(question)
    assert not app.exception
    assert "<b>!" not in html_of(app)
    turns = app.session_state[state._TURNS]
    assert len(turns) == 1
    assert turns[0].problem or turns[0].answer
    app.run()
    assert len(app.session_state[state._TURNS]) == 1, "a rerun must not ask again"


def test_own_documents_can_be_deleted_and_curated_ones_are_not_offered(open_app):
    app = open_app(PAGE, view="Documents")
    app.text_input[0].set_value("mine.md")
    app.text_area[0].set_value("The cellar key hangs behind the clock.")
    next(b for b in app.button if b.label == "Add text").click().run()
    box = app.selectbox(key="rag_chat_doomed")
    assert box.options == ["mine.md"]
    box.set_value("mine.md").run()
    app.button(key="rag_chat_delete").click().run()
    assert not app.exception
    assert any("0 added by you" in m.value for m in app.markdown)


def test_a_document_shows_its_chunks_with_their_tokens(open_app):
    app = open_app(PAGE, view="Documents")
    app.session_state["rag_chat_documents"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    app.run()
    assert not app.exception
    assert "of 256 tokens" in html_of(app)


def test_personal_data_is_masked_before_indexing_and_in_the_question(open_app):
    app = open_app(PAGE, view="Documents", mask="true", generator="extractive")
    app.text_area[0].set_value("Refunds are handled by Anna, anna@corvane.example, within two days.")
    next(b for b in app.button if b.label == "Add text").click().run()
    base = app.session_state[state._BASE]
    assert "anna@" not in base.own.document("note.md").text
    views(app).set_value("Chat").run()
    app.chat_input[0].set_value("Who handles the refunds that bob@corvane.example asked for?").run()
    assert not app.exception
    shown = html_of(app)
    assert "bob@" not in shown
    assert "anna@" not in shown
    assert "[e-mail]" in shown


def test_the_evaluation_measures_a_setting_and_draws_its_curve(open_app, monkeypatch):
    from core.rag import evaluation_builtin

    every = evaluation_builtin.load_questions("test")
    monkeypatch.setattr(evaluation_builtin, "load_questions", lambda half: every[::6])
    app = open_app(PAGE, view="Evaluation", evaluate="1", b="true", b_mode="keyword")
    shown = html_of(app)
    assert "Recall of gold passages" in shown
    assert "B: auto, keyword, k = 4" in shown
    assert "within chance" in shown or "better" in shown
    assert len(app.get("plotly_chart")) == 2


def test_poison_stays_in_the_session_is_labelled_and_can_be_removed(open_app, monkeypatch):
    monkeypatch.setattr("core.ui.rag.safety_view.naive_answer", lambda question, passages: "Bananada.")
    app = open_app(PAGE, view="Safety", attack="Order")
    shown = html_of(app)
    assert "Added by you" in shown
    assert "25 days in Porto" in shown
    verdicts = [m.value for m in app.markdown if "poison" in m.value and "badge" in m.value]
    assert any("repeats the poison" in verdict for verdict in verdicts)
    assert any("poison not repeated" in verdict for verdict in verdicts)
    app.button(key="rag_chat_antidote").click().run()
    assert not app.exception
    assert app.session_state[state._BASE].own.documents() == []


def test_a_smuggled_image_stays_text(open_app, monkeypatch):
    monkeypatch.setattr("core.ui.rag.safety_view.naive_answer", lambda question, passages: passages[0].text)
    app = open_app(PAGE, view="Safety", attack="Smuggled image")
    assert "&lt;img src=" in html_of(app)
    assert "<img" not in html_of(app)
    assert not any("evil.example" in m.value for m in app.markdown)


def test_an_answer_that_quotes_because_the_endpoint_is_dead_says_so(ask, set_settings):
    set_settings(LLM_BASE_URL="http://127.0.0.1:9/v1", LLM_MODEL="some-model", LLM_RETRIES="0")
    app = ask("How many days of annual leave are there in Porto?", generator="auto")
    assert "25 days" in html_of(app)
    assert any("the endpoint failed: quoted instead" in item.value for item in app.markdown)
    assert not app.error


def test_filter_and_diversity_come_from_the_address_narrow_the_search_and_are_told(ask):
    app = ask(LEAVE, docs="working-hours-and-remote-work-2025.md", source="curated", diversity="0.3")
    (turn,) = app.session_state[state._TURNS]
    assert {p.document for p in turn.answer.passages} == {"working-hours-and-remote-work-2025.md"}
    badges = [m.value for m in app.markdown if "badge" in m.value]
    assert any("diversity 0.3, only curated documents and working" in badge for badge in badges)


def test_a_filter_that_names_an_unknown_document_or_kind_counts_as_none_and_is_told(ask):
    app = ask(LEAVE, docs="nobody.md", types="exe", source="moon", diversity="many")
    (turn,) = app.session_state[state._TURNS]
    assert turn.settings.only.where is None
    assert "25 days" in html_of(app)
    (told,) = [item.value for item in app.warning]
    assert "**docs**: there is no “nobody.md”. Used instead: nothing." in told
    assert "**source**: there is no “moon”. Used instead: everything." in told
    assert "**diversity**: there is no “many”. Used instead: 0." in told


def test_the_inspector_and_a_comparison_keep_to_the_filter(open_app, ask):
    app = open_app(PAGE, view="Inspector", inspect=LEAVE, docs="travel-policy-2026.md")
    shown = html_of(app)
    assert "travel-policy-2026.md" in shown
    assert "leave-policy.md" not in shown
    assert any("Searched only travel" in c.value for c in app.caption)
    compared = ask(LEAVE, compare="Diversity", docs="travel-policy-2026.md")
    assert {"**diversity 0.0**", "**diversity 0.6**"} <= {m.value for m in compared.markdown}
    assert "leave-policy.md" not in html_of(compared)


def test_a_deleted_document_leaves_the_filter(open_app):
    app = open_app(PAGE, view="Documents", generator="extractive")
    app.text_input[0].set_value("mine.md")
    app.text_area[0].set_value("The cellar key hangs behind the clock.")
    next(b for b in app.button if b.label == "Add text").click().run()
    views(app).set_value("Chat").run()
    linked(app.multiselect, "docs").set_value(["mine.md"]).run()
    app.session_state[state._BASE].own.delete("mine.md")
    app.run()
    assert not app.exception
    assert linked(app.multiselect, "docs").value == []


def test_an_overview_lists_each_section_with_its_citation_and_no_threshold(ask):
    app = ask("Give me an overview of the leave policy")
    shown = html_of(app)
    assert shown.count("<li><b>") == 6
    assert "<b>Sick leave</b>" in shown
    assert shown.count('class="hub-cite"') == 6
    assert "Last reviewed" not in shown  # all that stands above the first heading
    assert "answers are given from" not in shown
    assert any("whole document, no threshold" in m.value for m in app.markdown)


def test_of_two_matching_documents_each_is_offered(ask):
    app = ask("Summarise the travel policy")
    assert "2 documents match" in html_of(app)
    (button,) = [b for b in app.button if b.label == "Summarise travel-policy-2024.md"]
    button.click().run()
    assert not app.exception
    assert app.session_state[state._TURNS][-1].answer.about == "travel-policy-2024.md"


def test_the_page_shows_how_a_follow_up_was_made_self_contained(ask):
    app = ask("What is the tank size of the Solo S2?")
    app.chat_input[0].set_value("How much does it weigh?").run()
    assert not app.exception
    shown = html_of(app)
    assert "Searched as: How much does the Solo S2 weigh?" in shown
    assert "stands for" in shown


@pytest.mark.parametrize("question", ["?", "why " * 700], ids=["no words", "too long"])
def test_a_question_that_fails_is_the_last_turn_and_the_answer_before_it_stays_in_its_place(ask, question):
    app = ask(LEAVE)
    app.chat_input[0].set_value(question).run()
    assert [turn.question for turn in app.session_state[state._TURNS]] == [LEAVE, question.strip()]
    assert len(app.error) == 1
    app.run()
    assert [turn.question for turn in app.session_state[state._TURNS]] == [LEAVE, question.strip()]


def test_a_pasted_text_that_is_too_long_to_be_read_reaches_the_page_which_says_so(open_app):
    field = open_app(PAGE).chat_input[0].proto
    assert field.max_chars >= 5 * settings().rag.max_question_characters, "the field refuses without a word"


def test_an_answer_that_was_cut_off_shows_its_draft_and_passages_as_stopped(ask):
    app = ask(LEAVE)
    turn = app.session_state[state._TURNS][0]
    flight = state.Flight("Why?", turn.settings, draft="Because the", found=turn.answer.passages)
    app.session_state[state._FLIGHT] = flight
    app.run()
    assert not app.exception
    assert "Because the" in html_of(app)
    assert any("stopped: an unchecked draft" in m.value for m in app.markdown)
    assert any("Passages found before it was stopped" in m.value for m in app.markdown)
    assert state._FLIGHT not in app.session_state
