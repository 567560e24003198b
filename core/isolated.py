"""Reads hostile bytes at a safe distance: a module of ours runs in a child process with limits on everything.

`python -m core.isolated MODULE LIMITS [ARGUMENT ...]` is the child. It takes on the limits before it imports the
module, then calls the module's ``main(*arguments)``, which reads standard input, writes its answer to standard output
and returns an exit code. Files are its standard streams: nothing can deadlock on them, and their size can be bounded.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from core.config import ROOT
from core.errors import NotAvailable

_CLOCK = 2  # the processor's limit is the sharper one; this many times as long by the clock is for sleepers
# What a child sees of the environment: no key, no password.
_KEPT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH")
_OWN = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"}
# SIGXCPU and SIGXFSZ by their numbers on Linux, as Windows has no names for them.
_XCPU, _XFSZ, _KILL = getattr(signal, "SIGXCPU", 24), getattr(signal, "SIGXFSZ", 25), 9


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may take; on Windows only the clock holds."""

    memory_bytes: int  # address space, that of the libraries included
    seconds: float  # of the processor, rounded up to whole ones; twice as many by the clock
    answer_bytes: int  # in any one file, standard output first of all


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended, and what it had written until then."""

    code: int | None  # its exit code, minus the number of the signal that ended it, or None for the clock
    answer: bytes

    @property
    def took_too_long(self) -> bool:
        """Whether the clock or the processor's limit ended it, or a kill from outside, as when memory is out."""
        return self.code is None or self.code in (-_XCPU, -_KILL, -signal.SIGTERM)

    @property
    def wrote_too_much(self) -> bool:
        """Whether its answer was longer than it may be."""
        return self.code == -_XFSZ


class Isolated:
    """Runs one module in child processes, at most ``at_once`` of them at a time, however many threads ask."""

    def __init__(self, module: str, *, at_once: int) -> None:
        self._module = module
        self._places = threading.BoundedSemaphore(at_once)

    def run(self, file_name: str, content: bytes, limits: Limits, *arguments: str) -> Ended:
        """Give a child ``content`` as standard input and wait for its end; an exception here ends it as well.

        Raises NotAvailable, which names the file, when no place gets free in the time that a child may take.
        """
        command = [sys.executable, "-m", __name__, self._module, json.dumps(asdict(limits)), *arguments]
        with self._place(file_name, limits):
            return _ended(command, content, limits.seconds * _CLOCK)

    @contextmanager
    def _place(self, file_name: str, limits: Limits) -> Iterator[None]:
        if not self._places.acquire(timeout=limits.seconds * _CLOCK):
            raise NotAvailable(
                f"{file_name} was not read: other files are being read", "Try again in a minute."
            )
        try:
            yield
        finally:
            self._places.release()


def _ended(command: list[str], content: bytes, clock_s: float) -> Ended:
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as answer:
        source.write(content)
        source.seek(0)
        child = subprocess.Popen(  # noqa: S603 - our own modules and figures
            command,
            stdin=source,
            stdout=answer,
            stderr=subprocess.DEVNULL,
            env={key: os.environ[key] for key in _KEPT if key in os.environ} | _OWN,
            cwd=ROOT,
        )
        code = _waited_for(child, clock_s)
        answer.seek(0)
        return Ended(code, answer.read())


def _waited_for(child: "subprocess.Popen[bytes]", clock_s: float) -> int | None:
    try:
        return child.wait(clock_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()


def main() -> int:
    """In the child: take on the limits, then do what the module does."""
    module, limits, *arguments = sys.argv[1:]
    _limit_this_process(Limits(**json.loads(limits)))
    code: int = importlib.import_module(module).main(*arguments)
    return code


def _limit_this_process(limits: Limits) -> None:
    try:
        import resource
    except ImportError:
        return
    seconds = max(1, int(limits.seconds + 0.999))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.answer_bytes, limits.answer_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Python ignores this signal: a longer answer would be an error of the module's instead.
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
