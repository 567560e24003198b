"""Names that visitors and stores bring along are shown as text: tables, columns, runs, tags, reasons, errors."""

import re
import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.mlops import open_workspace
from tests.faults.conftest import workspace_template  # noqa: F401  fixture
from tests.faults.test_pages import close_what_the_page_opened, visit
from tests.mlops.conftest import SMALL, customers, migrated  # noqa: F401  fixtures
from tests.security.test_web import PAYLOAD, Dangerous, html_of

MARKDOWN = "[click](javascript:alert(1)) ![x](http://evil.example/x.png)"


@pytest.fixture(autouse=True)
def empty_caches():
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()
    yield
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()


# Fields that Streamlit draws character for character, and elements that hold nothing else.
PLAIN_FIELDS = {
    "id",
    "form_id",
    "value",
    "default",
    "placeholder",
    "alt",
    "query_string",
    "command",
    "spec",
    "columns",
}
PLAIN_ELEMENTS = {"html", "code", "text", "json", "arrow_data_frame", "plotly_chart", "component_instance"}
PLAIN_OPTIONS = {"selectbox", "multiselect"}


def nodes_of(node):
    yield node
    for child in getattr(node, "children", {}).values():
        yield from nodes_of(child)


def texts_of(message, plain):
    """Every text of a message and of those in it that may be drawn as Markdown."""
    for field, value in message.ListFields():
        if field.name in plain:
            continue
        for item in value if field.is_repeated else [value]:
            if isinstance(item, str):
                yield item
            elif hasattr(item, "ListFields"):
                yield from texts_of(item, plain)


def markdown_of(app):
    for place in (app.main, app.sidebar):
        for node in nodes_of(place):
            proto = getattr(node, "proto", None)
            if proto is None or node.type in PLAIN_ELEMENTS or not hasattr(proto, "ListFields"):
                continue
            yield from texts_of(proto, PLAIN_FIELDS | ({"options"} if node.type in PLAIN_OPTIONS else set()))


def require_harmless(app):
    parser = Dangerous()
    for body in html_of(app):
        parser.feed(body)
    assert [tag for tag in parser.found if tag != "script"] == []
    for element in app.markdown:
        assert not element.proto.allow_html or element.value.lstrip().startswith("<style")
    for text in markdown_of(app):
        outside = re.sub(r"(`+)[^`].*?\1", "", text)  # in a code span it is text
        assert "](http://evil.example" not in outside, text
        assert "](javascript:" not in outside, text


@pytest.fixture
def poisoned(workspace_template, data_dir):  # noqa: F811
    """The page's workspace with a payload wherever another program could have written one."""
    folder = data_dir / "mlops"
    shutil.copytree(workspace_template, folder)
    ws = open_workspace(folder, SMALL)
    run_id = ws.runs()["run_id"].iloc[0]
    text = f"{PAYLOAD} {MARKDOWN}"
    ws.store.client.set_tag(run_id, "mlflow.runName", text)
    ws.store.client.set_tag(run_id, "note", text)
    ws.store.client.set_tag(run_id, PAYLOAD.replace("=", "-")[:20].replace("<", "").replace(">", ""), text)
    ws.store.client.log_param(run_id, "odd", text)
    ws.store.client.set_model_version_tag("churn", "2", "note", text)
    ws.promote(2, to="Staging", reason=text, actor=text[:60], override=True)
    ws.close()
    yield folder
    close_what_the_page_opened(folder)


@pytest.mark.parametrize(
    "query", [{"view": "runs"}, {"view": "runs", "compare": "top2"}, {"view": "registry", "version": "2"}]
)
def test_names_tags_and_reasons_of_runs_and_versions_are_text(poisoned, query):
    require_harmless(visit("pages/Experiment_Browser.py", **query))


@pytest.mark.parametrize(
    "sql",
    [
        f"""CREATE TABLE "{PAYLOAD}" AS SELECT 1 AS "{PAYLOAD}"; SELECT * FROM "{PAYLOAD}" """,
        f"""CREATE TABLE "{MARKDOWN}" AS SELECT '{MARKDOWN}' AS "{MARKDOWN}"; DESCRIBE TABLE "{MARKDOWN}" """,
        f"""SELECT * FROM "{MARKDOWN} {PAYLOAD}" """,
        f"""SELECT 1 AS a; SELECT '` {MARKDOWN} ``' AS "`{MARKDOWN}" """,
        f"""SELECT "{MARKDOWN} {PAYLOAD}" FROM product_reviews""",
        f"""SELECT CAST('{MARKDOWN} {PAYLOAD}' AS INT)""",
        f"""SELECT nofunction('{MARKDOWN}'), "{PAYLOAD}"(1)""",
        f"""SELECT '{MARKDOWN}' || MOD(SEQ4(), 3) AS "{MARKDOWN} 1", SEQ4() AS "{MARKDOWN} 2" """
        "FROM TABLE(GENERATOR(ROWCOUNT => 9))",
        f"""SELECT '[a](http://evil.example/)' || SEQ4() AS "{MARKDOWN} 1", SEQ4() * 1.5 AS "{MARKDOWN} 2" """
        "FROM TABLE(GENERATOR(ROWCOUNT => 3))",
    ],
    ids=["table", "markdown table", "missing table", "backticks", "missing column", "cast", "function", "facets",
         "chart"],
)  # fmt: skip
def test_names_and_errors_of_sql_are_text(data_dir, sql):
    app = AppTest.from_file(str(ROOT / "pages/SQL_AI_Playground.py"), default_timeout=120)
    app.query_params["q"] = sql
    app.run()
    assert not app.exception
    require_harmless(app)


@pytest.fixture
def hostile_table(customers):  # noqa: F811
    """A training file with a payload as name and values of its target, of a category and of a number."""
    columns = {"Churn": f"{MARKDOWN} target", "Contract": f"{MARKDOWN} a", "tenure": f"{MARKDOWN} b"}
    table = customers.rename(columns=columns)
    for name in (columns["Churn"], columns["Contract"]):
        table[name] = [f"{MARKDOWN} {value}" for value in table[name]]
    return table, columns["Churn"]


def test_a_hostile_training_file_is_text_when_it_is_chosen(workspace_template, data_dir, hostile_table):  # noqa: F811
    shutil.copytree(workspace_template, data_dir / "mlops")
    table, target = hostile_table
    app = visit("pages/Experiment_Browser.py", view="train")
    app.segmented_control(key="experiment_browser_source").set_value("Upload a CSV").run()
    content = table.to_csv(index=False).encode()
    app.file_uploader(key="experiment_browser_csv").upload(f"{MARKDOWN}.csv", content, "text/csv").run()
    app.selectbox(key="experiment_browser_target").set_value(target).run()
    assert any("target" in metric.label for metric in app.metric)
    require_harmless(app)


@pytest.fixture
def hostile_model(migrated, data_dir, hostile_table):  # noqa: F811
    """The page's workspace with a model in Production that was trained on such a file."""
    folder = data_dir / "mlops"
    folder.mkdir()
    shutil.copy(migrated, folder / "mlflow.db")
    table, target = hostile_table
    ws = open_workspace(folder, SMALL)
    positive = f"{MARKDOWN} Yes"
    (run,) = ws.train(
        table, target, positive, ["logistic_regression"], budget_s=0.001, name=f"{MARKDOWN}.csv"
    )
    ws.register(run.run_id, actor=MARKDOWN[:60], reason=MARKDOWN)
    ws.promote(1, to="Production", reason=MARKDOWN, actor=MARKDOWN[:60], override=True)
    ws.close()
    yield folder
    close_what_the_page_opened(folder)


def test_a_model_of_hostile_names_is_text_in_every_view(hostile_model):
    for view in ("runs", "registry", "predict", "watch"):
        app = visit("pages/Experiment_Browser.py", view=view)
        assert not app.error, (view, app.error)
        require_harmless(app)
        if view == "registry":
            app.session_state["experiment_browser_card_open"] = True
            app.run()
            assert any("# Model card" in text for text in markdown_of(app))
            require_harmless(app)
