"""AI_SIMILARITY: how close two texts are in meaning."""

from typing import TYPE_CHECKING

from core.sql_ai.functions.vectors import vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Known = dict[str, NDArray[np.float32]]


def similarity(pairs: list[tuple[str, str]]) -> list[float]:
    """Return the cosine of the two texts' embeddings for each pair, in -1..1; equal texts give exactly 1.

    A pair on its own is two plain calls of the model, as in an ordinary UDF: that is what row by row means. The
    numbers are those of a batch.
    """
    import numpy as np

    if not pairs:
        return []
    known = _alone(pairs[0]) if len(pairs) == 1 else vectors(text for pair in pairs for text in pair)
    left = np.stack([known[first] for first, _ in pairs]).astype(np.float64)
    right = np.stack([known[second] for _, second in pairs]).astype(np.float64)
    cosines = np.einsum("ij,ij->i", left, right)
    cosines /= np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    equal = np.fromiter((first == second for first, second in pairs), dtype=bool, count=len(pairs))
    return [float(value) for value in np.where(equal, 1.0, np.clip(cosines, -1.0, 1.0))]


def _alone(pair: tuple[str, str]) -> "Known":
    from core.embedder import get_embedder

    embedder = get_embedder()
    return {text: embedder.encode([text])[0] for text in dict.fromkeys(pair)}
