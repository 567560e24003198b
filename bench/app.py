"""The running app: cold start, warm-up, reruns, page switches, and many visitors at once."""

import asyncio
import re
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from urllib.parse import urlencode

from bench.entry import Entry, against
from bench.server import Server, started
from bench.visitor import Visitor
from core import demos
from core.counts import counted
from core.guide import Step, load_guide

_RERUNS = 20
_PAUSE_S = 0.2  # back-to-back messages measure a floor of the harness instead of the page
_PAUSE_AT_HOME_S, _PAUSE_ON_PAGES_S = 1.0, 2.0
_AT_HOME = "Home, rerun by {} at one moment, once a second"
_ON_PAGES = "each page opened and opened again by {}, one in two seconds; first queries included"
_SESSIONS = (1, 5, 20, 50)
_RERUN_LIMIT_MS = 25.0
_PAINT = "server spawned, first visitor, until the heading arrives"
_P95_LIMIT_MS = 1000.0
_COLD_LIMIT = 1.5
_IMPORTS = 7
_HOME = "import core.ui.frame, core.ui.status, core.demos"
_WARM_LIMIT_MS, _COLD_RESULT_LIMIT_MS = 2_000.0, 15_000.0
_WARM_UP_LIMIT_MS = 60_000.0  # of one step
_SWITCH_LIMIT_MS = 40.0
_STEP = re.compile(r"event=warmup\.step step=(\"[^\"]+\"|\S+) state=(\w+) seconds=([\d.]+)")


def entries() -> list[Entry]:
    """Cold start against ``streamlit hello``, warm-up, first results, reruns and throughput."""
    with started("hello") as hello:
        sight_of_hello = asyncio.run(_first_sight(hello, "Welcome to Streamlit"))
        rerun_of_hello = statistics.median(asyncio.run(_rerun_times(hello, "")))
        start_of_hello = hello.seconds
        painted_of_hello = 1000 * start_of_hello + sight_of_hello
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as data:
        with started("run", "Home.py", HUB_WARMUP="1", HUB_DATA_DIR=data) as hub:
            sight = asyncio.run(_first_sight(hub, demos.get("home").claim))
            hub.wait_for("warmup.done")
            found = [
                _import_closure(),
                _compared("server start", hub.seconds * 1000, start_of_hello * 1000, "spawn to healthy"),
                _compared("Home's first paint", 1000 * hub.seconds + sight, painted_of_hello, _PAINT),
                *_timeline(hub),
                *asyncio.run(_reruns(hub, rerun_of_hello)),
                asyncio.run(_switches(hub, rerun_of_hello)),
            ]
            warm = {key: asyncio.run(_first_result(hub, step)) for key, step in _first_steps()}
            found += asyncio.run(_crowds(hub))
        return [*found, *_cold_results(data, warm)]


def _first_steps() -> Iterator[tuple[str, Step]]:
    """The first step of each project's demo script."""
    for chapter in load_guide().chapters:
        if chapter.script is not None:
            yield chapter.title, chapter.script.steps[0]


async def _first_result(server: Server, step: Step) -> float:
    async with Visitor(server.port) as visitor:
        return await visitor.until(step.see, demos.get(step.page).url.strip("/"), urlencode(step.query))


def _cold_results(data: str, warm: dict[str, float]) -> Iterator[Entry]:
    """The same links on servers that have just started and loaded nothing; their stores are filled."""
    for key, step in _first_steps():
        with started("run", "Home.py", HUB_WARMUP="0", HUB_DATA_DIR=data) as server:
            cold = asyncio.run(_first_result(server, step))
        name = f"app: first result of {key}"
        how = f"“{step.title}” of the demo script, link opened until the result is there"
        yield against(f"{name}, cold", cold, "ms", warm[key], f"{how}; against warm", _COLD_RESULT_LIMIT_MS)
        told = f"{how}, after other visitors; against cold"
        yield against(f"{name}, warm", warm[key], "ms", cold, told, _WARM_LIMIT_MS)


async def _first_sight(server: Server, text: str) -> float:
    async with Visitor(server.port) as visitor:
        return await visitor.first_sight(text)


def _compared(name: str, value: float, baseline: float, how: str) -> Entry:
    how = f"{how}; against streamlit hello"
    return Entry(f"app: {name}", value, "ms", baseline, value / baseline, how, _COLD_LIMIT)


def _timeline(server: Server) -> list[Entry]:
    """What each step of the warm-up took, as the server's log tells it."""
    steps = [
        (name.strip('"'), state, 1000 * float(seconds))
        for name, state, seconds in _STEP.findall(server.log.read_text(errors="replace"))
    ]
    whole = sum(taken for _name, _state, taken in steps)
    return [
        against(f"app: warm-up, {name}", taken, "ms", whole, f"{state}; against all steps", _WARM_UP_LIMIT_MS)
        for name, state, taken in steps
    ]


async def _rerun_times(server: Server, page: str) -> list[float]:
    """Milliseconds of the first run of a page and of its reruns, in one session."""
    async with Visitor(server.port) as visitor:
        times = [await visitor.run(page)]
        for _ in range(_RERUNS):
            await asyncio.sleep(_PAUSE_S)
            times.append(await visitor.run(page))
        if visitor.errors:
            raise RuntimeError(f"/{page} showed {visitor.errors}")
        return times


async def _reruns(server: Server, of_hello: float) -> list[Entry]:
    found = []
    for demo in demos.installed():
        first, *times = await _rerun_times(server, demo.url.strip("/"))
        p50, p95 = statistics.median(times), _p95(times)
        how = f"p50 of {_RERUNS} reruns; first run {first:.0f}, p95 {p95:.0f} ms; against streamlit hello"
        found.append(against(f"app: rerun of {demo.title}", p50, "ms", of_hello, how, _RERUN_LIMIT_MS))
    return found


async def _switches(server: Server, of_hello: float) -> Entry:
    """One visitor who goes round all pages twice; the first round is not counted."""
    pages = [demo.url.strip("/") for demo in demos.installed()]
    async with Visitor(server.port) as visitor:
        times = []
        for page in [*pages, *pages]:
            await asyncio.sleep(_PAUSE_S)
            times.append(await visitor.run(page))
        how = f"p50 over {len(pages)} pages in one session, server side; slowest {max(times[len(pages) :]):.0f} ms; "
        how += "against a rerun of streamlit hello"
        p50 = statistics.median(times[len(pages) :])
        return against("app: page switch", p50, "ms", of_hello, how, _SWITCH_LIMIT_MS)


async def _crowds(server: Server) -> list[Entry]:
    """Visitors who rerun Home at one moment, and visitors who walk through the pages, one after another."""
    at_home, on_pages = {}, {}
    for count in _SESSIONS:
        at_home[count], on_pages[count] = await _crowd(server, count)
    return [
        _waited(counted(count, "visitor"), where, times, found[1], how)
        for found, where, how in ((at_home, "", _AT_HOME), (on_pages, " on all pages", _ON_PAGES))
        for count, times in found.items()
    ]


async def _crowd(server: Server, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of the runs at Home, and of those on all pages."""
    home = await _visits(server, [[""] * 6] * count, _PAUSE_AT_HOME_S)
    pages = [demo.url.strip("/") for demo in demos.installed()]
    rounds = [2 * (pages[at:] + pages[:at]) for at in range(len(pages))]
    walks = [rounds[number % len(pages)] for number in range(count)]
    return home, await _visits(server, walks, _PAUSE_ON_PAGES_S, arriving_s=_PAUSE_ON_PAGES_S)


def _waited(visitors: str, where: str, times: list[float], alone: list[float], how: str) -> Entry:
    how = f"{how.format(visitors)}; p50 {statistics.median(times):.0f} ms; against one visitor"
    return against(f"app: p95 with {visitors}{where}", _p95(times), "ms", _p95(alone), how, _P95_LIMIT_MS)


async def _visits(
    server: Server, walks: list[list[str]], pause_s: float, arriving_s: float = 0.0
) -> list[float]:
    """Milliseconds of every page of every walk but its first, ``pause_s`` after the last one; one visitor a walk.

    They arrive evenly within ``arriving_s``.
    """

    async def visit(number: int, pages: list[str]) -> list[float]:
        await asyncio.sleep(arriving_s * number / len(walks))
        async with Visitor(server.port) as visitor:
            await visitor.run(pages[0])
            times = []
            for page in pages[1:]:
                await asyncio.sleep(pause_s)
                times.append(await visitor.run(page))
            if visitor.errors:
                raise RuntimeError(f"a visitor saw {visitor.errors}")
            return times

    return [t for times in await asyncio.gather(*(visit(*walk) for walk in enumerate(walks))) for t in times]


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, int(0.95 * len(times)) - 1)]


def _import_closure() -> Entry:
    def seconds(code: str) -> float:
        """CPU time of a fresh interpreter; neighbours on the machine would decide its wall time."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    pairs = [
        (seconds("import streamlit"), seconds(_HOME)) for _ in range(_IMPORTS)
    ]  # by turns: a machine drifts
    streamlit, home = (min(times) for times in zip(*pairs, strict=True))
    how = f"CPU time of a fresh interpreter, best of {_IMPORTS}; against import streamlit"
    return Entry(
        "app: imports of Home", home * 1000, "ms", streamlit * 1000, home / streamlit, how, _COLD_LIMIT
    )
