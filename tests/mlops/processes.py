"""What child processes do in the kill tests: each tells when it begins and goes on until it is killed."""

import multiprocessing
import os
import signal
import threading
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

# A server process that has everything imported; children are forked from it within milliseconds.
context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(
    [
        "core.mlops.workspace",
        "core.mlops.serving",
        "mlflow.sklearn",
        "sklearn.ensemble",
        "skops.io",
        "pyarrow",
        "uvicorn",
    ]
)


def kill_while(work, *arguments, after_s: float) -> None:
    """Run ``work(connection, *arguments)`` in a process of its own and kill it -9 so long after it has begun."""
    ours, theirs = context.Pipe()
    child = context.Process(target=work, args=(theirs, *arguments))
    child.start()
    assert ours.poll(120), "the child did not begin"
    assert ours.recv() == "begun"
    time.sleep(after_s)
    assert child.is_alive(), "the child ended before it was killed"
    os.kill(child.pid, signal.SIGKILL)
    child.join(20)
    assert child.exitcode == -signal.SIGKILL


def promote_forever(connection: Connection, folder: Path, settings) -> None:
    """Promote versions 1, 2, 3, 1, ... to Production; the gates were passed before."""
    from core.mlops import open_workspace

    ws = open_workspace(folder, settings)
    reports = {version: ws.check_gates(version) for version in (1, 2, 3)}
    connection.send("begun")
    while True:
        for version in (1, 2, 3):
            if ws.stages()["Production"] != version:
                ws._decisions.promote(
                    version,
                    "Production",
                    reason="next",
                    actor="child",
                    override=True,
                    report=replace(reports[version], champion=ws.stages()["Production"]),
                )


def train_forever(connection: Connection, folder: Path, settings, customers) -> None:
    """Train and log a quick model again and again."""
    from core.mlops import open_workspace

    ws = open_workspace(folder, settings)
    connection.send("begun")
    while True:
        ws.train(customers, "Churn", "Yes", ["logistic_regression_linear"], budget_s=0.001)


def reload_forever(connection: Connection, folder: Path, settings) -> None:
    """Serve, promote and reload again and again."""
    from core.mlops import open_workspace
    from core.mlops.serving.service import ScoringService

    ws = open_workspace(folder, settings)
    service = ScoringService(ws, settings.serving, settings.drift)
    service.reload()
    threading.Thread(target=_roll_back_forever, args=(ws,), daemon=True).start()
    connection.send("begun")
    while True:
        service.reload()


def _roll_back_forever(ws) -> None:
    while True:
        ws.rollback(reason="the other one", actor="child")
