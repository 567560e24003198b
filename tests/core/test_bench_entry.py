"""A figure that passes its limit fails the benchmark."""

import pytest

from bench import report
from bench.entry import Entry, against


@pytest.mark.parametrize(
    ("value", "baseline", "limit", "higher", "passed"),
    [
        (12.0, 10.0, 1.5, False, True),
        (16.0, 10.0, 1.5, False, False),
        (9.5, 10.0, 0.9, True, True),
        (8.0, 10.0, 0.9, True, False),
        (8.0, None, 9.0, False, True),
        (10.0, None, 9.0, False, False),
    ],
)
def test_the_limit_holds_for_the_ratio_or_the_value(value, baseline, limit, higher, passed):
    ratio = None if baseline is None else value / baseline
    assert Entry("x", value, "ms", baseline, ratio, "", limit, higher).passed is passed


def test_an_absolute_limit_ignores_the_ratio():
    assert against("x", 20.0, "ms", 2.0, "", 25.0).passed
    assert not against("x", 30.0, "ms", 300.0, "", 25.0).passed


def test_a_figure_without_a_limit_always_passes():
    assert Entry("x", 1e9, "ms", 1.0, 1e9, "").passed


def test_the_report_tells_value_baseline_ratio_and_limit():
    figures = [
        against("app: rerun", 12.34, "ms", 10.0, "p50 | of 20", 25.0),
        Entry("sql: throughput", 0.95, "x", 1.0, 0.95, "batch", 0.9, higher_is_better=True),
    ]
    page = report.markdown(figures)
    assert "| rerun | 12.3 ms | 10 ms | 1.23 | at most 25 ms | p50 \\| of 20 |" in page
    assert "| throughput | 0.95 x | 1 x | 0.95 | at least 0.9 | batch |" in page
    assert page.index("## app") < page.index("## sql")


def test_one_of_a_thing_is_told_in_the_singular():
    page = report.markdown(
        [against("sql: inputs", 1, "inputs", 1, ""), against("sql: more", 2, "inputs", 1, "")]
    )
    assert "| inputs | 1 input | 1 input | 1 |" in page
    assert "| more | 2 inputs | 1 input | 2 |" in page


def test_a_missed_target_is_told_and_does_not_fail():
    figure = against("app: memory", 720.0, "MB", 160.0, "", 770.0, target=690.0)
    assert figure.passed
    assert not figure.on_target
    assert "at most 770 MB; target 690 MB missed" in report.markdown([figure])
    assert against("app: memory", 680.0, "MB", 160.0, "", 770.0, target=690.0).on_target


def test_a_target_without_a_limit_says_which_side_of_it_is_wanted():
    rare = Entry("rag: wrong refusals", 0.08, "", None, None, "test half", target=0.05)
    often = Entry("rag: recall", 0.96, "", None, None, "test half", higher_is_better=True, target=0.95)
    page = report.markdown([rare, often])
    assert "| target at most 0.05 missed |" in page
    assert "| target at least 0.95 met |" in page
    assert rare.passed
