"""What leaves the machine when a collector is set: spans with ids and counts, and nothing a visitor wrote."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import telemetry
from core.config import ROOT
from core.rag import shared_corpus
from tests.rag.conftest import hashing  # noqa: F401  fixture
from tests.support.otlp import HttpCollector

SECRETS = {"HUB_ADMIN_TOKEN": "swordfish-1", "LLM_API_KEY": "sk-very-secret"}
WORDS = "zanzibarian"


@pytest.fixture(autouse=True)
def fresh():
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()
    telemetry._tracing.cache_clear()
    yield
    telemetry._tracing.cache_clear()
    for cache in (st.cache_data, st.cache_resource):
        cache.clear()


@pytest.fixture
def collector():
    with HttpCollector() as receiver:
        yield receiver


@pytest.fixture
def traced(collector, set_settings, hashing, data_dir, tmp_path, monkeypatch):  # noqa: F811
    """A hub with secrets in its settings that sends its spans to the collector over HTTP."""
    (tmp_path / "assets" / "documents").mkdir(parents=True)
    (tmp_path / "assets" / "documents" / "leave.md").write_text("# Leave\n\nYou have 25 days of leave.")
    monkeypatch.setattr(shared_corpus, "ASSETS", tmp_path / "assets")
    monkeypatch.setattr(shared_corpus, "_opened", {})
    set_settings(
        **SECRETS,
        HUB_DATA_DIR=str(data_dir),
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
    )
    yield collector
    for base in shared_corpus._opened.values():
        base.close()


def visit(page, **query):
    app = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception


def facts(span):
    return {item.key: item.value for item in span.attributes}


def test_spans_of_the_pages_reach_a_collector_over_http_without_a_word_of_the_visitor(traced):
    visit("SQL_AI_Playground.py", q=f"SELECT '{WORDS}' AS a")
    visit("SQL_AI_Playground.py", q=f"SELECT {WORDS} FROM nowhere")
    visit("RAG_Chat.py", question=f"How many days of {WORDS} leave?", run="1", generator="extractive")
    telemetry._tracing().tracer.span_processor.force_flush(10_000)
    assert telemetry.tracing_problem() is None
    assert traced.arrived.wait(10)
    assert set(traced.paths) == {"/v1/traces"}
    told = [(span.name, facts(span)["hub.outcome"].string_value) for span in traced.spans]
    assert sorted(told) == [("hub.question", "done"), ("hub.sql", "done"), ("hub.sql", "refused")]
    for span in traced.spans:
        assert facts(span)["hub.action"].string_value
        assert facts(span)["hub.session"].string_value
        assert not span.events, "an event would carry the text of an exception"
    sql = next(span for span in traced.spans if span.name == "hub.sql")
    assert facts(sql)["hub.rows"].int_value == 1
    assert facts(sql)["hub.statements"].int_value == 1
    question = next(span for span in traced.spans if span.name == "hub.question")
    assert facts(question)["hub.generator"].string_value == "extractive"
    sent = b"".join(traced.raw).lower()
    for hidden in (WORDS, "select", "how many", "25 days", "leave.md", *SECRETS.values()):
        assert hidden.encode() not in sent


def test_a_collector_that_is_away_does_not_bring_its_credentials_into_the_log(set_settings, caplog):
    set_settings(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://user:pass-in-url@127.0.0.1:9",
        OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
    )
    with telemetry.action(telemetry.Kind.SQL, "s"):
        pass
    telemetry._tracing().tracer.span_processor.force_flush(10_000)
    assert "export" in caplog.text.lower(), "the exporter says that nothing arrived"
    assert "pass-in-url" not in caplog.text
