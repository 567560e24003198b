"""A server that answers every request with bytes to order, however wrong they are, and pauses between them."""

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

Part = bytes | float  # bytes to send, or seconds to wait
THREADS = "raw server"  # the name of the server's own threads
EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def whole(body: bytes, status: bytes = b"200 OK", *headers: bytes) -> bytes:
    """An answer with its length; ``headers`` are lines without their end."""
    lines = [b"HTTP/1.1 " + status, b"Connection: close", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class RawServer:
    """``with RawServer(lambda: [EVENTS, 0.1, b"data: {}"]) as server: ... server.address``."""

    def __init__(self, answer: Callable[[], Iterable[Part]]) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self.closed_early = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, name=THREADS, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._one, name=THREADS, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(_request(connection))
                for part in self._answer():
                    if self._over.is_set():
                        return
                    time.sleep(part) if isinstance(part, float) else connection.sendall(part)
            except OSError:
                self.closed_early.set()


def _request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
