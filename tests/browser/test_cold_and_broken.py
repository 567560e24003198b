"""Deep links on servers that have just woken up, and pages whose backend is broken."""

import pytest
from playwright.sync_api import expect

from bench.server import started
from core import demos
from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run
from tests.browser.layout import GOOD, jump

DEEP = {
    "sql_ai": "tab=At+scale",
    "experiment_browser": "view=registry",
    "rag_chat": "view=Documents",
    "interview_guide": "section=RAG&part=Questions",
}
UNREACHABLE = {
    "EMBEDDING_MODEL": "no-such-folder",
    "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",  # the discard port: nothing listens there
    "CHROMA_HOST": "127.0.0.1",
    "CHROMA_PORT": "9",
}


@pytest.mark.parametrize("demo", demos.installed()[1:], ids=lambda demo: demo.key)
def test_the_first_visitor_of_a_cold_server_may_come_by_a_deep_link(page, demo):
    with started("run", "Home.py", HUB_WARMUP="0") as app:
        open_page(page, f"{app.url}{demo.url}?{DEEP[demo.key]}")
        expect(page.get_by_role("heading", level=1).first).to_have_text(demo.title)
        expect(
            page.frame_locator("iframe[title='streamlit_option_menu.option_menu']").locator("a")
        ).to_have_count(len(demos.installed()))
        expect_no_exception(page)
        page.goto("about:blank")  # a page that is left open complains when its server ends


def test_no_page_jumps_while_a_cold_server_warms_up(open_session):
    """The same links as on a warm server; what they show comes later and in smaller pieces."""
    with started("run", "Home.py", HUB_WARMUP="1") as app:
        for demo in demos.installed()[1:]:
            page = open_session(width=390, height=844)
            open_page(page, f"{app.url}{demo.url}?{DEEP[demo.key]}")
            page.get_by_role("heading", level=1).first.wait_for()
            moved = jump(page)
            assert moved.score <= GOOD, (demo.key, moved)
            page.goto("about:blank")


@pytest.fixture(scope="module")
def broken_app():
    with started("run", "Home.py", HUB_WARMUP="1", **UNREACHABLE) as app:
        yield app


@pytest.mark.fault(
    "embedding model missing, tracking and vector servers unreachable",
    sees="message and hint on the page that needs them",
    kept="the other pages",
    heals="when the service is back",
)
@pytest.mark.parametrize(
    ("key", "query"),
    [
        ("sql_ai", "q=SELECT+AI_SIMILARITY('a','b')&run=1"),
        ("experiment_browser", "view=runs"),
        ("rag_chat", "question=How+many+days+of+leave%3F&run=1"),
    ],
)
def test_a_page_with_a_broken_backend_says_what_is_wrong_and_what_to_do(page, broken_app, key, query):
    open_page(page, f"{broken_app.url}{demos.get(key).url}?{query}")
    alert = page.get_by_test_id("stAlertContentError").first
    expect(alert).to_be_visible(timeout=90_000)
    assert len(alert.inner_text().split()) >= 8, "message and hint"
    assert "Traceback" not in page.content()
    expect_no_exception(page)


def test_the_other_pages_stand_while_backends_are_broken(page, broken_app):
    for demo in (demos.get("home"), demos.get("interview_guide")):
        open_page(page, f"{broken_app.url}{demo.url}")
        expect(page.get_by_role("heading", level=1).first).to_have_text(demo.title)
        wait_for_app_run(page)
        expect_no_exception(page)
        expect(page.get_by_test_id("stAlertContentError")).to_have_count(0, timeout=5_000)


def test_home_names_the_broken_model(page, broken_app):
    open_page(page, broken_app.url)
    expect(page.get_by_text("which is not a folder here").first).to_be_visible()
