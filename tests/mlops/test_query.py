import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.mlops.query import filter_runs

RUNS = pd.DataFrame(
    {
        "run_id": ["a", "b", "c", "d"],
        "name": ["knn-1", "mlp-1", "knn-2", "odd ' one"],
        "start_time": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"], utc=True),
        "metrics.roc_auc": [0.8, 0.9, None, 0.7],
        "params.algorithm": ["knn", "mlp", "knn", None],
        "params.depth": ["3", "10", None, "auto"],
        "tags.hub.seed": ["true", None, None, None],
    }
)


def found(text):
    return "".join(filter_runs(RUNS, text)["run_id"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "abcd"),
        ("metrics.roc_auc > 0.75", "ab"),
        ("metrics.roc_auc > 0.85 OR params.algorithm = 'knn'", "abc"),
        ("NOT params.algorithm = 'knn'", "b"),  # d has none: neither true nor false
        ("NOT (metrics.roc_auc > 0.75 AND params.algorithm = 'knn')", "bd"),
        ("params.depth > 3", "b"),  # as numbers: 10 > 3, and 'auto' is none
        ("params.depth >= 3", "ab"),
        ("params.depth = '3'", "a"),
        ("params.algorithm IN ('mlp', 'svm')", "b"),
        ("params.algorithm not in ('mlp')", "ac"),
        ("metrics.roc_auc BETWEEN 0.7 AND 0.8", "ad"),
        ("attributes.run_name LIKE 'knn%'", "ac"),
        ("name ILIKE 'KNN__'", "ac"),
        ("name = 'odd '' one'", "d"),
        ("metrics.roc_auc IS NULL", "c"),
        ("tags.hub.seed IS NOT NULL", "a"),
        ("params.unheard IS NULL", "abcd"),
        ("attributes.start_time > '2026-02-15'", "cd"),
        ("metrics.roc_auc != 0.9 and not name = 'x' or run_id = 'c'", "acd"),
        ("metrics.`roc_auc` <> 0.8", "bd"),
    ],
)
def test_a_filter_finds_what_it_says(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("metrics.roc_auc >", "position 18.*a number or a quoted text"),
        ("metrics.roc_acu > 1", "did you mean 'metrics.roc_auc'"),
        ("metrics.roc_auc > '0.8'", "is a number"),
        ("params.algorithm = knn", "position 20"),
        ("(metrics.roc_auc > 1", r"'\)' is expected"),
        ("metrics.roc_auc > 1 2", "not expected here"),
        ("name = 'open", "cannot be read"),
        ("; DROP TABLE runs", "position 1"),
        ("NOT " * 60 + "name = 'x'", "more than 50 levels"),
        ("x" * 6000, "the limit is 5,000"),
    ],
)
def test_a_mistake_is_told_with_its_position(text, told):
    with pytest.raises(BadInput, match=told):
        found(text)


tests = st.sampled_from(
    [
        "metrics.roc_auc > 0.75",
        "params.algorithm = 'knn'",
        "params.depth < 5",
        "tags.hub.seed IS NULL",
        "name LIKE '%1'",
    ]
)
filters = st.recursive(
    tests,
    lambda inner: st.one_of(
        inner.map("NOT ({})".format), st.tuples(inner, inner).map("({0[0]}) OR ({0[1]})".format)
    ),
)


@given(filters, filters)
def test_the_laws_of_three_valued_logic_hold(a, b):
    assert set(found(f"NOT (({a}) AND ({b}))")) == set(found(f"(NOT ({a})) OR (NOT ({b}))"))
    assert found(f"NOT NOT ({a})") == found(a)
    assert set(found(f"({a}) AND ({b})")) == set(found(a)) & set(found(b))
    assert set(found(f"({a}) OR ({b})")) == set(found(a)) | set(found(b))
    assert not set(found(f"NOT ({a})")) & set(found(a))


@given(st.text(max_size=60))
def test_no_text_makes_the_filter_fail_other_than_in_words(text):
    try:
        result = found(text)
    except BadInput:
        return
    assert set(result) <= set("abcd")
