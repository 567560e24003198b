"""Settings of the Experiment Browser."""

from pydantic import BaseModel, ConfigDict


class MlopsSettings(BaseModel):
    """Thresholds and options of the MLOps demo."""

    model_config = ConfigDict(frozen=True)
