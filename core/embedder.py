"""Sentence embeddings for every demo: one model, loaded once, shared by all threads."""

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from core.config import settings
from core.errors import NotAvailable, StoreError
from core.lean import import_torch, without_compiler
from core.log import get_logger
from core.machine import model_dtype, multiplies_in_tiles, torch_threads
from core.runtime import prepare, return_memory_soon
from core.stores import Fault
from core.weights import EMBEDDING_MODEL, verified_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_BATCH = 32  # texts per forward pass; the lock is released between passes, so that a question can overtake
_PASS_TOKENS = 1_024  # word pieces per pass of equally long texts: more is no faster, and holds others up
_MOST_OF_A_PIECE = 64  # characters that a word piece stands for, blanks before it included
_FEW = 16  # texts that leave little behind
_FEW_ROWS, _MANY_ROWS = 32, 400  # of a matrix: between them AMX adds in another order than outside of them
_WORDS = "embeddings.word_embeddings.weight"
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
            self._model: Any = _load(location)
        except OSError as error:
            raise NotAvailable(
                f"The embedding model {model_id} could not be loaded: {error}",
                "Name a local folder in EMBEDDING_MODEL, or set HUB_ALLOW_DOWNLOADS=1 with a network.",
            ) from error
        self._lock = threading.Lock()
        get_logger(__name__).info("embedder_loaded", model=model_id, dtype=model_dtype())

    @cached_property
    def dimension(self) -> int:
        """Length of every vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def max_tokens(self) -> int:
        """Word pieces the model reads of a text; the rest is invisible to it."""
        return int(self._model.max_seq_length)

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
            # Unit length is made here: normalised in bfloat16 the lengths are off by 0.2 %.
            vectors[rows] = _unit_rows(self._encode([texts[i] for i in rows], "sentence_embedding"))
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
        rows = self._pieces(texts)
        for batch in _equally_long(rows, lambda length: max(1, _PASS_TOKENS // length)):
            between()
            ids = torch.tensor([rows[index] for index in batch])
            with self._lock, torch.inference_mode():
                features = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
                pooled = self._model.forward(features)["sentence_embedding"]
            vectors[batch] = _unit_rows(pooled.float().numpy())
        _return_what_lay_between(texts)
        return vectors

    def encode_layer(
        self, texts: Sequence[str], depth: float, between: Callable[[], None] = lambda: None
    ) -> "Vectors":
        """Mean word-piece state of each text ``depth`` of the way through the model (0..1), not normalised.

        Middle layers know more of tone and less of topic than the final vectors. Texts of one length share a
        forward pass without padding, so that a text's numbers do not depend on its neighbours. ``between`` is
        called before each pass; what it raises ends the work.
        """
        import numpy as np
        import torch

        encoder: Any = self._model[0].auto_model
        layer = round(depth * int(encoder.config.num_hidden_layers))
        rows = self._pieces(texts)
        states = np.empty((len(texts), int(encoder.config.hidden_size)), dtype=np.float32)
        for batch in _equally_long(rows, lambda _: _BATCH):
            between()
            with self._lock, torch.inference_mode():
                ids = torch.tensor([rows[index] for index in batch])
                hidden = _states_after(encoder, ids, layer)
            states[batch] = hidden.float().mean(dim=1).numpy()
        _return_what_lay_between(texts)
        return states

    def encode_tokens(self, texts: Sequence[str]) -> list["Vectors"]:
        """One unit vector per word piece: float32 arrays of shape (pieces of that text, dimension)."""
        matrices: list[Vectors] = []
        for start in range(0, len(texts), _BATCH):
            batch = self._encode(list(texts[start : start + _BATCH]), "token_embeddings")
            matrices.extend(_unit_rows(tokens.float().numpy()) for tokens in batch)
        _return_what_lay_between(texts)
        return matrices

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, with the two marks the model adds, before any truncation."""
        if not texts:
            return []
        rows = self._tokenize(list(texts), truncation=False, add_special_tokens=True)
        return [len(ids) for ids in rows["input_ids"]]

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each word piece of ``text`` starts and ends, untruncated and without added marks."""
        encoded = self._tokenize(
            text, truncation=False, add_special_tokens=False, return_offsets_mapping=True
        )
        return [(int(start), int(end)) for start, end in encoded["offset_mapping"]]

    def _within_reach(self, text: str) -> str:
        """As much of a text as the model can read: the tokenizer reads all of it before it cuts its word pieces.

        Two million characters took ten seconds, in which no other visitor's text was embedded.
        """
        return text[: _MOST_OF_A_PIECE * self.max_tokens]

    def _pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """The word pieces that the model reads of each text, with the two marks that it adds."""
        if not texts:
            return []
        read = [self._within_reach(text) for text in texts]
        rows: list[list[int]] = self._tokenize(read, truncation=True, max_length=self.max_tokens)["input_ids"]
        return rows

    def _tokenize(self, text: str | list[str], **options: int) -> Any:
        """The tokenizer keeps padding and truncation as state: a call during `_encode` would unpad its batch."""
        with self._lock:
            return self._model.tokenizer(text, **options)

    def _encode(self, texts: list[str], output: str) -> Any:
        pooled = output == "sentence_embedding"
        with self._lock:
            return self._model.encode(
                [self._within_reach(text) for text in texts],
                batch_size=_BATCH,
                output_value=output,
                convert_to_numpy=pooled,
                show_progress_bar=False,
            )


def _return_what_lay_between(texts: Sequence[str]) -> None:
    """Batches leave tens of MB of freed memory in malloc's heaps; a question leaves nothing worth a thread."""
    if len(texts) > _FEW:
        return_memory_soon()


def _load(location: str) -> Any:
    import torch

    with without_compiler():
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(
            location,
            device="cpu",
            local_files_only=not settings().hub_allow_downloads,
            model_kwargs={"dtype": getattr(torch, model_dtype())},
        )
    encoder: Any = model[0].auto_model
    if encoder.config.model_type == "bert":
        _leave_words_on_disk(encoder, Path(location) / "model.safetensors")
        if encoder.dtype == torch.bfloat16 and multiplies_in_tiles():
            _add_in_one_order(encoder)
    return model


def _leave_words_on_disk(encoder: Any, file: Path) -> None:
    """Read the vectors of words when they occur: 23 to 47 MB less, most of 30,000 words never do, and the numbers are
    the same.
    """
    import torch

    if not file.is_file() or not hasattr(os, "preadv"):
        return
    table, dtype = _Table.find(file, _WORDS), encoder.dtype
    if table is None:
        return
    rows = table.rows

    class Words(torch.nn.Module):
        def forward(self, ids: Any) -> Any:
            distinct, places = torch.unique(ids, return_inverse=True)
            return torch.from_numpy(rows(distinct.tolist())).to(dtype)[places]

    encoder.embeddings.word_embeddings = Words()


def _add_in_one_order(encoder: Any) -> None:
    """Keep the numbers of a text the same whatever texts share its forward pass, where AMX does not.

    For a product of 33 to 399 rows oneDNN cuts the longest sums of a block (1,536 terms) elsewhere than for fewer or
    more rows. Those are multiplied 32 rows at a time: the numbers of a text alone. It costs such a pass a
    sixth on the median, larger ones nothing; without AMX (ONEDNN_MAX_CPU_ISA) those take three times as long.
    """
    import torch

    class InOneOrder(torch.nn.Module):
        def __init__(self, product: Any) -> None:
            super().__init__()
            self.product = product

        def forward(self, states: Any) -> Any:
            rows = states.reshape(-1, states.shape[-1])
            if not _FEW_ROWS < len(rows) < _MANY_ROWS:
                return self.product(states)
            parts = [self.product(part) for part in rows.split(_FEW_ROWS)]
            return torch.cat(parts).reshape(*states.shape[:-1], -1)

    for block in encoder.encoder.layer:
        block.output.dense = InOneOrder(block.output.dense)


@dataclass(frozen=True)
class _Table:
    """A float32 matrix inside of a safetensors file that is kept open; reinstalling the weights does not hurt it."""

    file: BinaryIO
    start: int
    width: int

    @classmethod
    def find(cls, path: Path, name: str) -> "_Table | None":
        """The matrix of that name; None when there is none in this format (8 bytes of length, a header in JSON)."""
        file = path.open("rb", buffering=0)
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length)).get(name, {})
        if entry.get("dtype") != "F32":
            file.close()
            return None
        return cls(file, 8 + length + entry["data_offsets"][0], entry["shape"][1])

    def rows(self, numbers: Sequence[int]) -> "Vectors":
        """Those rows; StoreError when the file was cut short under the running app."""
        import numpy as np

        found = np.empty((len(numbers), self.width), dtype=np.float32)
        for row, number in zip(found, numbers, strict=True):
            if os.preadv(self.file.fileno(), [row.data], self.start + number * row.nbytes) != row.nbytes:
                raise StoreError(
                    f"The weights of the embedding model {Fault.DAMAGED}", EMBEDDING_MODEL.install
                )
        return found


def _source() -> tuple[str, str]:
    """Model id for records, and where to load it from."""
    configured = settings().embedding_model
    if configured is None:
        return EMBEDDING_MODEL.name, str(verified_weights(EMBEDDING_MODEL).parent)
    if Path(configured).is_dir() or settings().hub_allow_downloads:
        return configured, configured
    raise NotAvailable(
        f"EMBEDDING_MODEL names {configured}, which is not a folder here, and downloads are off",
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


def _states_after(encoder: Any, ids: Any, layer: int) -> Any:
    """Word-piece states after ``layer`` blocks; the blocks above are not run where the model's parts are known."""
    if encoder.config.model_type != "bert":
        return encoder(input_ids=ids, output_hidden_states=True).hidden_states[layer]
    hidden = encoder.embeddings(input_ids=ids)
    for block in encoder.encoder.layer[:layer]:
        answer = block(hidden)
        hidden = answer[0] if isinstance(answer, tuple) else answer
    return hidden


def _unit_rows(matrix: "Vectors") -> "Vectors":
    import numpy as np

    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.maximum(norms, 1e-12), dtype=np.float32)
