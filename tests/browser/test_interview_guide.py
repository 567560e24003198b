"""Rehearsing with the guide: search, links that are copied, ticks that stay, downloads that print, the tour."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.guide import load_guide
from tests.browser.conftest import open_page, wait_for_app_run

GUIDE = load_guide()


def open_guide(page: Page, app_url: str, query: str = "") -> None:
    open_page(page, f"{app_url}/Interview_Guide?{query}")


def pasted(page: Page) -> str:
    """What the clipboard holds, as a visitor would see it."""
    box = page.get_by_label("Find in all questions")
    box.fill("")
    box.press("Control+v")
    return box.input_value()


@pytest.mark.parametrize("clipboard", ["given", "withheld"])
def test_a_question_that_was_opened_can_be_shared_by_the_copied_link(page, app_url, clipboard):
    if clipboard == "withheld":  # what browsers do on a plain http address
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    else:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    question = GUIDE.chapters[0].questions[1]
    open_guide(page, app_url, "part=Questions")
    page.get_by_text(question.ask).click()
    expect(page.get_by_text(question.answer.strip()[:60])).to_be_visible()
    wait_for_app_run(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    link = pasted(page)
    assert f"q={question.key}" in link
    open_page(page, link)
    expect(page.get_by_text(question.answer.strip()[:60])).to_be_visible()


def test_ticks_outlast_a_reload_and_can_be_cleared(page, app_url):
    open_guide(page, app_url, "section=Practice")
    boxes = page.locator(".checklist input")
    expect(boxes).to_have_count(len(GUIDE.checklist))
    boxes.nth(1).check()
    boxes.nth(3).check()
    page.reload()
    expect(page.get_by_text(f"2 of {len(GUIDE.checklist)} done")).to_be_visible()
    page.get_by_role("button", name="Clear the checklist").click()
    page.reload()
    expect(page.get_by_text(f"0 of {len(GUIDE.checklist)} done")).to_be_visible()


def test_the_downloads_hold_the_guide_and_the_printable_page_prints(page, app_url, tmp_path: Path):
    open_guide(page, app_url)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Markdown").click()
    assert GUIDE.chapters[0].pitch.strip() in Path(saved.value.path()).read_text(encoding="utf-8")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Printable page").click()
    printable = tmp_path / "guide.html"
    printable.write_bytes(Path(saved.value.path()).read_bytes())
    page.goto(printable.as_uri())
    paper = page.pdf(format="A4")
    assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") > len(GUIDE.chapters)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_tour_takes_less_than_two_minutes_and_starts_in_the_side_panel(page, app_url):
    assert GUIDE.tour.seconds <= 120
    open_page(page, app_url)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name="Start the guided tour").click()
    expect(page.get_by_text(f"step 1 of {len(GUIDE.tour.steps)}")).to_be_visible()


def test_the_reset_panel_closes_when_it_has_reset(page, app_url):
    open_page(page, f"{app_url}/Interview_Guide")
    for _ in range(2):
        page.get_by_role("button", name="Reset", exact=True).click()
        page.get_by_role("button", name="Reset this page").click()
        page.get_by_text("is back to its seeded state").first.wait_for()
        expect(page.get_by_role("button", name="Reset this page")).to_have_count(0)
