"""The frame on a page of its own, driven by AppTest."""

import pytest
from streamlit.testing.v1 import AppTest

from core import demos
from core.config import ROOT
from core.errors import BadInput
from core.ui import address, frame

PAGE = """
import streamlit as st
from core.ui.frame import *

open_page("interview_guide")
demo, how, code, scale = tabs("interview_guide")
with demo:
    st.number_input("n", key="interview_guide_n", value=1)
    confirm_reset("interview_guide", lambda: st.session_state.update(resets=st.session_state.get("resets", 0) + 1))
    with timed("sum") as timing:
        sum(range(1000))
    with guarded():
        raise {error}
st.write("the rest of the page")
"""


def run(error: str = "ValueError('secret detail')", **query: str) -> AppTest:
    app = AppTest.from_string(PAGE.format(error=error), default_timeout=30)
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def test_an_unknown_failure_is_shown_without_its_details():
    app = run()
    assert len(app.error) == 1
    assert "secret detail" not in app.error[0].value
    assert "the rest of the page" in [text.value for text in app.markdown]


def test_a_known_error_shows_message_and_hint_literally():
    app = run("__import__('core.errors', fromlist=['BadInput']).BadInput('no *column*', 'try another')")
    assert r"no \*column\*" in app.error[0].value
    assert "try another" in app.error[0].value


def test_a_tab_can_be_opened_by_address():
    assert run(tab="Code").session_state["interview_guide_tab_1"] == "Code"


def test_reset_drops_the_page_keys_and_runs_the_callback():
    app = run()
    app.number_input(key="interview_guide_n").set_value(7).run()
    app.session_state["sql_ai_other"] = "kept"
    app.session_state["frame_on_reset"]  # registered by the page
    app = _reset(app)
    assert app.number_input(key="interview_guide_n").value == 1
    assert app.session_state["resets"] == 1
    assert app.session_state["sql_ai_other"] == "kept"
    assert app.toast[0].value.endswith("seeded state.")


def _reset(app: AppTest) -> AppTest:
    """Press the button of a page that has one: the guide has none, so the callback is wired to a script."""
    press = PAGE.format(error="ValueError()") + (
        "\nfrom core.ui.frame import reset_page"
        "\nst.button('Reset', key='press', on_click=reset_page, args=('interview_guide',))"
    )
    other = AppTest.from_string(press, default_timeout=30)
    for name in ("interview_guide_n", "sql_ai_other"):
        other.session_state[name] = app.session_state[name]
    other.run()
    other.button(key="press").click().run()
    return other


def test_a_page_script_alone_still_links_to_the_others():
    texts = " ".join(text.value for text in run().sidebar.markdown)
    assert all(f"[{demo.title}]({demo.url})" in texts for demo in demos.installed())


def test_every_page_of_the_registry_is_unique_and_complete():
    for attribute in ("key", "title", "menu", "page_file", "url", "order"):
        values = [getattr(demo, attribute) for demo in demos.DEMOS]
        assert len(values) == len(set(values)), attribute
    for demo in demos.projects():
        assert demo.claim
        assert demo.mirrors
        assert demo.engine
        assert demo.summary


def test_a_missing_page_file_makes_no_link(monkeypatch):
    ghost = demos.Demo("ghost", "Ghost", "Ghost", "pages/Ghost.py", "/Ghost", "x", ":material/x:", "", 9)
    monkeypatch.setattr(demos, "DEMOS", (*demos.DEMOS, ghost))
    assert ghost in demos.ordered()
    assert ghost not in demos.installed()


def test_wrong_settings_are_named_on_the_page_instead_of_a_redacted_error(set_settings):
    set_settings(HUB_WARMUP="perhaps")
    app = run()
    assert not app.exception
    assert "HUB\\_WARMUP" in app.error[0].value
    assert "environment" in app.error[0].value
    assert [title.value for title in app.title] == ["Demo Hub"]


def test_an_unknown_page_key_names_the_known_ones():
    with pytest.raises(BadInput, match="nowhere") as caught:
        demos.get("nowhere")
    assert "sql_ai" in caught.value.hint


def test_the_favicon_and_the_stylesheet_are_there():
    assert (ROOT / "assets/images/favicon.png").is_file()
    assert frame.theme.FAVICON.is_file()
    assert (ROOT / "assets/styles.css").read_text(encoding="utf-8").count("{") > 10


PLACES = """
import streamlit as st
from core.ui.address import PageAddress
from core.ui.frame import open_page, tabs

open_page("interview_guide")
tabs("interview_guide")
section = PageAddress("interview_guide").choice("section", ["SQL AI", "RAG", "Practice"], "Chapter")
if section != "Practice":
    parts = ["Pitch", "Questions"] if section == "RAG" else ["Pitch"]
    PageAddress("interview_guide", section).tabs("part", parts)
"""


@pytest.fixture
def titles(monkeypatch) -> list[str]:
    """What the browser's tab is told to say, in order."""
    told: list[str] = []
    monkeypatch.setattr(address.st, "set_page_config", lambda **given: told.append(given["page_title"]))
    return told


def open_places(**query: str) -> AppTest:
    app = AppTest.from_string(PLACES, default_timeout=30)
    app.query_params.update(query)
    return app.run()


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ({}, "Interview Guide | Demo Hub"),
        ({"tab": "At scale"}, "At scale | Interview Guide | Demo Hub"),
        ({"section": "RAG", "part": "Questions"}, "Questions | RAG | Interview Guide | Demo Hub"),
        ({"section": "Practice", "part": "Questions"}, "Practice | Interview Guide | Demo Hub"),
        ({"section": "Hacked by me"}, "Interview Guide | Demo Hub"),
        ({"section": "SQL AI", "part": "Questions"}, "SQL AI | Interview Guide | Demo Hub"),
        ({"view": "<b>"}, "Interview Guide | Demo Hub"),
    ],
)
def test_the_browser_s_tab_names_the_part_of_the_page_that_is_shown(titles, query, title):
    open_places(**query)
    assert titles[-1] == title


def test_the_browser_s_tab_follows_a_change_of_the_address(titles):
    app = open_places(section="RAG", part="Questions")
    app.query_params["section"] = "Practice"
    app.run()
    assert titles[-1] == "Practice | Interview Guide | Demo Hub"
    app.query_params["section"] = "RAG"
    app.run()
    assert titles[-1] == "Questions | RAG | Interview Guide | Demo Hub"
    told = len(titles)
    app.run()
    assert titles[told:] == [titles[-1]], "a run that changes nothing says it once"


def test_what_the_address_asks_for_in_vain_is_told_on_the_page_and_the_default_shown():
    app = open_places(section="no *such* chapter")
    told = r"- **section**: there is no “no \*such\* chapter”. Used instead: SQL AI."
    assert told in app.warning[0].value
    assert app.session_state["interview_guide_section_1"] == "SQL AI"
    assert told in app.run().warning[0].value, "as long as the address asks for it"


def test_a_part_that_another_chapter_has_is_no_fault_of_the_address():
    app = open_places(section="RAG", part="Questions")
    app.query_params["section"] = "SQL AI"
    assert not app.run().warning


def test_a_part_that_the_chapter_of_the_address_has_not_is_told():
    assert (
        "- **part**: there is no “Questions”"
        in open_places(section="SQL AI", part="Questions").warning[0].value
    )


def test_a_step_that_no_script_has_is_told_on_the_page():
    app = run(step="sql_ai-99", notes="1")
    assert "- **step**: there is no “sql\\_ai-99”. Used instead: no step." in app.warning[0].value
