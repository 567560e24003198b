"""Settings of the RAG Chat demo (environment names start with `RAG__`)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RagSettings(BaseModel):
    """Every limit and option of the RAG Chat; the defaults are the measured ones (docs/retrieval.md)."""

    model_config = ConfigDict(frozen=True)

    # --- limits on what may be added
    max_file_bytes: int = Field(10_000_000, description="Largest file that may be added, in bytes")
    max_pages: int = Field(200, description="Most pages of a PDF")
    max_characters: int = Field(2_000_000, description="Most characters extracted from one document")
    max_chunks: int = Field(10_000, description="Most chunks one document may be cut into")
    zip_max_entries: int = Field(2_000, description="Most entries in a zipped document (docx)")
    zip_max_part_bytes: int = Field(10_000_000, description="Largest unzipped part of a docx, in bytes")
    zip_max_total_bytes: int = Field(25_000_000, description="Largest unzipped size of a docx, in bytes")
    zip_max_ratio: int = Field(100, description="Highest compression ratio of a docx part above 1 MB")
    parse_time_s: float = Field(20.0, description="Longest time the parser may take for one file, in seconds")
    parse_memory_mb: int = Field(512, description="Memory limit of the parser process, in MiB")
    visitor_documents: int = Field(20, description="Most documents a visitor may add to a session")
    visitor_chunks: int = Field(5_000, description="Most chunks a visitor may add to a session")
    max_question_characters: int = Field(2_000, description="Longest question that is searched")
    max_passages: int = Field(1_000, description="Most passages that one search may be asked for")
    max_passage_characters: int = Field(100_000, description="Longest passage that a search may widen to")

    # --- chunking
    chunk_characters: int = Field(500, description="Size a chunk aims for, in characters")
    chunk_max_characters: int = Field(800, description="A paragraph up to this size is not cut")
    chunk_max_tokens: int = Field(250, description="Hard limit of a chunk with its context line, in tokens")
    chunk_overlap: int = Field(0, description="Characters of whole sentences repeated from the chunk before")

    # --- store
    vector_index: Literal["auto", "exact", "chroma"] = Field(
        "auto", description="Which index answers vector searches; auto = exact up to exact_limit chunks"
    )
    exact_limit: int = Field(50_000, description="Chunks up to which auto searches exactly (numpy)")
    lock_timeout_s: float = Field(60.0, description="Longest wait for another process that is writing")

    # --- retrieval
    top_k: int = Field(4, description="Passages shown and given to the generator")
    mode: Literal["hybrid", "vector", "keyword"] = Field("hybrid", description="Search mode")
    fusion_weight: float = Field(0.45, description="Weight of the vector part in hybrid search, 0 to 1")
    rerank_pool: int = Field(30, description="Passages that reranking looks at")
    rerank_weight: float = Field(0.6, description="Weight of the reranker beside the first-stage score")
    rerank_answers: bool = Field(
        True, description="Whether answers in hybrid mode look at the best hits a second time"
    )
    passage_characters: int = Field(
        1_600,
        ge=0,
        description="Answers widen a shorter passage to the chunks around it, up to so many characters; 0 = never",
    )
    near_characters: int = Field(
        600,
        ge=0,
        description="Of a widened passage, answers are read from so many characters around each hit",
    )
    cross_encoder: str = Field("", description="Model id or folder of a cross-encoder for reranking")
    rewrite: Literal["auto", "rules", "model"] = Field(
        "auto",
        description="Who completes follow-up questions: auto = a configured endpoint or LOCAL_LLM, else rules; "
        "model = also the packaged model.",
    )
    rewrite_timeout_s: float = Field(
        6.0, gt=0, description="Longest wait for a model's rewriting of a follow-up; then the rules' counts"
    )
    duplicate_cosine: float = Field(0.97, description="Cosine from which two chunks count as near-duplicates")

    # --- answering (fields of core/rag/answering and friends)
