"""Parts of the pages that no script step opens, on three screens; the walk and the steps check the others."""

import io
from datetime import date

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.axe import serious_violations
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.layout import GOOD, WATCH_SHIFTS, faults, jump, lasting_faults
from tests.support.contrast import contrast

STATES = {
    "home-notes": "?notes=1",
    "sql-explain": "SQL_AI_Playground?example=filter&run=explain",
    "sql-error": "SQL_AI_Playground?q=SELECT+prodct+FROM+product_reviews",
    "train": "Experiment_Browser?view=train",
    "one-run": "Experiment_Browser?view=runs&compare=top1&detail=Charts",
    "curves": "Experiment_Browser?view=runs&compare=top3&comparison=Curves",
    "documents": "RAG_Chat?view=Documents",
    "rag-code": "RAG_Chat?tab=Code",
    "architecture": "Interview_Guide?section=SQL+AI&part=Architecture",
    "script": "Interview_Guide?section=RAG&part=Demo+script",
    "question": "Interview_Guide?section=Models&part=Questions&q=experiment_browser-5",
    "stories": "Interview_Guide?section=RAG&part=Stories",
    "practice": "Interview_Guide?section=Practice",
    "search": "Interview_Guide?find=threshold",
    "search-empty": "Interview_Guide?find=xyzzy",
}


# axe takes as long as all the rest: it looks at the dark theme today and at the light one tomorrow.
AXE_IN_THE_DARK = date.today().toordinal() % 2 == 0


def check_screens(page: Page) -> None:
    """Nothing cut off or too wide at 1440, at 768 and, in the dark theme, at 390; axe agrees."""
    assert lasting_faults(page) == []
    if not AXE_IN_THE_DARK:
        assert serious_violations(page) == []
    for width, theme in ((768, "light"), (390, "dark")):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(600)
        assert lasting_faults(page) == [], width
    if AXE_IN_THE_DARK:
        assert serious_violations(page) == []


@pytest.mark.parametrize("state", STATES)
def test_a_part_of_a_page_fits_every_screen_in_both_themes(page, app_url, state):
    open_page(page, f"{app_url}/{STATES[state]}")
    page.get_by_role("heading", level=1).first.wait_for()
    wait_for_app_run(page)
    expect_no_exception(page)
    check_screens(page)


_CONTRASTS = """() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).slice(0, 3).map((value) => {
    const share = Number(value) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const light = (colour) => parts(colour).reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0.05);
  const ground = light(getComputedStyle(document.querySelector(".stApp")).backgroundColor);
  return [...document.querySelectorAll(
      ".stPlotlyChart :is(.xtick, .ytick) text, .stPlotlyChart :is(.xtitle, .ytitle, .legendtext)")]
    .map((text) => light(getComputedStyle(text).fill))
    .map((ink) => Math.max(ink, ground) / Math.min(ink, ground));
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_words_of_a_chart_stay_readable_when_the_theme_changes(open_session, app_url, theme):
    page = open_session(dark=theme == "light")
    open_page(page, f"{app_url}/Experiment_Browser?view=runs&compare=top3&comparison=Curves")
    page.locator(".stPlotlyChart .legendtext").first.wait_for()
    page.emulate_media(color_scheme=theme)
    page.wait_for_timeout(600)
    contrasts = page.evaluate(_CONTRASTS)
    assert len(contrasts) > 20
    assert min(contrasts) >= 4.5


# The words of a cell, and the colour of the cell that is seen left of them.
_CELLS = """() => [...document.querySelectorAll(".stPlotlyChart :is(.annotation-text, .textpoint text)")]
  .map((text) => [getComputedStyle(text).fill, text.getBoundingClientRect()])
  .map(([ink, box]) => [ink, box.x - 8, box.y + box.height / 2])"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_words_in_a_confusion_matrix_stand_out_from_their_cells(open_session, app_url, dark):
    page = open_session(dark=dark)
    open_page(page, f"{app_url}/Experiment_Browser?view=runs&compare=top1&detail=Charts")
    words = page.locator(".stPlotlyChart .textpoint text")
    words.nth(3).wait_for()
    wait_for_app_run(page)
    page.wait_for_timeout(600)  # until nothing is drawn again
    words.first.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    cells = page.evaluate(_CELLS)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert len(cells) == 4
    for ink, x, y in cells:
        assert contrast(ink, picture.getpixel((round(x), round(y)))) >= 4.5, (ink, x, y)


def test_no_label_of_the_navigation_bar_is_cut(page, app_url):
    open_page(page, f"{app_url}/Interview_Guide")
    bar = page.frame_locator(".st-key-hub_nav iframe")
    bar.get_by_text("Guide").wait_for()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(300)
        sizes = bar.locator("html").evaluate("(root) => [root.scrollWidth, root.clientWidth]")
        assert sizes[0] <= sizes[1], width


def test_what_belongs_together_stands_in_one_line(page, app_url):
    """The fields of both settings, and the end of the page's first line, to a pixel."""
    open_page(page, f"{app_url}/RAG_Chat?view=Evaluation&b=true")
    tops = "(sliders) => sliders.map((slider) => slider.getBoundingClientRect().top)"
    first, second = page.locator(".stMain .stSlider").evaluate_all(tops)
    assert abs(first - second) < 1
    open_page(page, app_url)
    button = page.get_by_role("button", name="Copy link")
    button.wait_for()
    right = "(element) => element.getBoundingClientRect().right"
    assert abs(button.evaluate(right) - page.locator(".st-key-hub_header").evaluate(right)) < 1


def test_a_phone_shows_the_table_of_runs_without_scrolling(open_session, app_url):
    phone = open_session(width=390, height=844)
    open_page(phone, f"{app_url}/Experiment_Browser?view=runs")
    table = phone.get_by_test_id("stDataFrame").bounding_box()
    assert table["y"] + 2 * 35 < 844, "its head and the best run"


# The smaller side of each button that Streamlit draws small, in pixels.
_SMALL = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.checkVisibility())
  .map((element) => element.getBoundingClientRect())
  .map((box) => Math.min(box.width, box.height))"""


def test_buttons_on_a_touch_screen_are_as_large_as_a_finger_and_do_not_jump(browser, app_url):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.add_init_script(WATCH_SHIFTS)
    open_page(phone, f"{app_url}/RAG_Chat?question=How+many+days+of+annual+leave+do+I+have%3F&run=1")
    phone.get_by_role("radio", name="Thumbs up").wait_for()
    wait_for_app_run(phone)
    for selector in (
        ".stButtonGroup button",
        ".stFeedback button",
        ".stChatInput button",
        ".stAppHeader button",
    ):
        sizes = phone.evaluate(_SMALL, selector)
        assert sizes
        assert min(sizes) >= 40, selector
    assert jump(phone).score <= GOOD
    context.close()


def test_the_checks_see_text_that_is_cut_a_page_too_wide_and_a_jump(page, app_url):
    open_page(page, f"{app_url}/Interview_Guide")
    assert faults(page) == []
    assert jump(page).score < 0.1
    page.add_style_tag(content="h1 { width: 3rem !important; overflow: hidden; white-space: nowrap; }")
    assert any("Interview Guide" in fault for fault in faults(page))
    page.add_style_tag(content=".stMain h1 { width: 3000px !important; overflow: visible; }")
    assert any("wider than the screen" in fault for fault in faults(page))
    page.wait_for_timeout(600)  # the wide heading moved things too, and is reported a moment later
    page.evaluate("window.__shifts = []")
    page.add_style_tag(content=".st-key-hub_header { margin-top: 20rem !important; }")
    page.wait_for_timeout(1200)
    assert jump(page).score > 0.1


def test_the_guide_prints_without_the_frame_around_it(page, app_url):
    """Printing shows the content alone: no side panel, no buttons, dark text on white."""
    open_page(page, f"{app_url}/Interview_Guide?section=RAG&part=Stories")
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in (".st-key-hub_nav", ".stSidebar", ".st-key-hub_header button"):
        assert not page.locator(hidden).first.is_visible(), hidden
    picture = Image.open(io.BytesIO(page.locator(".stTabs").first.screenshot())).convert("L")
    assert picture.getextrema()[1] == 255
    assert picture.resize((1, 1)).getpixel((0, 0)) > 200, "mostly white"
