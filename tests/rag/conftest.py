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
