"""Second looks at the best hits with what is at hand offline; a cross-encoder when one is configured."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from core.config import settings
from core.embedder import get_embedder
from core.errors import NotAvailable
from core.lean import without_compiler
from core.rag.documents import Chunk
from core.rag.words import words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from core.generator_local import LocalGenerator

_CACHED_CHUNKS = 2_000  # 120 word pieces of 384 half-floats each: about 180 MB when full
_COMMON_WORD = 0.3
"""What a word without content weighs in late interaction; the rarest word of the question weighs 1."""

Rarity = Callable[[str], float]
"""How much the stem of a word says in the corpus that is searched (its inverse document frequency)."""


class Reranker(Protocol):
    """Scores chunks against a question, 0 to 1, in the order given."""

    def __call__(self, question: str, chunks: Sequence[Chunk], rarity: Rarity | None = None) -> list[float]:
        """One score per chunk; a reranker that weighs words uses `rarity`."""
        ...


def default_reranker() -> Reranker:
    """The configured cross-encoder, else late interaction on the embedder's own token vectors."""
    return cross_encoder if settings().rag.cross_encoder else late_interaction


def late_interaction(question: str, chunks: Sequence[Chunk], rarity: Rarity | None = None) -> list[float]:
    """MaxSim: the mean over the question's word pieces of the best cosine to a piece of the chunk.

    Rare words of the question weigh more than common ones; without `rarity` all weigh the same.
    """
    import numpy as np

    embedder = get_embedder()
    words = embedder.encode_tokens([question])[0]
    words = words[1:-1] if len(words) > 2 else words  # without the two marks the model adds
    weights = _piece_weights(question, embedder.token_offsets(question), len(words), rarity)
    return [
        float(np.clip(weights @ (words @ matrix.astype(np.float32).T).max(axis=1), 0.0, 1.0))
        for matrix in _token_vectors(chunks)
    ]


def cross_encoder(question: str, chunks: Sequence[Chunk], rarity: Rarity | None = None) -> list[float]:
    """The configured cross-encoder's relevance of each chunk.

    Raises NotAvailable when none is configured, when it cannot be loaded, or when it gives more than one
    score a pair.
    """
    import numpy as np

    name = settings().rag.cross_encoder
    model = _cross_encoder(name, settings().hub_allow_downloads)
    pairs = [(question, chunk.indexed_text) for chunk in chunks]
    raw = np.asarray(model.predict(pairs, show_progress_bar=False), dtype=float)
    if raw.shape != (len(pairs),):
        raise NotAvailable(
            f"{name} is not a reranker: it gives {raw.size // max(1, len(pairs))} scores for one passage",
            "Name a cross-encoder with one output in RAG__CROSS_ENCODER.",
        )
    if raw.size and (raw.min() < 0.0 or raw.max() > 1.0):  # logits: models differ in what predict returns
        raw = 1.0 / (1.0 + np.exp(-raw))
    return [float(score) for score in raw]


def query_likelihood(question: str, chunks: Sequence[Chunk], rarity: Rarity | None = None) -> list[float]:
    """The mean probability that the local language model gives the question's words after the chunk.

    Slow: each chunk is read by the model. Raises NotAvailable without a local model.
    """
    import math

    from core.generator import get_generator

    model = cast("LocalGenerator", get_generator("local"))
    scores = []
    for chunk in chunks:
        prompt = f"Passage: {chunk.indexed_text}\nA question that this passage answers:"
        scores.append(math.exp(min(0.0, model.log_likelihood(prompt, [" " + question])[0])))
    return scores


_token_cache: OrderedDict[tuple[str, str], Any] = OrderedDict()  # by model and text
_token_lock = threading.Lock()


def _piece_weights(
    question: str, offsets: Sequence[tuple[int, int]], count: int, rarity: Rarity | None
) -> NDArray[np.float32]:
    """A weight for each word piece that the model read, summing to 1."""
    import numpy as np

    said = [word for word in words_of(question) if word.stem]
    spans = [(word.start, word.end, rarity(word.stem)) for word in said] if rarity else []
    highest = max((value for *_, value in spans), default=0.0)
    weights = np.full(count, _COMMON_WORD if highest else 1.0, dtype=np.float32)
    for row, (start, end) in enumerate(offsets[:count]):
        value = next((value for a, b, value in spans if a < end and b > start), 0.0)
        if highest:
            weights[row] += (1.0 - _COMMON_WORD) * value / highest
    return np.asarray(weights / max(float(weights.sum()), 1e-9), dtype=np.float32)


def _token_vectors(chunks: Sequence[Chunk]) -> list[NDArray[np.float16]]:
    """Token vectors of each chunk, kept for the chunks that come up again."""
    import numpy as np

    embedder = get_embedder()
    keys = [(embedder.model_id, chunk.indexed_text) for chunk in chunks]
    with _token_lock:
        known = {key: _token_cache[key] for key in keys if key in _token_cache}
    missing = sorted({key for key in keys if key not in known}, key=lambda key: len(key[1]))
    fresh = embedder.encode_tokens([text for _, text in missing])
    known |= {key: matrix.astype(np.float16) for key, matrix in zip(missing, fresh, strict=True)}
    with _token_lock:
        for key in keys:
            _token_cache[key] = known[key]
            _token_cache.move_to_end(key)
        while len(_token_cache) > _CACHED_CHUNKS:
            _token_cache.popitem(last=False)
    return [known[key] for key in keys]


_loading = threading.Lock()


def _cross_encoder(name: str, may_download: bool) -> Any:
    """The model of that name, loaded once: two threads that ask at the same time wait for one loading."""
    with _loading:
        return _loaded_cross_encoder(name, may_download)


@lru_cache(maxsize=1)
def _loaded_cross_encoder(name: str, may_download: bool) -> Any:
    if not name:
        raise NotAvailable("No cross-encoder is configured", "Name a folder or model in RAG__CROSS_ENCODER.")
    try:
        with without_compiler():
            from sentence_transformers import CrossEncoder

            return CrossEncoder(name, device="cpu", local_files_only=not may_download)
    except Exception as error:  # the libraries raise OSError, ValueError, KeyError and their own kinds
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NotAvailable(
            f"The cross-encoder {name} could not be loaded: {reason}",
            "Name a local folder in RAG__CROSS_ENCODER, or set HUB_ALLOW_DOWNLOADS=1 with a network.",
        ) from error
