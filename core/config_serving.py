"""Settings of the scoring service and of drift detection, nested in MlopsSettings."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class ServingSettings(BaseModel):
    """Limits and switches of the scoring service; environment names start with MLOPS__SERVING__."""

    model_config = ConfigDict(frozen=True)

    alias: str = Field("production", description="Registry alias that the service answers with")
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability from which the positive label is given"
    )
    max_batch: int = Field(1000, ge=1, description="Records allowed in one request")
    max_body_bytes: int = Field(5_000_000, ge=1000, description="Largest request body in bytes")
    body_timeout_s: float = Field(20.0, gt=0, description="Seconds within which a request body has to arrive")
    api_key: SecretStr | None = Field(
        None, description="When set, scoring and model routes need it as X-API-Key or bearer token"
    )
    rate_limit_per_s: float = Field(
        0.0, ge=0, description="Requests per second per client; 0 switches it off"
    )
    rate_limit_burst: int = Field(
        20, ge=1, description="Requests a client may send at once under the rate limit"
    )
    poll_s: float = Field(
        0.0, ge=0, description="Seconds between looks at the alias; 0 reloads on request only"
    )
    shadow: bool = Field(True, description="Score live requests with the challenger too, and compare")
    shadow_queue: int = Field(
        64, ge=1, description="Requests waiting for shadow scoring before new ones are dropped"
    )
    live_window: int = Field(2000, ge=0, description="Latest records kept in memory for drift; 0 keeps none")
    auto_rollback_error_rate: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of failed predictions at which the service rolls back by itself; 0 switches it off",
    )
    auto_rollback_on_drift: bool = Field(
        False, description="Roll back automatically when the live window drifts"
    )
    auto_rollback_window: int = Field(
        50, ge=5, description="Latest predictions the automatic rollback looks at"
    )


class DriftSettings(BaseModel):
    """Thresholds of the drift report; environment names start with MLOPS__DRIFT__."""

    model_config = ConfigDict(frozen=True)

    min_rows: int = Field(200, ge=20, description="Rows below which there is no verdict")
    full_rows: int = Field(500, ge=20, description="Rows from which the verdict is no longer preliminary")
    alpha: float = Field(
        0.03, gt=0, lt=1, description="False-alarm rate allowed for the whole report without drift"
    )
    psi_warn: float = Field(0.1, gt=0, description="Population stability index that warns")
    psi_alert: float = Field(0.2, gt=0, description="Population stability index that alerts")
    bins: int = Field(10, ge=3, le=100, description="Reference quantile bins of a numeric column")
    max_categories: int = Field(50, ge=2, description="Categories compared one by one; rarer ones are pooled")
    top_features: int = Field(
        10, ge=1, description="Most important columns whose own alert decides the verdict"
    )
    impact_limit: float = Field(
        0.05,
        gt=0,
        le=1,
        description="Share of model importance in drifted columns that makes the verdict 'drift'",
    )
    null_rate_jump: float = Field(
        0.05, gt=0, le=1, description="Rise of the missing share that counts as an alert"
    )
