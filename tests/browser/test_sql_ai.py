"""What a visitor does on the SQL page in a browser: run, fail, go back, cancel, upload, download; and two at once."""

import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_no_exception, open_page, wait_for_app_run

SLOW = (
    "SELECT COUNT(*) FROM product_reviews a, product_reviews b, product_reviews c "
    "WHERE a.rating * b.rating * c.price > 7"
)


def open_sql(page: Page, app_url: str, **query: str) -> None:
    open_page(page, f"{app_url}/SQL_AI_Playground?{urlencode(query)}")


def editor(page: Page):
    return page.get_by_label("SQL in the Snowflake dialect")


def expect_in_editor(page: Page, sql: str | re.Pattern[str]) -> None:
    """While one drawing gives way to another the page holds two editors for a moment."""
    expect(editor(page).last).to_have_value(sql)
    expect(editor(page)).to_have_count(1)


def run(page: Page, sql: str) -> None:
    editor(page).fill(sql)
    editor(page).press("Control+Enter")
    wait_for_app_run(page)


def test_ctrl_enter_runs_and_the_address_brings_the_result_back_after_reload_and_back(page, app_url):
    open_sql(page, app_url, q="SELECT 1 AS first_answer")
    run(page, "SELECT 41 + 1 AS second_answer")
    expect(page).to_have_url(re.compile("second_answer"))
    page.reload()
    expect_in_editor(page, "SELECT 41 + 1 AS second_answer")
    wait_for_app_run(page)
    expect(page.get_by_text("1 row in")).to_be_visible()
    page.get_by_text("Plain SQL", exact=True).click()
    page.get_by_text("Revenue by week").click()
    expect(page).to_have_url(re.compile(r"\?example=trend$"))
    wait_for_app_run(page)
    page.go_back()
    expect_in_editor(page, "SELECT 41 + 1 AS second_answer")
    wait_for_app_run(page)
    expect(page).to_have_url(re.compile("second_answer"))
    expect_no_exception(page)


def test_bad_sql_shows_what_is_wrong_and_stays_in_the_editor(page, app_url):
    open_sql(page, app_url, q="SELECT 1")
    run(page, "SELECT prodct FROM product_reviews")
    expect(page.get_by_test_id("stAlertContentError")).to_contain_text("PRODCT")
    expect_in_editor(page, "SELECT prodct FROM product_reviews")
    expect_no_exception(page)


def test_a_slow_query_can_be_cancelled_and_another_one_takes_the_place_of_one_that_runs(page, app_url):
    open_sql(page, app_url, q="SELECT 1")
    editor(page).fill(SLOW)
    editor(page).press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The statement was cancelled")).to_be_visible(timeout=15_000)
    wait_for_app_run(page)
    editor(page).fill(SLOW)
    editor(page).press("Control+Enter")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    page.get_by_text("Plain SQL", exact=True).click()
    page.get_by_text("Revenue by week").click()
    expect(page.get_by_text("80 rows in")).to_be_visible(timeout=20_000)
    expect_no_exception(page)


def test_a_training_can_be_cancelled_and_the_page_says_so(page, app_url):
    rows = "SELECT DATEADD('day', SEQ4(), '2020-01-01'::TIMESTAMP_NTZ) AS d, SIN(SEQ4()) + UNIFORM(1, 9, RANDOM()) y "
    rows += "FROM TABLE(GENERATOR(ROWCOUNT => 1500))"
    train = f"CREATE OR REPLACE SNOWFLAKE.ML.FORECAST m(INPUT_DATA => TABLE({rows}), "
    open_sql(page, app_url, q="SELECT 1")
    editor(page).fill(f"{train}TIMESTAMP_COLNAME => 'D', TARGET_COLNAME => 'Y')")
    editor(page).press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The statement was cancelled")).to_be_visible(timeout=20_000)
    run(page, "SELECT 7 AS still_there")
    expect(page.get_by_text("1 row in")).to_be_visible()
    expect_no_exception(page)


def test_an_upload_is_a_table_of_its_visitor_alone_and_downloads_are_safe(
    page, open_session, app_url, tmp_path: Path
):
    file = tmp_path / "my cities.csv"
    file.write_text("city,score\nOslo,3\n=1+1,5\n", encoding="utf-8")
    open_sql(page, app_url, q="SELECT 1")
    page.get_by_text("Add a table").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("my cities.csv")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).dblclick()
    expect(page.get_by_text("2 rows, 2 columns")).to_be_visible()
    wait_for_app_run(page)
    expect(page.get_by_text("No file was chosen")).to_have_count(0)
    page.keyboard.press("Escape")
    expect_in_editor(page, re.compile("FROM MY_CITIES"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert "'=1+1,5" in Path(saved.value.path()).read_text(encoding="utf-8-sig")
    with page.expect_download() as saved:
        page.get_by_role("button", name="JSON", exact=True).click()
    assert json.loads(Path(saved.value.path()).read_text())[0] == {"CITY": "Oslo", "SCORE": 3}
    other = open_session()
    open_sql(other, app_url, q="SELECT COUNT(*) FROM my_cities")
    expect(other.get_by_test_id("stAlertContentError")).to_contain_text("does not exist")


def test_a_file_that_is_not_what_it_says_is_refused_in_sight(page, app_url, tmp_path: Path):
    file = tmp_path / "broken.parquet"
    file.write_bytes(b"PAR1 this is no table PAR1")
    open_sql(page, app_url, q="SELECT 1")
    page.get_by_text("Add a table").click()
    page.locator("input[type=file]").set_input_files(file)
    expect(page.get_by_text("broken.parquet")).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("not a readable Parquet file")).to_be_visible()
    expect_no_exception(page)


def test_all_patterns_pass_live_from_a_link(page, app_url):
    open_sql(page, app_url, view="Compatibility", run="1")
    expect(page.get_by_text("38 of 38 patterns pass")).to_be_visible(timeout=120_000)
    expect_no_exception(page)


@pytest.mark.parametrize("width", [390, 768])
def test_nothing_is_wider_than_a_small_screen(open_session, app_url, width):
    page = open_session(width=width, height=844)
    open_sql(page, app_url, example="dialect")
    expect(page.get_by_text("11 rows in")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


SIGNS = (
    "![x](http://evil.example/x.png) [l](javascript:alert(1)) <img src=http://evil.example/y.png> <b>b</b> "
    ":material/home: :streamlit: :red[r] $x^2$ www.evil.example a -- b >= c &copy; ~~s~~"
)
LIVE = "a[href*=evil], a[href^=javascript], img[src*=evil], svg a, .katex, del"


def test_names_from_a_link_are_shown_sign_by_sign_and_load_nothing(page, app_url):
    """What the page asks another host for fails every test here; only a browser says what is drawn."""
    open_sql(page, app_url, q=f'SELECT "{SIGNS}" FROM product_reviews')
    told = page.get_by_test_id("stAlertContentError")
    expect(told).to_contain_text("does not exist")
    assert SIGNS in told.inner_text().replace("\u2060", "")
    expect(page.locator(LIVE)).to_have_count(0)
    values = (
        "'<a href=\"http://evil.example\">x</a>' || SEQ4()",
        "SEQ4() * 1.5",
        "'[a](http://evil.example)' || MOD(SEQ4(), 3)",
    )
    named = ", ".join(f'{value} AS "{SIGNS} {number}"' for number, value in enumerate(values))
    run(page, f"SELECT {named} FROM TABLE(GENERATOR(ROWCOUNT => 9))")
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    page.locator("[class*=st-key-sql_ai_facets] button").filter(has_text="javascript").first.click()
    wait_for_app_run(page)
    expect(page.get_by_text("[a](http\u2060://evil.example)0 · 3")).to_be_visible()
    expect(page.locator(LIVE)).to_have_count(0)
