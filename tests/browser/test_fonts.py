"""Text that waits for its font stands where it will stand afterwards."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import open_page

_HEIGHTS = """() => {
  const texts = ".stMain :is(h1, .st-key-hub_claim p, [class*=st-key-card_] :is(h2, h3, p))";
  return [...document.querySelectorAll(texts)].filter((element) => element.checkVisibility())
    .map((element) => [element.textContent, Math.round(element.getBoundingClientRect().height)]);
}"""
_WIDTH_OF_A_WORD = """() => {
  const word = document.createElement("span");
  word.textContent = "mmmmmmmmmm";
  document.querySelector(".stMain h1").append(word);
  const { width } = word.getBoundingClientRect();
  word.remove();
  return width;
}"""


@pytest.mark.parametrize("width", [390, 1440])
def test_lines_break_before_the_font_has_come_where_they_break_afterwards(open_session, app_url, width):
    without = open_session(width=width)
    without.route("**/SourceSans*", lambda route: route.fulfill(body=b"", content_type="font/woff2"))
    before, letters_before = _seen(without, app_url)
    after, letters_after = _seen(open_session(width=width), app_url)
    assert letters_before != letters_after  # another font, or nothing would be compared
    assert len(after) > 15
    assert before == after


def _seen(page: Page, address: str) -> tuple[list[list], float]:
    """Heading, claim and cards of Home with their heights in pixels, and the width of ten letters."""
    open_page(page, address)
    page.evaluate("document.fonts.ready")
    return page.evaluate(_HEIGHTS), page.evaluate(_WIDTH_OF_A_WORD)
