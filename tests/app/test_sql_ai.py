"""The SQL page as a visitor drives it, on the server side: links, errors, parameters, history, reset, views."""

import pytest

from core.ui.sql_ai import state
from core.ui.sql_ai.examples import default_example

PAGE = "pages/SQL_AI_Playground.py"


@pytest.fixture
def open_sql(open_app):
    def run(sql, **query):
        return open_app(PAGE, q=sql, **query)

    return run


def submit(app, sql, button="sql_ai_run"):
    app.text_area(key=state.EDITOR).set_value(sql)
    app.button(key=button).click().run()
    assert not app.exception
    return app


def frame(app):
    return app.dataframe[-1].value


def captions(app):
    return " ".join(item.value for item in app.caption)


def test_a_first_visit_shows_a_result_with_its_meter_and_a_plain_address(open_app):
    app = open_app(PAGE)
    assert list(frame(app).columns) == ["PRODUCT", "REVIEWS", "POSITIVE_PCT"]
    meter = {metric.label: metric.value for metric in app.metric}
    assert meter["Calls"] == "640"
    assert 0 < int(meter["Model inputs"]) <= 640
    assert "Cost" not in meter, "no price is set"
    assert app.get("plotly_chart")
    assert not app.error
    assert {"q", "example"} & set(app.query_params) == set()


def test_a_link_runs_its_query_and_run_0_only_loads_it(open_sql):
    assert frame(open_sql("SELECT 6 * 7 AS answer")).to_dict("list") == {"ANSWER": [42]}
    app = open_sql("SELECT 6 * 7 AS answer", run="0")
    assert app.text_area(key=state.EDITOR).value == "SELECT 6 * 7 AS answer"
    assert not app.dataframe


def test_a_click_from_before_a_query_was_loaded_does_not_bring_the_old_text_back(open_sql):
    app = open_sql("SELECT 1 AS one")
    app.query_params["q"] = "SELECT 2 AS two"
    app.run()
    app.session_state[state.EDITOR] = "SELECT 1 AS one"  # as a browser says that has not drawn the new one
    app.run()
    assert app.text_area(key=state.EDITOR).value == "SELECT 2 AS two"
    assert list(frame(app).columns) == ["TWO"]


def test_an_unknown_example_in_a_link_is_said_and_the_first_one_runs(open_app):
    app = open_app(PAGE, example="no-such-example")
    told = f"**example**: there is no “no-such-example”. Used instead: {default_example().name}."
    assert told in app.warning[0].value
    assert not app.error
    assert app.text_area(key=state.EDITOR).value == default_example().sql
    assert "no-such-example" in app.query_params["example"], "Back must not lead forward again"
    assert told in app.run().warning[0].value, "as long as the address asks for it"


def test_an_unknown_action_in_a_link_is_said_and_the_query_runs(open_sql):
    app = open_sql("SELECT 6 * 7 AS answer", run="dance")
    assert "**run**: there is no “dance”. Used instead: 1." in app.warning[0].value
    assert frame(app).to_dict("list") == {"ANSWER": [42]}


def test_a_result_without_rows_is_said_in_words(open_sql):
    app = open_sql("SELECT product, rating FROM product_reviews WHERE FALSE")
    assert not app.dataframe
    assert any("gave no rows" in info.value and "RATING" in info.value for info in app.info)


def test_calls_that_failed_are_told_in_one_notice_with_the_remedy(open_sql, set_settings):
    set_settings(LLM_BASE_URL="http://127.0.0.1:9/v1", LLM_MODEL="some-model", LLM_RETRIES="0")
    calls = "AI_COMPLETE('llama3.1-8b', 'Name colour ' || column1) AS a FROM VALUES (1), (2), (3)"
    app = open_sql(f"SELECT {calls}")
    assert frame(app)["A"].isna().all()
    (told,) = [info.value for info in app.info if "failed" in info.value]
    assert "3 calls of AI\\_COMPLETE failed and gave NULL" in told
    assert "could not be reached" in told
    assert "LLM\\_BASE\\_URL" in told
    assert not app.error
    empty = submit(app, f"SELECT a FROM (SELECT {calls}) WHERE a IS NOT NULL")
    assert [info.value for info in empty.info if "failed" in info.value], "no row tells of it otherwise"


def test_a_query_whose_calls_all_succeed_has_no_such_notice(open_sql):
    app = open_sql("SELECT AI_COUNT_TOKENS('ai_sentiment', 'The lamp is lovely')")
    assert not [info for info in app.info if "failed" in info.value]


def test_an_error_shows_message_and_hint_and_keeps_the_sql(open_sql):
    app = submit(open_sql("SELECT 1"), "SELECT prodct FROM product_reviews")
    assert "PRODCT" in app.error[0].value
    assert app.text_area(key=state.EDITOR).value == "SELECT prodct FROM product_reviews"


def test_each_statement_of_a_script_has_its_result_and_failures_do_not_stop_it(open_sql):
    app = open_sql(
        "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (2); SELECT b FROM t; SELECT SUM(a) AS s FROM t"
    )
    assert len(app.error) == 1
    assert frame(app).to_dict("list") == {"S": [3]}


def test_an_empty_editor_asks_for_a_statement(open_sql):
    app = submit(open_sql("SELECT 1"), "  -- nothing\n")
    assert "no statement" in app.error[0].value


def test_named_parameters_become_fields_and_values(open_sql):
    app = open_sql("SELECT :who AS who, :n + 1 AS n")
    assert ":who" in app.info[0].value
    app.text_input(key=state.parameter_key("who")).set_value("O'Hara")
    app.text_input(key=state.parameter_key("n")).set_value("41")
    app.button(key="sql_ai_run").click().run()
    assert frame(app).to_dict("list") == {"WHO": ["O'Hara"], "N": [42]}


def test_the_history_brings_a_query_back_and_notes_failures(open_sql):
    app = submit(submit(open_sql("SELECT 1 AS a"), "SELECT nothing_here"), "SELECT 3 AS c")
    assert [(entry.sql, entry.ok) for entry in app.session_state["sql_ai_history"]] == [
        ("SELECT 3 AS c", True),
        ("SELECT nothing_here", False),
        ("SELECT 1 AS a", True),
    ]
    app.query_params["side"] = "History"
    app.run()
    app.button(key="sql_ai_history_2").click().run()
    assert app.text_area(key=state.EDITOR).value == "SELECT 1 AS a"


def test_the_history_shows_a_query_letter_by_letter_not_as_markdown(open_sql):
    app = submit(
        open_sql("SELECT 1 AS a"),
        "SELECT OBJECT_CONSTRUCT('stars', 5):stars::INT AS n_stars",
    )
    app.query_params["side"] = "History"
    app.run()
    label = app.button(key="sql_ai_history_0").label
    assert ":stars:" not in label, "Streamlit writes an emoji there"
    assert label.replace("\\", "").startswith("SELECT OBJECT_CONSTRUCT('stars', 5):stars::INT AS n_stars")
    assert "1 row," in app.button(key="sql_ai_history_0").help


def test_a_query_that_waits_for_a_value_does_not_show_the_rows_of_another(open_sql):
    app = submit(open_sql("SELECT 1 AS a"), "SELECT :since_day AS asked")
    assert "`:since_day`" in app.info[0].value
    assert not app.dataframe
    app.query_params["side"] = "Functions"
    assert not app.run().dataframe, "nor later"


def test_the_help_says_of_a_function_that_snowflake_retires_that_it_does(open_sql):
    app = open_sql("SELECT 1 AS a")
    app.query_params["side"] = "Functions"
    app.run()
    assert "Snowflake is retiring these functions" not in captions(app)
    app.selectbox(key="sql_ai_function").set_value("SNOWFLAKE.CORTEX.SENTIMENT").run()
    assert "Snowflake is retiring these functions" in captions(app)


def test_a_link_that_only_loads_a_query_does_not_show_the_rows_of_another(open_sql):
    app = open_sql("SELECT 1 AS a")
    assert app.dataframe
    app.query_params["q"], app.query_params["run"] = "SELECT 2 AS b", "0"
    app.run()
    assert app.text_area(key=state.EDITOR).value == "SELECT 2 AS b"
    assert not app.dataframe


def test_answers_that_are_known_are_said_instead_of_a_time_in_models(open_sql):
    app = submit(
        open_sql("SELECT SNOWFLAKE.CORTEX.SENTIMENT('good') AS s"),
        "SELECT SNOWFLAKE.CORTEX.SENTIMENT('good') AS t",
    )
    assert "1 row. No model was asked: every call was a cache hit." in captions(app)


def test_the_address_follows_the_query_and_names_an_example(open_sql):
    app = submit(open_sql("SELECT 1"), "SELECT 2 AS two")
    assert app.query_params["q"] == "SELECT 2 AS two"
    app.session_state[state.GROUP] = "Plain SQL"
    app.run()
    app.button_group(key="sql_ai_picked").set_value("dialect").run()
    assert not app.exception
    assert app.query_params["example"] == "dialect"
    assert "q" not in app.query_params


def test_a_query_too_long_for_the_address_is_said_to_be_lost_on_a_reload(open_sql):
    app = open_sql("SELECT 1")
    assert "too long for the address" not in captions(app)
    submit(app, f"SELECT '{'é' * 2000}' AS long")
    assert "q" not in app.query_params
    assert "too long for the address" in captions(app)


def test_facets_narrow_the_table(open_sql):
    app = open_sql("SELECT priority, status, ticket_id FROM support_tickets WHERE lang = 'de'")
    everything = len(frame(app))
    facets = next(group for group in app.button_group if group.label == "Facets")
    facets.set_value(["PRIORITY"]).run()
    facet = next(group for group in app.button_group if group.label == "PRIORITY")
    assert sum(int(option.split("· ")[1]) for option in facet.options) == everything
    facet.set_value(["normal"]).run()
    assert set(frame(app)["PRIORITY"]) == {"normal"}
    assert len(frame(app)) < everything
    assert "facets leave" in captions(app)


def test_explain_shows_the_plan_without_asking_a_model(open_sql):
    sql = "SELECT AI_SENTIMENT(review_text) FROM product_reviews LIMIT 3"
    app = submit(open_sql("SELECT 1"), sql, "sql_ai_explain")
    assert frame(app)["Function"].tolist() == ["AI_SENTIMENT"]
    assert "AI_SENTIMENT" in " ".join(str(entry) for entry in frame(app).to_numpy().ravel())
    assert not app.metric


def test_a_comparison_is_refused_for_what_changes_tables(open_sql):
    app = submit(open_sql("SELECT 1"), "CREATE TABLE x (a INT)", "sql_ai_compare")
    assert "Only a single SELECT" in app.error[0].value


def test_a_comparison_shows_both_ways_and_that_the_rows_agree(open_sql):
    sql = "SELECT ticket_id, AI_REDACT(body) AS clean FROM support_tickets WHERE ticket_id < 1020"
    app = submit(open_sql("SELECT 1"), sql, "sql_ai_compare")
    assert [metric.label for metric in app.metric if metric.label == "Calls"][:2] == ["Calls", "Calls"]
    assert "Both gave the same rows" in app.success[0].value


def test_the_address_of_a_comparison_or_a_plan_shows_it_again(open_sql):
    app = open_sql("SELECT 1 AS one", run="compare")
    assert "Both gave the same rows. This query asks no model" in app.info[0].value
    assert app.query_params["run"] == "compare"
    submit(app, "SELECT 1 AS one", "sql_ai_explain")
    assert app.query_params["run"] == "explain"
    submit(app, "SELECT 1 AS one")
    assert "run" not in app.query_params
    assert frame(app)["ONE"].tolist() == [1]


def test_an_unknown_word_for_run_runs(open_sql):
    assert frame(open_sql("SELECT 1 AS one", run="nonsense"))["ONE"].tolist() == [1]


def test_a_reset_brings_back_tables_and_first_view(open_sql):
    app = submit(open_sql("SELECT 1"), "DROP TABLE daily_sales; CREATE TABLE mine (a INT)")
    sandbox = app.session_state["sql_ai_sandbox"]
    app.button(key="frame_reset_sql_ai").click().run()
    assert not app.exception
    assert app.session_state["sql_ai_sandbox"] != sandbox
    labels = " ".join(expander.label for expander in app.expander)
    assert "DAILY" in labels
    assert "MINE" not in labels
    assert app.text_area(key=state.EDITOR).value == default_example().sql


def test_the_code_tab_shows_what_answered_and_the_engine(open_app):
    app = open_app(PAGE, example="first-udf", tab="Code", run="0")
    shown = " ".join(item.value for item in app.markdown)
    assert "core/sql_ai/session.py" in shown
    submit(app, "SELECT AI_REDACT('x')")
    assert "core/sql_ai/functions/redact.py" in " ".join(item.value for item in app.markdown)


def test_the_compatibility_view_lists_patterns_before_any_ran(open_app):
    app = open_app(PAGE, view="Compatibility")
    assert set(frame(app)["Result"]) == {"Not run yet"}
    assert len(frame(app)) == 38
    assert any("shop_reviews" in block.value for block in app.code)


def test_the_limits_of_the_sandbox_stand_on_the_page(open_sql):
    assert "20,000 model inputs" in captions(open_sql("SELECT 1"))


def test_how_it_works_shows_the_figures_of_the_session(open_app):
    sql = "SELECT AI_REDACT(column1) AS a FROM VALUES ('one@example.org'), ('two'), ('two')"
    app = open_app(PAGE, q=sql, tab="How it works")
    shown = {metric.label: metric.value for metric in app.metric}
    assert (shown["Statements"], shown["Calls"], shown["Model inputs"]) == ("1", "3", "2")
    assert (shown["Batches"], shown["In the memo"]) == ("1", "2")


def test_the_page_says_whom_a_sandbox_belongs_to_and_how_long_it_lasts(open_sql):
    assert "belongs to this browser tab" in captions(open_sql("SELECT 1"))
