"""`python -m core.rag`: the knowledge base on the command line, one JSON document per call."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from core.cli import run_json
from core.errors import BadInput
from core.rag.documents import MODES, Progress

_SUFFIXES = (".txt", ".md", ".markdown", ".html", ".htm", ".pdf", ".docx", ".csv")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 with the error as JSON."""
    options = _parser().parse_args(arguments)
    return run_json(lambda: options.run(options))


def _add(options: argparse.Namespace) -> Any:
    knowledge_base = _open(options)
    files = [item for path in options.paths for item in _files(Path(path))]
    from core.rag.knowledge_base import Source, read_file

    sources = [Source(name, data=read_file(path)) for name, path in files]
    return knowledge_base.add_many(sources, on_progress=_show if sys.stderr.isatty() else None)


def _search(options: argparse.Namespace) -> Any:
    return _open(options).search(
        options.question, k=options.k, mode=options.mode, where=_where(options), rerank=options.rerank
    )


def _ask(options: argparse.Namespace) -> Any:
    return _open(options).ask(
        options.question,
        k=options.k,
        mode=options.mode,
        where=_where(options),
        threshold=options.threshold,
        generator=options.generator,
    )


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


def _open(options: argparse.Namespace) -> Any:
    from core.rag.knowledge_base import open_knowledge_base

    if not options.store:
        raise BadInput("No store is given", "Name a folder: python -m core.rag --store DIR ...")
    return open_knowledge_base(options.store, options.collection)


def _files(path: Path) -> list[tuple[str, Path]]:
    """A file under its own name, or the supported files of a folder under their relative paths."""
    if not path.is_dir():
        return [(path.name, path)]
    found = sorted(item for item in path.rglob("*") if item.suffix.lower() in _SUFFIXES and item.is_file())
    if not found:
        raise BadInput(
            f"The folder {path} holds no file of a supported type", f"Supported are {' '.join(_SUFFIXES)}."
        )
    return [(item.relative_to(path).as_posix(), item) for item in found]


def _where(options: argparse.Namespace) -> dict[str, Any] | None:
    if not options.where:
        return None
    try:
        where = json.loads(options.where)
    except json.JSONDecodeError as error:
        raise BadInput(f"--where is no JSON: {error}", 'For example \'{"department": "HR"}\'.') from None
    if not isinstance(where, dict):
        raise BadInput("--where is no JSON object", 'For example \'{"department": "HR"}\'.')
    return where


def _show(progress: Progress) -> None:
    left = f", {progress.remaining_s:.0f} s left" if progress.remaining_s is not None else ""
    print(f"{progress.chunks_done} chunks, {progress.rate:.0f}/s{left}  {progress.current}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m core.rag", description=__doc__)
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
    ask.add_argument("--threshold", type=float, help="refuse below this score")
    ask.add_argument("--generator", default="auto", choices=["auto", "extractive", "local", "endpoint"])
    _command(commands, "documents", _documents, "what is indexed")
    delete = _command(commands, "delete", _delete, "remove a document")
    delete.add_argument("document", metavar="DOCUMENT")
    _command(commands, "reindex", _reindex, "cut and embed every document again")
    check = _command(commands, "check", _check, "compare the vector index with the stored chunks")
    check.add_argument("--rebuild", action="store_true", help="make the index anew first")
    _add_evaluate(commands)
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


def _command(commands: Any, name: str, run: Any, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help_text)
    parser.set_defaults(run=run)
    # accepted after the command too; SUPPRESS keeps the value given before it
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--store", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
