"""A registry in memory with real fitted pipelines, so that the service is tested without a store."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from core.config_serving import DriftSettings, ServingSettings
from core.errors import StoreError
from core.mlops.schema import InputColumn, InputSchema
from core.mlops.serving import create_app
from core.mlops.values import MISSING

CONTRACTS = ("Month-to-month", "One year", "Two year")
SCHEMA = InputSchema(
    (
        InputColumn("tenure", "number", low=0.0, high=72.0, typical=29.0),
        InputColumn("MonthlyCharges", "number", low=18.0, high=119.0, typical=70.0),
        InputColumn("Contract", "category", categories=CONTRACTS, typical="Month-to-month"),
        InputColumn("SeniorCitizen", "category", boolean=True, categories=("0", "1"), typical="0"),
    ),
    target="Churn",
    positive="Yes",
    negative="No",
)
RECORD = {"tenure": 5, "MonthlyCharges": 95.5, "Contract": "Month-to-month", "SeniorCitizen": 0}


@dataclass(frozen=True)
class Version:
    version: int
    model_name: str = "churn"
    model_id: str = ""
    run_id: str = "run"
    sklearn_version: str = "1.9.1"


@dataclass
class MemoryRegistry:
    """Aliases and models in dictionaries; failures and delays are set by the test."""

    models: dict[int, Any] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    broken: dict[int, Exception] = field(default_factory=dict)
    unreachable: bool = False
    hold: threading.Event = field(default_factory=threading.Event)
    loads: list[int] = field(default_factory=list)
    rollbacks: list[str] = field(default_factory=list)
    data: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        self.hold.set()

    def resolve(self, alias):
        if self.unreachable:
            raise StoreError("the store is locked")
        version = self.aliases.get(alias)
        return None if version is None else Version(version, model_id=f"m-{version}")

    def load_model(self, version):
        assert self.hold.wait(20)
        self.loads.append(version)
        if version in self.broken:
            raise self.broken[version]
        return self.models[version]

    def schema(self, version):
        return SCHEMA

    def input_example(self, version):
        return self.data.head(3)

    def reference_data(self, version):
        return self.data

    def holdout_data(self, version):
        return self.data.tail(400)

    def importance(self, version):
        return {"tenure": 0.06, "Contract": 0.05, "MonthlyCharges": 0.02, "SeniorCitizen": 0.0}

    def rollback(self, *, reason, actor, instead_of):
        self.rollbacks.append(f"{actor}: {reason}")


class Stuck:
    """A model that fits nothing and answers whatever it is told."""

    classes_ = np.array([0, 1])

    def __init__(self, value: float) -> None:
        self.value = value

    def predict_proba(self, frame):
        if np.isinf(self.value):
            raise RuntimeError("boom")
        return np.column_stack([1 - np.full(len(frame), self.value), np.full(len(frame), self.value)])


def customers(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "tenure": rng.integers(0, 73, rows).astype(float),
            "MonthlyCharges": rng.uniform(18, 119, rows).round(2),
            "Contract": rng.choice(np.array(CONTRACTS, dtype=object), rows, p=[0.55, 0.21, 0.24]),
            "SeniorCitizen": rng.choice(np.array(["0", "1"], dtype=object), rows, p=[0.84, 0.16]),
        }
    )
    risk = 0.5 - frame["tenure"] / 30 + (frame["Contract"] == CONTRACTS[0]) + frame["MonthlyCharges"] / 120
    return frame, (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int)


def fit(frame, answers, strength: float = 1.0) -> Pipeline:
    columns = ColumnTransformer(
        [
            ("numbers", SimpleImputer(strategy="median"), ["tenure", "MonthlyCharges"]),
            ("categories", OneHotEncoder(handle_unknown="ignore"), ["Contract", "SeniorCitizen"]),
        ]
    )
    model = Pipeline([("columns", columns), ("model", LogisticRegression(C=strength, max_iter=500))])
    return model.fit(frame.fillna({"Contract": MISSING}), answers)


@pytest.fixture(scope="session")
def fitted():
    frame, answers = customers(1200)
    return {"frame": frame, 1: fit(frame, answers), 2: fit(frame, answers, 0.01)}


@pytest.fixture
def registry(fitted) -> MemoryRegistry:
    return MemoryRegistry({1: fitted[1], 2: fitted[2]}, {"production": 1}, data=fitted["frame"])


@pytest.fixture
def serve(registry):
    """Opens a client of a started app; the model is loaded unless `ready=False`."""
    opened = []

    def start(ready: bool = True, drift: DriftSettings | None = None, **settings) -> TestClient:
        app = create_app(ServingSettings(**settings), registry, drift=drift or DriftSettings())
        client = TestClient(app, raise_server_exceptions=False)
        client.__enter__()
        opened.append(client)
        if ready:
            wait_until(lambda: client.get("/health/ready").status_code == 200)
        return client

    yield start
    registry.hold.set()
    for client in opened:
        client.__exit__(None, None, None)


def wait_until(condition, seconds: float = 20.0) -> None:
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("the condition never became true")
