"""Real uvicorn on loopback: promotions under fire."""

import socket
import threading
import time

import pytest
import requests
import uvicorn

from core.config_serving import ServingSettings
from core.mlops.serving import create_app
from core.ports import free_port
from tests.mlops.serving.conftest import RECORD, wait_until

CYCLES = 20
CLIENTS = 8


@pytest.fixture
def live(registry, fitted):
    registry.models = {version: fitted[1 + version % 2] for version in range(1, CYCLES + 2)}
    port = free_port()
    app = create_app(ServingSettings(shadow=False), registry)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: server.started and requests.get(f"{url}/health/ready", timeout=5).ok)
    yield url
    server.should_exit = True
    thread.join(10)


class Client(threading.Thread):
    """Sends requests until told to stop; keeps status, version, and when each began and ended."""

    def __init__(self, url: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.halt = url, stop
        self.seen: list[tuple[int, int, float, float]] = []

    def run(self) -> None:
        with requests.Session() as session:
            while not self.halt.is_set():
                began = time.monotonic()
                answer = session.post(f"{self.url}/predict", json=RECORD, timeout=30)
                version = answer.json().get("model_version", -1)
                self.seen.append((answer.status_code, version, began, time.monotonic()))


def test_eight_clients_see_no_failure_and_no_step_back_through_twenty_promotions(live, registry):
    stop = threading.Event()
    clients = [Client(live, stop) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    promoted = {1: 0.0}  # version -> when its promotion began
    served = {1: 0.0}  # version -> when its reload had answered
    for version in range(2, CYCLES + 2):
        progress = [len(client.seen) for client in clients]
        promoted[version] = time.monotonic()
        registry.aliases["production"] = version
        assert requests.post(f"{live}/model/reload", timeout=30).json()["model_version"] == version
        served[version] = time.monotonic()
        wait_until(lambda before=progress: all(len(c.seen) > n for c, n in zip(clients, before, strict=True)))
    stop.set()
    for client in clients:
        client.join(30)
    for client in clients:
        assert {status for status, *_ in client.seen} == {200}
        versions = [version for _, version, *_ in client.seen]
        assert versions == sorted(versions)
        for _, version, began, ended in client.seen:
            # Valid at that moment: its promotion had begun, and its successor was not yet confirmed.
            assert promoted[version] <= ended
            assert began <= served.get(version + 1, float("inf"))
    assert {client.seen[-1][1] for client in clients} <= {CYCLES, CYCLES + 1}


RAW = [
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\r\n Set-Cookie: b=c\r\n\r\n",
    b"GET /health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: a%0d%0aSet-Cookie: b=c\r\n\r\n",
    b"GET /health/live%0d%0aSet-Cookie:%20b=c HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 1000,
]


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_raw_nonsense_gets_no_header_of_its_own_and_hurts_nobody(live, raw):
    host, port = live.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.settimeout(2)
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        except OSError:
            answer = b""  # hung up on, which is an answer too
    head = answer.split(b"\r\n\r\n", 1)[0].lower()
    assert b"set-cookie" not in head
    assert b"traceback" not in answer.lower()
    assert requests.post(f"{live}/predict", json=RECORD, timeout=30).status_code == 200


def test_slow_and_silent_clients_keep_nobody_out(live):
    """Many who send half a request and then nothing: the others are served meanwhile."""
    host, port = live.removeprefix("http://").split(":")
    held = []
    for number in range(100):
        connection = socket.create_connection((host, int(port)), timeout=10)
        held.append(connection)
        body = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"
        connection.sendall(body if number % 2 else b"POST /predict HTT")
    assert [requests.post(f"{live}/predict", json=RECORD, timeout=30).status_code for _ in range(5)] == [
        200
    ] * 5
    for connection in held:
        connection.close()


def test_rows_of_a_request_that_broke_off_do_not_count(live):
    host, port = live.removeprefix("http://").split(":")
    assert requests.post(f"{live}/predict", json=RECORD, timeout=30).ok
    rows = "\n".join([",".join(RECORD), *[",".join(map(str, RECORD.values()))] * 50, ""]).encode()
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 90000\r\n\r\n"
        connection.sendall(head + rows)
        time.sleep(0.1)

    def metrics():
        return requests.get(f"{live}/metrics", timeout=30).text

    ended = 'http_requests_total{method="POST",route="unmatched",status="400"} 1.0'
    wait_until(lambda: ended in metrics())
    scored = [line for line in metrics().splitlines() if line.startswith("model_predictions_total{")]
    assert sum(float(line.split()[-1]) for line in scored) == 1
