"""Home, through AppTest: finished without a click, whatever is broken behind it."""

import pytest

from core import demos, weights
from core.errors import StoreError
from core.ui import status


def texts(app) -> str:
    return " ".join(element.body for element in app.get("html")).replace("<wbr>", "")


def test_home_shows_a_card_and_a_real_link_for_every_demo(open_app):
    app = open_app("Home.py")
    headings = [heading.value for heading in app.header]
    links = [link.label for link in app.get("page_link")]
    for demo in demos.projects():
        assert demo.title in headings
        assert f"Open the {demo.title}" in links
        assert any(demo.claim in text.value for text in app.markdown)


def test_the_side_panel_repeats_the_navigation_as_real_links(open_app):
    app = open_app("Home.py")
    labels = [link.label for link in app.get("page_link")]
    assert {demo.title for demo in demos.installed()} <= set(labels)


def test_the_panel_names_models_stores_and_versions(open_app):
    panel = texts(open_app("Home.py"))
    words = (
        "all-MiniLM-L6-v2",
        "checksum verified",
        "Runs and registry",
        "Memory",
        "Visitors",
        "Python",
        "Log",
    )
    for word in words:
        assert word in panel


def test_the_bar_leaves_for_the_chosen_page(open_app):
    app = open_app("Home.py")
    app.session_state["nav_home"] = demos.get("interview_guide").menu
    app.run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Interview Guide"]


def test_a_damaged_model_is_named_and_the_page_stands(open_app, monkeypatch):
    def damaged(model):
        raise StoreError(f"The weights of {model.name} have the wrong checksum", "Install them again.")

    monkeypatch.setattr(weights.status, "__defaults__", (damaged,))
    panel = texts(open_app("Home.py"))
    assert "wrong checksum" in panel
    assert "problem" in panel


@pytest.mark.fault(
    "a fault in one panel of a page",
    sees="a message in its place",
    kept="the rest of the page",
    heals="the next rerun",
)
def test_a_broken_status_panel_does_not_take_the_cards_with_it(open_app, monkeypatch):
    def broken() -> None:
        raise RuntimeError("nothing works")

    monkeypatch.setattr(status, "panel", broken)
    app = open_app("Home.py")
    assert len(app.error) == 1
    assert len(app.header) > len(demos.projects())


def test_an_endpoint_in_the_settings_is_shown(open_app, set_settings):
    set_settings(LLM_BASE_URL="http://localhost:1/v1", LLM_MODEL="my-model")
    shown = texts(open_app("Home.py"))
    assert "my-model" in shown
    line = shown[shown.index("Model endpoint") : shown.index("my-model")]
    assert "on first use" in line, "nobody has asked it yet: it may be dead"


def test_a_chroma_server_in_the_settings_is_shown(open_app, set_settings):
    set_settings(CHROMA_HOST="vectors.example", CHROMA_PORT="9000")
    assert "vectors.example:9000" in texts(open_app("Home.py"))


@pytest.mark.parametrize("value", ["1", "true", "yes please"])
def test_presenter_mode_is_on_only_for_notes_1(open_app, value):
    app = open_app("Home.py", notes=value)
    assert app.sidebar.toggle[0].value is (value == "1")
