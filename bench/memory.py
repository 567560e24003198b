"""Resident memory of the app along a demonstration: everything is used, the language model last.

Each step goes through the real pages, over the websocket; after each the server and its children are measured, and
the most they took meanwhile is told beside it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench.entry import Entry, against
from bench.server import Server, started
from bench.visitor import Visitor
from core import demos
from core.ui import frame
from core.ui.mlops import compare, predict, runs
from core.ui.mlops import views as model_views
from core.ui.rag import chat_view
from core.ui.rag import state as rag
from core.ui.sql_ai import side, views

_BEFORE_MB, _AFTER_MB = 690.0, 1000.0  # promised before and after the language model was used
_LOADED = "language_model_loaded"
_SETTLED_S = 3.0  # memory is given back a second after bulk work
_LOOK_EVERY_S = 0.2
_ANSWERED = chat_view.EXAMPLES[0]

# Examples of the page: sentiment, classify, redact, summarize, similarity and the functions for series and classes.
_FIRST_QUERY = "sentiment"
_QUERIES = ("topics", "aspects", "redact", "extract", "digest", "search", "filter", "join", "map")
_TRAINED_QUERIES = ("forecast", "stores", "anomalies", "classifier", "drivers")
Page = tuple[str, dict[str, str]]  # key of the page, query


@dataclass(frozen=True)
class Step:
    """Something visitors do, and what the memory is called after it."""

    moment: str
    take: Callable[[Server], Coroutine[Any, Any, None]]
    limit: float = _BEFORE_MB


def entries() -> list[Entry]:
    """Memory after each step, with ``streamlit hello`` beside it; fails when a page shows an error."""
    with started("hello") as hello:
        asyncio.run(_open(("home", {}))(hello))
        baseline = hello.rss_mb
    with (
        tempfile.TemporaryDirectory(prefix="hub-bench-") as data,
        started("run", "Home.py", HUB_WARMUP="1", HUB_DATA_DIR=data) as hub,
    ):
        return [_after(hub, step, baseline) for step in _steps()]


def _steps() -> list[Step]:
    return [
        Step("with Home only", _open(("home", {}))),
        Step("after warm-up", _warm_up),
        Step("with all pages visited", _open(*_pages())),
        Step("with a first SQL result", _open(("sql_ai", {"example": _FIRST_QUERY}))),
        Step("with SQL used", _open(*(("sql_ai", {"example": name}) for name in _QUERIES))),
        Step("with series and classes learnt in SQL", _open(*_learnt())),
        Step("with models trained", _train),
        Step("with models judged and used", _open(*_models())),
        Step("with documents asked", _ask),
        Step("with an evaluation run, everything but the language model", _open(_evaluation())),
        Step("with a local answer", _open(_local_answer()), _AFTER_MB),
        Step("after 80 visitors", _crowd, _AFTER_MB),
    ]


def _pages() -> list[Page]:
    """Every page, its tabs and its views, as they open without a question."""
    found: list[Page] = []
    for demo in demos.installed():
        found.append((demo.key, {}))
        if demo.kind == "demo":
            found += [(demo.key, {"tab": tab}) for tab in frame.TABS]
    found += [("sql_ai", {"view": view.value}) for view in views.View]
    found += [("sql_ai", {"side": title}) for title in side.LISTS]
    found += [("experiment_browser", {"view": view}) for view in model_views.VIEWS]
    found += [("rag_chat", {"view": view}) for view in rag.VIEWS]
    return found


def _learnt() -> list[Page]:
    return [("sql_ai", {"example": name}) for name in _TRAINED_QUERIES]


def _models() -> list[Page]:
    page = "experiment_browser"
    return [
        *((page, {"view": "runs", "compare": "top3", "comparison": title}) for title in compare.VIEWS),
        *((page, {"view": "runs", "compare": "top1", "detail": title}) for title in runs.DETAILS),
        (page, {"view": "registry", "version": "challenger"}),
        *((page, {"view": "predict", "sample": word}) for word in predict.ASKED),
        (page, {"view": "watch", "shift": "Contract:25"}),
    ]


def _evaluation() -> Page:
    return "rag_chat", {"view": "Evaluation", "evaluate": "1", "generator": "extractive"}


def _local_answer() -> Page:
    return "rag_chat", {"question": _ANSWERED, "run": "1", "generator": "local"}


def _open(*pages: Page) -> Callable[[Server], Coroutine[Any, Any, None]]:
    """One visitor opens these pages, one after the other."""

    async def take(server: Server) -> None:
        async with Visitor(server.port) as visitor:
            for key, query in pages:
                await visitor.run(demos.get(key).url.strip("/"), urlencode(query))
                _refuse_errors(visitor, f"/{key} with {query}")

    return take


async def _warm_up(server: Server) -> None:
    await asyncio.to_thread(server.wait_for, "warmup.done")


async def _train(server: Server) -> None:
    page = demos.get("experiment_browser").url.strip("/")
    query = urlencode({"view": "train"})
    async with Visitor(server.port) as visitor:
        await visitor.until("Time for the search", page, query)  # the workspace is open
        await visitor.press("Train", page, query)
        await visitor.until("Compare them", page, query)
        _refuse_errors(visitor, "a training")


async def _ask(server: Server) -> None:
    """A text is added, and the examples of the chat are asked: answers by quotation, overviews, refusals."""
    page = demos.get("rag_chat").url.strip("/")
    documents = urlencode({"view": "Documents"})
    text = "\n\n".join(
        f"Rule {n}: the visitor's badge {n} opens door {n} until {n % 12} o'clock." for n in range(400)
    )
    async with Visitor(server.port) as visitor:
        await visitor.run(page, documents)
        await visitor.press("Add text", page, documents, Name="badges.md", Text=text)
        for question in chat_view.EXAMPLES:
            await visitor.run(page, urlencode({"question": question, "run": "1"}))
        for view in ("map", "inspect"):
            value = "true" if view == "map" else _ANSWERED
            await visitor.run(page, urlencode({"view": "Inspector", view: value}))
        _refuse_errors(visitor, "the chat")


async def _crowd(server: Server) -> None:
    """Many visitors at once, who each open Home."""
    await asyncio.gather(*(_open(("home", {}))(server) for _ in range(80)))


def _refuse_errors(visitor: Visitor, where: str) -> None:
    if visitor.errors:
        raise RuntimeError(f"{where} showed {visitor.errors}")


async def _highest_during(work: Coroutine[Any, Any, None], server: Server) -> float:
    """Do the work; the most memory that server and children were seen to take together, in MB."""
    task, highest = asyncio.create_task(work), server.rss_mb
    while not task.done():
        await asyncio.wait([task], timeout=_LOOK_EVERY_S)
        highest = max(highest, server.rss_mb)
    await task
    return highest


def _after(server: Server, step: Step, of_hello: float) -> Entry:
    """Take the step and measure; the language model must not be there before it is used."""
    highest = asyncio.run(_highest_during(step.take(server), server))
    time.sleep(_SETTLED_S)
    loaded = "with" if _LOADED in server.log.read_text(errors="replace") else "without"
    how = (
        f"resident, with children, {server.file_mb:,.0f} MB of it pages of files, {loaded} the language model; "
        f"at most {highest:,.0f} MB on the way; against streamlit hello"
    )
    return against(f"memory: {step.moment}", server.rss_mb, "MB", of_hello, how, step.limit)
