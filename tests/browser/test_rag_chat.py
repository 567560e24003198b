"""What a visitor does on the RAG page: ask, check, add, be refused; and what another visitor does not see."""

import re
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run

LEAVE = "How many days of annual leave do I have in Porto?"
PARROT = "The office parrot in Ghent is called Admiral Biscuit. It was adopted in 2021."
WHO_IS_IT = "What is the office parrot in Ghent called?"


def open_chat(page: Page, app_url: str, **query: str) -> None:
    open_page(page, f"{app_url}/RAG_Chat?{urlencode({'generator': 'extractive', **query})}")


def ask(page: Page, question: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    page.wait_for_timeout(300)
    while box.input_value() == question:  # nothing is sent while a file is still on its way
        box.press("Enter")
        page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="Ask again")).to_be_visible()
    wait_for_app_run(page)


def add_text(page: Page, name: str, text: str) -> None:
    page.get_by_text("Documents", exact=True).click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_role("button", name="Add text").click()
    expect(page.get_by_text(f"Added: {name}")).to_be_visible()
    wait_for_app_run(page)
    page.locator(".st-key-view").get_by_text("Chat", exact=True).click()
    wait_for_app_run(page)


def open_options(page: Page, label: str) -> None:
    """A list that is clicked open while the page still moves (an expander, a scroll) is shut by that: click again."""
    box = page.get_by_role("combobox", name=label)
    for _ in range(20):
        if box.get_attribute("aria-expanded") == "true":
            break
        box.click()
        page.wait_for_timeout(500)
    expect(page.get_by_role("option").first).to_be_visible()


def exported(page: Page, path: Path) -> str:
    """The conversation as its visitor can download it."""
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    download.value.save_as(path)
    page.keyboard.press("Escape")
    return path.read_text(encoding="utf-8")


def last_answer(page: Page):
    return page.get_by_test_id("stChatMessage").last


def test_an_answer_cites_a_passage_and_the_citation_opens_it_with_the_words_marked(page, app_url):
    open_chat(page, app_url)
    ask(page, LEAVE)
    answer = last_answer(page)
    expect(answer.locator("q").first).to_contain_text("25 days in Porto")
    citation = answer.locator("details.hub-cite").first
    expect(citation.locator("mark").first).to_be_hidden()
    citation.locator("summary").press("Enter")
    expect(citation.locator("mark").first).to_be_visible()
    expect(citation.locator("mark").first).to_contain_text("25 days in Porto")
    expect(citation).to_contain_text("leave-policy.md")
    expect(page.locator(".rag-card")).to_have_count(4)
    card = page.locator(".rag-card", has=page.locator("mark")).first
    shown, whole = card.locator("> .hub-passage"), card.locator(".rag-whole .hub-passage")
    expect(shown.locator("mark").first).to_contain_text("25 days in Porto")
    expect(whole).to_be_hidden()
    assert 2 * len(shown.inner_text()) < len(whole.text_content() or "")
    card.get_by_text("Whole passage").click()
    expect(whole.locator("mark").first).to_be_visible()
    expect(shown).to_be_hidden()
    expect_no_exception(page)


def test_the_address_of_an_answer_shows_it_again_after_a_reload_and_in_a_second_tab(page, app_url):
    open_chat(page, app_url)
    ask(page, LEAVE)
    expect(page).to_have_url(re.compile(r"question=How\+many\+days.*run=1"))
    page.reload()
    expect(last_answer(page).locator("q").first).to_contain_text("25 days in Porto")
    wait_for_app_run(page)
    for _ in range(2):  # the second stranger to the conversation gets the first one's answer
        other = page.context.new_page()
        open_page(other, page.url)
        expect(last_answer(other).locator("q").first).to_contain_text("25 days in Porto")
        wait_for_app_run(other)
        expect(other.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(other.get_by_text("kept, first took")).to_be_visible()


def test_an_off_topic_question_is_refused_with_the_reason_and_the_nearest_passages(page, app_url):
    open_chat(page, app_url)
    ask(page, "Who won the football world cup in 1998?")
    expect(last_answer(page).get_by_text("I don't know")).to_be_visible()
    expect(last_answer(page).get_by_text("answers are given from")).to_be_visible()
    expect(page.get_by_text("Nearest passages", exact=True)).to_be_visible()
    expect(last_answer(page).locator("details.hub-cite")).to_have_count(0)


def test_a_document_answers_its_own_visitor_and_never_another(open_session, app_url):
    mine, yours = open_session(), open_session(width=390, height=844, dark=True)
    open_chat(mine, app_url)
    add_text(mine, "parrot.md", PARROT)
    ask(mine, WHO_IS_IT)
    expect(last_answer(mine).locator("q").first).to_contain_text("Admiral Biscuit")
    expect(mine.locator(".rag-card").first).to_contain_text("Added by you")
    open_chat(yours, app_url)
    ask(yours, WHO_IS_IT)
    expect(yours.locator(".rag-card").first).to_be_visible()
    expect(yours.get_by_text("Admiral Biscuit")).to_have_count(0)
    yours.get_by_text("Documents", exact=True).click()
    expect(yours.get_by_text("0 added by you")).to_be_visible()
    mine.get_by_text("Documents", exact=True).click()
    expect(mine.get_by_text("1 added by you")).to_be_visible()


def test_a_file_attached_to_the_question_answers_it_and_a_hostile_one_is_refused_by_name(page, app_url):
    open_chat(page, app_url)
    page.locator("[data-testid=stChatInput] input[type=file]").set_input_files(
        [
            {"name": "parrot.txt", "mimeType": "text/plain", "buffer": PARROT.encode()},
            {"name": "lies.pdf", "mimeType": "application/pdf", "buffer": b"MZ" + bytes(range(256)) * 8},
        ]
    )
    expect(page.get_by_text("lies.pdf")).to_be_visible()
    ask(page, WHO_IS_IT)
    expect(last_answer(page).locator("q").first).to_contain_text("Admiral Biscuit")
    expect(page.get_by_text("Added: parrot.txt")).to_be_visible()
    expect(page.get_by_text("Not added: lies.pdf")).to_be_visible()
    expect_no_exception(page)


# Playwright's own look and click may come after the last word of so short a draft.
STOP_AT_THE_DRAFT = """() => new MutationObserver((_, observer) => {
  const button = document.querySelector("[data-testid=stChatInputStopButton]");
  if (!button || !document.body.innerText.includes("Draft of the model")) return;
  observer.disconnect();
  button.click();
}).observe(document.body, { subtree: true, childList: true, characterData: true })"""


def test_a_stopped_answer_is_at_once_a_finished_message_that_can_be_asked_again(page, app_url):
    open_chat(page, app_url, generator="local")
    box = page.get_by_test_id("stChatInputTextArea")
    stopped = last_answer(page).get_by_text("stopped: an unchecked draft")
    # The model may be done before the click arrives; then another question is stopped.
    for asked in range(1, 5):
        page.evaluate(STOP_AT_THE_DRAFT)
        box.fill("What does error code G4 mean on the Grain 64?")
        box.press("Enter")
        expect(page.get_by_test_id("stChatMessage")).to_have_count(2 * asked)
        page.get_by_role("button", name="Ask again").last.wait_for()  # without any further click
        wait_for_app_run(page)
        if stopped.count():
            break
    expect(stopped).to_be_visible()
    expect(last_answer(page).locator(".rag-draft")).to_be_visible()
    expect(page.get_by_text("Passages found before it was stopped")).to_be_visible()
    ask(page, LEAVE)
    expect(last_answer(page)).to_contain_text("25 days in Porto")


def test_a_double_click_on_send_asks_once_and_back_shows_the_answer_before(page, app_url):
    open_chat(page, app_url)
    page.get_by_test_id("stChatInputTextArea").fill(LEAVE)
    page.get_by_test_id("stChatInputSubmitButton").dblclick()
    expect(last_answer(page).locator("q").first).to_contain_text("25 days in Porto")
    wait_for_app_run(page)
    ask(page, "Summarise parrot.md")
    expect(last_answer(page)).to_contain_text("There is no document called")
    page.go_back()
    expect(last_answer(page).locator("q").first).to_contain_text("25 days in Porto")
    wait_for_app_run(page)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)


def test_a_reload_brings_the_whole_conversation_back_with_sources_and_documents(page, app_url):
    open_chat(page, app_url)
    add_text(page, "parrot.md", PARROT)
    ask(page, WHO_IS_IT)
    ask(page, LEAVE)
    page.reload()
    expect(
        page.get_by_text("Brought back after the reload: 2 questions and 1 document of yours.")
    ).to_be_visible()
    wait_for_app_run(page)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(4)
    expect(page.get_by_text("Admiral Biscuit").first).to_be_visible()
    expect(page.get_by_text("kept, first took")).to_have_count(0)
    ask(page, "When was it adopted?")
    ask(page, "In which year was the office parrot in Ghent adopted?")
    expect(last_answer(page)).to_contain_text("2021")


def test_a_second_tab_of_the_browser_has_its_own_turns_and_documents_and_says_so(page, app_url):
    open_chat(page, app_url)
    add_text(page, "parrot.md", PARROT)
    ask(page, WHO_IS_IT)
    second = page.context.new_page()
    open_page(second, page.url)
    expect(second.get_by_text("That conversation is open in another tab.")).to_be_visible()
    wait_for_app_run(second)
    expect(second.get_by_test_id("stChatMessage")).to_have_count(2)  # the linked question, asked anew
    expect(second.get_by_text("Admiral Biscuit")).to_have_count(0)
    ask(second, LEAVE)
    page.reload()
    expect(
        page.get_by_text("Brought back after the reload: 1 question and 1 document of yours.")
    ).to_be_visible()


def test_a_passed_on_address_opens_neither_conversation_nor_documents_in_another_browser(
    open_session, app_url
):
    mine, yours = open_session(), open_session()
    open_chat(mine, app_url)
    add_text(mine, "parrot.md", PARROT)
    ask(mine, LEAVE)
    ask(mine, WHO_IS_IT)
    address = mine.url
    mine.close()  # even when nobody has it open any more
    open_page(yours, address)
    wait_for_app_run(yours)
    expect(yours.get_by_test_id("stChatMessage")).to_have_count(2)
    expect(yours.get_by_text("Admiral Biscuit")).to_have_count(0)


def test_search_overview_and_export_hold_nothing_of_another_visitor(open_session, app_url, tmp_path):
    """Uploads, search, overview and export, each as the other visitor sees it."""
    mine, yours = open_session(), open_session()
    open_chat(mine, app_url)
    add_text(mine, "parrot.md", PARROT)
    ask(mine, "Summarise parrot.md")
    expect(last_answer(mine)).to_contain_text("Admiral Biscuit")
    open_chat(yours, app_url)
    ask(yours, "Summarise parrot.md")
    expect(last_answer(yours)).to_contain_text("There is no document called")
    ask(yours, WHO_IS_IT)
    expect(yours.get_by_text("Admiral Biscuit")).to_have_count(0)
    assert "Admiral" in exported(mine, tmp_path / "mine.json")
    assert "Admiral" not in exported(yours, tmp_path / "yours.json")


def test_the_inspector_and_the_map_show_a_document_to_its_visitor_only(open_session, app_url):
    mine, yours = open_session(), open_session()
    for visitor, own in ((mine, True), (yours, False)):
        open_chat(visitor, app_url)
        if own:
            add_text(visitor, "parrot.md", PARROT)
        visitor.locator(".st-key-view").get_by_text("Inspector", exact=True).click()
        wait_for_app_run(visitor)
        visitor.get_by_label("Question to inspect").fill(WHO_IS_IT)
        visitor.get_by_label("Question to inspect").press("Enter")
        expect(visitor).to_have_url(re.compile("inspect=What"))
        wait_for_app_run(visitor)
        visitor.get_by_text("Map of the collection").click()
        expect(visitor.get_by_text("principal components")).to_be_visible()
        wait_for_app_run(visitor)
        expect(visitor.locator(".rag-card").get_by_text("Admiral Biscuit")).to_have_count(1 if own else 0)
        expect(visitor.get_by_text("parrot.md #0")).to_have_count(1 if own else 0)
        visitor.get_by_text("Search in, and diversity").click()
        open_options(visitor, "Only these documents")
        expect(visitor.get_by_role("option", name="parrot.md")).to_have_count(1 if own else 0)


def test_settings_in_the_address_filter_and_are_told_under_the_answer(page, app_url):
    open_chat(page, app_url, docs="working-hours-and-remote-work-2025.md", diversity="0.3")
    ask(page, LEAVE)
    expect(page.locator(".rag-card").first).to_contain_text("working-hours-and-remote-work-2025.md")
    expect(page.locator(".rag-card").get_by_text("leave-policy.md")).to_have_count(0)
    expect(last_answer(page).get_by_text("diversity 0.3, only working-hours")).to_be_visible()
    page.get_by_text("Settings", exact=True).click()
    curated = page.get_by_role("radio", name="curated", exact=True)
    expect(curated).to_be_visible()
    wait_for_app_run(page)  # fields move while the browser loads the code of those above them
    curated.click()
    expect(page).to_have_url(re.compile("source=curated"))


def test_a_follow_up_is_completed_from_the_turn_before_and_its_answer_comes_into_view(page, app_url):
    open_chat(page, app_url)
    ask(page, "Who is the compliance officer?")
    expect(last_answer(page)).to_contain_text("Henrik Solberg")
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill("Where does he work?")
    box.press("Enter")
    expect(page.get_by_text("Searched as: ")).to_contain_text("compliance officer")
    wait_for_app_run(page)
    expect(last_answer(page)).to_contain_text("Ghent")
    expect(last_answer(page).locator("q").first).to_be_in_viewport()


ADDED = re.compile(r"^(Added|Already there): ")  # the first click may have been cut off after the adding


def test_an_impatient_second_click_loses_no_file_and_tells_no_failure(page, app_url):
    open_chat(page, app_url, view="Documents")
    page.get_by_label("Name", exact=True).fill("parrot.md")
    page.get_by_label("Text", exact=True).fill(PARROT)
    page.get_by_role("button", name="Add text").dblclick()
    expect(page.get_by_text(ADDED)).to_be_visible()
    wait_for_app_run(page)
    expect(page.get_by_text("Not added")).to_have_count(0)
    expect(page.get_by_label("Text", exact=True)).to_have_value("")
    lines = [f"Parrot number {n} of the office in Ghent sleeps in cage {n * 7}." for n in range(400)]
    names = [f"cages-{n}.txt" for n in range(3)]
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        [
            {"name": name, "mimeType": "text/plain", "buffer": "\n".join([name, *lines]).encode()}
            for name in names
        ]
    )
    expect(page.get_by_text(names[-1])).to_be_visible()
    wait_for_app_run(page)
    button = page.get_by_role("button", name="Index files")
    button.click()
    page.wait_for_timeout(250)
    button.click()
    expect(page.get_by_text(ADDED)).to_have_count(3)
    wait_for_app_run(page)
    expect(page.get_by_text("Choose at least one file first")).to_have_count(0)
    expect(page.get_by_text("4 added by you")).to_be_visible()
