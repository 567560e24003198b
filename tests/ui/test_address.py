"""What a page makes of an address, and what it says about the parts it cannot use."""

import pytest
from streamlit.testing.v1 import AppTest

from core.ui.address import linkable


def page() -> None:
    from core.ui import controls
    from core.ui.address import PageAddress, begin_notice

    begin_notice()
    address = PageAddress("rag_chat")
    address.begin("always")
    if controls.toggle(address, "manual", "Own threshold"):
        controls.share(address, "threshold", "Threshold", (0.0, 1.0), 0.5, 0.01)
    else:
        address.note_idle("threshold", "counts only with manual=true", "the usual one")
    controls.whole(address, "k", "Passages", (1, 10), 4)
    controls.several(address, "docs", "Documents", ["a.md", "b.md"])
    controls.pills(address, "attack", "Attack", ["Order"])
    address.look("version", {"1": 1}.get, 1, "version {}".format)


def told(app: AppTest) -> list[str]:
    """What the page says about its address, a line each, without the heading."""
    return [line for item in app.warning for line in item.value.split("\n") if line.startswith("- ")]


@pytest.fixture
def visit():
    def run(**query: str | list[str]) -> AppTest:
        app = AppTest.from_function(page)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return run


def test_an_address_that_is_understood_is_not_spoken_of(visit):
    assert not visit(k="4", docs=["a.md", "b.md"], version="1", attack="").warning


def test_a_value_that_is_not_there_is_named_with_what_is_used_instead(visit):
    app = visit(k="99", docs=["a.md", "zz.md"], attack="Nuke", version="999")
    expected = [
        "- **k**: there is no “99”. Used instead: 4.",
        "- **docs**: there is no “zz.md”. Used instead: a.md.",
        "- **attack**: there is no “Nuke”. Used instead: nothing.",
        "- **version**: there is no “999”. Used instead: version 1.",
    ]
    assert told(app) == expected
    assert told(app.run()) == expected, "it stays while the address stays"


def test_a_strangers_value_is_shown_short_and_as_text(visit):
    app = visit(k="[x](//y) " + "9" * 200)
    assert told(app) == [f"- **k**: there is no “\\[x\\](//y) {'9' * 50}…”. Used instead: 4."]


def test_a_choice_of_the_visitor_ends_the_notice(visit):
    app = visit(k="99")
    app.slider[0].set_value(7).run()
    assert not app.warning
    assert "7" in app.query_params["k"]


def test_a_value_without_effect_is_told_until_the_visitor_makes_it_their_own(visit):
    app = visit(threshold="0.7")
    assert told(app) == ["- **threshold**: “0.7” counts only with manual=true. Used instead: the usual one."]
    app.toggle[0].set_value(True).run()
    assert not app.warning
    assert app.slider[0].value == 0.7
    app.toggle[0].set_value(False).run()
    assert not app.warning, "the address keeps what the visitor may switch on again"


@pytest.mark.parametrize(
    ("text", "fits"), [("x" * 7000, True), ("x" * 7001, False), ("\N{GRINNING FACE}" * 584, False)]
)
def test_a_text_that_servers_would_refuse_in_an_address_is_left_out(text, fits):
    def words() -> None:
        from core.ui import controls
        from core.ui.address import PageAddress

        controls.words(PageAddress("rag_chat"), "inspect", "Question", "", max_chars=9000)

    assert linkable(text) == fits
    app = AppTest.from_function(words).run()
    app.text_input[0].set_value(text).run()
    assert not app.exception
    assert ("inspect" in app.query_params) == fits
    assert app.run().text_input[0].value == text, "the choice stands all the same"
