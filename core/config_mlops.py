"""Settings of the Experiment Browser."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.config_serving import DriftSettings, ServingSettings


class TrainingSettings(BaseModel):
    """Limits and defaults of data reading and training; environment names start with MLOPS__TRAINING__."""

    model_config = ConfigDict(frozen=True)

    seed: int = Field(
        42, ge=0, lt=2**32, description="Seed of the hold-out split, the folds and every algorithm"
    )
    holdout_share: float = Field(0.2, gt=0.02, lt=0.6, description="Share of rows frozen as the hold-out")
    folds: int = Field(5, ge=2, le=20, description="Cross-validation folds of the search")
    budget_s: float = Field(90.0, gt=0, description="Seconds the search of all algorithms may take together")
    max_bytes: int = Field(100_000_000, ge=1000, description="Largest CSV file in bytes")
    max_rows: int = Field(200_000, ge=50, description="Most rows of a CSV file")
    max_columns: int = Field(300, ge=2, description="Most columns of a CSV file")
    min_rows: int = Field(60, ge=20, description="Fewest rows with a target that training accepts")
    min_class_rows: int = Field(
        20, ge=5, description="Fewest rows of each target value that training accepts"
    )
    max_categories: int = Field(60, ge=3, description="Distinct texts above which a column is left out")
    leak_auc: float = Field(
        0.98, gt=0.5, le=1, description="ROC-AUC of one column alone that marks it as a leak"
    )
    max_workers: int = Field(2, ge=1, le=64, description="Threads that one fit may use")


class BehaviourRule(BaseModel):
    """One expectation on the model: setting ``column`` from one value to another moves the score this way."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["invariance", "direction", "minimum"] = Field(description="What is expected")
    changes: dict[str, str] = Field(description="Values written into the record, by column")
    base: dict[str, str] = Field(default_factory=dict, description="Values written into both records first")
    tolerance: float = Field(0.0, ge=0, description="Invariance: largest allowed mean move; direction: slack")
    effect: Literal["lower", "higher"] = Field("lower", description="Direction: how the mean score moves")
    above: float = Field(0.4, ge=0, le=1, description="Minimum: mean score that the changed records reach")


_CONTRACT = {"Contract": "Month-to-month"}
TELCO_RULES = (
    BehaviourRule(kind="invariance", base={"gender": "Male"}, changes={"gender": "Female"}, tolerance=0.05),
    BehaviourRule(kind="direction", base=_CONTRACT, changes={"Contract": "Two year"}, effect="lower"),
    BehaviourRule(
        kind="direction", base={"tenure": "2"}, changes={"tenure": "60"}, effect="lower", tolerance=0.02
    ),
    BehaviourRule(
        kind="minimum", changes={**_CONTRACT, "InternetService": "Fiber optic", "tenure": "1"}, above=0.4
    ),
)


class GateSettings(BaseModel):
    """Limits of the promotion gates; environment names start with MLOPS__GATES__."""

    model_config = ConfigDict(frozen=True)

    min_roc_auc: float = Field(0.80, ge=0.5, le=1, description="Floor on the hold-out ROC-AUC")
    margin: float = Field(
        0.010, ge=0, le=0.2, description="ROC-AUC that a candidate may be worse by, at most"
    )
    quantile: float = Field(
        0.05, gt=0, lt=0.5, description="Lower bootstrap quantile held against the margin"
    )
    resamples: int = Field(1000, ge=100, le=20_000, description="Paired bootstrap resamples")
    brier_margin: float = Field(0.005, ge=0, description="Brier score that a candidate may be worse by")
    max_calibration_error: float = Field(
        0.08, gt=0, le=1, description="Ceiling on the calibration error (ECE)"
    )
    calibration_margin: float = Field(0.02, ge=0, description="ECE that a candidate may be worse by")
    slice_margin: float = Field(
        0.05, ge=0, description="How far a slice may lie below the whole, beyond chance"
    )
    slice_columns: tuple[str, ...] = Field(
        ("gender", "sex", "SeniorCitizen", "Partner", "Dependents", "Geography", "region", "country"),
        description="Columns whose values are compared for ROC-AUC (case does not matter)",
    )
    slice_min_rows: int = Field(100, ge=20, description="Rows below which a slice is not judged")
    max_latency_ms: float = Field(50.0, gt=0, description="Ceiling on the p95 time of scoring one record, ms")
    max_size_mb: float = Field(50.0, gt=0, description="Ceiling on the size of the model files, MB")
    rules: tuple[BehaviourRule, ...] = Field(
        TELCO_RULES, description="Expectations; used where columns exist"
    )


class MlopsSettings(BaseModel):
    """Thresholds and options of the MLOps demo; environment names start with MLOPS__."""

    model_config = ConfigDict(frozen=True)

    experiment: str = Field("churn", description="Experiment that holds the runs")
    model_name: str = Field("churn", description="Registered model that versions belong to")
    seed_rows: int = Field(3000, ge=400, le=50_000, description="Generated customers of the first start")
    lock_timeout_s: float = Field(
        4.0, gt=0, le=60, description="Longest wait for another process that has locked the local store, s"
    )
    training: TrainingSettings = TrainingSettings()
    gates: GateSettings = GateSettings()
    serving: ServingSettings = ServingSettings()
    drift: DriftSettings = DriftSettings()
