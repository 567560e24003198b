"""kill -9 of the app in the middle of its first start; the next start finds everything whole."""

import asyncio
import contextlib
import time
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from bench.server import Server, started
from bench.visitor import Visitor
from core import demos
from core.config import ROOT
from tests.support.running import run

# What the log says when the part begins that is to be cut off.
MOMENTS = {
    "while documents are indexed": "event=indexing_shared_corpus",
    "while models are trained": "step=Forecasting state=ready",
    "before anything is loaded": "event=warmup.step",
}


def kill(server: Server) -> None:
    """End the server and its children at once, as the system does when memory runs out."""
    for process in [*server.process.children(recursive=True), server.process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


async def open_pages(port: int) -> list[str]:
    async with Visitor(port) as visitor:
        for demo in demos.installed():
            await visitor.run(demo.url.strip("/"))
        return visitor.errors


def killed_and_restarted(folder: Path, moment: str) -> str:
    """The log of the second start."""
    (folder / "models").symlink_to(ROOT / ".hub" / "models")
    environment = {"HUB_WARMUP": "1", "HUB_DATA_DIR": str(folder)}
    with started("run", "Home.py", **environment) as server:
        run(open_pages(server.port))
        server.wait_for(MOMENTS[moment])
        time.sleep(0.5)
        kill(server)
    with started("run", "Home.py", **environment) as server:
        assert run(open_pages(server.port)) == []
        server.wait_for("event=warmup.done")
        assert run(open_pages(server.port)) == []
        return server.log.read_text(errors="replace")


@pytest.mark.fault(
    "kill -9 of the app while its first start indexes documents",
    sees="after the restart the pages as on any first start",
    kept="whole documents only",
    heals="the next start indexes what is missing",
)
def test_an_app_killed_while_documents_are_indexed_starts_whole(tmp_path):
    log = killed_and_restarted(tmp_path, "while documents are indexed")
    assert "event=warmup.done failed=0" in log


ENDLESS = "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r"
BUSY = {
    "while a statement runs": ("SQL_AI_Playground", {"q": ENDLESS}),
    "while a question is answered": ("RAG_Chat", {"question": "How many days of leave?", "run": "1"}),
    "while a shift is simulated": ("Experiment_Browser", {"view": "watch", "shift": "Contract:25"}),
}


@pytest.mark.soak
@pytest.mark.parametrize("moment", BUSY)
def test_an_app_killed_in_use_starts_whole(tmp_path, moment):
    (tmp_path / "models").symlink_to(ROOT / ".hub" / "models")
    environment = {"HUB_WARMUP": "1", "HUB_DATA_DIR": str(tmp_path)}
    page, query = BUSY[moment]

    async def interrupted(server: Server) -> None:
        async with Visitor(server.port) as visitor:
            running = asyncio.create_task(visitor.run(page, urlencode(query)))
            await asyncio.sleep(1.0)
            kill(server)
            with contextlib.suppress(Exception):  # the connection breaks off
                await running

    with started("run", "Home.py", **environment) as server:
        run(open_pages(server.port))
        server.wait_for("event=warmup.done")
        run(interrupted(server))
    with started("run", "Home.py", **environment) as server:
        assert run(open_pages(server.port)) == []
        server.wait_for("event=warmup.done")
        assert run(open_pages(server.port)) == []
        assert "event=warmup.done failed=0" in server.log.read_text(errors="replace")


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_app_killed_at_any_moment_starts_whole(tmp_path, moment):
    assert "event=warmup.done failed=0" in killed_and_restarted(tmp_path, moment)
