"""Prepares the model files ahead of the first visitor: ``python -m core.bake`` (the image build runs it)."""

from typing import Any

from core.cli import run_json
from core.weights import EMBEDDING_MODEL, verified_weights


def bake() -> dict[str, Any]:
    """Check both packaged models and convert the language model into the data folder.

    Returns where they lie; raises HubError when one is missing or altered.
    """
    from core.generator_local import local_source, prepared_model

    embedding = verified_weights(EMBEDDING_MODEL)
    return {"embedding_model": embedding, "language_model": prepared_model(local_source())}


if __name__ == "__main__":
    raise SystemExit(run_json(bake))
