"""The running app: cold start, reruns, memory, and many visitors at once."""

import asyncio
import statistics
import subprocess
import sys
import time

from bench.entry import Entry
from bench.server import Server, started
from bench.visitor import Visitor
from core import demos

_RERUNS = 20
_PAUSE_S = 0.2  # back-to-back messages measure a floor of the harness instead of the page
_SESSIONS = (1, 5, 20, 50)
_RERUN_LIMIT_MS = 50.0
_P95_LIMIT_MS = 1000.0
_COLD_LIMIT = 1.5
_RSS_LIMIT_MB = 690.0


def entries() -> list[Entry]:
    """Cold start against ``streamlit hello``, reruns per page, memory and throughput."""
    with started("hello") as hello:
        baseline = asyncio.run(_first_run(hello))
        hello_start = hello.seconds
    with started("run", "Home.py", HUB_WARMUP="1") as hub:
        first = asyncio.run(_first_run(hub))
        cold = [
            _compared("server start", hub.seconds * 1000, hello_start * 1000, "spawn to healthy"),
            _compared("Home's first run", first, baseline, "first visitor, first script run"),
        ]
        hub.wait_for("warmup.done")
        memory = [_memory(hub, "after warm-up")]
        reruns = asyncio.run(_reruns(hub))
        memory.append(_memory(hub, "all pages visited"))
        crowd = [asyncio.run(_crowd(hub, count)) for count in _SESSIONS]
        return [_import_closure(), *cold, *reruns, *crowd, *memory]


async def _first_run(server: Server) -> float:
    async with Visitor(server.port) as visitor:
        return await visitor.run()


def _compared(name: str, value: float, baseline: float, how: str) -> Entry:
    return Entry(
        f"app: {name}",
        value,
        "ms",
        baseline,
        value / baseline,
        f"{how}; against streamlit hello",
        _COLD_LIMIT,
    )


async def _reruns(server: Server) -> list[Entry]:
    found = []
    for demo in demos.installed():
        page = demo.url.strip("/")
        async with Visitor(server.port) as visitor:
            first = await visitor.run(page)
            times = []
            for _ in range(_RERUNS):
                await asyncio.sleep(_PAUSE_S)
                times.append(await visitor.run(page))
            if visitor.exceptions:
                raise RuntimeError(f"{demo.title} raised {visitor.exceptions} exceptions")
        p50, p95 = statistics.median(times), sorted(times)[int(0.95 * len(times)) - 1]
        how = f"{_RERUNS} reruns over the websocket after warm-up; first run {first:.0f} ms, p95 {p95:.0f} ms"
        found.append(Entry(f"app: rerun of {demo.title}", p50, "ms", None, None, how, _RERUN_LIMIT_MS))
    return found


async def _crowd(server: Server, count: int) -> Entry:
    """``count`` visitors who each open Home and rerun it five times, at the same time."""

    async def visit() -> list[float]:
        async with Visitor(server.port) as visitor:
            await visitor.run()
            times = []
            for _ in range(5):
                await asyncio.sleep(1.0)
                times.append(await visitor.run())
            if visitor.exceptions:
                raise RuntimeError("a visitor saw an exception")
            return times

    times = sorted(t for visits in await asyncio.gather(*(visit() for _ in range(count))) for t in visits)
    p95 = times[max(0, int(0.95 * len(times)) - 1)]
    how = f"{count} visitors rerun Home once a second; p50 {statistics.median(times):.0f} ms"
    return Entry(f"app: p95 with {count} visitors", p95, "ms", None, None, how, _P95_LIMIT_MS)


def _memory(server: Server, moment: str) -> Entry:
    return Entry(
        f"app: memory {moment}", server.rss_mb, "MB", None, None, "resident, with children", _RSS_LIMIT_MB
    )


def _import_closure() -> Entry:
    def seconds(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    streamlit = min(seconds("import streamlit") for _ in range(3))
    home = min(seconds("import core.ui.frame, core.demos") for _ in range(3))
    how = "fresh interpreter, best of 3; against import streamlit"
    return Entry(
        "app: imports of Home", home * 1000, "ms", streamlit * 1000, home / streamlit, how, _COLD_LIMIT
    )
