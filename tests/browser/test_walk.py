"""A visitor walks through the hub; any exception or console error fails the walk."""

import pytest
from playwright.sync_api import expect

from core import demos
from tests.browser.axe import serious_violations
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.layout import faults, jump

PAGES = demos.installed()
_JUMP_LIMIT = {1440: 0.1, 390: 0.15}  # 0.1 is "good" by web.dev/cls; buttons that wrap on a phone cost more


@pytest.mark.parametrize("demo", PAGES, ids=lambda d: d.key)
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)], ids=["desktop-light", "phone-dark"])
def test_every_page_opens_by_its_own_address_without_a_jump(open_session, app_url, demo, width, dark):
    page = open_session(width=width, dark=dark)
    open_page(page, f"{app_url}/{demo.url.lstrip('/')}")
    expect_no_exception(page)
    expect(page.get_by_role("heading", level=1).first).to_be_visible()
    assert demo.title in page.title()
    assert faults(page) == []
    assert serious_violations(page) == []
    moved = jump(page)
    assert moved.score <= _JUMP_LIMIT[width], moved


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
