"""Sentence embeddings for every demo: one model, loaded once, shared by all threads."""

import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.config import settings
from core.errors import NotAvailable
from core.lean import import_torch, without_compiler
from core.log import get_logger
from core.machine import model_dtype, torch_threads
from core.runtime import prepare, return_memory_soon
from core.weights import EMBEDDING_MODEL, verified_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Vectors = NDArray[np.float32]

_BATCH = 32  # texts per forward pass; the lock is released between passes, so that a question can overtake
_PASS_TOKENS = 1_024  # word pieces per pass of equally long texts: more is no faster, and holds others up
_FEW = 16  # texts that leave little behind
_load_lock = threading.Lock()
_loaded: "Embedder | None" = None


def get_embedder() -> "Embedder":
    """The embedder of this process; the first call loads it (some seconds), later calls are free.

    Raises NotAvailable or StoreError when the weights are missing or altered.
    """
    global _loaded
    if _loaded is None:
        with _load_lock:
            if _loaded is None:
                _loaded = Embedder(*_source())
    return _loaded


def is_loaded() -> bool:
    """Whether the model is in memory already."""
    return _loaded is not None


class Embedder:
    """Turns texts into unit vectors; equal texts always give equal vectors."""

    def __init__(self, model_id: str, location: str) -> None:
        prepare()
        torch = import_torch()
        torch.set_num_threads(torch_threads())
        self.model_id = model_id
        try:
            self._model: Model = _load(location)
        except OSError as error:
            raise NotAvailable(
                f"The embedding model {model_id} could not be loaded: {error}",
                "Name a local folder in EMBEDDING_MODEL, or set HUB_ALLOW_DOWNLOADS=1 with a network.",
            ) from error
        self._lock = threading.Lock()
        get_logger(__name__).info("embedder_loaded", model=model_id, dtype=model_dtype())

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        return self._model.dimension

    @property
    def max_tokens(self) -> int:
        """Word pieces the model reads of a text; the rest is invisible to it."""
        return self._model.max_tokens

    def encode(self, texts: Sequence[str]) -> "Vectors":
        """Unit vectors, float32 of shape (len(texts), dimension), in the order of ``texts``.

        Texts are embedded in order of length, so that a batch holds little padding. An empty text has
        a vector too, of no meaning: callers leave it out.
        """
        import numpy as np

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for start in range(0, len(by_length), _BATCH):
            rows = by_length[start : start + _BATCH]
            ids, mask = _padded(self._model.tokenize([texts[i] for i in rows]))
            # Unit length is made here: normalised in bfloat16 the lengths are off by 0.2 %.
            vectors[rows] = _unit_rows(self._run(partial(self._model.pooled, ids, mask)).numpy())
        _return_what_lay_between(texts)
        return vectors

    def encode_unpadded(self, texts: Sequence[str], between: Callable[[], None] = lambda: None) -> "Vectors":
        """As `encode`, to the last digit what it gives for each text alone, and a fifth cheaper in bulk.

        Texts of one length in word pieces share a forward pass, so that no padding changes a text's numbers.
        ``between`` is called before each pass (50 ms on two free cores); what it raises ends the work.
        """
        import numpy as np
        import torch

        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        rows = self._model.tokenize(texts)
        for batch in _equally_long(rows, lambda length: max(1, _PASS_TOKENS // length)):
            between()
            ids = torch.tensor([rows[index] for index in batch])
            vectors[batch] = _unit_rows(self._run(partial(self._model.pooled, ids)).numpy())
        _return_what_lay_between(texts)
        return vectors

    def encode_layer(self, texts: Sequence[str], depth: float) -> "Vectors":
        """Mean word-piece state of each text ``depth`` of the way through the model (0..1), not normalised.

        Middle layers know more of tone and less of topic than the final vectors. Texts of one length share a
        forward pass without padding, so that a text's numbers do not depend on its neighbours.
        """
        import numpy as np
        import torch

        layer = round(depth * self._model.layers)
        rows = self._model.tokenize(texts)
        states = np.empty((len(texts), self.dimension), dtype=np.float32)
        for batch in _equally_long(rows, lambda _: _BATCH):
            ids = torch.tensor([rows[index] for index in batch])
            hidden = self._run(partial(self._model.states, ids, layer=layer))
            states[batch] = hidden.mean(dim=1).numpy()
        _return_what_lay_between(texts)
        return states

    def encode_tokens(self, texts: Sequence[str]) -> list["Vectors"]:
        """One unit vector per word piece: float32 arrays of shape (pieces of that text, dimension)."""
        matrices: list[Vectors] = []
        for start in range(0, len(texts), _BATCH):
            rows = self._model.tokenize(texts[start : start + _BATCH])
            ids, mask = _padded(rows)
            batch = self._run(partial(self._model.states, ids, mask))
            matrices.extend(
                _unit_rows(tokens[: len(row)].numpy()) for tokens, row in zip(batch, rows, strict=True)
            )
        _return_what_lay_between(texts)
        return matrices

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, with the two marks the model adds, before any truncation."""
        return [len(ids) for ids in self._model.tokenize(texts, whole=True)]

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each word piece of ``text`` starts and ends, untruncated and without added marks."""
        return self._model.offsets(text)

    def _run(self, forward: "Callable[[], Tensor]") -> "Tensor":
        """What a forward pass gives, as float32; the lock is released between passes."""
        import torch

        with self._lock, torch.inference_mode():
            return forward().float()


def _return_what_lay_between(texts: Sequence[str]) -> None:
    """Batches leave tens of MB of freed memory in malloc's heaps; a question leaves nothing worth a thread."""
    if len(texts) > _FEW:
        return_memory_soon()


def _load(location: str) -> "Model":
    import torch

    from core.bert import Bert

    dtype: torch.dtype = getattr(torch, model_dtype())
    return Bert.find(Path(location), dtype) or _OtherMake(location, dtype)


class Model(Protocol):
    """What an embedder needs of its model; passes run one at a time."""

    dimension: int
    layers: int
    max_tokens: int

    def tokenize(self, texts: Sequence[str], *, whole: bool = False) -> list[list[int]]:
        """Ids of each text's word pieces with marks, cut to what the model reads unless ``whole``."""

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each word piece of the whole text starts and ends, without marks."""

    def states(self, ids: "Tensor", mask: "Tensor | None" = None, layer: int | None = None) -> "Tensor":
        """States of the word pieces after ``layer`` blocks (all)."""

    def pooled(self, ids: "Tensor", mask: "Tensor | None" = None) -> "Tensor":
        """One state for each text."""


class _OtherMake:
    """A model of another make, as EMBEDDING_MODEL may name: run by sentence-transformers."""

    def __init__(self, location: str, dtype: Any) -> None:
        with without_compiler():
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(
                location,
                device="cpu",
                local_files_only=not settings().hub_allow_downloads,
                model_kwargs={"dtype": dtype},
            )
        self._encoder: Any = self._model[0].auto_model
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        self.layers = int(self._encoder.config.num_hidden_layers)
        self.max_tokens = int(self._model.max_seq_length or self._model.tokenizer.model_max_length)
        self._state = threading.Lock()  # the tokenizer keeps padding and truncation as state

    def tokenize(self, texts: Sequence[str], *, whole: bool = False) -> list[list[int]]:
        if not texts:
            return []
        with self._state:
            options = {"truncation": False} if whole else {"truncation": True, "max_length": self.max_tokens}
            found: list[list[int]] = self._model.tokenizer(list(texts), **options)["input_ids"]
            return found

    def offsets(self, text: str) -> list[tuple[int, int]]:
        with self._state:
            encoded = self._model.tokenizer(
                text, truncation=False, add_special_tokens=False, return_offsets_mapping=True
            )
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]

    def states(self, ids: "Tensor", mask: "Tensor | None" = None, layer: int | None = None) -> "Tensor":
        found = self._encoder(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        state: Tensor = found[-1 if layer is None else layer]
        return state

    def pooled(self, ids: "Tensor", mask: "Tensor | None" = None) -> "Tensor":
        import torch

        features = {"input_ids": ids, "attention_mask": torch.ones_like(ids) if mask is None else mask}
        found: Tensor = self._model.forward(features)["sentence_embedding"]
        return found


def _source() -> tuple[str, str]:
    """Model id for records, and where to load it from."""
    configured = settings().embedding_model
    if configured is None:
        return EMBEDDING_MODEL.name, str(verified_weights(EMBEDDING_MODEL).parent)
    if Path(configured).is_dir() or settings().hub_allow_downloads:
        return configured, configured
    raise NotAvailable(
        f"EMBEDDING_MODEL names {configured}, which is no folder here, and downloads are off",
        "Give a folder, set HUB_ALLOW_DOWNLOADS=1, or remove the setting to use the packaged model.",
    )


def _equally_long(rows: Sequence[Sequence[int]], size: Callable[[int], int]) -> Iterator[list[int]]:
    """Places of rows of one length, ``size(length)`` at a time: passes that need no padding."""
    by_length: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        by_length.setdefault(len(row), []).append(index)
    for length, group in by_length.items():
        step = size(length)
        for start in range(0, len(group), step):
            yield group[start : start + step]


def _padded(rows: Sequence[Sequence[int]]) -> "tuple[Tensor, Tensor | None]":
    """The rows as one matrix, and which of its places hold word pieces; no mask where all do."""
    import torch

    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
    if all(len(row) == longest for row in rows):
        return ids, None
    return ids, torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])


def _unit_rows(matrix: "Vectors") -> "Vectors":
    import numpy as np

    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float32)
