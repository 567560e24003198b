"""Loads the heavy libraries and models behind the first page, in the order a demo needs them.

Nothing here calls ``st.*`` from the thread. After each step the collector is told to leave what is
loaded alone: a collection of all generations takes 420-560 ms with these libraries in memory and 6-8 ms
once they are frozen (streamlit#8977). Streamlit forces one after every rerun unless .streamlit/config.toml
says otherwise; ours does, for with 50 visitors even the short ones took most of the time.
"""

import gc
import json
import linecache
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from core.config import ROOT, settings
from core.errors import HubError, NotAvailable, StoreError
from core.log import get_logger
from core.runtime import return_memory, return_memory_soon
from core.stores import fault_of, store_error

_FIRST_PAINT_S = 1.5  # the first page reaches the browser before the imports start
_NEW_MODULES_WORTH_A_FREEZE = 150
_RETURN_EVERY_S = 20.0


class State(StrEnum):
    """Where one step of the warm-up is."""

    WAITING = "waiting"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"
    ABSENT = "absent"  # an optional part that is not installed


@dataclass(slots=True)
class Step:
    """One thing to load; the thread writes state, seconds and problem, pages only read them."""

    name: str
    load: Callable[[], object]
    state: State = State.WAITING
    seconds: float = 0.0
    problem: str = ""

    @property
    def ended(self) -> bool:
        """Whether the step is over, well or not."""
        return self.state in (State.READY, State.FAILED, State.ABSENT)


@dataclass(slots=True)
class Progress:
    """The warm-up of this process."""

    steps: list[Step]
    enabled: bool

    @property
    def done(self) -> int:
        """How many steps have ended, well or not."""
        return sum(step.ended for step in self.steps)

    @property
    def running(self) -> bool:
        """Whether the thread still has work."""
        return self.enabled and self.done < len(self.steps)


def start() -> Progress:
    """Start the warm-up of this process (the first call does) and return its progress."""
    progress = _started()
    if not progress.running:
        _freeze_late_imports()
        _return_memory_now_and_then()
    return progress


@st.cache_resource(show_spinner=False)
def load_language_model() -> threading.Thread:
    """Load the local language model in the background, once a process: 160 MB that only its own answers need.

    With the warm-up switched off nothing is loaded ahead. A model that cannot be loaded is told by the
    answer that asks for it.
    """
    thread = threading.Thread(target=_load_language_model, name="hub-language-model", daemon=True)
    if settings().hub_warmup:
        thread.start()
    return thread


def told(error: Exception) -> str:
    """Why a step failed, as any visitor may read it on Home: without paths of the server."""
    if isinstance(error, HubError):
        return error.message
    if fault_of(error) is not None:
        return store_error("What this step stores", error).message
    return "The work of this step failed; the server's log has the details"


def freeze() -> None:
    """Take everything that is alive out of the collector's sight; call it after a late heavy load.

    It looks through all of it once, half a second: what an earlier call froze while it was in use (a model in
    training, a session) may be garbage by now.
    """
    gc.unfreeze()
    _freeze_what_is_new()


def _freeze_what_is_new() -> None:
    """As `freeze`, without another look at what is frozen: between the steps of the warm-up that would be too often."""
    global _modules_at_freeze
    linecache.clearcache()  # 3 MB of the libraries' source, from their decorators; read again when asked for
    gc.collect()  # first, or garbage would be frozen with the rest
    return_memory()
    gc.freeze()
    _modules_at_freeze = len(sys.modules)


_modules_at_freeze = 0
_returned_at = 0.0


@st.cache_resource(show_spinner=False)
def _started() -> Progress:
    enabled = settings().hub_warmup
    progress = Progress(_steps(), enabled)
    if enabled:
        threading.Thread(target=_run, args=(progress,), name="hub-warmup", daemon=True).start()
    return progress


def _steps() -> list[Step]:
    return [
        Step("Weights and checksums", _weights),
        Step("Work of a first start", _first_start),
        Step("Embedding model", _embedder),
        Step("Sentiment lexicons", _lexicons),
        Step("Forecasting", _forecasting),
        Step("Model training", _training),
        Step("Runs and registry", _workspace),
        Step("Documents and vectors", _documents),
        Step("Language model", _language_model),
    ]


def _run(progress: Progress) -> None:
    log = get_logger(__name__)
    for step in progress.steps:
        step.state, begin = State.LOADING, time.perf_counter()
        outcome = State.READY
        try:
            step.load()
        except NotAvailable as error:
            outcome, step.problem = State.ABSENT, error.message
        except Exception as error:  # recorded and shown on Home: a missing part must not stop the others
            outcome, step.problem = State.FAILED, told(error)
            log.warning("warmup.failed", step=step.name, exc_info=error)
        step.seconds = time.perf_counter() - begin
        step.state = outcome
        _freeze_what_is_new()
        log.info("warmup.step", step=step.name, state=str(step.state), seconds=round(step.seconds, 2))
        if step is progress.steps[0]:
            time.sleep(_FIRST_PAINT_S)  # hashing releases the GIL, imports do not
    freeze()
    log.info("warmup.done", failed=sum(step.state is State.FAILED for step in progress.steps))


def _freeze_late_imports() -> None:
    """Freeze again when a page has loaded a heavy library since the last freeze."""
    if len(sys.modules) - _modules_at_freeze > _NEW_MODULES_WORTH_A_FREEZE and settings().hub_warmup:
        freeze()


def _return_memory_now_and_then() -> None:
    """Batches of texts leave hundreds of MB of freed memory in malloc's heaps."""
    global _returned_at
    now = time.monotonic()
    if now - _returned_at > _RETURN_EVERY_S:
        _returned_at = now
        return_memory_soon()


def _weights() -> None:
    from core import weights

    weights.status(weights.LANGUAGE_MODEL)  # remembered for the panel; its own step tells what is wrong
    weights.verified_weights(weights.EMBEDDING_MODEL)


def _first_start() -> None:
    """Learn and index in a process of its own: 250 MB that this one would keep."""
    from core.bake import is_first_start

    if is_first_start():
        _in_own_process("core.bake", "sentiment", "documents")


def _embedder() -> None:
    from core.embedder import get_embedder

    get_embedder().encode(["warm up"])


def _lexicons() -> None:
    from core.sql_ai.functions.sentiment import score

    score(["a good start"])


def _forecasting() -> None:
    from core.lean import import_prophet

    import_prophet()


def _training() -> None:
    import sklearn.ensemble
    import sklearn.linear_model  # noqa: F401

    from core.lean import import_skops

    import_skops()  # 250 modules: loaded during a training they would have its models frozen


def _workspace() -> None:
    """Open the workspace and fill an unused one; a tracking server of others is only opened by its page.

    The first start trains models, in a process of its own: its memory goes back to the system.
    """
    if settings().mlflow_tracking_uri is not None:
        return
    from core.mlops import open_workspace
    from core.mlops.seeding import seed

    folder = settings().mlops_folder
    if not (folder / "audit.jsonl").exists():
        _in_own_process("core.mlops", "--root", str(folder), "seed", "--json")
    seed(open_workspace(folder))  # finishes a first start that was cut off


def _documents() -> None:
    from core.rag import open_shared_corpus

    open_shared_corpus()


def _language_model() -> None:
    """Check and convert the language model; `load_language_model` loads it when a visitor chooses it.

    In a process of its own, because the conversion needs 930 MB that this process would keep.
    """
    from core import weights

    if settings().local_llm is None:
        weights.verified_weights(weights.LANGUAGE_MODEL)
    _in_own_process("core.bake", "language-model")


def _in_own_process(*module: str) -> None:
    """``python -m <module>``, whose log joins ours; raises StoreError with the error it printed when it fails."""
    done = subprocess.run(  # noqa: S603  our own interpreter and modules
        [sys.executable, "-m", *module], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        told = _message(done.stdout) or f"`python -m {' '.join(module)}` ended with {done.returncode}"
        raise StoreError(told, "See the log and the README.")


def _message(printed: str) -> str:
    try:
        return str(json.loads(printed)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return ""


def _load_language_model() -> None:
    from core.generator import get_generator

    try:
        get_generator("local")
    except HubError as error:
        get_logger(__name__).warning("language_model.not_loaded", reason=error.message)
    freeze()
