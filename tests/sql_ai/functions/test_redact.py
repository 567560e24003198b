import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.redact import CATEGORIES, detect, redact
from core.sql_ai.functions.redact_patterns import iban, luhn, phones


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My name is John Smith.", "My name is [NAME]."),
        ("I am Priya Patel, call 555-0142.", "I am [NAME], call [PHONE_NUMBER]."),
        ("Kind regards,\nHenrik Larsen", "Kind regards,\n[NAME]"),
        ("Dear Ms Kowalski,", "Dear Ms [NAME],"),
        ("Mail a.b+c@mail.example.co.uk now", "Mail [EMAIL] now"),
        ("Call (415) 555-2671 or +44 20 7946 0958.", "Call [PHONE_NUMBER] or [PHONE_NUMBER]."),
        (
            "Ring 020 7946 0958 or (030) 123456, x 0171 1234567.",
            "Ring [PHONE_NUMBER] or [PHONE_NUMBER], x [PHONE_NUMBER].",
        ),
        (
            "Ring +49 30 123456, 01 23 45 67 89\n0044 20 7946 0958",
            "Ring [PHONE_NUMBER], [PHONE_NUMBER]\n[PHONE_NUMBER]",
        ),
        ("Card 4111 1111 1111 1111, cvv 123", "Card [PAYMENT_CARD_DATA], cvv [PAYMENT_CARD_DATA]"),
        ("IBAN DE89 3704 0044 0532 0130 00.", "IBAN [PAYMENT_CARD_DATA]."),
        ("born on 1985-03-12", "born on [DATE_OF_BIRTH]"),
        ("SSN 123-45-6789", "SSN [NATIONAL_ID]"),
        ("from 192.168.1.10 and fe80::1", "from [IP_ADDRESS] and [IP_ADDRESS]"),
        ("I live at 12 Oak Street, Springfield, IL 62701.", "I live at [ADDRESS]."),
        ("Send it to 1600 Pennsylvania Avenue NW, Washington, DC 20500.", "Send it to [ADDRESS]."),
        ("Meet me at 221B Baker Street, London NW1 6XE.", "Meet me at [ADDRESS]."),
        ("Passport number X1234567", "Passport number [PASSPORT]"),
        ("a 34-year-old woman", "a [AGE] [GENDER]"),
        ("José Álvarez came.", "[NAME] came."),
    ],
)
def test_personal_data_is_replaced_by_its_category(text, expected):
    assert redact([(text, ())]) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "The Aurora Lamp and the Victoria Kettle are great.",
        "Great Product, Will Buy Again.",
        "Samsung Galaxy and Sony Headphones arrived in New York in May.",
        "Card 4111 1111 1111 1112 has a wrong check digit.",
        "999.1.1.1 is no host and version 2.10.4.1 is none either.",
        "Order 4512887 on 2024-01-05 for $1,234.56.",
        "Bill me later. Will it be in stock? Mark my words, hope this helps.",
        "Amazing sound. Very happy. Works well.",
        "",
    ],
)
def test_products_prices_orders_and_ordinary_words_stay(text):
    assert redact([(text, ())]) == [text]


def test_the_plans_with_a_trunk_zero_are_asked_only_about_numbers_that_can_be_in_them(monkeypatch):
    import phonenumbers

    asked = []
    matcher = phonenumbers.PhoneNumberMatcher

    def counting(text, region, **options):
        asked.append((region, text))
        return matcher(text, region, **options)

    monkeypatch.setattr(phonenumbers, "PhoneNumberMatcher", counting)
    text = "Items 4471, 99120034 and 15123456 cost 1024500 in all. " * 20 + "Ring 020 7946 0958."
    assert {text[span.start : span.end] for span in phones(text)} == {"020 7946 0958"}
    assert [region for region, part in asked if part == text] == ["US"]
    assert {part for _region, part in asked[1:]} == {" 020 7946 0958."}


def test_only_the_wanted_categories_are_replaced():
    text = "I am Anna Weber, anna@example.org, card 4111 1111 1111 1111"
    assert redact([(text, ("EMAIL",))]) == ["I am Anna Weber, [EMAIL], card 4111 1111 1111 1111"]
    assert redact([(text, ("phone_number",))]) == [text]


def test_an_unknown_category_and_too_long_a_text_are_row_errors():
    assert isinstance(redact([("text", ("SHOE_SIZE",))])[0], RowError)
    assert isinstance(redact([("x" * 8_193, ())])[0], RowError)
    assert redact([("x" * 8_192, ())]) == ["x" * 8_192]


def test_each_documented_category_is_accepted():
    assert redact([("nothing here", (category,)) for category in CATEGORIES]) == ["nothing here"] * 13


def test_detected_spans_cut_out_exactly_what_was_found():
    text = "Grüße 😀 an Jürgen Müller, j@example.org, 555-0142"
    spans = detect([(text, ())])[0]["spans"]
    assert [(span["category"], text[span["start"] : span["end"]]) for span in spans] == [
        ("NAME", "Jürgen Müller"),
        ("EMAIL", "j@example.org"),
        ("PHONE_NUMBER", "555-0142"),
    ]


_pieces = st.sampled_from(
    [
        "John Smith", "I am Anna", "a@b.org", "555-0142", "4111 1111 1111 1111", "10.0.0.1", "born 1 May 1990",
        "12 Oak Street", "the lamp", "Great", "ü😀", "\n", ", ", ". ", "SSN 123-45-6789", "[NAME]", "42",
    ]
)  # fmt: skip
_texts = st.one_of(st.lists(_pieces, max_size=12).map(" ".join), st.text(max_size=60))


@settings(max_examples=150)
@given(_texts)
def test_redaction_changes_nothing_outside_the_detected_spans(text):
    spans = detect([(text, ())])[0]["spans"]
    rebuilt, end = "", 0
    for span in spans:
        assert end <= span["start"] < span["end"] <= len(text)
        assert span["text"] == text[span["start"] : span["end"]]
        rebuilt += text[end : span["start"]] + f"[{span['category']}]"
        end = span["end"]
    assert redact([(text, ())])[0] == rebuilt + text[end:]


@given(st.text(alphabet="0123456789", min_size=12, max_size=18))
def test_exactly_one_check_digit_makes_a_card_number(digits):
    valid = [digit for digit in "0123456789" if luhn(digits + digit)]
    assert len(valid) == (1 if len(set(digits)) > 1 else len(valid))


def test_a_changed_digit_breaks_an_iban():
    assert iban("GB82 WEST 1234 5698 7654 32")
    assert not iban("GB82 WEST 1234 5698 7654 33")
