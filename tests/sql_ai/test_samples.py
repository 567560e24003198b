import pandas as pd
import pytest

from core.sql_ai import samples


@pytest.fixture(scope="module")
def tables():
    return samples.tables()


def test_every_visitor_gets_the_same_rows_and_a_copy_of_their_own(tables):
    samples._generated.cache_clear()
    again = samples.tables()
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, again[name])
    again["DAILY_SALES"].loc[0, "UNITS"] = -1
    assert samples.tables()["DAILY_SALES"].loc[0, "UNITS"] != -1


def test_the_tables_have_their_columns_and_sizes(tables):
    assert {name: len(frame) for name, frame in tables.items()} == {
        "PRODUCT_REVIEWS": samples.REVIEWS,
        "SUPPORT_TICKETS": samples.TICKETS,
        "DAILY_SALES": 2 * samples.SALES_DAYS,
    }
    assert not tables["PRODUCT_REVIEWS"].isna().any().any()
    assert tables["PRODUCT_REVIEWS"]["REVIEW_ID"].is_unique
    assert tables["PRODUCT_REVIEWS"]["RATING"].between(1, 5).all()
    assert tables["SUPPORT_TICKETS"]["TICKET_ID"].is_unique


def test_the_words_of_a_review_go_with_its_stars(tables):
    from core.sql_ai.functions.sentiment import score

    reviews = tables["PRODUCT_REVIEWS"].drop_duplicates("REVIEW_TEXT")
    best, worst = (
        score(reviews[reviews["RATING"] == stars]["REVIEW_TEXT"].head(60).tolist()) for stars in (5, 1)
    )
    assert sum(value > 0 for value in best) >= 0.75 * len(best)
    assert sum(value < 0 for value in worst) >= 0.85 * len(worst)


def test_many_customers_write_the_same_few_words(tables):
    texts = tables["PRODUCT_REVIEWS"]["REVIEW_TEXT"]
    assert 0.55 * len(texts) < texts.nunique() < 0.7 * len(texts)
    assert texts.value_counts().max() >= 10


def test_no_template_mark_is_left_in_a_text(tables):
    for name, column in (("PRODUCT_REVIEWS", "REVIEW_TEXT"), ("SUPPORT_TICKETS", "BODY")):
        texts = tables[name][column]
        assert not texts.str.contains(r"[{}]", regex=True).any()
        assert texts.str.len().min() >= 10


def test_sales_have_a_day_each_for_both_stores_and_a_week(tables):
    sales = tables["DAILY_SALES"]
    for _, store in sales.groupby("STORE"):
        assert store["SALE_DATE"].is_unique
        assert (store["SALE_DATE"].diff().dropna() == pd.Timedelta(days=1)).all()
        by_day = store.groupby(store["SALE_DATE"].dt.day_of_week)["UNITS"].mean()
        assert by_day.idxmax() == 5
