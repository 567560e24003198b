"""Does the work of a first start ahead: ``python -m core.bake [part ...]`` (the image build does all of it).

The app runs it in a process of its own, so that the memory of this work goes back to the system.
"""

import sys
from collections.abc import Callable
from typing import Any

from core.cli import run_json
from core.config import settings
from core.errors import BadInput


def bake(*parts: str) -> dict[str, Any]:
    """Do the named parts, or all; what is done already costs nothing. Returns what each of them made.

    Raises BadInput for an unknown part, and a HubError when a model is missing or altered.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise BadInput(f"Unknown part: {', '.join(sorted(unknown))}", f"Choose from {', '.join(PARTS)}.")
    return {part: PARTS[part]() for part in parts or PARTS}


def is_first_start() -> bool:
    """Whether the data folder lacks the coefficients of the sentiment model or the index of the documents."""
    folder = settings().data_dir
    return not (folder / "rag").exists() or not any((folder / "sql_ai").glob("opinion-*.npz"))


def _sentiment() -> dict[str, float]:
    from core.sql_ai.functions.sentiment import score

    text = "a good start"  # any text: the first one learns the coefficients
    return {text: score([text])[0]}


def _documents() -> dict[str, int]:
    from core.rag import open_shared_corpus

    return {"documents": len(open_shared_corpus().documents())}


def _language_model() -> dict[str, Any]:
    from core.generator_local import local_source, prepared_model

    return {"folder": prepared_model(local_source())}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "sentiment": _sentiment,
    "documents": _documents,
    "language-model": _language_model,
}

if __name__ == "__main__":
    raise SystemExit(run_json(lambda: bake(*sys.argv[1:])))
