"""The status panel's facts: what was done, what caches gave, which model is in Production, what went wrong."""

import time

import pytest
import streamlit as st

from core import log, telemetry
from core.errors import StoreError
from core.telemetry import Kind, action
from core.ui import status
from core.ui.status import Light
from core.ui.warmup import Progress, State, Step


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name in ("_counts", "_hits", "_misses"):
        monkeypatch.setattr(telemetry, name, type(getattr(telemetry, name))())
    telemetry._recent.clear()
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


def details(facts):
    return {fact.name: fact.detail for fact in facts}


def test_actions_are_shown_by_kind_with_what_did_not_work():
    for _ in range(3):
        with action(Kind.SQL):
            pass
    with pytest.raises(ZeroDivisionError), action(Kind.SQL):
        raise ZeroDivisionError
    shown = details(status.activity())
    assert set(shown) == {"SQL requests"}
    assert shown["SQL requests"].startswith("4 (1 failed), half within ")


def test_every_kind_of_action_has_a_name_on_the_panel():
    assert set(status._KINDS) == set(Kind)


def test_nothing_done_yet_is_said():
    assert details(status.activity()) == {"Actions": "none yet"}
    assert details(status.caches()) == {"Look-ups": "none yet"}


def test_caches_tell_their_hit_rate():
    telemetry.count_lookups("SQL answers", hits=900, misses=100)
    assert details(status.caches()) == {"SQL answers": "90% of 1,000 found"}


def test_the_last_error_names_the_kind_and_the_class_but_no_text(monkeypatch):
    monkeypatch.setattr(log, "_problems", log._problems.__class__(maxlen=3))
    with pytest.raises(KeyError), action(Kind.TRAINING):
        raise KeyError("a visitor's words")
    (fact,) = status.problems()
    assert fact.light is Light.PROBLEM
    assert "training, KeyError" in fact.detail
    assert "words" not in fact.detail


def test_uptime_does_not_jump_with_the_machine_s_clock(monkeypatch):
    before = details(status.process())["Uptime"]
    monkeypatch.setattr(time, "time", lambda: 4e9)
    assert before.split()[-1] == details(status.process())["Uptime"].split()[-1]  # still seconds or minutes


class Opening:
    def __init__(self, workspace=None, error=None):
        import threading

        self.workspace, self.error, self.ended = workspace, error, threading.Event()
        self.ended.set()


class Registry:
    def __init__(self, answer):
        self.answer = answer

    def resolve(self, alias):
        assert alias == "production"
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Version:
    version, model_name, tags = 3, "churn", (("algorithm", "logistic_regression"),)


def warmed(state):
    return Progress([Step(status._WORKSPACE_STEP, lambda: None, state)], enabled=True)


@pytest.mark.parametrize(
    ("opening", "light", "detail"),
    [
        (Opening(Registry(Version())), Light.READY, "churn version 3, logistic regression"),
        (Opening(Registry(None)), Light.LATER, "no version is in Production"),
        (Opening(Registry(StoreError("The store is locked", "Wait."))), Light.PROBLEM, "The store is locked"),
        (
            Opening(error=StoreError("no")),
            Light.PROBLEM,
            "the registry cannot be opened; the Experiment Browser says why",
        ),
    ],
)
def test_the_model_in_production_is_named(monkeypatch, opening, light, detail):
    from core.ui.mlops import state

    monkeypatch.setattr(state, "opening", lambda root: opening)
    fact = status._production_model(warmed(State.READY))
    assert (fact.light, fact.detail) == (light, detail)


def test_the_registry_is_never_opened_only_to_be_shown(monkeypatch):
    from core.ui.mlops import state

    monkeypatch.setattr(state, "opening", lambda root: pytest.fail("opened"))
    assert status._production_model(warmed(State.WAITING)).light is Light.LATER


def test_tracing_is_shown_as_off_on_or_broken(set_settings, monkeypatch):
    import sys

    assert status.tracing().light is Light.OPTIONAL
    telemetry._tracing.cache_clear()
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    set_settings(OTEL_EXPORTER_OTLP_ENDPOINT="http://h:1", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf")
    assert status.tracing().light is Light.PROBLEM
    telemetry._tracing.cache_clear()
