"""Workspaces that are trained once a test run and copied for every test that changes them."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.config_mlops import GateSettings, MlopsSettings, TrainingSettings
from core.mlops import open_workspace
from core.mlops.algorithms import ALGORITHMS
from core.mlops.generator import generate
from core.mlops.workspace import Workspace
from tests.support.once import made_once

TELCO = Path(__file__).resolve().parents[3] / "shared" / "data" / "telco_customer_churn.csv"
NAMES = [algorithm.name for algorithm in ALGORITHMS]
# 900 generated rows leave 180 in the hold-out: the limits on quality are widened to what so few can show.
SMALL = MlopsSettings(
    training=TrainingSettings(folds=2),
    gates=GateSettings(
        min_roc_auc=0.7,
        margin=0.05,
        resamples=200,
        slice_margin=0.3,
        brier_margin=0.05,
        calibration_margin=0.1,
        max_calibration_error=0.2,
    ),
)


@pytest.fixture(scope="session")
def customers() -> pd.DataFrame:
    """900 generated customers in the schema of the Telco file."""
    return generate(900, seed=7)[0]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    """An MLflow database with all its migrations, which take seconds; it is copied, never opened."""
    from mlflow import MlflowClient

    def make(path: Path) -> None:
        MlflowClient(tracking_uri=f"sqlite:///{path}").search_experiments()

    return made_once(tmp_path_factory, "mlflow.db", make)


@pytest.fixture(scope="session")
def trained(tmp_path_factory, migrated, customers) -> Path:
    """The folder of a workspace with one run of every algorithm and a calibrated one; it is only copied."""

    def make(folder: Path) -> None:
        workspace = _fresh(folder, migrated)
        workspace.train(customers, "Churn", "Yes", NAMES, budget_s=0.001, name="generated")
        workspace.train(customers, "Churn", "Yes", ["gradient_boosting"], budget_s=0.001, calibrate=True)
        workspace.close()

    return made_once(tmp_path_factory, "trained", make)


@pytest.fixture(scope="session")
def zoo(tmp_path_factory, trained) -> Workspace:
    """One run of every algorithm, and a calibrated one; tests may register them, nothing else."""
    return _copy(trained, tmp_path_factory.mktemp("zoo") / "ws")


@pytest.fixture(scope="session")
def three_versions(tmp_path_factory, trained) -> Path:
    """The folder of a workspace with versions 1 to 3, none of them staged: two linear, one boosted."""

    def make(folder: Path) -> None:
        workspace = _copy(trained, folder)
        for name in ("logistic_regression", "logistic_regression_linear", "hist_gradient_boosting"):
            workspace.register(run_of(workspace, name))
        workspace.close()

    return made_once(tmp_path_factory, "three-versions", make)


@pytest.fixture
def ws(tmp_path, three_versions) -> Workspace:
    """A workspace of this test's own, with three unstaged versions."""
    return _copy(three_versions, tmp_path / "ws")


@pytest.fixture
def empty(tmp_path, migrated) -> Workspace:
    """A workspace without runs."""
    return _fresh(tmp_path / "ws", migrated)


def run_of(workspace: Workspace, algorithm: str) -> str:
    """The id of the first run of an algorithm."""
    found = workspace.runs(f"params.algorithm = '{algorithm}'").sort_values("start_time")
    return str(found.iloc[0]["run_id"])


def _fresh(folder: Path, database: Path) -> Workspace:
    folder.mkdir(parents=True)
    shutil.copy(database, folder / "mlflow.db")
    return open_workspace(folder, SMALL)


def _copy(source: Path, folder: Path) -> Workspace:
    shutil.copytree(source, folder)
    return open_workspace(folder, SMALL)
