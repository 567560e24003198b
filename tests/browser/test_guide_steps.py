"""Every step of every demo script, and every stop of the tour, opened as the guide's link opens it."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from core import demos
from core.guide import load_guide
from core.ui.presenter import Place, address_of
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.days import on_its_day
from tests.browser.layout import GOOD, jump
from tests.browser.test_layout import check_screens

GUIDE = load_guide()
PLACES = [
    Place(script, number) for script in GUIDE.scripts.values() for number in range(1, len(script.steps) + 1)
]


def name_of(place: Place) -> str:
    return f"{place.script.key}-{place.number}"


def url_of(place: Place) -> str:
    return f"{demos.get(place.step.page).url}?{urlencode(address_of(place))}".lstrip("/")


@pytest.mark.parametrize("place", PLACES, ids=name_of)
def test_a_step_opens_its_page_in_the_state_it_promises(page, app_url, place):
    open_page(page, f"{app_url}/{url_of(place)}")
    notes = page.locator(".st-key-hub_notes")
    expect(notes.get_by_text(place.step.title, exact=True)).to_be_visible()
    # Outside the notes card, which may say the same words.
    found = page.get_by_text(place.step.see).and_(page.locator(":not(.st-key-hub_notes *)"))
    expect(found.filter(visible=True).first).to_be_visible(timeout=120_000)
    wait_for_app_run(page)
    expect_no_exception(page)
    expect(page.get_by_test_id("stAlertContentError")).to_have_count(0, timeout=5_000)
    moved = jump(page)
    assert moved.score <= GOOD, moved
    check_screens(page)


@pytest.mark.parametrize("place", on_its_day([(place,) for place in PLACES], 2, name_of))
def test_a_step_s_page_does_not_jump_on_a_phone(open_session, app_url, place):
    page = open_session(width=390, height=844)
    open_page(page, f"{app_url}/{url_of(place)}")
    page.locator(".st-key-hub_notes").get_by_text(place.step.title, exact=True).wait_for()
    moved = jump(page)
    assert moved.score <= GOOD, moved


@pytest.mark.parametrize("script", GUIDE.scripts.values(), ids=GUIDE.scripts)
def test_next_walks_a_whole_script_whatever_the_pages_are_doing(page, app_url, script):
    open_page(page, f"{app_url}/{url_of(Place(script, 1))}")
    notes = page.locator(".st-key-hub_notes")
    for number, step in enumerate(script.steps[1:], 2):
        link = notes.get_by_role("link", name="Next step")
        # The card is drawn from the top: its title may be new while the link is still the old one.
        expect(link).to_have_attribute("href", re.compile(rf"(tour=|{script.key}-){number}$"))
        link.click()
        expect(notes.get_by_text(step.title, exact=True)).to_be_visible()
        expect_no_exception(page)
    expect(notes.get_by_text("The last step")).to_be_visible()
    wait_for_app_run(page)
    expect_no_exception(page)
