"""Fixtures of the RAG tests."""

import pytest

from core import embedder as embedder_module
from core.rag.shared_corpus import open_shared_corpus
from tests.rag.hashing import HashingEmbedder


@pytest.fixture
def hashing(monkeypatch):
    """Every knowledge base of the test embeds with a fast, deterministic stand-in."""
    stand_in = HashingEmbedder()
    monkeypatch.setattr(embedder_module, "_loaded", stand_in)
    return stand_in


@pytest.fixture(scope="session")
def corpus(embedder, tmp_path_factory):
    """The built-in corpus, indexed once for the whole run with the real model. Read-only."""
    return open_shared_corpus(store=tmp_path_factory.mktemp("shared-corpus"))


@pytest.fixture
def endpoint(llm_server, set_settings):
    """The endpoint generator, answered by a real server on loopback."""
    set_settings(LLM_BASE_URL=llm_server.base_url, LLM_MODEL="test", LLM_RETRIES="0", LLM_TIMEOUT_S="20")
    return llm_server
