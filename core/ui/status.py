"""What is ready: models, stores, warm-up and the process itself, for the panel on Home."""

import html
import os
import sqlite3
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import streamlit as st

from core import telemetry, weights
from core.config import public_address, settings
from core.errors import HubError
from core.generator import GeneratorStatus, generator_status
from core.log import Problem, recent_problems
from core.ui import visitors, warmup
from core.ui.badges import duration
from core.ui.proof import breakable
from core.ui.warmup import Progress, State

_REFRESH_S = 2.0
_SIZE_AGE_S = 5.0
_MEGABYTE = 1e6
_SHOWN_PROBLEMS = 4
_WORKSPACE_STEP = "Runs and registry"
_KINDS = {
    telemetry.Kind.SQL: "SQL requests",
    telemetry.Kind.QUESTION: "Questions",
    telemetry.Kind.UPLOAD: "Uploads",
    telemetry.Kind.TRAINING: "Trainings",
    telemetry.Kind.EVALUATION: "Evaluations",
    telemetry.Kind.DECISION: "Registry decisions",
    telemetry.Kind.REQUESTS: "Scoring requests",
}


class Light(StrEnum):
    """How a line of the panel is marked; always shown with its word, never by colour alone."""

    READY = "ready"
    WAITING = "waiting"
    LATER = "on first use"
    OPTIONAL = "not set"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the panel."""

    name: str
    light: Light | None
    detail: str


def panel() -> None:
    """Draw the panel; it refreshes itself while the warm-up runs."""
    every = _REFRESH_S if warmup.start().running else None
    if every is None:
        st.session_state["frame_warm_seen"] = True  # there is no timer to end
    st.fragment(_panel, run_every=every)()


def models(progress: Progress) -> list[Fact]:
    """The packaged weights with their checksums, and the language models that can answer."""
    if progress.enabled and not progress.steps[0].ended:
        known = (weights.EMBEDDING_MODEL, weights.LANGUAGE_MODEL)
        return [Fact(model.name, Light.WAITING, "checking the checksum") for model in known]
    endpoint, local = generator_status()
    facts = [_embedding_model(), _local_model(local), _endpoint(endpoint)]
    return [*facts, _production_model(progress)]


def stores() -> list[Fact]:
    """Where each demo keeps its data, and whether it is there yet."""
    config = settings()
    mlflow = _store("Runs and registry", config.mlflow_tracking_uri, config.mlops_folder, "MLflow on SQLite")
    server = f"{config.chroma_host}:{config.chroma_port}" if config.chroma_host else None
    chroma = _store("Documents and vectors", server, config.data_dir / "rag", "Chroma on disk")
    return [Fact("SQL sandbox", Light.READY, "SQLite in memory, one per visitor"), mlflow, chroma]


def process() -> list[Fact]:
    """Uptime, memory and versions of the running server."""
    import psutil

    me = psutil.Process(os.getpid())
    up = duration((time.monotonic() - _started_at()) * 1000)
    python = ".".join(str(part) for part in sys.version_info[:3])
    return [
        Fact("Uptime", None, up),
        Fact(
            "Visitors",
            None,
            f"{visitors.count()} (a session outlasts its visitor by two minutes, and until the next one leaves)",
        ),
        Fact("Memory", None, f"{me.memory_info().rss / _MEGABYTE:,.0f} MB"),
        Fact("Python", None, python),
        Fact("Streamlit", None, st.__version__),
        Fact("SQLite", None, sqlite3.sqlite_version),
    ]


def activity() -> list[Fact]:
    """What visitors have done since the start: how often, how fast, and what did not work."""
    counts, recent = telemetry.action_counts(), telemetry.recent_actions()
    facts = []
    for kind, name in _KINDS.items():
        ends = {end: number for (of, end), number in counts.items() if of is kind}
        if ends:
            times = sorted(done.ms for done in recent if done.kind is kind)
            bad = [f"{n} {end}" for end, n in sorted(ends.items()) if end is not telemetry.Outcome.DONE]
            total = f"{sum(ends.values()):,}" + (f" ({', '.join(bad)})" if bad else "")
            middle = [f"half within {duration(times[len(times) // 2])}"] if times else []
            facts.append(Fact(name, None, ", ".join([total, *middle])))
    return facts or [Fact("Actions", None, "none yet")]


def caches() -> list[Fact]:
    """How often an answer was there already, for each cache that was asked."""
    rates = telemetry.cache_rates().items()
    facts = [
        Fact(name, None, f"{rate.share:.0%} of {rate.hits + rate.misses:,} found") for name, rate in rates
    ]
    return facts or [Fact("Look-ups", None, "none yet")]


def tracing() -> Fact:
    """Whether actions are sent to an OpenTelemetry collector."""
    endpoint = settings().otel_exporter_otlp_endpoint
    if endpoint is None:
        return Fact("OpenTelemetry", Light.OPTIONAL, "optional: OTEL_EXPORTER_OTLP_ENDPOINT")
    if problem := telemetry.tracing_problem():
        return Fact("OpenTelemetry", Light.PROBLEM, problem.message)
    return Fact("OpenTelemetry", Light.READY, public_address(endpoint))


def problems() -> list[Fact]:
    """The last warnings and errors of this process; their texts are in the log only."""
    last = recent_problems()[:_SHOWN_PROBLEMS]
    if not last:
        return [Fact("Warnings and errors", None, "none since the start")]
    return [Fact(item.event, Light.PROBLEM, _where(item)) for item in last]


def warm_up(progress: Progress) -> list[Fact]:
    """Each library or model that is loaded in the background, with the seconds it took."""
    if not progress.enabled:
        return [Fact(step.name, Light.LATER, "") for step in progress.steps]
    return [Fact(step.name, _LIGHTS[step.state], _step_detail(step)) for step in progress.steps]


_LIGHTS = {
    State.WAITING: Light.WAITING,
    State.LOADING: Light.WAITING,
    State.READY: Light.READY,
    State.FAILED: Light.PROBLEM,
    State.ABSENT: Light.OPTIONAL,
}


def _panel() -> None:
    progress = warmup.start()
    left, middle, right = st.columns(3, gap="large")
    # One element a column: of several, each would push the next one down when its text takes its room.
    left.html(_list("Models", models(progress)) + _list("Stores", stores()) + _list("Caches", caches()))
    middle.html(_list(_warm_up_title(progress), warm_up(progress)))
    log = _list("Log", [*problems(), tracing()])
    right.html(_list("This server", process()) + _list("Since the start", activity()) + log)
    if not progress.running and not st.session_state.get("frame_warm_seen"):
        st.session_state["frame_warm_seen"] = True
        if progress.enabled:
            st.rerun()  # the whole page, so that the timer of this fragment ends


def _warm_up_title(progress: Progress) -> str:
    if not progress.enabled:
        return "Loaded when needed"
    return f"Warming up, {progress.done} of {len(progress.steps)}" if progress.running else "Warmed up"


def _step_detail(step: warmup.Step) -> str:
    if step.problem:
        return step.problem
    return f"loaded in {duration(step.seconds * 1000)}" if step.state is State.READY else ""


def _embedding_model() -> Fact:
    if custom := settings().embedding_model:
        return Fact("Embeddings", Light.READY, f"{custom} (EMBEDDING_MODEL)")
    return _packaged(weights.status(weights.EMBEDDING_MODEL))


def _local_model(local: GeneratorStatus) -> Fact:
    if settings().local_llm:
        light = Light.READY if local.available else Light.PROBLEM
        return Fact(local.model or "Local language model", light, local.detail)
    packaged = weights.status(weights.LANGUAGE_MODEL)
    if not packaged.found:
        return Fact(packaged.model.name, Light.OPTIONAL, "not installed: answers are quotations")
    return _packaged(packaged)


def _packaged(found: weights.WeightsStatus) -> Fact:
    version = f", SHA-256 {found.model.sha256[:8]}" if found.verified else ""
    return Fact(found.model.name, Light.READY if found.verified else Light.PROBLEM, found.detail + version)


def _production_model(progress: Progress) -> Fact:
    """The version in Production, read from the workspace that the warm-up has filled; never opened for this."""
    name = "Production model"
    if not any(step.name == _WORKSPACE_STEP and step.state is State.READY for step in progress.steps):
        return Fact(name, Light.LATER, "shown when the registry is open")
    from core.ui.mlops import state

    opening = state.opening(state.root())
    if not opening.ended.is_set():
        return Fact(name, Light.WAITING, "opening the registry")
    if opening.error is not None:
        return Fact(name, Light.PROBLEM, "the registry cannot be opened; the Experiment Browser says why")
    return _version_in_production(opening.workspace)


@st.cache_data(show_spinner=False, ttl=5.0, max_entries=4)
def _version_in_production(_workspace: Any) -> Fact:
    try:
        info = _workspace.resolve("production")
    except HubError as error:
        return Fact("Production model", Light.PROBLEM, error.message)
    if info is None:
        return Fact("Production model", Light.LATER, "no version is in Production")
    algorithm = dict(info.tags).get("algorithm", "").replace("_", " ")
    return Fact("Production model", Light.READY, f"{info.model_name} version {info.version}, {algorithm}")


@st.cache_resource(show_spinner=False)
def _started_at() -> float:
    """When this process began, on the monotonic clock: setting the machine's clock changes no uptime."""
    import psutil

    return time.monotonic() - (time.time() - psutil.Process().create_time())


def _where(item: Problem) -> str:
    detail = f", {item.detail}" if item.detail else ""
    return f"{item.at:%H:%M:%S} UTC, {item.source}{detail}"


def _endpoint(endpoint: GeneratorStatus) -> Fact:
    # When it is set: whether it answers shows when it is asked.
    light = Light.LATER if endpoint.available else Light.OPTIONAL
    return Fact("Model endpoint", light, endpoint.model if endpoint.available else "optional: LLM_BASE_URL")


def _store(name: str, server: str | None, folder: Path, kind: str) -> Fact:
    if server:
        return Fact(name, Light.READY, f"server {public_address(server)}")
    if folder.is_dir() and any(folder.iterdir()):
        return Fact(name, Light.READY, f"{kind}, {_size(folder) / _MEGABYTE:.1f} MB")
    return Fact(name, Light.LATER, f"{kind}, seeded when the page is first opened")


@st.cache_data(show_spinner=False, ttl=_SIZE_AGE_S, max_entries=8)
def _size(folder: Path) -> int:
    """Bytes of all files below ``folder``; counting them anew was an eighth of a rerun of Home."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:  # a store may remove a file while it is being counted
            continue
    return total


def _list(title: str, facts: Iterable[Fact]) -> str:
    items = "".join(_item(fact) for fact in facts)
    return f'<h3 class="hub-list-title">{html.escape(title)}</h3><dl class="hub-list">{items}</dl>'


def _item(fact: Fact) -> str:
    light = fact.light
    mark = f'<span class="hub-light hub-{light.name.lower()}">{light}</span>' if light else ""
    return f"<div><dt>{html.escape(fact.name)}{mark}</dt><dd>{breakable(html.escape(fact.detail))}</dd></div>"
