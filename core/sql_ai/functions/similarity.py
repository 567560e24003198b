"""AI_SIMILARITY: how close two texts are in meaning."""

from core.sql_ai.functions.vectors import vectors


def similarity(pairs: list[tuple[str, str]]) -> list[float]:
    """Return the cosine of the two texts' embeddings for each pair, in -1..1; equal texts give exactly 1."""
    import numpy as np

    known = vectors(text for pair in pairs for text in pair)
    if not known:
        return []
    left = np.stack([known[first] for first, _ in pairs]).astype(np.float64)
    right = np.stack([known[second] for _, second in pairs]).astype(np.float64)
    cosines = np.einsum("ij,ij->i", left, right)
    cosines /= np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    equal = np.fromiter((first == second for first, second in pairs), dtype=bool, count=len(pairs))
    return [float(value) for value in np.where(equal, 1.0, np.clip(cosines, -1.0, 1.0))]
