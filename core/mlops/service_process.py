"""A scoring service of our own: one subprocess on loopback, started, watched and stopped from the page."""

import atexit
import os
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Literal

from core.ports import free_port

_HOST = "127.0.0.1"
_PROJECT = Path(__file__).resolve().parents[2]
_STOP_S = 8.0
_LOG_TAIL = 4000  # bytes
_LOG_MOST = 2_000_000  # bytes; the file starts anew beyond that

State = Literal["stopped", "starting", "ready", "not ready", "failed"]


@dataclass(frozen=True)
class ServiceStatus:
    """What the subprocess is doing; ``url`` and ``pid`` are None while it does not run."""

    state: State
    url: str | None
    pid: int | None
    detail: str = ""


class ManagedService:
    """At most one service subprocess for one workspace folder; safe to share between visitors."""

    def __init__(self, root: Path, extra_environment: dict[str, str] | None = None) -> None:
        self._root = root
        self._extra = dict(extra_environment or {})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None
        self._log: FileIO | None = None
        atexit.register(self.stop)

    @property
    def url(self) -> str | None:
        """Address of the running service, else None."""
        return self._url if self._alive() else None

    def start(self) -> ServiceStatus:
        """Start the subprocess unless it runs; returns at once, ``status`` tells when it is ready."""
        with self._lock:
            if not self._alive():
                self._launch()
        return self.status()

    def stop(self) -> None:
        """End the subprocess: ask first, insist after a few seconds."""
        with self._lock:
            process, self._process, self._url = self._process, None, None
            if process is not None and process.poll() is None:
                _end(process)
            if process is not None and process.stdin:
                process.stdin.close()

    def status(self) -> ServiceStatus:
        """State of the subprocess, asked over HTTP."""
        self._keep_log_short()
        process, url = self._process, self._url
        if process is None:
            return ServiceStatus("stopped", None, None)
        if process.poll() is not None:
            return ServiceStatus(
                "failed", None, None, f"exit code {process.returncode}: {_last_line(self.log())}"
            )
        health = self._health(url)
        if health is None:
            return ServiceStatus("starting", url, process.pid)
        if health.get("ready"):
            return ServiceStatus("ready", url, process.pid)
        state: State = "starting" if health.get("loading") else "not ready"
        return ServiceStatus(state, url, process.pid, str(health.get("last_error") or ""))

    def log(self) -> str:
        """The end of the service's log."""
        if self._log is None:
            return ""
        log = self._log.fileno()
        return os.pread(log, _LOG_TAIL, max(0, os.fstat(log).st_size - _LOG_TAIL)).decode("utf-8", "replace")

    def _alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _launch(self) -> None:
        port = free_port()
        self._log = self._log or _nameless()
        self._log.truncate(0)
        environment = os.environ | {"MLOPS_ROOT": str(self._root)} | self._extra
        command = [sys.executable, "-m", "core.mlops.serving", "--host", _HOST, "--port", str(port)]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, no text from outside
            [*command, "--end-with-parent"],
            cwd=_PROJECT,
            env=environment,
            stdin=subprocess.PIPE,  # closes when this process dies, which ends the service
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._url = f"http://{_HOST}:{port}"

    def _keep_log_short(self) -> None:
        if self._log is not None and os.fstat(self._log.fileno()).st_size > _LOG_MOST:
            self._log.truncate(0)

    def _health(self, url: str | None) -> dict[str, Any] | None:
        import requests

        try:
            answer: dict[str, Any] = requests.get(f"{url}/health", timeout=2).json()
        except (requests.RequestException, ValueError):
            return None
        return answer


def _nameless() -> FileIO:
    """A file that is gone with the last process that has it open, even after kill -9.

    It is appended to, so that the service goes on at the beginning after the file was cut.
    """
    with tempfile.NamedTemporaryFile(prefix="scoring-service-", suffix=".log") as named:
        return open(named.name, "a+b", buffering=0)


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_STOP_S)


def _last_line(log: str) -> str:
    lines = [line for line in log.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no log"
