"""Names that visitors and stores bring along are shown as text: tables, columns, runs, tags, reasons, errors."""

import re
import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import ROOT
from core.mlops import open_workspace
from core.ui.mlops import state as mlops_state
from tests.faults.conftest import workspace_template  # noqa: F401  fixture
from tests.faults.test_pages import visit
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


def require_harmless(app):
    parser = Dangerous()
    for body in html_of(app):
        parser.feed(body)
    assert [tag for tag in parser.found if tag != "script"] == []
    for element in [*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.success]:
        value = element.value
        assert not getattr(element.proto, "allow_html", False) or value.lstrip().startswith("<style")
        outside = re.sub(r"(`+)[^`].*?\1", "", value)  # in a code span it is text
        assert "](http://evil.example" not in outside, value
        assert "](javascript:" not in outside, value


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
    opened = mlops_state.opening(str(folder))
    if opened.ended.wait(30) and opened.workspace is not None:
        opened.workspace.close()


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
    ],
    ids=["table", "markdown table", "missing table", "backticks", "missing column", "cast", "function"],
)  # fmt: skip
def test_names_and_errors_of_sql_are_text(data_dir, sql):
    app = AppTest.from_file(str(ROOT / "pages/SQL_AI_Playground.py"), default_timeout=120)
    app.query_params["q"] = sql
    app.run()
    assert not app.exception
    require_harmless(app)
