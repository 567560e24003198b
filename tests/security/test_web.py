"""The web basics of docs/security.md: what pages let out, what the server lets in."""

import ast
import html
import logging
import re
import tomllib
from html.parser import HTMLParser

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import demos, log
from core.config import ROOT, public_address
from core.telemetry import Kind, action
from core.ui.mlops.predict import safe_csv
from core.ui.spreadsheets import FORMULA_STARTS, harmless
from tests.support.processor import takes_less_than

PAGES = [demo for demo in demos.installed() if demo.kind != "home"]
PAYLOAD = "<img src=x onerror=alert(1)>"
# the parameters that pages take texts from
PARAMETERS = {
    "sql_ai": [{"q": f"SELECT '{PAYLOAD}' AS a"}, {"example": PAYLOAD}, {"tab": PAYLOAD}],
    "experiment_browser": [
        {"view": PAYLOAD},
        {"view": "runs", "filter": PAYLOAD},
        {"view": "runs", "compare": PAYLOAD},
    ],
    "rag_chat": [
        {"question": PAYLOAD, "run": "1", "generator": "extractive"},
        {"view": "Inspector", "inspect": PAYLOAD},
    ],
    "interview_guide": [{"find": PAYLOAD}, {"section": PAYLOAD}, {"q": PAYLOAD}],
}
SECRETS = {
    "HUB_ADMIN_TOKEN": "swordfish-1",
    "LLM_API_KEY": "sk-very-secret",
    "MLOPS__SERVING__API_KEY": "key-2-x",
}


class Dangerous(HTMLParser):
    """Collects what would run or load something from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("script", "iframe", "object", "embed") or any(name.startswith("on") for name in given):
            self.found.append(tag)
        if tag == "img" and not str(given.get("src", "")).startswith(("data:", "app/")):
            self.found.append("img")


def html_of(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html")]


def everything_shown(app: AppTest) -> str:
    return " ".join(str(getattr(node, "proto", "")) for place in (app.main, app.sidebar) for node in place)


@pytest.fixture(autouse=True)
def empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.parametrize(
    ("key", "query"),
    [(key, query) for key, queries in PARAMETERS.items() for query in queries],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_text_in_the_address_never_becomes_html(data_dir, set_settings, key, query):
    # Opening one takes long.
    set_settings(HUB_DATA_DIR=str(data_dir), MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    app = AppTest.from_file(str(ROOT / demos.get(key).page_file), default_timeout=180)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    parser = Dangerous()
    for body in html_of(app):
        parser.feed(body)
    scripts = [tag for tag in parser.found if tag != "script"]  # the page's own scroll script has no texts
    assert scripts == []
    for element in app.markdown:  # only the style sheets, which are constants
        assert not element.proto.allow_html or element.value.lstrip().startswith("<style")


def test_no_page_turns_on_html_in_markdown():
    """`unsafe_allow_html` mixes two languages in one text; pages use st.html with escaped parts instead.

    The theme's style sheets are the one exception: files of the project.
    """
    users = [
        path.relative_to(ROOT).as_posix()
        for path in [*(ROOT / "core").rglob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "Home.py"]
        if "unsafe_allow_html" in path.read_text(encoding="utf-8")
    ]
    assert set(users) <= {"core/ui/theme.py"}


def test_javascript_is_allowed_only_in_constant_texts():
    for path in (ROOT / "core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and "unsafe_allow_javascript" in {
                word.arg for word in node.keywords
            }:
                assert isinstance(node.args[0], ast.Name), ast.unparse(node)
                assert node.args[0].id.isupper(), ast.unparse(node)


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_no_cell_and_no_column_name_of_a_scored_file_runs_in_a_spreadsheet(start):
    table = pd.DataFrame({"probability": [0.5], f"{start}HYPERLINK(1)": [f"{start}cmd|' /C calc'!A0"]})
    text = safe_csv(table)
    for cell in re.findall(r'"(?:[^"]|"")*"|[^,\n]+', text):
        assert not cell.strip('"').startswith(FORMULA_STARTS), cell


@pytest.mark.parametrize(
    "unseen", [" ", "\u00a0", "\x00", "\x0b", "\u200b", "\u202e", "\u2060", "\ufeff", " \u200b "]
)
def test_a_formula_behind_characters_that_nobody_sees_is_one(unseen):
    assert harmless(f"{unseen}=HYPERLINK(1)") == f"'{unseen}=HYPERLINK(1)"
    assert harmless(f"a;{unseen}=HYPERLINK(1)") == f"a;'{unseen}=HYPERLINK(1)"


@pytest.mark.parametrize(
    "text", ["a - b", "plain", "", " x", "3-4", "me@example.org", "a; b", "\u200b", "x=1"]
)
def test_a_text_that_starts_no_formula_stays_as_it_is(text):
    assert harmless(text) == text


@pytest.mark.parametrize("run", ["\n", " \n", "\t", ";", "; ", " ", "\u200b", ";x", "\n="])
def test_a_long_cell_is_looked_through_at_once(run):
    """A cell of line breaks took time with the square of its length, in which no other page moved."""
    with takes_less_than(2):
        harmless(run * (200_000 // len(run)) + "x")
        harmless(run * (200_000 // len(run)) + "=")


def test_tables_offer_no_download_that_leaves_formulas_in():
    styles = (ROOT / "assets" / "styles.css").read_text(encoding="utf-8")
    rule = re.search(r'\[data-testid="stElementToolbar"\][^{]*Download as CSV[^{]*\{([^}]*)\}', styles)
    assert rule
    assert "display: none" in rule[1]


def test_every_csv_of_a_page_is_made_by_a_function_that_makes_it_harmless():
    writers = {
        "core/ui/mlops/predict.py": 2,
        "core/ui/sql_ai/downloads.py": 0,
    }  # `_example` writes our own rows
    found = {}
    for path in (ROOT / "core" / "ui").rglob("*.py"):
        count = len(re.findall(r"\.to_csv\(", path.read_text(encoding="utf-8")))
        if count:
            found[path.relative_to(ROOT).as_posix()] = count
    assert found == {name: count for name, count in writers.items() if count}


@pytest.mark.parametrize("demo", demos.installed(), ids=lambda demo: demo.key)
def test_no_secret_is_on_any_page(data_dir, set_settings, demo):
    set_settings(
        **SECRETS,
        LLM_BASE_URL="http://user:pass-in-url@127.0.0.1:9/v1",
        LLM_MODEL="m",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://user:pass-in-url@127.0.0.1:9",
        MLFLOW_TRACKING_URI="http://user:pass-in-url@127.0.0.1:9",
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
        HUB_DATA_DIR=str(data_dir),
    )
    app = AppTest.from_file(str(ROOT / demo.page_file), default_timeout=180).run()
    shown = everything_shown(app)
    assert demo.title in html.unescape(shown)
    for secret in [*SECRETS.values(), "pass-in-url"]:
        assert secret not in shown


def test_an_address_is_shown_without_its_credentials():
    assert public_address("https://me:secret@host:5000/x") == "https://host:5000/x"
    assert public_address("host:5000") == "host:5000"


def test_no_secret_and_no_text_of_a_visitor_is_in_the_log(set_settings, capsys, monkeypatch):
    set_settings(**SECRETS, LLM_BASE_URL="http://127.0.0.1:9/v1", LLM_MODEL="m", LLM_RETRIES="0")
    from core.errors import NotAvailable
    from core.generator_endpoint import EndpointGenerator

    monkeypatch.setattr(log, "_problems", log._problems.__class__(maxlen=3))
    logging.getLogger().setLevel(logging.DEBUG)
    generator = EndpointGenerator.from_settings()
    with pytest.raises(NotAvailable), action(Kind.QUESTION, "s"):
        generator.complete([{"role": "user", "content": "my private question"}])
    written = "".join(capsys.readouterr())
    for hidden in [*SECRETS.values(), "my private question"]:
        assert hidden not in written
        assert hidden not in repr(log.recent_problems())


def test_a_fault_of_ours_in_a_statement_is_logged_without_the_statement(caplog, monkeypatch):
    from core.sql_ai import open_session

    session = open_session(samples=False)
    monkeypatch.setattr(session, "_finish", lambda *given: 1 / 0)
    (result,) = session.run_script("SELECT 'my private text'")
    assert result.error is not None
    assert "statement failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "my private text" not in caplog.text


def test_cross_site_requests_are_refused_by_the_server_s_settings():
    for file in (ROOT / ".streamlit" / "config.toml",):
        server = tomllib.loads(file.read_text(encoding="utf-8"))["server"]
        assert server["enableXsrfProtection"] is True
        assert server.get("enableCORS", True) is True  # Streamlit's word for "other origins are refused"
    for file in ("Dockerfile", "compose.yaml", "Makefile"):
        text = (ROOT / file).read_text(encoding="utf-8")
        assert "enableXsrfProtection" not in text
        assert "enableCORS" not in text


def test_visitors_see_no_details_of_exceptions():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["client"]["showErrorDetails"] == "none"
