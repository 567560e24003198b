"""Embeddings of distinct texts: each text of a batch goes to the model once, however often it occurs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def vectors(texts: Iterable[str]) -> "dict[str, NDArray[np.float32]]":
    """Return a unit vector of 384 numbers for each distinct text.

    Texts of one length in word pieces are embedded together: padding would change the last digits, and a query
    must not give other rows batched than row by row.
    """
    from core.embedder import get_embedder

    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    embedder = get_embedder()
    groups: dict[int, list[str]] = {}
    for text, pieces in zip(distinct, embedder.count_tokens(distinct), strict=True):
        groups.setdefault(min(pieces, embedder.max_tokens), []).append(text)
    known: dict[str, NDArray[np.float32]] = {}
    for group in groups.values():
        known.update(zip(group, embedder.encode(group), strict=True))
    return known
