"""RAG Chat: retrieve (vector and keyword, fused), answer, verify, cite, or say "I don't know".

The public names are resolved on first use: the parser's child process imports this package and must
not pay for the rest of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.rag.documents import Chunk, Document, DocumentInfo, Passage, Progress
    from core.rag.knowledge_base import KnowledgeBase, open_knowledge_base
    from core.rag.sessions import SessionKnowledgeBase, open_session_knowledge_base
    from core.rag.shared_corpus import open_shared_corpus

_HOMES = {
    "Chunk": "documents",
    "Document": "documents",
    "DocumentInfo": "documents",
    "KnowledgeBase": "knowledge_base",
    "Passage": "documents",
    "Progress": "documents",
    "SessionKnowledgeBase": "sessions",
    "open_knowledge_base": "knowledge_base",
    "open_session_knowledge_base": "sessions",
    "open_shared_corpus": "shared_corpus",
}

__all__ = [
    "Chunk",
    "Document",
    "DocumentInfo",
    "KnowledgeBase",
    "Passage",
    "Progress",
    "SessionKnowledgeBase",
    "open_knowledge_base",
    "open_session_knowledge_base",
    "open_shared_corpus",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'core.rag' has no attribute {name!r}")
    return getattr(import_module(f"core.rag.{_HOMES[name]}"), name)
