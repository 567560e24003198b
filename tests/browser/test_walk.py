"""A visitor walks through the hub; any exception or console error fails the walk."""

import pytest
from playwright.sync_api import expect

from core import demos
from tests.browser.axe import serious_violations
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.layout import GOOD, jump, lasting_faults

PAGES = demos.installed()


# The server may just have started: what needs no model comes first, and what does finds it loaded.
@pytest.mark.parametrize("demo", sorted(PAGES, key=lambda d: d.kind == "demo"), ids=lambda d: d.key)
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desktop-light", "phone-dark"])
def test_every_page_opens_by_its_own_address_without_a_jump(open_session, app_url, demo, width, dark):
    page = open_session(width=width, dark=dark)
    open_page(page, f"{app_url}/{demo.url.lstrip('/')}")
    expect_no_exception(page)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    assert demo.title in page.title()
    assert lasting_faults(page) == []
    assert serious_violations(page) == []
    moved = jump(page)
    assert moved.score <= GOOD, moved


def test_the_menu_leads_to_every_page_and_back_leads_home(page, app_url):
    open_page(page, app_url)
    for demo in PAGES[1:]:
        menu = page.frame_locator("iframe[title='streamlit_option_menu.option_menu']")
        menu.locator("a.nav-link", has_text=demo.menu).click()
        page.wait_for_url(f"**/{demo.url.lstrip('/')}*")
        wait_for_app_run(page)
        expect_no_exception(page)
        expect(page.get_by_role("heading", level=1).first).to_have_text(demo.title)
    page.go_back()
    wait_for_app_run(page)
    expect(page.get_by_role("heading", level=1).first).to_have_text(PAGES[-2].title)
    page.go_forward()
    wait_for_app_run(page)
    expect(page.get_by_role("heading", level=1).first).to_have_text(PAGES[-1].title)


BACK = {
    "a chapter and a part": (
        "Interview_Guide",
        [("radio", "Models"), ("tab", "Questions"), ("radio", "RAG")],
    ),
    "a view and a tab of the RAG Chat": ("RAG_Chat", [("radio", "Documents"), ("tab", "Code")]),
    "a view and a tab of the playground": (
        "SQL_AI_Playground?q=SELECT+1",  # which asks no model, while the page's own query asks it 398 times
        [("radio", "Compatibility"), ("tab", "At scale")],
    ),
    "views of the Experiment Browser": ("Experiment_Browser", [("radio", "Train"), ("radio", "Predict")]),
}


def chosen(page) -> list[str]:
    """What is chosen among buttons and tabs of the first rows: enough to tell the states apart."""
    marked = "[role=radio][aria-checked=true], [role=tab][aria-selected=true]"
    return [text.strip() for text in page.locator(marked).all_inner_texts() if text.strip()][:2]


def expect_chosen(page, state: list[str]) -> None:
    """The page gets there; a loaded machine draws it in several pieces."""
    for _ in range(60):
        wait_for_app_run(page)
        if chosen(page) == state:
            return
        page.wait_for_timeout(500)
    assert chosen(page) == state


@pytest.mark.parametrize("case", BACK)
def test_back_and_forward_go_through_what_was_chosen_on_a_page(page, app_url, case):
    name, clicks = BACK[case]
    open_page(page, f"{app_url}/{name}")
    page.get_by_role("radio", name=clicks[0][1], exact=True).wait_for()
    states = [chosen(page)]
    for role, label in clicks:
        before = page.url
        page.get_by_role(role, name=label, exact=True).click()
        page.wait_for_url(lambda url, before=before: url != before)
        wait_for_app_run(page)
        states.append(chosen(page))
    assert len({str(state) for state in states}) == len(states), "each click shows"
    for state in reversed(states[:-1]):
        page.go_back()
        expect_chosen(page, state)
    page.go_forward()
    expect_chosen(page, states[1])
    expect_no_exception(page)


def search_for(text: str):
    def act(page):
        box = page.get_by_label("Find in all questions")
        box.fill(text)
        box.press("Enter")

    return act


def press(role: str, name: str):
    return lambda page: page.get_by_role(role, name=name, exact=True).click()


def pick(label: str, option: str):
    def act(page):
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.fill(option)  # of a long list only a part is drawn
        page.get_by_role("option", name=option, exact=True).wait_for()
        box.press("Enter")
        box.press("Escape")

    return act


def ask_inspector(text: str):
    def act(page):
        box = page.get_by_label("Question to inspect")
        box.fill(text)
        box.press("Enter")

    return act


def switch(name: str):
    return lambda page: page.locator("label").filter(has=page.get_by_role("switch", name=name)).click()


def slide(name: str):
    return lambda page: page.get_by_role("slider", name=name).press("ArrowRight")


SET = {
    "searches and a topic": (
        "Interview_Guide?part=Questions",
        [press("radio", "Cost"), search_for("threshold"), search_for("cost")],
    ),
    "a question that was opened": (
        "Interview_Guide?section=RAG&part=Questions",
        [lambda page: page.locator("summary", has_text="Explain how RAG works").click()],
    ),
    "how the chat searches": (
        "RAG_Chat",
        [press("radio", "keyword"), slide("Passages"), slide("Diversity"), press("radio", "curated")],
    ),
    "how the chat answers": (
        "RAG_Chat",
        [
            pick("Answer by", "extractive"),
            switch("Mask personal data"),
            switch("Own refusal threshold"),
            slide("Threshold"),
        ],
    ),
    "which documents are searched": (
        "RAG_Chat",
        [pick("Only these kinds of files", "md"), pick("Only these documents", "leave-policy.md")],
    ),
    "a question to the inspector": (
        "RAG_Chat?view=Inspector",
        [
            ask_inspector("Who pays for parking?"),
            lambda page: page.locator("summary", has_text="Map of the collection").click(),
        ],
    ),
    "a setting to compare with": (
        "RAG_Chat?view=Evaluation",
        [switch("Compare with setting B"), press("radio", "tuning")],
    ),
    "a list beside the editor": (
        "SQL_AI_Playground?q=SELECT+1",
        [press("tab", "Functions"), press("tab", "History")],
    ),
    "what is watched and predicted": (
        "Experiment_Browser?view=watch",
        [press("radio", "Upload a table"), press("radio", "Predict"), press("tab", "A file")],
    ),
}


def set_to(page) -> list[str]:
    """Every value that the controls of the page show, and which panels are open."""
    return page.evaluate(
        """() => [...document.querySelectorAll(
          ".stMain :is(input:not([type=file]), [role=radio], [role=tab], [role=slider], [data-tag], details)")]
        .filter((element) => element.checkVisibility())
        .map((element) => [element.value, element.checked, element.open, element.getAttribute("aria-checked"),
          element.getAttribute("aria-selected"), element.getAttribute("aria-valuenow"),
          element.matches("[data-tag]") ? element.innerText : ""].join())"""
    )


@pytest.mark.parametrize("case", SET)
def test_back_undoes_what_was_typed_and_set_one_by_one(page, app_url, case):
    name, actions = SET[case]
    open_page(page, f"{app_url}/{name}")
    page.get_by_role("heading", level=1).first.wait_for()
    wait_for_app_run(page)
    if name == "RAG_Chat":
        page.locator("summary", has_text="Settings").click()
        page.get_by_role("slider", name="Passages").wait_for()
        wait_for_app_run(page)
    states = [set_to(page)]
    for act in actions:
        before = page.url
        act(page)
        page.wait_for_url(lambda url, before=before: url != before)
        wait_for_app_run(page)
        states.append(set_to(page))
    assert len({str(state) for state in states}) == len(states), "each change shows"
    for state in reversed(states[:-1]):
        page.go_back()
        for _ in range(40):
            wait_for_app_run(page)
            if set_to(page) == state:
                break
            page.wait_for_timeout(500)
        assert set_to(page) == state
    expect_no_exception(page)
