"""``python -m core.sql_ai FILE.sql|- --json``: run a script and print its results; ``evaluate`` measures accuracy."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli import run_json, to_json
from core.errors import BadInput
from core.runtime import prepare

if TYPE_CHECKING:
    from core.sql_ai import Result


def main() -> int:
    """The exit code: 0, or 2 for bad input such as a missing file."""
    if len(sys.argv) > 1 and sys.argv[1] == "evaluate":
        return _evaluate(sys.argv[2:])
    arguments = _parser().parse_args()
    prepare()
    if arguments.json:
        return run_json(lambda: [result.to_dict() for result in _run(arguments)])
    return _print_readable(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core.sql_ai", description="Run Cortex SQL in a local sandbox."
    )
    parser.add_argument(
        "file", help="a file of SQL statements, or - for standard input; or: evaluate [forecast]"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--no-samples", action="store_true", help="start without the sample tables")
    parser.add_argument("--no-optimize", action="store_true", help="evaluate AI functions row by row")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="value of a :name parameter"
    )
    return parser


def _run(arguments: argparse.Namespace) -> "list[Result]":
    from core.sql_ai import open_session

    script = _read(arguments.file)
    values = dict(item.split("=", 1) for item in arguments.set if "=" in item)
    session = open_session(samples=not arguments.no_samples)
    return session.run_script(script, not arguments.no_optimize, values)


def _read(name: str) -> str:
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadInput(
            f"Cannot read {name}: {reason}", "Give the path of a .sql file, or - for standard input."
        ) from None


def _print_readable(arguments: argparse.Namespace) -> int:
    from core.errors import HubError

    try:
        results = _run(arguments)
    except HubError as error:
        print(f"{error.message} {error.hint}", file=sys.stderr)
        return 2
    for result in results:
        print(result.sql)
        if result.error:
            print(f"  error: {result.error.message} {result.error.hint}")
            continue
        print("  " + " | ".join(result.columns))
        for row in result.rows:
            print("  " + " | ".join(json.dumps(to_json(value), ensure_ascii=False) for value in row))
        for failed in result.failures:
            print(f"  {failed.message} {failed.hint}".rstrip())
    return 0


def _evaluate(arguments: list[str]) -> int:
    from core.sql_ai.functions import evaluation
    from core.sql_ai.ml import evaluation as forecasts

    prepare()
    if "forecast" in arguments:
        return forecasts.main(arguments)
    code = evaluation.main(arguments)
    return code if "--json" in arguments else code or forecasts.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
