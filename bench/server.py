"""Server processes to measure and to test: the hub and, as the baseline, ``streamlit hello``."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from core.config import ROOT
from core.ports import LOOPBACK, free_port

_WAIT_S = 240.0
_TRIES = 3  # another process may take the port first


@dataclass(frozen=True)
class Server:
    """A running Streamlit server; ``seconds`` is how long it took to be healthy."""

    port: int
    process: psutil.Popen
    log: Path
    seconds: float

    @property
    def url(self) -> str:
        """Its address, without a trailing slash."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def rss_mb(self) -> float:
        """Resident memory of the server and its children, in MB."""
        resident = 0
        for member in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile
                resident += member.memory_info().rss
        return resident / 1e6

    @property
    def file_mb(self) -> float:
        """Part of the server's resident memory that is mapped files, which the system drops when it needs room; MB."""
        sizes = self._resident()
        return sizes["Rss:"] - sizes["Anonymous:"]

    @property
    def own_mb(self) -> float:
        """The other part of the server's resident memory, which holds data; MB."""
        return self._resident()["Anonymous:"]

    def _resident(self) -> dict[str, float]:
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return {line.split()[0]: int(line.split()[1]) * 1024 / 1e6 for line in rollup[1:]}

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
    with tempfile.TemporaryDirectory(prefix="hub-server-") as folder:
        data = Path(folder) / "hub"
        data.mkdir()
        models = ROOT / ".hub" / "models"
        if models.is_dir():
            (data / "models").symlink_to(models)
        log = Path(folder) / "server.log"
        begin = time.perf_counter()
        port, process = _healthy(
            command, {"HUB_DATA_DIR": str(data), "HUB_LOG_LEVEL": "INFO"} | environment, log
        )
        try:
            yield Server(port, process, log, time.perf_counter() - begin)
        finally:
            _end(process)


def _healthy(command: tuple[str, ...], environment: dict[str, str], log: Path) -> tuple[int, psutil.Popen]:
    """Port and process of a server that answers; raises RuntimeError with the log's end when none does."""
    for _ in range(_TRIES):
        port = free_port()
        process = psutil.Popen(
            [sys.executable, "-m", "streamlit", *command, f"--server.port={port}", "--server.headless=true",
             "--server.fileWatcherType=none", "--global.developmentMode=false"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=log.open("wb"),
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        if _answers(port, process):
            return port, process
        _end(process)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _answers(port: int, process: psutil.Popen) -> bool:
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"http://{LOOPBACK}:{port}/_stcore/health", timeout=2).ok:
                return True
        except requests.RequestException:
            pass  # not listening yet, or too busy to answer
        time.sleep(0.02)
    return False


def _end(process: psutil.Popen) -> None:
    """End the server, and then the children it has left: the work of a first start would go on for half a minute."""
    children = process.children(recursive=True) if process.is_running() else []
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(30)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(30)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, timeout=30)
