"""Page, service and notebook begin at once on an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import requests
from nbclient import NotebookClient

from core.mlops import open_workspace
from core.mlops.service_process import ManagedService
from tests.mlops.serving.conftest import wait_until

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "notebooks" / "train_churn.ipynb"
PAGE = """
from core.mlops import open_workspace
from core.mlops.seeding import seed
seed(open_workspace())
"""


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """The folder after all three have started on it together and done their work; and the service's address."""
    folder = tmp_path_factory.mktemp("together") / "ws"
    small = {
        "MLOPS_ROOT": str(folder),
        "MLOPS__SEED_ROWS": "600",
        "CHURN_ROWS": "500",
        "CHURN_BUDGET_S": "0.001",
    }
    small |= {"CHURN_ALGORITHMS": "logistic_regression_linear", "MLOPS__SERVING__POLL_S": "0.5"}
    service = ManagedService(folder, small)
    service.start()
    page = subprocess.Popen(
        [sys.executable, "-c", PAGE], cwd=ROOT, env=os.environ | small, stderr=subprocess.PIPE
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in small.items():
            patch.setenv(name, value)
        notebook = nbformat.read(NOTEBOOK, as_version=4)
        NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(ROOT)}}).execute()
    told = page.communicate(timeout=200)[1].decode()
    assert page.returncode == 0, told
    yield folder, service, notebook
    service.stop()


def test_the_notebooks_run_appears_beside_the_seeds(begun):
    folder, _, _ = begun
    ws = open_workspace(folder)
    assert len(ws.runs("tags.source = 'notebook'")) == 1
    assert len(ws.runs("tags.hub.seed IS NOT NULL")) in (0, 3)  # the page seeds only a folder nobody has used
    assert set(ws.runs()["status"]) == {"FINISHED"}
    assert ws.audit_status().intact


def test_the_notebook_registers_and_judges_its_best_run(begun):
    folder, _, notebook = begun
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "loads_and_predicts" in said
    assert "logistic_regression_linear" in said
    ws = open_workspace(folder)
    run_id = ws.runs("tags.source = 'notebook'")["run_id"].iloc[0]
    assert run_id in {info.run_id for info in ws.versions()}


def test_the_service_follows_whatever_is_promoted_then(begun):
    folder, service, _ = begun
    ws = open_workspace(folder)
    if ws.stages()["Production"] is None:
        ws.promote(1, to="Production", reason="first", override=True)
    wait_until(lambda: service.status().state == "ready", 90)
    url = service.url
    health = requests.get(f"{url}/health", timeout=10).json()
    assert health["loaded"] == ws.stages()["Production"]
    record = dict.fromkeys(ws.schema(health["loaded"]).names)
    assert (
        requests.post(f"{url}/predict", json=record, timeout=10).json()["model_version"] == health["loaded"]
    )


def test_the_notebook_is_committed_without_outputs():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert all(
        not cell.outputs and cell.execution_count is None
        for cell in notebook.cells
        if cell.cell_type == "code"
    )
