import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from core.markdown import code_span, escape

JOINER = "\u2060"


def rendered(markdown: str) -> str:
    return MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(markdown)


@given(st.text(max_size=60))
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


@pytest.mark.parametrize(
    "text",
    ["- a", "- - -", "+ a", "+", "12) ", "  * a", "1. a", "23) a", "---",
     "a\n---", "a\n===", "    a", "\ta", "> a", "# a", "~~~\na",
     "&copy; &amp; &#65;", "| a |\n| - |", "- [ ] a"],
)  # fmt: skip
def test_no_line_becomes_a_list_a_rule_a_heading_or_code(text):
    plain = re.sub(r"\s+", " ", text).strip()
    for escaped in (rendered(escape(text)), rendered(f"Name: {escape(text)}")):
        assert set(re.findall(r"<\w+", escaped)) == {"<p"}
        assert plain.replace("&", "&amp;").replace(">", "&gt;") in re.sub(
            r"\s+", " ", escaped.replace(JOINER, "")
        )


# what Streamlit 1.67's renderer looks for when the backslashes are gone
LATER = (
    re.compile(r":material/\w+:|:streamlit:"),
    re.compile(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)"),
)


@pytest.mark.parametrize(
    "text", [":material/home:", "x :streamlit:", "a -> b", "a <-> b", "<-", "a -- b", "a >= b ~= c"]
)
def test_no_sign_becomes_an_icon_or_an_arrow(text):
    assert any(pattern.search(text) for pattern in LATER)
    assert not any(pattern.search(re.sub(r"\\(.)", r"\1", escape(text))) for pattern in LATER)


@pytest.mark.parametrize("text", ["a_b*c", "a`b", "``", "`a`", "x\n\ny", "<b>", "a\\"])
def test_a_code_span_shows_what_it_is_given_on_one_line(text):
    shown = rendered(f"in {code_span(text)} it")
    inside = " ".join(text.split()).replace("<", "&lt;").replace(">", "&gt;")
    assert shown == f"<p>in <code>{inside}</code> it</p>\n"
