"""Every view opened by a visitor who has nothing of the hub in the browser's cache: what stands there stays there."""

import pytest
from playwright.sync_api import Page, Route, expect

from scripts.views import all_views
from tests.browser.conftest import expect_no_exception, open_page
from tests.browser.days import on_its_day
from tests.browser.layout import GOOD, jump

WIDTHS = (390, 1440)
CASES = sorted(((view, width) for view in all_views() for width in WIDTHS), key=lambda case: case[0].name)
_DAYS = 43  # each load is a new visitor's and takes seconds
_SETTLED_MS = 600  # charts and pictures take their room after the script has ended
_RULES = "**/rehype-raw*.js"  # the client's code for HTML in Markdown, which the style rules wait for
_LATE_MS = 2_000
# Each message of the server is drawn by itself, as on a busy machine.
_ONE_BY_ONE = """(() => {
  const Socket = WebSocket;
  window.WebSocket = class extends Socket {
    #due = 0;
    addEventListener(type, hear, ...more) {
      super.addEventListener(type, type !== "message" ? hear : (event) => {
        this.#due = Math.max(performance.now(), this.#due + 40);
        setTimeout(() => hear.call(this, event), this.#due - performance.now());
      }, ...more);
    }
  };
})();"""


def open_anew(page: Page, address: str) -> None:
    open_page(page, address)
    page.get_by_role("heading", level=1).first.wait_for()
    page.wait_for_timeout(_SETTLED_MS)


@pytest.mark.parametrize(
    ("view", "width"), on_its_day(CASES, _DAYS, lambda view, width: f"{view.name}-{width}")
)
def test_a_view_does_not_jump_when_it_is_opened(open_session, app_url, view, width):
    page = open_session(width=width, height=844)
    open_anew(page, f"{app_url}/{view.address}")
    expect_no_exception(page)
    moved = jump(page)
    assert moved.score <= GOOD, moved


@pytest.mark.parametrize(
    "address",
    [
        "SQL_AI_Playground?example=extract",
        "Experiment_Browser?view=runs&compare=top1&detail=Parameters",
    ],
)
def test_a_phone_does_not_jump_when_the_style_rules_come_late(open_session, app_url, address):
    """Elements that wait for their code are all seen then, and so is what stands below them."""
    page = open_session(width=390, height=844)
    held = []

    def hold(route: Route) -> None:
        held.append(route)
        answer = route.fetch()
        wait = f"await new Promise((go) => setTimeout(go, {_LATE_MS}));"
        route.fulfill(response=answer, body=f"{wait}\n{answer.text()}")

    page.route(_RULES, hold)
    open_anew(page, f"{app_url}/{address}")
    page.wait_for_timeout(_LATE_MS)
    moved = jump(page)
    assert held
    assert moved.score <= GOOD, moved


@pytest.mark.parametrize(
    "address",
    [
        "Experiment_Browser?view=registry&version=999",
        "Experiment_Browser?view=runs&compare=zzzz",
    ],
)
def test_a_notice_about_the_address_takes_its_room_before_what_is_below_is_drawn(
    open_session, app_url, address
):
    page = open_session(width=390, height=844)
    page.add_init_script(_ONE_BY_ONE)
    open_anew(page, f"{app_url}/{address}")
    expect(page.get_by_text("asks for something that is not there")).to_be_visible()
    moved = jump(page)
    assert moved.score < GOOD / 5, moved


def test_every_view_has_its_day_at_every_width():
    days = [set(CASES[day::_DAYS]) for day in range(_DAYS)]
    assert set().union(*days) == {(view, width) for view in all_views() for width in WIDTHS}
    assert all({width for _, width in day} == set(WIDTHS) for day in days)


class Observed:
    """A page of which Chromium reported these shifts: name of what moved, score."""

    def __init__(self, *shifts: tuple[str, float]) -> None:
        moved = {"from": 0, "to": 9}
        self.shifts = [{"at": 0, "value": v, "moved": [{"name": n} | moved]} for n, v in shifts]

    def evaluate(self, _script: str) -> list[dict]:
        return self.shifts


def test_the_empty_block_that_gives_way_to_the_page_is_no_jump_and_anything_else_is():
    assert jump(Observed(("stMainBlockContainer", 0.2))).score == 0
    assert jump(Observed(("stMainBlockContainer", 0.2), ("P", 0.125))).score == 0.125


def test_a_jump_is_seen_when_what_loads_later_pushes_down_what_is_read(open_session, app_url):
    page = open_session(width=390, height=844)
    shown = "[data-testid=stSkeleton]) ~ * { opacity: 1 !important; }"
    page.add_init_script(
        f"""addEventListener("DOMContentLoaded", () => {{
            const style = document.createElement("style");
            style.textContent = ".stMain .stVerticalBlock > :has({shown}";
            document.head.append(style);
        }});"""
    )
    open_anew(page, f"{app_url}/RAG_Chat?tab=Code")
    assert jump(page).score > GOOD
    expect(page.get_by_test_id("stCode").first).to_be_visible()
