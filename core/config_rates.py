"""How often one visitor may ask for what costs much; for public deployments."""

from pydantic import BaseModel, ConfigDict, Field


class RateSettings(BaseModel):
    """Actions a minute for one session, all at once or spread; 0 sets no limit. Names start with RATES__."""

    model_config = ConfigDict(frozen=True)

    sql: float = Field(120, ge=0, description="SQL requests (run, explain, compare, patterns) a minute")
    question: float = Field(60, ge=0, description="Questions, comparisons and attacks on RAG Chat a minute")
    upload: float = Field(30, ge=0, description="Files and texts a visitor adds a minute, on any page")
    training: float = Field(6, ge=0, description="Trainings a minute")
    evaluation: float = Field(10, ge=0, description="Runs of the built-in evaluation a minute")
    decision: float = Field(
        30, ge=0, description="Gate checks, promotions and other registry changes a minute"
    )
    requests: float = Field(60, ge=0, description="Requests to the scoring service from its page a minute")
    per_address: float = Field(
        5,
        ge=1,
        description="Times a session's rate that all sessions of one network address may reach together",
    )
