"""Every page without a mouse: Tab reaches each control in sight of it, and the keys do what the page is for."""

import re

import pytest
from playwright.sync_api import Frame, Page, expect

from core import demos
from scripts.views import all_views
from tests.browser.conftest import open_page, wait_for_app_run
from tests.browser.days import on_its_day
from tests.browser.keyboard import tab_to, walk
from tests.browser.test_views import open_view

VIEWS = sorted(all_views(), key=lambda view: view.page)
_DAYS = 16  # a walk takes seconds


def nav_frame(page: Page) -> Frame:
    handle = page.locator("iframe[title='streamlit_option_menu.option_menu']").element_handle()
    frame = handle.content_frame()
    frame.wait_for_selector("a.nav-link")
    return frame


@pytest.fixture(scope="module")
def walker(browser):
    """One visitor without a mouse for all views."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield page
    context.close()


@pytest.mark.parametrize("view", on_its_day([(view,) for view in VIEWS], _DAYS, lambda view: view.name))
def test_tab_reaches_every_control_shows_where_it_is_and_gets_out_again(walker, app_url, view):
    open_view(walker, app_url, view)
    # A message goes by itself, under the walk or before it.
    expect(walker.get_by_test_id("stToast")).to_have_count(0)
    found = walk(walker, nav_frame(walker))
    assert found.ended, "the focus is caught"
    assert found.missed == []
    assert found.unseen == []


def test_every_view_has_its_day():
    days = [set(VIEWS[day::_DAYS]) for day in range(_DAYS)]
    assert set().union(*days) == set(VIEWS)
    assert min(map(len, days)) > 0


def test_the_walk_sees_a_control_that_tab_misses_and_one_without_a_mark(page, app_url):
    open_page(page, app_url)
    page.evaluate("document.querySelector('.st-key-hub_header [class*=frame_copy]').inert = true")
    page.add_style_tag(content=".stPageLink * { outline: none !important; box-shadow: none !important; }")
    page.add_style_tag(content=".stPageLink *, .stPageLink *:focus { background: none !important; }")
    found = walk(page, nav_frame(page))
    assert any("Copy link" in name for name in found.missed)
    assert any("Open the RAG Chat" in name for name in found.unseen)


def test_the_side_panel_opens_by_keyboard_and_leads_to_every_page(page, app_url):
    open_page(page, app_url)
    tab_to(page, page.get_by_test_id("stExpandSidebarButton"))
    page.keyboard.press("Enter")
    for demo in demos.installed()[1:]:
        link = page.get_by_test_id("stSidebar").get_by_role("link", name=demo.title)
        tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1).first).to_have_text(demos.installed()[-1].title)


def test_a_query_is_written_run_and_its_tab_changed_with_keys_alone(page, app_url):
    open_page(page, f"{app_url}/SQL_AI_Playground?q=SELECT+1&run=0")
    editor = page.get_by_label("SQL in the Snowflake dialect")
    tab_to(page, editor)
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT 41 + 1 AS typed")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 row in")).to_be_visible()
    wait_for_app_run(page)
    page.evaluate("document.activeElement.blur()")
    tab_to(page, page.get_by_role("tab", name="Demo"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^How it works"))


def test_a_question_is_asked_and_its_citation_opened_with_keys_alone(page, app_url):
    open_page(page, f"{app_url}/RAG_Chat?generator=extractive")
    tab_to(page, page.get_by_test_id("stChatInputTextArea"))
    page.keyboard.type("How many days of annual leave do I have in Porto?")
    page.keyboard.press("Enter")
    citation = page.get_by_test_id("stChatMessage").last.locator("details.hub-cite").first
    expect(citation).to_be_visible()
    wait_for_app_run(page)
    tab_to(page, citation.locator("summary"))
    page.keyboard.press("Enter")
    expect(citation.locator("mark").first).to_contain_text("25 days in Porto")


def test_cards_turn_and_the_clock_starts_with_keys_alone(page, app_url):
    open_page(page, f"{app_url}/Interview_Guide?section=Practice")
    expect(page.get_by_text("0 of ")).not_to_have_count(0)
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Knew it")).to_be_visible()
    wait_for_app_run(page)
    page.keyboard.press("k")
    expect(page.get_by_text(re.compile(r"^1 of \d+ known"))).to_be_visible()
    expect(page.get_by_role("button", name="Show the answer")).to_be_visible()
    open_page(page, f"{app_url}/Interview_Guide")
    start = page.get_by_role("button", name="Start the timer")
    tab_to(page, start)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause the timer")).to_be_focused()
