"""A collector on loopback that speaks OTLP over HTTP: it parses what arrives and keeps the spans."""

import gzip
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.loopback import LoopbackServer


class HttpCollector(LoopbackServer):
    """``with HttpCollector() as collector: ... collector.spans``; ``raw`` is every byte that came in."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.resources: list[Any] = []
        self.raw: list[bytes] = []
        self.paths: list[str] = []
        self.arrived = threading.Event()
        self.connections = 0
        super().__init__(_handler_for(self))

    @property
    def url(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT should be."""
        return self.address

    def take(self, path: str, headers: str, body: bytes) -> None:
        """Parse one export; raises what protobuf raises when the bytes are none."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        request = ExportTraceServiceRequest.FromString(body)
        self.paths.append(path)
        self.raw += [headers.encode(), body]
        for resource in request.resource_spans:
            self.resources.append(resource.resource)
            for scope in resource.scope_spans:
                self.spans += scope.spans
        self.arrived.set()


def _handler_for(owner: HttpCollector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            owner.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            owner.take(self.path, str(self.headers), body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *parts: object) -> None:
            pass  # the tests look at what was kept

    return Handler
