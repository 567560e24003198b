import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rag.personal_data import find_personal_data, mask_personal_data


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Write to anna.maes+hr@corvane.example today.", ["e-mail"]),
        ("Pay to BE71 0961 2345 6769, please.", ["IBAN"]),
        ("Card 4111 1111 1111 1111 was charged.", ["card"]),
        ("Call +351 912 345 678 or 09 224 56 78.", ["phone", "phone"]),
        ("SSN 123-45-6789, host 192.168.10.4 and fe80::1.", ["ID", "IP", "IP"]),
    ],
)
def test_personal_data_is_found_and_masked_by_kind(text, kinds):
    found = find_personal_data(text)
    assert [finding.kind for finding in found] == kinds
    masked = mask_personal_data(text)
    for finding in found:
        assert text[finding.start : finding.end] not in masked
        assert masked[finding.start] == "["


@pytest.mark.parametrize(
    "text",
    [
        "BE71 9961 2345 6760 has a wrong checksum.",
        "4111 1111 1111 1112 fails Luhn, 0000000000000000 is no card.",
        "The valve costs 1,340 euros since 18 November 2025, firmware 5.4, at 09:15.",
        "Serial T3-2024-118 and error E12 at 93.5 degrees, 300.1.2.3 is no address.",
        "Part 10-4471, edition 7, chapters 1-12, batch 2025-11-18.",
    ],
)
def test_what_only_looks_like_it_is_left_alone(text):
    assert mask_personal_data(text) == text


_pieces = st.sampled_from(
    ["a@b.example", "BE71 0961 2345 6769", "4111 1111 1111 1111", "+351 912 345 678", "x", " ", "7", "é", "0"]
)


@given(st.lists(_pieces, max_size=12).map("".join) | st.text(max_size=80))
@settings(deadline=None, max_examples=200)
def test_masking_keeps_every_other_character_in_its_place_and_leaves_nothing_to_find(text):
    masked = mask_personal_data(text)
    assert len(masked) == len(text)
    inside = {i for f in find_personal_data(text) for i in range(f.start, f.end)}
    assert all(masked[i] == text[i] for i in range(len(text)) if i not in inside)
    assert all(masked[f.start : f.end] != text[f.start : f.end] for f in find_personal_data(text))
