"""Fixtures of the RAG tests."""

import pytest

from core import embedder as embedder_module
from tests.rag.hashing import HashingEmbedder


@pytest.fixture
def hashing(monkeypatch):
    """Every knowledge base of the test embeds with a fast, deterministic stand-in."""
    stand_in = HashingEmbedder()
    monkeypatch.setattr(embedder_module, "_loaded", stand_in)
    return stand_in
