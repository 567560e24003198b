"""Embeddings of distinct texts: each text of a batch goes to the model once, however often it occurs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def vectors(texts: Iterable[str]) -> "dict[str, NDArray[np.float32]]":
    """Return a unit vector of 384 numbers for each distinct text."""
    from core.embedder import get_embedder

    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    return dict(zip(distinct, get_embedder().encode(distinct), strict=True))
