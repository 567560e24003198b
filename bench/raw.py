"""The bare embedding model that figures are held against: sentence-transformers, as anyone would load it."""

from typing import TYPE_CHECKING

from core.lean import import_torch, without_compiler
from core.machine import model_dtype
from core.weights import EMBEDDING_MODEL, verified_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def sentence_transformer() -> "SentenceTransformer":
    """The packaged model in the number format of this machine."""
    torch = import_torch()
    folder = str(verified_weights(EMBEDDING_MODEL).parent)
    with without_compiler():
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(
            folder, device="cpu", model_kwargs={"dtype": getattr(torch, model_dtype())}
        )
