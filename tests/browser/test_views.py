"""Every view that an address opens, on a phone: the list comes from the data the pages are drawn from."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from scripts.views import View, all_views
from tests.browser.axe import serious_violations
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.days import share_of_today
from tests.browser.layout import lasting_faults
from tests.browser.test_guide_steps import PLACES, url_of

BY_THE_STEPS = {url_of(place) for place in PLACES}  # opened, measured and checked in test_guide_steps.py
VIEWS = sorted((view for view in all_views() if view.address not in BY_THE_STEPS), key=lambda view: view.page)
# axe takes as long as all the rest: it looks at one half of the views today and at the other tomorrow.
AXE_TODAY = share_of_today(VIEWS, 2)
NAMED = {value.lower() for view in all_views() for _, value in view.query}
_CHOICES = (
    "[role=tab], :is(.st-key-view, .st-key-section, [class*=st-key-experiment_browser_view]) [role=radio]"
)
_EXPECTED_ERRORS = ("prodct", "roc_auk", "refused")
_GO = """(address) => {
  document.title = "";
  history.pushState({}, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}"""
# Charts, tables and diagrams that no element describes in words; the labels of their buttons do not count.
_UNNAMED = """() => [...document.querySelectorAll(
    ".stPlotlyChart, .stDataFrame, [data-testid=stMermaidChart], .stMain img")]
  .filter((element) => element.checkVisibility())
  .filter((element) => ![element, ...element.querySelectorAll("[role=figure], [role=img], [role=region], img")]
    .some((named) => (named.getAttribute("aria-label") || named.getAttribute("alt") || "").trim().length > 20))
  .map((element) => element.className.slice(0, 80))"""


@pytest.fixture(scope="module")
def phone(browser):
    """One visitor on a phone for all views: what is drawn must not depend on a fresh session."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark", reduced_motion="reduce"
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield page
    context.close()


def open_view(page: Page, app_url: str, view: View) -> None:
    """Go there as the Back button does when the page is the same: without loading the whole app again."""
    address = f"{app_url}/{view.address}"
    if urlsplit(page.url).path != urlsplit(address).path:
        open_page(page, address)
        page.get_by_role("heading", level=1).first.wait_for()
    else:
        page.evaluate(_GO, address)
        page.wait_for_function("document.title")  # each run of the page sets it
    wait_for_app_run(page)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_view_is_whole_on_a_phone(phone, app_url, view):
    open_view(phone, app_url, view)
    expect_no_exception(phone)
    expect(phone).to_have_title(re.compile(r"Demo Hub$"))
    assert phone.locator("h1").count() == 1
    assert lasting_faults(phone) == []
    assert phone.evaluate(_UNNAMED) == []
    if not any(mark in view.name for mark in _EXPECTED_ERRORS):
        expect(phone.get_by_test_id("stAlertContentError")).to_have_count(0)
    offered = {text.strip().lower() for text in phone.locator(_CHOICES).all_inner_texts()}
    assert offered - NAMED == set(), "a view that scripts/views.py does not list"
    if view in AXE_TODAY:
        assert serious_violations(phone) == []


def test_a_chart_without_words_is_seen(phone, app_url):
    open_view(phone, app_url, VIEWS[[view.name for view in VIEWS].index("sql_ai-example=topics")])
    phone.locator(".stPlotlyChart [aria-label], .stPlotlyChart[aria-label]").first.wait_for()
    phone.evaluate("document.querySelector('.stPlotlyChart').removeAttribute('aria-label')")
    assert len(phone.evaluate(_UNNAMED)) == 1
