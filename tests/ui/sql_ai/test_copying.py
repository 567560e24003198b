from core.ui.sql_ai import copying


def test_a_query_that_snowflake_knows_is_said_to_be_unchanged():
    assert "unchanged" in copying.told("SELECT AI_COMPLETE('llama3.1-8b', 'Hi') AS demo_small")


def test_names_that_only_this_page_knows_are_named():
    told = copying.told("SELECT AI_COMPLETE('demo-small', 'Hi'), Sentiment_Analysis (x) FROM t")
    assert "unchanged" not in told
    assert "`demo-small`" in told
    assert "`sentiment_analysis`" in told
