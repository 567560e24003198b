"""Chunks: exact offsets, sizes, borders, context."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput, LimitReached
from core.rag.chunking import ChunkSizes, chunk_document
from core.rag.parsing import ParseLimits, parse_bytes, parse_text
from tests.rag.hashing import HashingEmbedder

LIMITS = ParseLimits()
COUNT = HashingEmbedder().count_tokens
WORDS = st.lists(
    st.sampled_from(["alpha", "beta,", "gamma.", "Dr.", "é🙂", "x" * 60, "\n\n", "# Head", "- item", "42"])
)


def chunks(text, media_type="text/plain", sizes=None, title="T"):
    return chunk_document("d", parse_text(text, media_type, LIMITS), title, sizes or ChunkSizes(), COUNT)


@given(
    st.one_of(st.text(min_size=1, max_size=3000), WORDS.map(" ".join)),
    st.sampled_from(["text/plain", "text/markdown"]),
)
@settings(max_examples=120)
def test_offsets_slice_the_source_and_nothing_is_lost(text, media_type):
    parsed = parse_or_none(text, media_type)
    if parsed is None:  # nothing visible in it
        return
    sizes = ChunkSizes(target=80, keep_whole=120, max_tokens=40)
    found = chunk_document("d", parsed, "T", sizes, COUNT)
    assert all(parsed.text[c.start : c.end] == c.text and c.text.strip() for c in found)
    assert [c.index for c in found] == list(range(len(found)))
    assert len({c.id for c in found}) == len(found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    covered = {i for c in found for i in range(c.start, c.end)} | {
        i for b in parsed.blocks if b.kind == "heading" for i in range(b.start, b.end)
    }
    assert all(parsed.text[i].isspace() for i in range(len(parsed.text)) if i not in covered)


@given(st.text(min_size=200, max_size=4000))
@settings(max_examples=60)
def test_no_chunk_is_longer_than_the_embedder_reads(text):
    if parse_or_none(text, "text/plain") is None:
        return
    assert all(COUNT([c.indexed_text])[0] <= 250 or len(c.text) < 2 for c in chunks(text))


def parse_or_none(text, media_type):
    try:
        return parse_text(text, media_type, LIMITS)
    except BadInput:
        return None


def test_a_chunk_never_crosses_a_heading_and_knows_its_path():
    text = (
        "# Manual\n\nIntro.\n\n## Cleaning\n\nRinse daily.\n\n### Weekly\n\nDescale.\n\n## Parts\n\nSee list."
    )
    found = chunks(text, "text/markdown", title="Manual")
    assert [(c.heading, c.text) for c in found] == [
        ("Manual", "Intro."),
        ("Manual › Cleaning", "Rinse daily."),
        ("Manual › Cleaning › Weekly", "Descale."),
        ("Manual › Parts", "See list."),
    ]
    assert found[2].context == "Manual › Cleaning › Weekly"
    assert found[2].indexed_text == "Manual › Cleaning › Weekly\nDescale."


def test_a_heading_without_a_body_can_still_be_found():
    found = chunks("# Title\n\ntext\n\n## Call 555-0100 at night", "text/markdown")
    assert found[-1].text == "Call 555-0100 at night"


def test_short_paragraphs_share_a_chunk_and_a_long_one_is_cut_into_even_parts():
    short = "\n\n".join(f"Paragraph {n} has a few words." for n in range(10))
    assert len(chunks(short)) == 1
    long = " ".join(f"Sentence number {n} says something of interest here." for n in range(40))
    sizes = [len(c.text) for c in chunks(long)]
    assert len(sizes) > 2
    assert max(sizes) < 800
    assert min(sizes) > 250


def test_a_paragraph_that_fits_is_not_cut():
    text = "Ten words are in this sentence, it says by itself. " * 14
    assert len(text) < 800
    assert len(chunks(text.strip())) == 1


def test_overlap_repeats_whole_sentences_of_the_same_section():
    text = " ".join(f"Sentence number {n} says something of interest here." for n in range(40))
    found = chunks(text, sizes=ChunkSizes(overlap=120))
    assert all(b.start < a.end for a, b in pairwise(found))
    assert all(c.text.startswith("Sentence") for c in found)


def test_pages_are_borders():
    from tests.rag.test_parsing import pdf

    parsed = parse_bytes(pdf(["On page one."], ["On page two."]), "a.pdf", LIMITS)
    assert [(c.page, c.text) for c in chunk_document("d", parsed, "T", ChunkSizes(), COUNT)] == [
        (1, "On page one."),
        (2, "On page two."),
    ]


def test_too_many_chunks_are_refused_by_name():
    text = "\n\n".join("word " * 120 for _ in range(5))
    with pytest.raises(LimitReached, match="Chunks of the document: 5 is over the limit of 3"):
        chunks(text, sizes=replace(ChunkSizes(), max_chunks=3))


def test_repeated_rows_have_different_ids():
    found = chunks("\n\n".join(["same words " * 50] * 3))
    assert len({c.id for c in found}) == 3
