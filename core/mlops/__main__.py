"""The command line: ``python -m core.mlops --root DIR COMMAND ... --json``."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.cli import run_json
from core.errors import BadInput

if TYPE_CHECKING:
    from core.mlops.training import TrainingEvent
    from core.mlops.workspace import Workspace


class _Parser(argparse.ArgumentParser):
    """Wrong arguments become the same JSON error as every other wrong input."""

    def error(self, message: str) -> Any:
        raise BadInput(message, f"See: {self.prog} --help")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and print its result as JSON; the exit code."""
    return run_json(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> Any:
    options = _parser().parse_args(arguments)
    from core.mlops import open_workspace

    workspace = open_workspace(options.root)
    command: Callable[[Workspace, argparse.Namespace], Any] = options.command
    return command(workspace, options)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core.mlops", description="Train, compare, gate, promote, roll back.")
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print JSON (always so)")
    parser.add_argument("--root", help="folder of the workspace; default: from the settings")
    parser.add_argument("--json", action="store_true", help="print JSON (always so)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def add(name: str, command: Callable[..., Any], help_text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_text, parents=[common])
        made.set_defaults(command=command)
        return made

    _add_data_commands(add)
    _add_registry_commands(add)
    return parser


def _add_data_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    for name, command, text in (
        ("train", _train, "train algorithms on a CSV file"),
        ("inspect", _inspect, "roles and problems of a CSV file"),
    ):
        made = add(name, command, text)
        made.add_argument("--csv", required=True, help="path of the CSV file")
        made.add_argument("--target", help="column to predict; guessed when left out")
        made.add_argument("--positive", help="value of the target that counts as yes")
        made.add_argument(
            "--role", action="append", default=[], metavar="COLUMN=ROLE", help="override a role"
        )
        if name == "train":
            made.add_argument("--algorithms", nargs="+", metavar="NAME", help="default: a set of four")
            made.add_argument("--calibrate", action="store_true", help="calibrate the probabilities")
            made.add_argument("--budget", type=float, metavar="SECONDS", help="time for the search")
            made.add_argument("--seed", type=int, help="seed of folds and algorithms")
    made = add("runs", lambda ws, options: ws.runs(options.filter), "the runs table")
    made.add_argument("--filter", default="", help="metrics.roc_auc > 0.8 OR params.algorithm = 'knn'")
    made = add("drift", _drift, "compare records with the Production model's training data")
    made.add_argument("--csv", required=True, help="path of the CSV file")
    add("seed", _seed, "fill an empty workspace with generated data, runs and a Production version")
    made = add("generate", _generate, "write generated churn data whose true probabilities are known")
    made.add_argument("--rows", type=int, default=4000)
    made.add_argument("--seed", type=int, default=7)
    made.add_argument("--out", required=True, help="path of the CSV file to write")


def _add_registry_commands(add: Callable[..., argparse.ArgumentParser]) -> None:
    made = add("register", _register, "make a version of a run's model")
    made.add_argument("run_id", nargs="?")
    made.add_argument("--run", "--run-id", dest="run_option")
    made = add("gates", lambda ws, options: ws.check_gates(_version(options)), "judge a version")
    _add_version(made)
    made = add("promote", _promote, "move a version to Staging or Production")
    _add_version(made)
    made.add_argument("--to", default="Staging", help="Staging or Production")
    made.add_argument("--override", action="store_true", help="promote even if a gate fails; stays on record")
    _add_reason(made)
    made = add("rollback", _rollback, "undo the last promotion")
    made.add_argument(
        "--instead-of",
        type=int,
        metavar="VERSION",
        help="refuse unless this version is in Production; default: the one that is there when the command starts",
    )
    _add_reason(made)
    made = add("delete", lambda ws, o: ws.delete_version(_version(o), o.reason, o.actor), "remove a version")
    _add_version(made)
    _add_reason(made)
    add("history", lambda ws, options: ws.history(), "all decisions, newest first")
    add("stages", lambda ws, options: ws.stages(), "the stage of every version")
    add("versions", lambda ws, options: ws.versions(), "all versions with their facts")
    add("audit", lambda ws, options: ws.audit_status(), "whether the audit log is whole")


def _add_version(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", type=int)
    parser.add_argument("--version", dest="version_option", type=int)


def _add_reason(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reason", default="", help="why; kept in the audit log")
    parser.add_argument("--actor", default="", help="who; default: the system's user")


def _version(options: argparse.Namespace) -> int:
    version = options.version if options.version is not None else options.version_option
    if version is None:
        raise BadInput("Which version?", "Give its number, for example: promote 2 --to Production")
    return int(version)


def _roles(options: argparse.Namespace) -> dict[str, str]:
    pairs = [text.partition("=") for text in options.role]
    if any(not sign for _, sign, _ in pairs):
        raise BadInput("--role needs COLUMN=ROLE", "Example: --role zip_code=categorical")
    return {column: role for column, _, role in pairs}


def _train(workspace: "Workspace", options: argparse.Namespace) -> Any:
    names = [part for text in options.algorithms or [] for part in text.replace(",", " ").split()]
    return workspace.train(
        options.csv,
        options.target,
        options.positive,
        names or None,
        roles=_roles(options),
        calibrate=options.calibrate,
        budget_s=options.budget,
        seed=options.seed,
        on_event=_tell,
    )


def _tell(event: "TrainingEvent") -> None:
    shown = f" {event.metric:.4f}" if event.metric is not None else ""
    print(
        f"{event.algorithm} {event.step} {event.done}/{event.total}{shown} {event.message}", file=sys.stderr
    )


def _inspect(workspace: "Workspace", options: argparse.Namespace) -> Any:
    return workspace.inspect(options.csv, options.target, options.positive, _roles(options))


def _register(workspace: "Workspace", options: argparse.Namespace) -> Any:
    run_id = options.run_id or options.run_option
    if not run_id:
        raise BadInput("Which run?", "Give its id, as the runs command shows it.")
    version = workspace.register(run_id)
    return {"version": version, "run_id": workspace.version(version).run_id}


def _promote(workspace: "Workspace", options: argparse.Namespace) -> Any:
    return workspace.promote(
        _version(options), options.to, reason=options.reason, actor=options.actor, override=options.override
    )


def _rollback(workspace: "Workspace", options: argparse.Namespace) -> Any:
    seen = options.instead_of if options.instead_of is not None else workspace.stages()["Production"]
    return workspace.rollback(reason=options.reason, actor=options.actor, instead_of=seen)


def _drift(workspace: "Workspace", options: argparse.Namespace) -> Any:
    return workspace.drift(options.csv)


def _seed(workspace: "Workspace", options: argparse.Namespace) -> Any:
    from core.mlops.seeding import seed

    return {"seeded": seed(workspace), "stages": workspace.stages()}


def _generate(workspace: "Workspace", options: argparse.Namespace) -> Any:
    from core.mlops.generator import best_auc, generate

    frame, probability = generate(options.rows, options.seed)
    try:
        frame.to_csv(options.out, index=False)
    except OSError as error:
        raise BadInput(
            f"'{options.out}' cannot be written: {error.strerror or error}",
            "Name a file in a folder that is there and may be written.",
        ) from None
    return {"rows": len(frame), "best_reachable_roc_auc": best_auc(frame, probability), "file": options.out}


if __name__ == "__main__":
    sys.exit(main())
