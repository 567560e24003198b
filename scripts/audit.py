"""Holds every pinned dependency against a public advisory database: `make audit`.

Exit code 0: no known vulnerability. 1: some, listed. 3: nothing was audited, and why: an unreachable
source is no clean bill of health.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "https://api.osv.dev/v1/query"
NOT_AUDITED = 3
_PROBE = {"version": "2.4.1", "package": {"name": "jinja2", "ecosystem": "PyPI"}}  # has known advisories
_WAIT_S = 10
_AUDITOR = ROOT / ".venv" / "audit" / "bin" / "pip-audit"


def main(source: str, command: Sequence[str], install: Callable[[], object] = lambda: None) -> int:
    """Audit when ``source`` answers; the exit code. ``command`` is the auditor with its arguments."""
    if problem := unreachable(source):
        print(f"Nothing was audited: the advisory source {source} cannot be reached ({problem}).")
        return NOT_AUDITED
    install()
    try:
        return 1 if subprocess.run(command, cwd=ROOT, check=False).returncode else 0
    except FileNotFoundError:
        print(f"Nothing was audited: {command[0]} is not installed, and could not be.")
        return NOT_AUDITED


def unreachable(source: str) -> str:
    """Why the source cannot be used; nothing when it knows the advisories that it must know."""
    try:
        answer = requests.post(source, json=_PROBE, timeout=_WAIT_S)
        return "" if answer.ok and answer.json().get("vulns") else f"it answers {answer.status_code}"
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__


def _install() -> None:
    """pip-audit has an environment of its own: its dependencies must not change the ones it looks at."""
    if _AUDITOR.exists():
        return
    folder = _AUDITOR.parent.parent
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=False)
    quiet = ["--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([str(folder / "bin" / "python"), "-m", "pip", *quiet, "pip-audit"], check=False)


if __name__ == "__main__":
    options = ["--vulnerability-service", "osv", "--no-deps", "--disable-pip", "--progress-spinner", "off"]
    files = ["-r", "requirements.txt", "-r", "requirements-weights.txt"]
    sys.exit(main(SOURCE, [str(_AUDITOR), *options, *files], _install))
