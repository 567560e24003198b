import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from core import embedder as module
from core.embedder import get_embedder
from core.errors import NotAvailable, StoreError
from core.weights import EMBEDDING_MODEL, verified_weights
from tests.support.processor import takes_less_than


def test_vectors_are_unit_length_and_keep_the_order_of_the_texts(embedder):
    texts = [
        "short",
        "a much longer text about lamps, harbours and the price of a ticket",
        "medium text",
    ] * 15
    vectors = embedder.encode(texts)
    assert vectors.shape == (45, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors[1], embedder.encode([texts[1]])[0], atol=1e-3)


def test_close_meanings_are_closer_than_distant_ones(embedder):
    refund, money_back, weather = embedder.encode(
        ["How do I get a refund?", "I want my money back", "It will rain tomorrow"]
    )
    assert refund @ money_back > refund @ weather + 0.3


def test_no_text_gives_an_empty_matrix(embedder):
    assert embedder.encode([]).shape == (0, 384)
    assert embedder.count_tokens([]) == []


def test_token_offsets_slice_the_source(embedder):
    text = "Café prices rose by 12.5 % in 2025."
    pieces = [text[start:end] for start, end in embedder.token_offsets(text)]
    assert "".join(pieces) == text.replace(" ", "")


def test_tokens_beyond_the_models_reach_are_counted_all_the_same(embedder):
    assert embedder.max_tokens == 256
    assert embedder.count_tokens(["word " * 500]) == [502]


@pytest.mark.parametrize("how", ["encode", "encode_unpadded", "encode_layer"])
@pytest.mark.parametrize("piece", ["Berlin 2024-01-01 a@b.c ", "x\n", "é"])
def test_a_text_of_two_million_characters_is_read_as_far_as_the_model_reaches(embedder, how, piece):
    """The tokenizer took ten seconds, and everybody else's text waited for it."""
    look = partial(embedder.encode_layer, depth=0.5) if how == "encode_layer" else getattr(embedder, how)
    beginning = look([piece * 8_000])
    with takes_less_than(2):
        assert np.array_equal(look([piece * (2_000_000 // len(piece))]), beginning)


def test_each_word_piece_has_a_unit_vector(embedder):
    matrix = embedder.encode_tokens(["hello world"])[0]
    assert matrix.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(matrix, axis=1), 1, atol=1e-5)


def test_texts_embedded_together_without_padding_have_the_vectors_they_have_alone(embedder):
    texts = [f"parcel number {n} arrived " + "very " * (n % 5) + "late" for n in range(60)] + ["", "x " * 400]
    looks = []
    together = embedder.encode_unpadded(texts, lambda: looks.append(1))
    assert np.array_equal(together, np.vstack([embedder.encode([text]) for text in texts]))
    lengths = {min(pieces, embedder.max_tokens) for pieces in embedder.count_tokens(texts)}
    assert len(looks) >= len(lengths) > 5
    assert embedder.encode_unpadded([]).shape == (0, embedder.dimension)


def test_a_text_has_one_vector_whatever_number_of_texts_it_is_embedded_with(embedder):
    """Libraries choose kernels by the number of rows, and kernels add in orders of their own (AMX, MKL)."""
    texts = [f"parcel number {n} arrived" for n in range(120)]
    alone = np.vstack([embedder.encode_unpadded([text]) for text in texts])
    halfway = np.vstack([embedder.encode_layer([text], 0.5) for text in texts])
    for number in [*range(2, 14), 30, 57, 66, 67, 100, 120]:
        assert np.array_equal(embedder.encode_unpadded(texts[:number]), alone[:number]), number
        assert np.array_equal(embedder.encode_layer(texts[:number], 0.5), halfway[:number]), number


def test_vectors_are_those_of_a_model_with_all_its_words_in_memory(embedder, monkeypatch):
    texts = ["The parcel arrived late.", "Zebras über 42 €, naïvely", ""]
    lazily = embedder.encode(texts)
    embeddings = embedder._model[0].auto_model.embeddings
    table = load_file(verified_weights(EMBEDDING_MODEL))["embeddings.word_embeddings.weight"]
    words = torch.nn.Embedding.from_pretrained(table.to(embeddings.LayerNorm.weight.dtype))
    assert not list(embeddings.word_embeddings.parameters())
    monkeypatch.setitem(embeddings._modules, "word_embeddings", words)
    assert np.array_equal(lazily, embedder.encode(texts))


@pytest.mark.fault(
    "the weights of the embedding model are cut short under the running app",
    sees="that they are damaged, and the command that installs them again",
    kept="everything stored; pages that embed nothing",
    heals="after they were installed again",
)
def test_weights_that_are_cut_short_are_told_instead_of_killing_the_app(tmp_path):
    file = tmp_path / "model.safetensors"
    save_file({"words": torch.arange(4000, dtype=torch.float32).reshape(1000, 4)}, file)
    table = module._Table.find(file, "words")
    assert table.rows([2, 0]).tolist() == [[8, 9, 10, 11], [0, 1, 2, 3]]
    assert module._Table.find(file, "other") is None
    os.truncate(file, 8000)
    with pytest.raises(StoreError, match="damaged") as caught:
        table.rows([999])
    assert "pip install" in caught.value.hint


def test_threads_that_ask_together_share_one_model(embedder):
    found = []
    threads = [threading.Thread(target=lambda: found.append(get_embedder())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(map(id, found)) == {id(embedder)}


def test_an_unknown_model_with_downloads_off_is_refused_with_the_remedy(set_settings):
    set_settings(EMBEDDING_MODEL="somebody/some-model")
    with pytest.raises(NotAvailable, match="somebody/some-model") as caught:
        module._source()
    assert "HUB_ALLOW_DOWNLOADS" in caught.value.hint


def test_counting_tokens_in_one_thread_does_not_unpad_the_batch_of_another(embedder):
    texts = [
        "short",
        "a much longer sentence about descaling a machine in hard water areas",
        "of middle length",
    ]

    def work(number):
        if number % 2:
            return len(embedder.encode_tokens(texts))
        embedder.token_offsets("offsets")
        return len(embedder.count_tokens(texts))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(200))) == {3}


def test_middle_layers_are_those_of_the_whole_model(embedder):
    texts = ["Cracked on arrival.", "The bread arrives warm from the oven."]
    whole = embedder._model[0].auto_model
    for depth, layer in ((2 / 3, 4), (1.0, 6)):
        found = embedder.encode_layer(texts, depth)
        for row, text in zip(found, texts, strict=True):
            ids = torch.tensor([embedder._tokenize(text, truncation=True)["input_ids"]])
            with torch.inference_mode():
                states = whole(input_ids=ids, output_hidden_states=True).hidden_states[layer]
            np.testing.assert_allclose(row, states.float().mean(dim=1)[0].numpy(), rtol=0, atol=1e-6)
