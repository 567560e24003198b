"""The service as the page starts it, a process of its own on a real workspace, promoted and reloaded under fire."""

import shutil
import threading
import time
from itertools import cycle

import pytest
import requests
import yaml

from core.mlops import open_workspace
from core.mlops.gates import GateReport
from core.mlops.service_process import ManagedService
from tests.mlops.conftest import SMALL
from tests.mlops.serving.conftest import wait_until

CLIENTS = 8


@pytest.fixture(scope="module")
def stage(tmp_path_factory, trained):
    """A workspace with ten versions, the first in Production, and the address of its running service."""
    folder = tmp_path_factory.mktemp("service") / "ws"
    shutil.copytree(trained, folder)
    ws = open_workspace(folder, SMALL)
    for run_id in ws.runs()["run_id"]:
        ws.register(run_id)
    ws.promote(1, to="Production", reason="start", override=True)
    service = ManagedService(folder)
    service.start()
    wait_until(lambda: service.status().state == "ready", 120)
    yield ws, str(service.url)
    service.stop()
    ws.close()


@pytest.fixture(scope="module")
def record(stage):
    ws, _ = stage
    return {column.name: column.typical for column in ws.schema(1).columns}


class Client(threading.Thread):
    """Sends requests until told to stop; keeps status, version, and when each began and ended."""

    def __init__(self, url, record, stop):
        super().__init__(daemon=True)
        self.url, self.record, self.halt = url, record, stop
        self.seen: list[tuple[int, int, float, float]] = []

    def run(self):
        with requests.Session() as session:
            while not self.halt.is_set():
                began = time.monotonic()
                answer = session.post(f"{self.url}/predict", json=self.record, timeout=30)
                self.seen.append(
                    (answer.status_code, answer.json().get("model_version", -1), began, time.monotonic())
                )


def put(ws, version):
    """Promote with a report at hand: judging takes a second of both processors and is tested elsewhere."""
    report = GateReport(version, ws.stages()["Production"], True, (), "not judged", 0, "")
    ws.promote(version, to="Production", reason="next", report=report)


def hammer(ws, url, record, cycles):
    """Eight clients predict all through ``cycles`` promotions with reload; every answer is then held to account."""
    stop = threading.Event()
    clients = [Client(url, record, stop) for _ in range(CLIENTS)]
    order = [ws.stages()["Production"]]
    promoted, served = [0.0], [0.0]  # when each promotion began; when its reload had answered
    for client in clients:
        client.start()
    others = cycle(sorted(ws.stages()))
    for _ in range(cycles):
        version = next(v for v in others if v != order[-1])
        progress = [len(client.seen) for client in clients]
        promoted.append(time.monotonic())
        put(ws, version)
        answer = requests.post(f"{url}/model/reload", timeout=60)
        assert (answer.status_code, answer.json()["model_version"]) == (200, version)
        order.append(version)
        served.append(time.monotonic())
        wait_until(lambda p=progress: all(len(c.seen) > n for c, n in zip(clients, p, strict=True)), 60)
    stop.set()
    for client in clients:
        client.join(60)
        assert not client.is_alive()
    for client in clients:
        assert {status for status, *_ in client.seen} == {200}
        place = 0  # in the order of promotions: it only ever moves on
        for _, version, began, ended in client.seen:
            while place < len(order) and order[place] != version:
                place += 1
            assert place < len(order), f"version {version} came back after a later one"
            assert promoted[place] <= ended
            assert place + 1 == len(order) or began <= served[place + 1]
    return sum(len(client.seen) for client in clients)


@pytest.mark.timeout(300)
def test_eight_clients_never_fail_nor_go_back_through_six_promotions_of_a_real_registry(stage, record):
    assert hammer(*stage, record, 6) >= 6 * CLIENTS


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_eight_clients_never_fail_nor_go_back_through_twenty_promotions_of_a_real_registry(stage, record):
    assert hammer(*stage, record, 20) >= 20 * CLIENTS


def _spoil_file(folder):
    (folder / "model.skops").write_bytes(b"PK\x03\x04 no longer a model")


def _spoil_description(folder):
    (folder / "MLmodel").write_text("flavors: [")


def _other_version(folder):
    content = yaml.safe_load((folder / "MLmodel").read_text())
    content["flavors"]["sklearn"]["sklearn_version"] = "9.0.0"
    (folder / "MLmodel").write_text(yaml.safe_dump(content))


def _other_types(folder):
    content = yaml.safe_load((folder / "MLmodel").read_text())
    content["flavors"]["sklearn"]["skops_trusted_types"] = ["os.system"]
    (folder / "MLmodel").write_text(yaml.safe_dump(content))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_spoil_file, "damaged"),
        (_spoil_description, "cannot be read"),
        (_other_version, "another major version"),
        (_other_types, "not on the allow-list: os.system"),
    ],
)
def test_a_production_model_that_cannot_serve_leaves_the_old_one_answering(stage, record, spoil, told):
    ws, url = stage
    old = requests.get(f"{url}/health", timeout=10).json()["loaded"]
    held = {
        old,
        requests.get(f"{url}/health", timeout=10).json()["previous"],
    }  # these are in memory and sound
    new = next(version for version in sorted(ws.stages()) if version not in held)
    folder = ws.store.model_folder(ws.version(new).model_id)
    kept = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    put(ws, new)
    spoil(folder)
    assert requests.post(f"{url}/model/reload", timeout=60).status_code == 409
    health = requests.get(f"{url}/health", timeout=10).json()
    assert (health["loaded"], health["registry"], health["stale"]) == (old, new, True)
    assert told in health["last_error"]
    answer = requests.post(f"{url}/predict", json=record, timeout=10)
    assert (answer.status_code, answer.json()["model_version"]) == (200, old)
    for path, content in kept.items():
        path.write_bytes(content)
    put(ws, old)
    assert requests.post(f"{url}/model/reload", timeout=60).json()["outcome"] == "unchanged"
    assert requests.get(f"{url}/health", timeout=10).json()["last_error"] is None


def test_an_answer_of_the_service_equals_the_model_called_directly(stage, record):
    from core.mlops.predictions import Scorer

    ws, url = stage
    version = requests.post(f"{url}/model/reload", timeout=60).json()["model_version"]
    rows = ws.holdout_data(version).head(20)
    records = [{k: (None if v != v else v) for k, v in row.items()} for row in rows.to_dict("records")]
    answers = requests.post(f"{url}/predict", json=records, timeout=10).json()
    direct = Scorer(ws, version).predict(rows)
    assert [a["probability"] for a in answers] == pytest.approx(direct.probabilities)
    assert [a["label"] for a in answers] == list(direct.labels)
    assert requests.post(f"{url}/predict", json=record, timeout=10).json()["model_name"] == "churn"


def test_the_challenger_is_compared_on_live_requests_before_it_is_promoted(stage, record):
    ws, url = stage
    champion = ws.stages()["Production"]
    rival = next(version for version in ws.stages() if version != champion)
    ws.set_challenger(rival, reason="shadow", actor="test")
    requests.post(f"{url}/model/reload", timeout=60)
    requests.post(f"{url}/predict", json=[record] * 40, timeout=10)
    wait_until(lambda: requests.get(f"{url}/shadow", timeout=10).json()["rows"] >= 40)
    report = requests.get(f"{url}/shadow", timeout=10).json()
    assert (report["champion"], report["challenger"], report["errors"]) == (champion, rival, 0)
    assert 0 < report["mean_absolute_difference"] < 0.5
    ws.set_challenger(None, reason="enough", actor="test")


def test_metrics_count_what_was_answered_by_version(stage):
    _, url = stage
    text = requests.get(f"{url}/metrics", timeout=10).text
    counted = [line for line in text.splitlines() if line.startswith("model_predictions_total{")]
    assert len({line.split('version="')[1].split('"')[0] for line in counted}) > 1
    assert 'http_requests_total{method="POST",route="/predict",status="200"}' in text


def test_stopping_the_service_ends_its_process(stage):
    import psutil

    ws, _ = stage
    service = ManagedService(ws.root)
    pid = service.start().pid
    service.stop()
    assert service.status().state == "stopped"
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
