"""The shapes of requests and answers, as the OpenAPI document shows them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.mlops.serving.holder import Outcome


class _Answer(BaseModel):
    # pydantic reserves the prefix model_, which is exactly how these fields are called
    model_config = ConfigDict(frozen=True, protected_namespaces=())


class Prediction(_Answer):
    """The answer to one record."""

    probability: float = Field(ge=0, le=1, description="probability of the positive label")
    label: str = Field(description="positive label from the threshold on, else the negative one")
    model_version: int = Field(description="registry version that answered")
    model_name: str
    warnings: list[str] = Field(default=[], description="unknown categories, empty or extra fields")


class ModelField(_Answer):
    """One field of a record."""

    name: str
    kind: Literal["number", "category", "date"]
    categories: list[str] = []
    minimum: float | None = None
    maximum: float | None = None
    typical: float | str | None = None


class Shadow(_Answer):
    """The challenger's answers compared with those that clients received."""

    champion: int | None
    challenger: int | None
    rows: int
    mean_difference: float
    mean_absolute_difference: float
    max_absolute_difference: float
    disagreements: int
    errors: int
    dropped: int
    mean_ms: float
    last_error: str | None
    pairs: list[tuple[float, float]] = []


class ModelInfo(_Answer):
    """The serving model."""

    model_name: str
    model_version: int
    model_id: str
    run_id: str
    sklearn_version: str
    loaded_at: datetime
    load_ms: float
    threshold: float
    labels: dict[str, str]
    previous_version: int | None
    fields: list[ModelField]
    shadow: Shadow | None = None


class ReloadResult(_Answer):
    """What a reload or rollback did."""

    outcome: Outcome
    model_version: int
    previous_version: int | None
    reused: bool = Field(description="true when the kept previous model was taken instead of loading again")
    elapsed_ms: float


class Live(_Answer):
    """The process answers."""

    live: bool = True


class Ready(_Answer):
    """Whether a model is loaded."""

    ready: bool


class Health(_Answer):
    """The state of the service; it always answers with 200."""

    status: Literal["ok", "degraded", "not_ready"]
    ready: bool
    loading: bool
    loaded: int | None = Field(description="version that serves")
    registry: int | None = Field(description="version that the alias names now")
    stale: bool = Field(description="true when both differ: a reload is due or was refused")
    previous: int | None = Field(description="version kept for an instant rollback")
    last_error: str | None
    model_name: str | None
    loaded_at: datetime | None
    uptime_s: float
    auto_rollback: str | None = Field(description="the last automatic rollback, with its reason")


class ErrorAnswer(BaseModel):
    """A refused request."""

    detail: Any
    hint: str = ""
    request_id: str = ""


class InvocationError(BaseModel):
    """A refused request, in MLflow's form."""

    error_code: str
    message: str
    hint: str = ""


class InferenceError(BaseModel):
    """A refused request, in the form of the inference protocol."""

    error: str


PREDICT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/Record"},
                        {"type": "array", "items": {"$ref": "#/components/schemas/Record"}},
                    ]
                }
            }
        },
    }
}
