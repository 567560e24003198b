"""A real HTTP server that speaks OpenAI's chat completions protocol, with faults to order."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any, Literal

from tests.support.loopback import LoopbackServer

Fault = Literal[
    "none",
    "busy_once",
    "busy",
    "unauthorised",
    "not_found",
    "too_long",
    "reasons",
    "slow",
    "not_json",
    "breaks_off",
    "garbage",
]


_AS_REASONING_MODELS_SAY = json.dumps(
    {
        "error": {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "type": "invalid_request_error",
            "param": "max_tokens",
            "code": "unsupported_parameter",
        }
    }
).encode()


class LlmServer(LoopbackServer):
    """Answers with ``reply(messages)``; ``fault`` makes it misbehave; ``requests`` keeps what came in.

    ``with LlmServer() as server: ... server.base_url``. The default reply repeats the last message.
    """

    def __init__(self, reply: Callable[[list[dict[str, str]]], str] | None = None) -> None:
        self.reply = reply or (lambda messages: "You said: " + messages[-1]["content"])
        self.fault: Fault = "none"
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.pause_s = 2.0
        self.chunked = False  # otherwise the end of a stream is the end of the connection
        self.closed_early = threading.Event()
        super().__init__(_handler_for(self))

    @property
    def base_url(self) -> str:
        """What LLM_BASE_URL should be."""
        return f"{self.address}/v1"


def _handler_for(owner: LlmServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            owner.requests.append(body)
            owner.headers.append(dict(self.headers))
            fault, owner.fault = owner.fault, "none" if owner.fault == "busy_once" else owner.fault
            try:
                self._answer(body, fault)
            except (BrokenPipeError, ConnectionResetError):
                owner.closed_early.set()

        def _answer(self, body: dict[str, Any], fault: Fault) -> None:
            if fault in ("busy", "busy_once"):
                self._send(503, b'{"error": "busy"}', {"Retry-After": "0"})
            elif fault == "unauthorised":
                self._send(401, b'{"error": "bad key"}')
            elif fault == "not_found":
                self._send(404, b"no such path")
            elif fault == "too_long":
                self._send(400, b'{"error": {"message": "maximum context length exceeded"}}')
            elif fault == "reasons" and body.keys() & {"max_tokens", "temperature"}:
                self._send(400, _AS_REASONING_MODELS_SAY)
            elif fault == "not_json":
                self._send(200, b"<html>hello</html>")
            else:
                if fault == "slow":
                    time.sleep(owner.pause_s)
                text = owner.reply(body["messages"])
                self._stream(text, fault) if body.get("stream") else self._whole(body, text)

        def _whole(self, body: dict[str, Any], text: str) -> None:
            answer = {
                "model": body["model"],
                "choices": [{"message": {"role": "assistant", "content": text}}],
                "usage": {"prompt_tokens": 7, "completion_tokens": len(text.split())},
            }
            self._send(200, json.dumps(answer).encode())

        def _stream(self, text: str, fault: Fault) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            if owner.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            self.close_connection = True
            self.end_headers()
            self._event({"choices": []})  # Azure's opening event
            for n, word in enumerate(text.split(" ")):
                if fault == "breaks_off" and n == 2:
                    return
                if fault == "garbage" and n == 2:
                    self._write(b"data: {not json\n\n")
                    break
                self._event({"choices": [{"delta": {"content": word if n == 0 else " " + word}}]})
            self._write(b"data: [DONE]\n\n")
            if owner.chunked:
                self.wfile.write(b"0\r\n\r\n")

        def _event(self, event: dict[str, Any]) -> None:
            self._write(b"data: " + json.dumps(event).encode() + b"\n\n")

        def _write(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if owner.chunked else data)
            self.wfile.flush()

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the test output quiet."""

    return Handler
