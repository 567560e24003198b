import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rag.expressions import find_expressions
from core.rag.questions import AnswerKind


@pytest.mark.parametrize(
    ("sentence", "counts"),
    [
        ("In total these are 1,462 machines.", ["1,462"]),
        ("Serial numbers D2-2508-0400 to D2-2511-1890, built between 11 August and 28 November 2025.", []),
        ("See E12, ISO-9001, FN-2026-03 and PO/4711.", []),
        ("On 3 May, May 5 and the 3rd of May two pallets of 1,200 kg came.", ["two", "1,200"]),
        ("In 1936 it had 1936 members.", ["1936"]),
        (
            "A 10-litre boiler, 60-day notice, 5-10 kg, twenty of them; 20 may be too many.",
            ["10", "60", "5", "10", "twenty", "20"],
        ),
        ("Ten of the D2 machines, 27% of all", ["Ten", "27%"]),
    ],
)
def test_a_count_is_a_figure_that_is_no_year_no_day_of_a_month_and_no_part_of_a_code(sentence, counts):
    found = find_expressions(sentence, AnswerKind.NUMBER)
    assert [sentence[start:end] for start, end in found] == counts


@given(st.text(alphabet="aD2 -/,.19May", max_size=40), st.sampled_from(AnswerKind))
def test_expressions_are_stretches_of_the_sentence_that_are_not_empty(sentence, kind):
    assert all(0 <= start < end <= len(sentence) for start, end in find_expressions(sentence, kind))
