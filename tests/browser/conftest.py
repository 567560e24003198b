"""The running app and a Chromium that watches for errors."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
_START_TRIES = 3
_HEALTHY_WITHIN_S = 60
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
            if not chromium():
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
                )


def chromium() -> str | None:
    """Path of an installed Chromium, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class App:
    """A server process of the app with a data folder of its own."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    errors: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    """The app as `make demo` starts it, warmed up in the background, shared by the whole suite."""
    with_data = Path(tempfile.mkdtemp(prefix="hub-browser-"))
    (with_data / "models").symlink_to(ROOT / ".hub" / "models")
    running = start_app(with_data, HUB_WARMUP="1")
    yield running
    stop_app(running)
    (with_data / "models").unlink()
    shutil.rmtree(with_data, ignore_errors=True)


@pytest.fixture(scope="session")
def app_url(app: App) -> str:
    """Address of the running app, without a trailing slash."""
    return app.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests; each test has a context of its own."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield launched
        launched.close()


@pytest.fixture
def open_session(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_session(width=390, height=844, dark=True)``: a visitor of their own; console errors fail the test."""
    contexts = []
    problems: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        if message.type == "error" and not address.endswith(_HARMLESS):
            problems.append(f"{message.text} ({address})")

    def create(width: int = 1440, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", listen)
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


def start_app(data_dir: Path, **environment: str) -> App:
    """Start the app on a free port and wait until it is healthy; raises with the log's end otherwise."""
    for attempt in range(_START_TRIES):
        log = data_dir / f"server-{attempt}.log"
        port = _free_port()
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless=true",
             "--server.fileWatcherType=none", f"--server.port={port}", "--global.developmentMode=false"],
            cwd=ROOT,
            env={**os.environ, "HUB_DATA_DIR": str(data_dir), **environment},
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        if _healthy(f"http://127.0.0.1:{port}", process):
            return App(f"http://127.0.0.1:{port}", process, log)
        process.kill()
    raise RuntimeError(f"the app did not start:\n{log.read_text()[-3000:]}")


def stop_app(app: App) -> None:
    """End the server process."""
    app.process.terminate()
    try:
        app.process.wait(20)
    except subprocess.TimeoutExpired:
        app.process.kill()


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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _healthy(url: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _HEALTHY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/_stcore/health", timeout=2).text == "ok":
                return True
        except requests.RequestException:
            pass  # not listening yet
        time.sleep(0.2)
    return False
