"""The packaged sentence model gives, without their libraries, the numbers of transformers and sentence-transformers."""

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer

from core.bert import Bert, Table
from core.errors import StoreError
from core.weights import EMBEDDING_MODEL, verified_weights

TEXTS = ["The parcel arrived late.", "Zebras über 42 €, naïvely", "", "word " * 300, "x"]


@pytest.fixture(scope="module")
def folder() -> Path:
    return verified_weights(EMBEDDING_MODEL).parent


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def pair(request: pytest.FixtureRequest, folder: Path) -> tuple[Bert, SentenceTransformer]:
    """The model, and the same one as sentence-transformers loads it."""
    dtype = getattr(torch, request.param)
    ours = Bert.find(folder, dtype)
    assert ours is not None
    return ours, SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": dtype})


def test_word_pieces_are_those_of_the_library(pair: tuple[Bert, SentenceTransformer]) -> None:
    ours, theirs = pair
    assert ours.max_tokens == theirs.max_seq_length
    for whole, options in ((False, {"truncation": True, "max_length": ours.max_tokens}), (True, {})):
        assert ours.tokenize(TEXTS, whole=whole) == theirs.tokenizer(TEXTS, **options)["input_ids"]


def test_states_and_vectors_are_those_of_the_library_with_and_without_padding(
    pair: tuple[Bert, SentenceTransformer],
) -> None:
    ours, theirs = pair
    rows = ours.tokenize(TEXTS)
    longest = max(map(len, rows))
    padded = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    alone = [(torch.tensor([row]), None) for row in rows]
    for ids, seen in [*alone, (padded, mask)]:
        features = {"input_ids": ids, "attention_mask": torch.ones_like(ids) if seen is None else seen}
        with torch.inference_mode():
            expected = theirs.forward(dict(features))["sentence_embedding"]
            layers = theirs[0].auto_model(**features, output_hidden_states=True).hidden_states
            assert torch.equal(ours.pooled(ids, seen), expected)
            for layer in (0, 4, 6):
                found, known = ours.states(ids, seen, layer), features["attention_mask"].bool()
                assert torch.equal(found[known], layers[layer][known])
            assert torch.equal(ours.states(ids, seen), ours.states(ids, seen, 6))


def test_offsets_slice_the_text(pair: tuple[Bert, SentenceTransformer]) -> None:
    assert [TEXTS[1][start:end] for start, end in pair[0].offsets(TEXTS[1])][:2] == ["Zebra", "s"]


def test_other_folders_are_none_of_this_make(tmp_path: Path) -> None:
    assert Bert.find(tmp_path, torch.float32) is None


@pytest.mark.fault(
    "the weights of the embedding model are cut short under the running app",
    sees="that they are damaged, and the command that installs them again",
    kept="everything stored; pages that embed nothing",
    heals="after they were installed again",
)
def test_weights_that_are_cut_short_are_told_instead_of_killing_the_app(tmp_path):
    file = tmp_path / "model.safetensors"
    save_file({"words": torch.arange(4000, dtype=torch.float32).reshape(1000, 4)}, file)
    table = Table.find(file, "words")
    assert table.rows([2, 0]).tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert Table.find(file, "other") is None
    os.truncate(file, 8000)
    with pytest.raises(StoreError, match="damaged") as caught:
        table.rows([999])
    assert "pip install" in caught.value.hint
