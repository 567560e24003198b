"""Actions are logged, counted and traced with ids; spans reach a real collector on loopback."""

import subprocess
import sys
import threading
from concurrent import futures

import pytest

from core import log, telemetry
from core.errors import BadInput, NotAvailable
from core.ports import free_port
from core.telemetry import Kind, Outcome, action
from tests.support.otlp import HttpCollector


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    for name in ("_counts", "_hits", "_misses"):
        monkeypatch.setattr(telemetry, name, type(getattr(telemetry, name))())
    telemetry._recent.clear()
    telemetry._tracing.cache_clear()
    yield
    telemetry._tracing.cache_clear()


def test_an_action_is_logged_with_its_ids_and_counts_but_no_text(capsys, monkeypatch):
    import structlog

    monkeypatch.setattr(log, "_problems", log._problems.__class__(maxlen=3))
    structlog.reset_defaults()
    log._configure("INFO")
    try:
        with action(Kind.SQL, "session1", how="run") as done:
            done.note(rows=3)
            log.get_logger("inside").info("something")
    finally:
        structlog.reset_defaults()
    written = capsys.readouterr().err.splitlines()
    lines = [line for line in written if "session=session1" in line and f"action={done.id}" in line]
    assert len(lines) == 2
    assert "source=inside event=something" in lines[0]
    assert "event=action kind=sql outcome=done" in lines[-1]
    assert "how=run rows=3" in lines[-1]
    assert done.ms > 0


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BadInput("no"), Outcome.REFUSED),
        (NotAvailable("no"), Outcome.UNAVAILABLE),
        (ZeroDivisionError(), Outcome.FAILED),
        (KeyboardInterrupt(), Outcome.STOPPED),
    ],
)
def test_how_an_action_ends_is_told_by_what_it_raises(error, outcome):
    with pytest.raises(type(error)), action(Kind.QUESTION):
        raise error
    assert telemetry.action_counts() == {(Kind.QUESTION, outcome): 1}
    assert telemetry.recent_actions()[0].outcome is outcome


def test_a_failed_action_is_among_the_last_errors_without_its_text(monkeypatch):
    monkeypatch.setattr(log, "_problems", log._problems.__class__(maxlen=3))
    with pytest.raises(ValueError), action(Kind.SQL, "s"):
        raise ValueError("a visitor's words")
    (problem,) = log.recent_problems()
    assert (problem.event, problem.detail) == ("action", "sql, ValueError")
    assert "words" not in repr(problem)


def test_actions_of_many_threads_are_all_counted_and_the_last_ones_kept():
    def act() -> None:
        for _ in range(100):
            with action(Kind.UPLOAD):
                telemetry.count_lookups("a cache", hits=1, misses=3)

    threads = [threading.Thread(target=act) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert telemetry.action_counts() == {(Kind.UPLOAD, Outcome.DONE): 500}
    assert len(telemetry.recent_actions()) == telemetry._KEPT_ACTIONS
    rate = telemetry.cache_rates()["a cache"]
    assert (rate.hits, rate.misses, rate.share) == (500, 1500, 0.25)


def test_without_a_collector_nothing_of_opentelemetry_is_imported():
    code = (
        "import sys; from core.telemetry import Kind, action\n"
        "with action(Kind.SQL): pass\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class GrpcCollector:
    """A real OTLP receiver on loopback; ``spans`` is what it got."""

    def __enter__(self):
        grpc = pytest.importorskip("grpc")
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

        outer = self
        self.spans, self.resources, self.arrived = [], [], threading.Event()

        class Receiver(trace_service_pb2_grpc.TraceServiceServicer):
            def Export(self, request, context):
                for resource in request.resource_spans:
                    outer.resources.append(resource.resource)
                    for scope in resource.scope_spans:
                        outer.spans += scope.spans
                outer.arrived.set()
                return trace_service_pb2.ExportTraceServiceResponse()

        self._server = grpc.server(futures.ThreadPoolExecutor(2))
        trace_service_pb2_grpc.add_TraceServiceServicer_to_server(Receiver(), self._server)
        self.url = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *error):
        self._server.stop(None).wait()


@pytest.fixture(params=["grpc", "http/protobuf"])
def collector(request, set_settings):
    """A collector for each protocol, and the settings that name it."""
    with GrpcCollector() if request.param == "grpc" else HttpCollector() as receiver:
        set_settings(
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
            OTEL_EXPORTER_OTLP_PROTOCOL=request.param,
            OTEL_SERVICE_NAME="hub-under-test",
        )
        yield receiver


def attributes(span):
    return {item.key: item.value for item in span.attributes}


def test_actions_arrive_at_a_collector_as_spans_with_ids_and_outcome(collector):
    with action(Kind.SQL, "session1", how="run") as done:
        done.note(rows=7)
    with pytest.raises(ZeroDivisionError), action(Kind.QUESTION, "session1"):
        raise ZeroDivisionError("a visitor's words")
    telemetry._tracing().tracer.span_processor.force_flush(10_000)
    assert collector.arrived.wait(10)
    by_name = {span.name: span for span in collector.spans}
    found = attributes(by_name["hub.sql"])
    assert found["hub.action"].string_value == done.id
    assert found["hub.session"].string_value == "session1"
    assert found["hub.rows"].int_value == 7
    assert found["hub.outcome"].string_value == "done"
    failed = by_name["hub.question"]
    assert failed.status.message == "ZeroDivisionError"
    assert "words" not in str(collector.spans)
    names = {
        item.value.string_value for item in collector.resources[0].attributes if item.key == "service.name"
    }
    assert names == {"hub-under-test"}


def test_a_collector_that_is_away_costs_an_action_nothing(set_settings):
    set_settings(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    with action(Kind.SQL) as done:
        pass
    assert done.outcome is Outcome.DONE
    assert done.ms < 5_000


def test_a_missing_exporter_is_named_and_actions_go_on(set_settings, monkeypatch):
    set_settings(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1", OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf"
    )
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with action(Kind.SQL) as done:
        pass
    assert done.outcome is Outcome.DONE
    problem = telemetry.tracing_problem()
    assert isinstance(problem, NotAvailable)
    assert "opentelemetry-exporter-otlp-proto-http" in problem.hint
