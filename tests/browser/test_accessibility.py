"""The keyboard path, and the proof that axe is really asked (the walk and the guide's steps ask it)."""

from playwright.sync_api import expect

from core import demos
from tests.browser.axe import serious_violations
from tests.browser.conftest import open_page


def test_the_check_sees_a_fault_when_there_is_one(page, app_url):
    open_page(page, app_url)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<button></button>')")
    assert any("button-name" in violation for violation in serious_violations(page))


def test_every_page_can_be_reached_by_keyboard(page, app_url):
    """The side panel repeats the bar as real links: Tab reaches its switch, Enter opens it."""
    open_page(page, app_url)
    page.keyboard.press("Tab")
    switch = page.get_by_test_id("stExpandSidebarButton")
    for _ in range(12):
        if switch.evaluate(
            "node => node === document.activeElement || node.contains(document.activeElement)"
        ):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for demo in demos.installed():
        link = page.get_by_test_id("stSidebar").get_by_role("link", name=demo.title)
        expect(link).to_be_visible()
