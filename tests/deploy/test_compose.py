"""compose.yaml: its services' own commands, run here on loopback, work together.

No engine runs here, so networks, volumes and the image itself are not covered (the image's commands are, in
test_dockerfile.py).
"""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests
import yaml

from core.config import ROOT
from core.mlops.generator import generate
from core.ports import free_port

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
# What compose asks; the test waits for /health/ready of the scoring service, which may be alive without a model.
HEALTH = {"tracking": "/health", "vectors": "/api/v2/heartbeat", "scoring": "/health/live"}


class Project:
    """The services on loopback: their host names, ports and volumes are replaced, nothing else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {"tracking": free_port(), "vectors": free_port(), "scoring": free_port()}
        self.environment = {
            **os.environ,
            **self._settings(),
            "MLOPS__SEED_ROWS": "400",
            "HUB_LOG_LEVEL": "WARNING",
        }

    def _settings(self) -> dict[str, str]:
        given = {
            name: str(value)
            for name, value in SERVICES["hub"]["environment"].items()
            if "$" not in str(value)
        }
        return {name: self.local(value, "hub") for name, value in given.items()} | {
            "CHROMA_PORT": str(self.ports["vectors"]),
            "HUB_DATA_DIR": str(self.folder / "hub"),
        }

    def local(self, text: str, service: str) -> str:
        text = text.replace("0.0.0.0", "127.0.0.1").replace("/data", str(self.folder / service))
        text = re.sub(r"\bvectors\b", "127.0.0.1", text)
        for name, port in {"tracking": "5000", "scoring": "8080", "vectors": "8000"}.items():
            text = text.replace(f"{name}:{port}", f"127.0.0.1:{self.ports[name]}")
            if name == service:
                text = re.sub(rf"\b{port}\b", str(self.ports[name]), text)
        return text

    @contextmanager
    def running(self, service: str):
        (self.folder / service).mkdir(exist_ok=True)
        command = shlex.split(self.local(SERVICES[service]["command"], service))
        command[0] = str(Path(sys.executable).parent / command[0])
        log = (self.folder / f"{service}.log").open("wb")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            self._wait(service, process)
            yield
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # MLflow takes 20 s to end in peace
            process.wait(30)

    def _wait(self, service: str, process) -> None:
        path = HEALTH[service].replace("/live", "/ready")
        address = f"http://127.0.0.1:{self.ports[service]}{path}"
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if requests.get(address, timeout=3).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
        pytest.fail(f"{service} never answered:\n{(self.folder / f'{service}.log').read_text()[-2000:]}")

    def run(self, module: str, *arguments: str):
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments, "--json"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-1500:]
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    here = Project(tmp_path_factory.mktemp("compose"))
    (here.folder / "hub").mkdir()
    with ExitStack() as stack:
        stack.enter_context(here.running("tracking"))
        stack.enter_context(here.running("vectors"))
        yield here


def test_every_service_reports_its_health_at_the_address_that_is_tried_here():
    for service, path in HEALTH.items():
        assert path in SERVICES[service]["healthcheck"]["test"]


@pytest.mark.parametrize("service", ["hub", "scoring"])
def test_the_keys_that_a_public_address_needs_reach_the_services(service):
    passed = SERVICES[service]["environment"]
    keys = ("HUB_ADMIN_TOKEN", "MLOPS__SERVING__API_KEY", "LLM_API_KEY")
    for name in (*keys, "LLM_API_VERSION", "MLOPS__SERVING__RATE_LIMIT_PER_S"):
        assert passed[name] == f"${{{name}:-}}"


def test_what_asks_for_no_key_is_published_on_this_machine_only():
    for name, service in SERVICES.items():
        if name not in ("hub", "scoring"):
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("service", SERVICES)
def test_the_log_of_a_service_does_not_grow_without_bound(service):
    logging = SERVICES[service]["logging"]
    assert logging["driver"] == "json-file"
    assert logging["options"] == {"max-size": "10m", "max-file": "3"}


def test_only_the_tracking_server_answers_to_its_own_name(project):
    address = f"http://127.0.0.1:{project.ports['tracking']}/api/2.0/mlflow/experiments/search"
    assert requests.get(address, params={"max_results": 1}, timeout=10).ok
    stranger = requests.get(address, params={"max_results": 1}, headers={"Host": "evil.example"}, timeout=10)
    assert stranger.status_code == 403


def test_a_model_trained_through_the_tracking_server_is_served_by_the_scoring_service(project):
    project.run("core.mlops", "seed")
    with project.running("scoring"):
        base = f"http://127.0.0.1:{project.ports['scoring']}"
        customers, _ = generate(3, seed=1)
        record = json.loads(customers.drop(columns="Churn").iloc[0].to_json())
        answer = requests.post(f"{base}/predict", json=record, timeout=20)
        assert answer.status_code == 200, answer.text
        assert 0 <= answer.json()["probability"] <= 1
        assert answer.json()["model_version"] == 1


def test_documents_go_to_the_chroma_server_and_come_back(project):
    store = ("--store", str(project.folder / "hub" / "rag"))
    project.run("core.rag", *store, "add", "docs/deploying.md")
    answer = project.run("core.rag", *store, "ask", "What does the image carry?", "--generator", "extractive")
    assert answer["passages"]
    base = f"http://127.0.0.1:{project.ports['vectors']}/api/v2/tenants/default_tenant/databases/default_database"
    found = requests.get(f"{base}/collections", timeout=10).json()
    counts = [requests.get(f"{base}/collections/{one['id']}/count", timeout=10).json() for one in found]
    assert sum(counts) > 0
