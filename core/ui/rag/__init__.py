"""Components of the RAG Chat page."""
