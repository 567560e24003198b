"""`python -m core.rag`: the knowledge base on the command line, one JSON document per call."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core.cli import run_json, to_json
from core.errors import BadInput
from core.rag.documents import MODES, Progress
from core.rag.events import GENERATOR_CHOICES
from core.rag.parsing.kinds import SUFFIXES

if TYPE_CHECKING:
    from core.rag.evaluation_builtin import AskSettings


class _Parser(argparse.ArgumentParser):
    """Wrong arguments become the same JSON error as every other wrong input."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        raise BadInput(message, f"See {self.prog} --help.")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 with the error as JSON."""
    return run_json(lambda: _run(arguments))


def _run(arguments: list[str] | None) -> Any:
    options = _parser().parse_args(arguments)
    return options.run(options)


def _add(options: argparse.Namespace) -> Any:
    knowledge_base = _open(options)
    files = [item for path in options.paths for item in _files(Path(path))]
    from core.rag.base import Source, read_file

    sources = [Source(name, data=read_file(path)) for name, path in files]
    return knowledge_base.add_many(sources, on_progress=_show if sys.stderr.isatty() else None)


def _search(options: argparse.Namespace) -> Any:
    return _open(options).search(
        options.question, k=options.k, mode=options.mode, where=_where(options), rerank=options.rerank
    )


def _ask(options: argparse.Namespace) -> Any:
    answer = _open(options).ask(
        options.question,
        k=options.k,
        mode=options.mode,
        where=_where(options),
        threshold=options.threshold,
        generator=options.generator,
    )
    return {**to_json(answer), "citations": answer.citations, "support": answer.support}


def _documents(options: argparse.Namespace) -> Any:
    return _open(options).documents()


def _delete(options: argparse.Namespace) -> Any:
    return {"deleted": _open(options).delete(options.document)}


def _reindex(options: argparse.Namespace) -> Any:
    return {"documents": _open(options).reindex(on_progress=_show if sys.stderr.isatty() else None)}


def _check(options: argparse.Namespace) -> Any:
    knowledge_base = _open(options)
    if options.rebuild:
        knowledge_base.rebuild_index()
    return knowledge_base.check_index()


def _evaluate_retrieval(options: argparse.Namespace) -> Any:
    from core.rag.evaluation_retrieval import evaluate_beir

    return evaluate_beir(Path(options.beir), limit=options.limit, split=options.split)


def _evaluate_answers(options: argparse.Namespace) -> Any:
    from core.rag.evaluation_answers import evaluate_squad

    return evaluate_squad(
        Path(options.squad),
        off_topic=Path(options.off_topic) if options.off_topic else None,
        limit=options.limit,
        generator=options.generator,
    )


def _evaluate_builtin(options: argparse.Namespace) -> Any:
    from core.rag.evaluation_builtin import AskSettings, compare, evaluate_builtin

    first = AskSettings(
        k=options.k,
        mode=options.mode,
        rerank=options.rerank,
        threshold=options.threshold,
        generator=options.generator,
    )
    second = _changed(first, options.against) if options.against else None
    corpus = _shared_corpus()
    report = evaluate_builtin(corpus, first, half=options.half)
    if second is None:
        return report
    against = evaluate_builtin(corpus, second, half=options.half)
    return {"first": report, "second": against, "second_minus_first": compare(report, against)}


def _changed(first: AskSettings, text: str) -> AskSettings:
    """The settings to compare with, refused before the first ones are measured."""
    from core.rag.evaluation_builtin import require_usable

    other = _object("--against", text, '{"mode": "vector"}')
    known = [field.name for field in fields(first)]
    if not set(other) <= set(known):
        raise BadInput(f"--against names an unknown setting: {other}", f"Known: {', '.join(known)}.")
    second = replace(first, **other)
    require_usable(second)
    return second


def _calibrate(options: argparse.Namespace) -> Any:
    from core.rag.fitting import calibrate, save, write_examples

    files = [Path(name) for name in options.squad]
    off_topic = Path(options.off_topic) if options.off_topic else None
    found, examples = calibrate(
        _shared_corpus(), stored=options.stored, files=files, off_topic=off_topic, tell=_tell
    )
    if options.save:
        save(found)
        write_examples(examples)
    return found


def _shared_corpus() -> Any:
    from core.rag.shared_corpus import open_shared_corpus

    return open_shared_corpus()


def _tell(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def _open(options: argparse.Namespace) -> Any:
    from core.rag.knowledge_base import open_knowledge_base

    if not options.store:
        raise BadInput("No store is given", "Name a folder: python -m core.rag --store DIR ...")
    return open_knowledge_base(options.store, options.collection)


def _files(path: Path) -> list[tuple[str, Path]]:
    """A file under its own name, or the supported files of a folder under their relative paths."""
    if not os.path.isdir(path):  # Path.is_dir raises for a name that is too long
        return [(path.name, path)]
    found = sorted(item for item in path.rglob("*") if item.suffix.lower() in SUFFIXES and item.is_file())
    if not found:
        raise BadInput(
            f"The folder {path} holds no file of a supported type", f"Supported are {' '.join(SUFFIXES)}."
        )
    return [(item.relative_to(path).as_posix(), item) for item in found]


def _where(options: argparse.Namespace) -> dict[str, Any] | None:
    return _object("--where", options.where, '{"department": "HR"}') if options.where else None


def _object(option: str, text: str, example: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{option} is not JSON: {error}", f"For example '{example}'.") from None
    if not isinstance(value, dict):
        raise BadInput(f"{option} is not a JSON object", f"For example '{example}'.")
    return value


def _show(progress: Progress) -> None:
    left = f", {progress.remaining_s:.0f} s left" if progress.remaining_s is not None else ""
    print(f"{progress.chunks_done} chunks, {progress.rate:.0f}/s{left}  {progress.current}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core.rag", description=__doc__)
    parser.add_argument("--store", help="folder of the knowledge base")
    parser.add_argument("--collection", default="default", help="name of the collection in it")
    parser.add_argument("--json", action="store_true", help="print JSON (always the case)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _command(commands, "add", _add, "index files or folders")
    add.add_argument("paths", nargs="+", metavar="PATH")
    search = _command(commands, "search", _search, "the best passages for a question")
    _question_options(search)
    search.add_argument("--rerank", action="store_true", help="look at the best hits a second time")
    ask = _command(commands, "ask", _ask, "a verified answer with citations, or a refusal")
    _question_options(ask)
    ask.add_argument("--threshold", type=float, help="refuse below this confidence")
    ask.add_argument("--generator", default="auto", choices=GENERATOR_CHOICES)
    _command(commands, "documents", _documents, "what is indexed")
    delete = _command(commands, "delete", _delete, "remove a document")
    delete.add_argument("document", metavar="DOCUMENT")
    _command(commands, "reindex", _reindex, "cut and embed every document again")
    check = _command(commands, "check", _check, "compare the vector index with the stored chunks")
    check.add_argument("--rebuild", action="store_true", help="rebuild the index first")
    _add_evaluate(commands)
    _add_calibrate(commands)
    return parser


def _question_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("question")
    parser.add_argument("--k", type=int, default=None, help="number of passages")
    parser.add_argument("--mode", choices=MODES, default=None)
    parser.add_argument("--where", help="metadata filter as JSON")


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure retrieval or answers")
    kinds = evaluate.add_subparsers(required=True, metavar="WHAT")
    retrieval = _command(kinds, "retrieval", _evaluate_retrieval, "nDCG, recall and MRR on a BEIR folder")
    retrieval.add_argument("--beir", required=True, metavar="FOLDER")
    retrieval.add_argument(
        "--split", default=None, help="which qrels file (default: test, else the only one)"
    )
    retrieval.add_argument("--limit", type=int, default=None, help="only the first N queries")
    answers = _command(kinds, "answers", _evaluate_answers, "answers and refusals on a SQuAD 2.0 file")
    answers.add_argument("--squad", required=True, metavar="FILE")
    answers.add_argument("--off-topic", metavar="FILE")
    answers.add_argument("--limit", type=int, default=None)
    answers.add_argument("--generator", default="auto")
    builtin = _command(kinds, "builtin", _evaluate_builtin, "the question set over the shared corpus")
    builtin.add_argument("--half", default="test", help="tuning, test, all or development")
    builtin.add_argument("--k", type=int, default=4)
    builtin.add_argument("--mode", default="hybrid", choices=MODES)
    builtin.add_argument("--rerank", action=argparse.BooleanOptionalAction, default=None)
    builtin.add_argument("--threshold", type=float, default=None)
    builtin.add_argument("--generator", default="extractive")
    builtin.add_argument("--against", metavar="JSON", help="settings to compare with, as JSON")


def _add_calibrate(commands: Any) -> None:
    calibrate = _command(commands, "calibrate", _calibrate, "fit the refusal threshold on labelled questions")
    calibrate.add_argument(
        "--stored", action="store_true", help="on the evidence in assets, without measuring again"
    )
    calibrate.add_argument("--squad", nargs="+", default=[], metavar="FILE", help="more questions")
    calibrate.add_argument("--off-topic", metavar="FILE", help="questions that none of these files answer")
    calibrate.add_argument("--save", action="store_true", help="write it where the hub reads it")


def _command(commands: Any, name: str, run: Any, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_text)
    parser.set_defaults(run=run)
    # accepted after the command too; SUPPRESS keeps the value given before it
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--store", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
