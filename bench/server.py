"""Server processes to measure: the hub and, as the baseline, ``streamlit hello``."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from core.config import ROOT

_WAIT_S = 240.0


@dataclass(frozen=True)
class Server:
    """A running Streamlit server; ``seconds`` is how long it took to be healthy."""

    port: int
    process: psutil.Process
    log: Path
    seconds: float

    @property
    def rss_mb(self) -> float:
        """Resident memory of the server and its children, in MB."""
        family = [self.process, *self.process.children(recursive=True)]
        return sum(p.memory_info().rss for p in family) / 1e6

    def wait_for(self, text: str) -> None:
        """Until the log holds ``text``; raises TimeoutError with the log's end otherwise."""
        deadline = time.monotonic() + _WAIT_S
        while time.monotonic() < deadline:
            if text in self.log.read_text(errors="replace"):
                return
            time.sleep(0.2)
        raise TimeoutError(f"no {text!r} in the log:\n{self.log.read_text(errors='replace')[-2000:]}")


@contextmanager
def started(*command: str, **environment: str) -> Iterator[Server]:
    """``streamlit <command>`` on a free port with an empty data folder, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
        data = Path(folder) / "hub"
        data.mkdir()
        models = ROOT / ".hub" / "models"
        if models.is_dir():
            (data / "models").symlink_to(models)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        log = Path(folder) / "server.log"
        begin = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", *command, f"--server.port={port}", "--server.headless=true",
             "--server.fileWatcherType=none", "--global.developmentMode=false"],
            cwd=ROOT,
            env={**os.environ, "HUB_DATA_DIR": str(data), "HUB_LOG_LEVEL": "INFO", **environment},
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            _wait_until_healthy(port, process, log)
            yield Server(port, psutil.Process(process.pid), log, time.perf_counter() - begin)
        finally:
            process.terminate()
            process.wait(30)


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://127.0.0.1:{port}/_stcore/health", timeout=2).ok:
                return
        except requests.ConnectionError:
            pass  # not listening yet
        time.sleep(0.02)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")
