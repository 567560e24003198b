"""Another process of the hub, as a second hub or a command line is."""

import subprocess
import sys
import textwrap

from core.config import ROOT


def in_another_process(before: str, body: str, *arguments: object, ends: int = 0) -> None:
    """Run the code `before` and `body` (dedented) in a Python of its own, and hold its exit code against `ends`."""
    done = subprocess.run(
        [sys.executable, "-c", before + textwrap.dedent(body), *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == ends, done.stderr
