"""HTTP answers that are read until a deadline: the timeout of requests starts anew with every byte that arrives."""

import io
import time
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter


class DeadlineAdapter(HTTPAdapter):
    """Sends requests; reading their answers, headers and body, raises TimeoutError from the deadline on.

    The timeout of a request holds as well: it is the longest silence. `deadline` is on the monotonic clock.
    """

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        """The pool that the request's connection comes from."""
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        connect = pool.ConnectionCls

        def connection(**options: Any) -> Any:
            made: Any = connect(**options)
            made.response_class = self._response
            return made

        pool.ConnectionCls = connection
        return pool

    def _response(self, sock: Any, **options: Any) -> HTTPResponse:
        return HTTPResponse(_Timed(sock, self._deadline), **options)  # type: ignore[arg-type]


class _Timed:
    """A socket as far as an answer needs it: what makes its file."""

    def __init__(self, sock: Any, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_TimedReads(self._sock, mode, self._deadline))


class _TimedReads(io.RawIOBase):
    """What a socket receives; each wait for it ends at the deadline or after the longest silence."""

    def __init__(self, sock: Any, mode: str, deadline: float) -> None:
        self._sock, self._deadline, self._silence_s = sock, deadline, sock.gettimeout()
        self._file = sock.makefile(mode, buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        self._sock.settimeout(min(left, self._silence_s))
        read: int | None = self._file.readinto(buffer)
        return read

    def close(self) -> None:
        self._file.close()
        super().close()
