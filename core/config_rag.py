"""Settings of the RAG Chat."""

from pydantic import BaseModel, ConfigDict


class RagSettings(BaseModel):
    """Limits and options of the RAG demo."""

    model_config = ConfigDict(frozen=True)
