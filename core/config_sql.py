"""Settings of the SQL AI Playground."""

from pydantic import BaseModel, ConfigDict


class SqlSettings(BaseModel):
    """Limits and options of the SQL sandbox."""

    model_config = ConfigDict(frozen=True)
