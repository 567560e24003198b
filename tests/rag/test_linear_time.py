"""Texts made of one run take time that grows with their length, and are read as before."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.amounts import ranges_in
from core.rag.answer_measures import normalise_answer
from core.rag.grounding import take_citations
from core.rag.guardrails import _PATTERNS, clean_output, findings_in
from core.rag.parsing.pdf import _join
from core.rag.parts import parts_of
from core.rag.words import _BORDER, _NEGATED_WORDS, _NEGATION, negated_stems, words_of
from tests.support.processor import takes_less_than

PIECES = [
    "<!--",
    "-->",
    "/*",
    "*/",
    "a",
    " ",
    "\n",
    "#",
    "system",
    "Assistant",
    "prompt",
    "note",
    ":",
    "not",
    "n't",
    ",",
]
TEXTS = st.lists(st.sampled_from([*PIECES, "n't", ",", "but", "if", "pump", "works", "_"]), max_size=14).map(
    "".join
)
MARKUP = re.compile(
    r"(?:^|\n)\s*(?:#{1,4}\s*)?(?:system|assistant)\s*(?:prompt|message|note)?\s*:"
    r"|\bend of (?:document|source|context|data)\b"
)


def _ranges(text):
    return ranges_in(text, [])


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (findings_in, "\n" * 20_000),
        (findings_in, "\n \r" * 7_000),
        (findings_in, "system" + " " * 19_000),
        (findings_in, "\n#" + " " * 19_000),
        (clean_output, "<!--" * 30_000),
        (clean_output, "/*" * 60_000),
        (take_citations, "x" + " \n" * 20_000),
        (normalise_answer, "x" + " \n" * 20_000),
        (_join, ["aa-"] * 60_000),
        (negated_stems, "not " * 10_000),
        (negated_stems, "n't'" * 10_000 + " a b c d e f"),
        (_ranges, "9" * 100_000),
        (_ranges, "1," * 50_000),
        (_ranges, "from 1 to " * 10_000),
        (_ranges, "1 a " * 20_000),
        (parts_of, "a and to " * 2_000),
        (parts_of, "for a " * 3_000 + "and for b"),
        (parts_of, "for a and for " + "a" * 20_000 + ", b c"),
        (parts_of, "for a and for " + "'-" * 10_000 + "!x"),
        (parts_of, "before and " * 2_000),
        (parts_of, "Oslo with the " * 2_000),
    ],
    ids=lambda value: value.__name__ if callable(value) else repr(value[:8]),
)
def test_a_text_of_one_run_is_read_in_time_that_grows_with_its_length(read, text):
    """The patterns that were here before took 3 to 60 s, growing with the square."""
    with takes_less_than(1):
        read(text)


@given(
    st.lists(st.sampled_from(["a-", "b", "-", "A", "cd-", "é-", ".", "e f", "1-"]), min_size=1, max_size=8)
)
def test_lines_of_a_pdf_are_joined_as_one_text_that_grows(lines):
    text = lines[0]
    for line in lines[1:]:
        divided = re.search(r"[a-z]-$", text) and line[:1].islower()
        text = text[:-1] + line if divided else f"{text} {line}"
    assert _join(lines) == text


@given(TEXTS)
def test_comments_are_cut_out_as_one_pattern_would(text):
    bare = text.replace("\n", " ")
    assert clean_output(bare) == clean_output(re.sub(r"<!--.*?-->|/\*.*?\*/", "", bare, flags=re.DOTALL))


@given(st.lists(st.sampled_from(["[1]", "[2, 3]", "[x]", " ", "\n", "words", "."]), max_size=10).map("".join))
def test_marks_of_citations_are_taken_with_the_blanks_before_them(text):
    bare = re.sub(r"\s*\[(\d{1,3}(?:\s*,\s*\d{1,3})*)\]", "", text)
    assert take_citations(text)[0] == " ".join(bare.split())
    assert normalise_answer(text) == normalise_answer(re.sub(r"\s*\[\d{1,3}\]", "", text))


@given(TEXTS)
def test_chat_markup_is_found_wherever_blanks_stand(text):
    pattern = dict(_PATTERNS)["imitates chat markup"]
    assert bool(pattern.search(text.lower())) == bool(MARKUP.search(text.lower()))


@given(TEXTS)
def test_a_negation_covers_the_five_words_behind_it_up_to_a_border(text):
    covered = set()
    for match in _NEGATION.finditer(text):
        border = _BORDER.search(text, match.end())
        end = border.start() if border else len(text)
        behind = [word for word in words_of(text) if match.end() <= word.start < end]
        covered |= {word.stem for word in behind[:_NEGATED_WORDS] if word.stem}
    assert negated_stems(text) == covered
