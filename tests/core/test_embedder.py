import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from core import embedder as module
from core.bert import Bert
from core.embedder import get_embedder
from core.errors import NotAvailable
from core.weights import EMBEDDING_MODEL, verified_weights


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


@pytest.fixture(scope="module")
def other_make(embedder):
    """The packaged model as a model of another make is run: by sentence-transformers."""
    return module._OtherMake(str(verified_weights(EMBEDDING_MODEL).parent), embedder._model.dtype)


def test_a_model_of_another_make_is_run_by_sentence_transformers(embedder, other_make, monkeypatch):
    texts = ["Cracked on arrival.", "The bread arrives warm from the oven.", "", "word " * 300]
    ours = [embedder.encode(texts), embedder.encode_layer(texts, 0.5), *embedder.encode_tokens(texts)]
    counted, offsets = embedder.count_tokens(texts), embedder.token_offsets(texts[0])
    monkeypatch.setattr(embedder, "_model", other_make)
    theirs = [embedder.encode(texts), embedder.encode_layer(texts, 0.5), *embedder.encode_tokens(texts)]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=0, atol=1e-6)
    assert (counted, offsets) == (embedder.count_tokens(texts), embedder.token_offsets(texts[0]))
    assert embedder.count_tokens([]) == []


def test_a_folder_that_is_no_plain_bert_is_left_to_sentence_transformers(tmp_path):
    shutil.copytree(verified_weights(EMBEDDING_MODEL).parent, tmp_path / "model")
    assert isinstance(module._load(str(tmp_path / "model")), Bert)
    pooling = tmp_path / "model" / "1_Pooling" / "config.json"
    pooling.write_text(
        pooling.read_text().replace('"pooling_mode_cls_token": false', '"pooling_mode_cls_token": true')
    )
    assert isinstance(module._load(str(tmp_path / "model")), module._OtherMake)


def test_embedding_needs_no_library_of_models():
    code = (
        "import sys; from core.embedder import get_embedder; get_embedder().encode(['a text']);"
        "assert not {'transformers', 'sentence_transformers', 'accelerate'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_middle_layers_are_the_mean_of_the_states_of_each_text_alone(embedder, other_make):
    texts = ["Cracked on arrival.", "The bread arrives warm from the oven."]
    for depth, layer in ((2 / 3, 4), (1.0, 6)):
        found = embedder.encode_layer(texts, depth)
        for row, ids in zip(found, other_make.tokenize(texts), strict=True):
            with torch.inference_mode():
                states = other_make.states(torch.tensor([ids]), layer=layer)
            np.testing.assert_allclose(row, states.float().mean(dim=1)[0].numpy(), rtol=0, atol=1e-6)
