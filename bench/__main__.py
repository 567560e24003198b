"""``python -m bench [NAME ...] [--json] [--write]``: measures, prints, and fails when a figure passes its limit."""

import argparse
import importlib
import sys
from typing import Any

from bench import report
from bench.entry import Entry
from core.cli import run_json, to_json
from core.runtime import prepare

SUITES = ("sql", "mlops", "rag", "scaling", "app", "memory")


def main() -> int:
    """Run the named suites (all without a name); 1 when a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="NAME", help=f"one or more of {', '.join(SUITES)}")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    arguments = parser.parse_args()
    if unknown := set(arguments.suites) - set(SUITES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(SUITES)}")
    prepare()
    found = [entry for name in arguments.suites or SUITES for entry in measure(name)]
    if arguments.json:
        run_json(lambda: [_as_dict(entry) for entry in found])
    if arguments.write:
        report.PAGE.write_text(report.markdown(found), encoding="utf-8")
    failed = [entry for entry in found if not entry.passed]
    for entry in failed:
        print(f"over its limit: {entry.name}", file=sys.stderr)
    return 1 if failed else 0


def measure(name: str) -> list[Entry]:
    """The entries of one suite, printed to standard error as they come."""
    entries: list[Entry] = importlib.import_module(f"bench.{name}").entries()
    for entry in entries:
        print(_line(entry), file=sys.stderr)
    return entries


def _as_dict(entry: Entry) -> dict[str, Any]:
    fields: dict[str, Any] = to_json(entry)
    return {**fields, "passed": entry.passed, "on_target": entry.on_target}


def _line(entry: Entry) -> str:
    ratio = "" if entry.ratio is None else f"  ratio {entry.ratio:6.3g}"
    verdict = "" if entry.limit is None else ("  ok" if entry.passed else f"  OVER {entry.limit:g}")
    verdict += "" if entry.on_target else f"  target {entry.target:g} missed"
    return f"{entry.name:45} {entry.value:10.4g} {entry.unit:8}{ratio}{verdict}  ({entry.how})"


if __name__ == "__main__":
    raise SystemExit(main())
