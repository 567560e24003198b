"""Sentence models of the BERT make, run with torch alone.

The packaged embedding model is one. Loaded by sentence-transformers it brings that library, transformers and accelerate
with it, some 80 MB that embedding a text does not need; the numbers are theirs to the last digit
(tests/core/test_bert.py).
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import torch
from torch import Tensor
from torch.nn import functional

from core.errors import StoreError
from core.stores import Fault
from core.weights import EMBEDDING_MODEL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_WEIGHTS, _WORDS = "model.safetensors", "embeddings.word_embeddings.weight"
_PARTS = ["Transformer", "Pooling", "Normalize"]
_MODES = ["pooling_mode_mean_tokens"]
_MAKE = {"model_type": "bert", "hidden_act": "gelu", "position_embedding_type": "absolute"}


class Bert:
    """Tokenizer and encoder of one folder; safe to share between threads."""

    @classmethod
    def find(cls, folder: Path, dtype: torch.dtype) -> "Bert | None":
        """The sentence model of a folder; None unless it is mean pooling over a plain BERT in float32."""
        try:
            config = _read(folder / "config.json")
            parts = [part["type"].rpartition(".")[2] for part in _read(folder / "modules.json")]
            pooling = _read(folder / "1_Pooling" / "config.json")
            most = _read(folder / "sentence_bert_config.json")["max_seq_length"]
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not in this form
        modes = [name for name, on in pooling.items() if name.startswith("pooling_mode_") and on is True]
        plain = all(config.get(name) == value for name, value in _MAKE.items())
        if not plain or parts != _PARTS or modes != _MODES or not (folder / "tokenizer.json").is_file():
            return None
        words = Table.find(folder / _WEIGHTS, _WORDS)
        return None if words is None else cls(folder, dtype, config, int(most), words)

    def __init__(
        self, folder: Path, dtype: torch.dtype, config: dict[str, Any], most: int, words: "Table"
    ) -> None:
        from safetensors import safe_open
        from tokenizers import Tokenizer

        self.dtype, self.max_tokens, self._words = dtype, most, words
        self.dimension, self.layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
        self._heads, self._epsilon = int(config["num_attention_heads"]), float(config["layer_norm_eps"])
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        with safe_open(str(folder / _WEIGHTS), "pt") as file:
            self._weights = {
                name: file.get_tensor(name).to(dtype)
                for name in file.keys()  # noqa: SIM118  the file is no dict
                if name != _WORDS and name.endswith((".weight", ".bias"))
            }

    def tokenize(self, texts: Sequence[str], *, whole: bool = False) -> list[list[int]]:
        """Ids of each text's word pieces between its two marks, cut to what the model reads unless ``whole``."""
        rows = [encoded.ids for encoded in self._tokenizer.encode_batch_fast(list(texts))]
        return rows if whole else [self._cut(row) for row in rows]

    def offsets(self, text: str) -> list[tuple[int, int]]:
        """Where each word piece of the whole text starts and ends, without marks."""
        return list(self._tokenizer.encode(text, add_special_tokens=False).offsets)

    def states(self, ids: Tensor, mask: Tensor | None = None, layer: int | None = None) -> Tensor:
        """States of the word pieces after ``layer`` blocks (all); what ``mask`` leaves out is not looked at."""
        hidden = self._embedded(ids)
        seen = None if mask is None else mask.bool()[:, None, None, :]
        for number in range(self.layers if layer is None else layer):
            hidden = self._block(f"encoder.layer.{number}", hidden, seen)
        return hidden

    def pooled(self, ids: Tensor, mask: Tensor | None = None) -> Tensor:
        """The mean state of each text's word pieces, summed in float32 and brought to about unit length."""
        hidden = self.states(ids, mask)
        counted = (torch.ones_like(ids) if mask is None else mask).unsqueeze(-1).to(hidden.dtype)
        total = (hidden * counted).sum(dim=1, dtype=torch.float32)
        mean = total / counted.sum(dim=1, dtype=torch.float32).clamp(min=1e-9)
        return functional.normalize(mean.to(hidden.dtype), dim=1)

    def _cut(self, row: list[int]) -> list[int]:
        return row if len(row) <= self.max_tokens else [*row[: self.max_tokens - 1], row[-1]]

    def _embedded(self, ids: Tensor) -> Tensor:
        """Words, the one kind of sentence, and places, in the order in which transformers adds them."""
        distinct, places = torch.unique(ids, return_inverse=True)
        words = torch.from_numpy(self._words.rows(distinct.tolist())).to(self.dtype)[places]
        hidden = words + self._weights["embeddings.token_type_embeddings.weight"][0]
        hidden = hidden + self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return self._normal("embeddings.LayerNorm", hidden)

    def _block(self, name: str, hidden: Tensor, seen: Tensor | None) -> Tensor:
        looked = self._linear(f"{name}.attention.output.dense", self._attention(name, hidden, seen))
        hidden = self._normal(f"{name}.attention.output.LayerNorm", looked + hidden)
        wide = functional.gelu(self._linear(f"{name}.intermediate.dense", hidden))
        return self._normal(f"{name}.output.LayerNorm", self._linear(f"{name}.output.dense", wide) + hidden)

    def _attention(self, name: str, hidden: Tensor, seen: Tensor | None) -> Tensor:
        shape = (*hidden.shape[:2], self._heads, -1)
        query, key, value = (
            self._linear(f"{name}.attention.self.{part}", hidden).view(shape).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return found.transpose(1, 2).reshape(hidden.shape)

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _normal(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, weight.shape, weight, bias, self._epsilon)


@dataclass(frozen=True)
class Table:
    """A float32 matrix inside of a safetensors file that is kept open; reinstalling the weights does not hurt it.

    Its rows are read when they occur: 23 to 47 MB less, for most of 30,000 words never do.
    """

    file: BinaryIO
    start: int
    width: int

    @classmethod
    def find(cls, path: Path, name: str) -> "Table | None":
        """The matrix of that name; None when there is none in this format (8 bytes of length, a header in JSON)."""
        if not path.is_file() or not hasattr(os, "preadv"):
            return None
        file = path.open("rb", buffering=0)
        length = int.from_bytes(file.read(8), "little")
        entry = json.loads(file.read(length)).get(name, {})
        if entry.get("dtype") != "F32":
            file.close()
            return None
        return cls(file, 8 + length + entry["data_offsets"][0], entry["shape"][1])

    def rows(self, numbers: Sequence[int]) -> "NDArray[np.float32]":
        """Those rows; StoreError when the file was cut short under the running app."""
        import numpy as np

        found = np.empty((len(numbers), self.width), dtype=np.float32)
        for row, number in zip(found, numbers, strict=True):
            if os.preadv(self.file.fileno(), [row.data], self.start + number * row.nbytes) != row.nbytes:
                raise StoreError(
                    f"The weights of the embedding model {Fault.DAMAGED}", EMBEDDING_MODEL.install
                )
        return found


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
