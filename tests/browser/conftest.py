"""The running app and a Chromium that watches for errors."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect

from bench import chromium
from bench.server import Server, started
from core.ports import LOOPBACK
from tests.browser.layout import WATCH_SHIFTS

# On a deep link Streamlit's client looks for its server below the page's path first (two 404s, then the root).
_HARMLESS = ("/_stcore/health", "/_stcore/host-config")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser; without one it is skipped, and the reason is said."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # A click can fall between two drawings of a page; what fails twice is a fault of ours.
            item.add_marker(pytest.mark.flaky(reruns=1))
            if not chromium.installed():
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
                )


@pytest.fixture(scope="session")
def app(first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app as `make demo` starts it the second time, warmed up in the background, shared by the whole suite.

    What a first start makes is copied: test_cold_and_broken.py and tests/load start servers that make it.
    """
    data = tmp_path_factory.mktemp("app") / "hub"
    shutil.copytree(first_start, data, symlinks=True)
    with started("run", "Home.py", HUB_WARMUP="1", HUB_DATA_DIR=str(data)) as server:
        yield server


@pytest.fixture(scope="session")
def app_url(app: Server) -> str:
    """Address of the running app, without a trailing slash."""
    return app.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests; each test has a context of its own."""
    with chromium.launched() as running:
        yield running


@pytest.fixture
def open_session(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_session(width=390, height=844, dark=True)``: a visitor of their own.

    Console errors fail the test, and so does whatever a page asks another host for.
    """
    contexts = []
    problems: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        if message.type == "error" and not address.endswith(_HARMLESS):
            problems.append(f"{message.text} ({address})")

    def look(request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != LOOPBACK:
            problems.append(f"asked another host: {request.url}")

    def create(width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH_SHIFTS)
        page.set_default_timeout(60_000)
        page.on("console", listen)
        page.on("request", look)
        page.on("pageerror", lambda error: problems.append(f"uncaught: {error}"))
        return page

    expect.set_options(timeout=60_000)
    yield create
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def page(open_session: Callable[..., Page]) -> Page:
    """A visitor at 1440 x 900 in the light theme."""
    return open_session()


def open_page(page: Page, url: str) -> None:
    """Go to ``url`` and wait until the script behind it has run."""
    page.goto(url)
    wait_for_app_run(page)


def wait_for_app_run(page: Page) -> None:
    """Wait as Streamlit's own suite does: connected, script not running, no skeletons left."""
    page.wait_for_timeout(210)  # the debounce before a change starts a run
    page.locator("[data-testid='stApp'][data-test-connection-state='CONNECTED']").wait_for(state="attached")
    page.locator("[data-test-script-state='notRunning']").wait_for(state="attached", timeout=120_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)


def expect_no_exception(page: Page) -> None:
    """No traceback box anywhere on the page."""
    expect(page.get_by_test_id("stException")).to_have_count(0)
