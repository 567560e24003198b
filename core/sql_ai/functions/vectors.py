"""Embeddings of distinct texts: each text of a batch goes to the model once, however often it occurs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.sql_ai.functions.pauses import checkpoint, interruptible

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def vectors(texts: Iterable[str]) -> "dict[str, NDArray[np.float32]]":
    """Return a unit vector of 384 numbers for each distinct text.

    No padding is involved, which would change the last digits: a query must not give other rows batched than row
    by row.
    """
    from core import embedder

    distinct = list(dict.fromkeys(texts))
    if not distinct:
        return {}
    model = (
        embedder.get_embedder()
        if embedder.is_loaded()
        else interruptible(lambda _stop: embedder.get_embedder())
    )
    return dict(zip(distinct, model.encode_unpadded(distinct, checkpoint), strict=True))
