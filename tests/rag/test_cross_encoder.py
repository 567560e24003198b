"""Reranking by a configured cross-encoder: a real one, tiny and random, runs the whole path offline."""

import threading

import pytest

from core.errors import NotAvailable
from core.rag import open_session_knowledge_base, rerank
from core.weights import EMBEDDING_MODEL, verified_weights

QUESTION = "How many days of annual leave do I have in Porto?"


@pytest.fixture(scope="module")
def make_cross_encoder(tmp_path_factory):
    """Folders of BERT cross-encoders of two layers with random weights and the packaged tokenizer."""

    def make(labels=1):
        import torch
        from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

        folder = tmp_path_factory.mktemp(f"cross-encoder-{labels}")
        tokenizer = AutoTokenizer.from_pretrained(verified_weights(EMBEDDING_MODEL).parent)
        torch.manual_seed(7)
        config = BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=64,
            num_labels=labels,
            initializer_range=0.6,  # the usual 0.02 would give every pair the same score
        )
        BertForSequenceClassification(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def folder(make_cross_encoder):
    return make_cross_encoder()


@pytest.fixture
def configured(folder, set_settings):
    rerank._loaded_cross_encoder.cache_clear()
    set_settings(RAG__CROSS_ENCODER=str(folder))
    yield folder
    rerank._loaded_cross_encoder.cache_clear()


def test_the_configured_cross_encoder_is_the_reranker_and_its_scores_are_shown(corpus, configured):
    from sentence_transformers import CrossEncoder

    passages = corpus.search(QUESTION, k=6, rerank=True)
    chunks = {chunk.id: chunk for chunk in corpus.current().chunks}
    own = CrossEncoder(str(configured), device="cpu", local_files_only=True)
    expected = own.predict([(QUESTION, chunks[p.chunk_id].indexed_text) for p in passages])
    assert [p.scores["rerank"] for p in passages] == pytest.approx(expected.tolist(), abs=1e-4)
    assert all(0.0 <= p.scores["rerank"] <= 1.0 for p in passages)
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    plain = corpus.search(QUESTION, k=6)
    assert [p.chunk_id for p in plain] != [p.chunk_id for p in passages]
    assert all(p.scores["rerank"] is None for p in plain)


def test_it_is_loaded_once_however_many_ask_at_the_same_time(configured, monkeypatch):
    import sentence_transformers

    real, loads = sentence_transformers.CrossEncoder, []
    monkeypatch.setattr(
        sentence_transformers,
        "CrossEncoder",
        lambda *args, **options: loads.append(args) or real(*args, **options),
    )
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(rerank._cross_encoder(str(configured), False)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len({id(model) for model in found}) == 1


def test_answers_and_visitors_uploads_are_reranked_by_it_too(corpus, configured):
    session = open_session_knowledge_base(corpus)
    session.add_text("Interns in Porto have 12 days of annual leave.", name="interns.txt")
    answer = session.ask(QUESTION, rerank=True)
    (own,) = session.search(QUESTION, k=10, rerank=True, where={"origin": "upload"})
    assert own.scores["rerank"] is not None
    assert all(p.scores["rerank"] is not None for p in answer.passages)
    session.close()


def test_without_one_late_interaction_reranks(set_settings):
    set_settings(RAG__CROSS_ENCODER=None)
    assert rerank.default_reranker() is rerank.late_interaction
    with pytest.raises(NotAvailable, match="No cross-encoder is configured") as caught:
        rerank.cross_encoder("x", [])
    assert "RAG__CROSS_ENCODER" in caught.value.hint


@pytest.mark.parametrize("content", [None, "{}", "not json"])
def test_a_folder_that_holds_no_model_is_told_with_the_remedy(corpus, tmp_path, set_settings, content):
    folder = tmp_path / "model"
    if content is not None:
        folder.mkdir()
        (folder / "config.json").write_text(content)
    set_settings(RAG__CROSS_ENCODER=str(folder))
    with pytest.raises(NotAvailable, match="could not be loaded") as caught:
        corpus.search(QUESTION, rerank=True)
    assert "RAG__CROSS_ENCODER" in caught.value.hint


def test_a_model_with_several_outputs_is_refused(corpus, make_cross_encoder, set_settings):
    set_settings(RAG__CROSS_ENCODER=str(make_cross_encoder(labels=3)))
    with pytest.raises(NotAvailable, match="3 scores for one passage"):
        corpus.search(QUESTION, rerank="cross")
