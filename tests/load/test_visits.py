"""Many visits in a row: memory stays bounded and no visitor sees an error."""

import asyncio
import shutil
from itertools import cycle, islice
from pathlib import Path

import pytest

from bench.server import started
from bench.visitor import Visitor
from core import demos
from tests.support.running import run

GROWTH = 1.10


async def visit(port: int, page: str) -> list[str]:
    """One visitor opens a page, looks again, and leaves; the errors they saw."""
    async with Visitor(port) as visitor:
        await visitor.run(page)
        await visitor.run(page)
        return visitor.errors


async def visits(port: int, count: int) -> list[str]:
    pages = [demo.url.strip("/") for demo in demos.installed()]
    return [error for page in islice(cycle(pages), count) for error in await visit(port, page)]


def growth_after(settled: int, total: int, data: Path) -> tuple[float, list[str]]:
    """Memory after all visits relative to that after the first ``settled`` ones, and the errors seen.

    Without pages of files: up to 50 MB of code come and go, and hold nothing that a visitor left.
    """
    with started("run", "Home.py", HUB_WARMUP="1", HUB_DATA_DIR=str(data)) as server:
        seen = run(visits(server.port, len(demos.installed())))
        server.wait_for("warmup.done")  # what is loaded once is no growth
        seen += run(visits(server.port, settled))
        before = server.own_mb
        seen += run(visits(server.port, total - settled))
        return server.own_mb / before, seen


@pytest.mark.parametrize(
    ("settled", "total"),
    [pytest.param(30, 105, id="short"), pytest.param(200, 2000, id="long", marks=pytest.mark.soak)],
)
def test_visits_do_not_add_up_in_memory(first_start, tmp_path, settled, total):
    data = tmp_path / "hub"
    shutil.copytree(first_start, data, symlinks=True)
    growth, errors = growth_after(settled, total, data)
    assert errors == []
    assert growth < GROWTH


async def crowd(port: int, page: str, count: int) -> list[str]:
    return [
        error for seen in await asyncio.gather(*(visit(port, page) for _ in range(count))) for error in seen
    ]


@pytest.mark.parametrize(("page", "count"), [("", 30), ("SQL_AI_Playground", 20)])
def test_visitors_who_come_together_all_get_their_page(page, count):
    """The SQL page runs its first query for each of them."""
    with started("run", "Home.py", HUB_WARMUP="0") as server:
        assert run(crowd(server.port, page, count)) == []
