"""AI_EMBED: vectors with the dimension each Snowflake model documents.

The local model gives 384 numbers. They are followed by zeros up to 768 or 1024, so every cosine, inner product and
distance between two vectors is exactly that of the 384 numbers; only the length of the array imitates the named model.
"""

from core.sql_ai.functions.errors import RowError
from core.sql_ai.functions.vectors import vectors

# Documented embedding models and the dimension of their vectors.
DIMENSIONS: dict[str, int] = {
    "snowflake-arctic-embed-m": 768,
    "snowflake-arctic-embed-m-v1.5": 768,
    "e5-base-v2": 768,
    "snowflake-arctic-embed-l-v2.0": 1024,
    "snowflake-arctic-embed-l-v2.0-8k": 1024,
    "voyage-multilingual-2": 1024,
    "nv-embed-qa-4": 1024,
    "multilingual-e5-large": 1024,
}


def embed(items: list[tuple[str, str]]) -> list[list[float] | RowError]:
    """Return for each (model, text) a vector of the model's documented dimension, or an error for an unknown model."""
    known = vectors(text for model, text in items if model.lower() in DIMENSIONS)
    return [
        _padded(known[text].tolist(), model) if text in known else _unknown(model) for model, text in items
    ]


def _padded(vector: list[float], model: str) -> list[float] | RowError:
    if model.lower() not in DIMENSIONS:
        return _unknown(model)
    return vector + [0.0] * (DIMENSIONS[model.lower()] - len(vector))


def _unknown(model: str) -> RowError:
    return RowError(f"unknown embedding model '{model}'; known models: {', '.join(sorted(DIMENSIONS))}")
