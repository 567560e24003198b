import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st_
from streamlit.testing.v1 import AppTest

from core.ui.badges import duration
from core.ui.errors import escape

JOINER = "\u2060"


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0.4, "0.4 ms"),
        (12.4, "12 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (1349, "1.3 s"),
        (125_000, "2 min 5 s"),
    ],
)
def test_a_duration_is_written_in_the_unit_that_reads_best(milliseconds, text):
    assert duration(milliseconds) == text


@given(st_.text(max_size=60))
@settings(max_examples=60)
def test_escaping_only_ever_adds_backslashes_and_joiners(text):
    text = text.replace(JOINER, "")
    assert re.sub(r"\\(.)", r"\1", escape(text).replace(JOINER, ""), flags=re.DOTALL) == text


# the patterns of Streamlit 1.67's renderer (mdast-util-gfm-autolink-literal)
AUTOLINK = re.compile(r"(https?://|www(?=\.))[-.\w]+|[-.\w+]+@[-\w]+(\.[-\w]+)+", re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "www.example.org",
        "see WWW.x.yz!",
        "http://a.b",
        "HTTPS://A.B/c?d",
        "mailto someone@example.org",
        "a+b.c@d-e.fg",
    ],
)
def test_an_address_in_an_escaped_text_is_no_link(text):
    assert AUTOLINK.search(text)
    assert not AUTOLINK.search(re.sub(r"\\(.)", r"\1", escape(text)))


def test_markdown_html_and_latex_lose_their_meaning():
    assert escape("**x** <b> $y$ :red[z] `c`") == r"\*\*x\*\* \<b\> \$y\$ \:red\[z\] \`c\`"


@pytest.mark.parametrize("kind", ["Cancelled", "BadInput"])
def test_what_the_visitor_stopped_is_told_calmly_and_a_fault_as_one(kind):
    app = AppTest.from_string(
        f"from core import errors\nfrom core.ui.errors import show_error\n"
        f"show_error(errors.{kind}('It ended', 'Start it again.'))"
    ).run()
    assert len(app.info) == (kind == "Cancelled")
    assert len(app.error) == (kind == "BadInput")
    assert [*app.info, *app.error][0].value == "**It ended**\n\nStart it again."
