"""Training in the background: it outlives a page switch, tells how far it is, and can be cancelled."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from core.errors import Cancelled, HubError, LimitReached
from core.log import get_logger
from core.mlops.training import OnEvent, TrainingEvent
from core.runtime import return_memory_soon
from core.telemetry import Kind, action

Status = Literal["running", "done", "failed", "cancelled"]


@dataclass
class Job:
    """One training in a thread of its own; every attribute may be read at any time."""

    title: str
    started: float = field(default_factory=time.monotonic)  # no wall clock: it may be set meanwhile
    finished: float | None = None
    status: Status = "running"
    result: Any = None
    error: HubError | None = None
    _events: list[TrainingEvent] = field(default_factory=list)
    _cancel: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def events(self) -> tuple[TrainingEvent, ...]:
        """What has happened so far, oldest first."""
        return tuple(self._events)

    @property
    def seconds(self) -> float:
        """How long it has run."""
        return (self.finished or time.monotonic()) - self.started

    @property
    def progress(self) -> dict[str, tuple[int, int, float | None]]:
        """Per algorithm: fits done, fits in all, ROC-AUC so far."""
        latest: dict[str, tuple[int, int, float | None]] = {}
        for event in self.events:
            if event.step in ("search", "fit", "evaluate"):
                latest[event.algorithm] = (event.done, event.total, event.metric)
        return latest

    def cancel(self) -> None:
        """Ask it to stop; it does so after the fit that is running."""
        self._cancel.set()

    def wait(self, timeout_s: float | None = None) -> "Job":
        """Wait until it has ended, at most ``timeout_s`` seconds."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self


class JobBoard:
    """The latest job of each workspace; one runs at a time in each."""

    def __init__(self) -> None:
        self._jobs: dict[Path, Job] = {}
        self._lock = threading.Lock()

    def current(self, root: Path) -> Job | None:
        """The running job of a workspace, else its latest, else None."""
        return self._jobs.get(root)

    def start(self, root: Path, title: str, work: Callable[[OnEvent, threading.Event], Any]) -> Job:
        """Run ``work(on_event, cancel)`` in the background. Raises LimitReached while another job runs."""
        with self._lock:
            running = self._jobs.get(root)
            if running is not None and running.status == "running":
                raise LimitReached(
                    f"'{running.title}' is still running ({running.seconds:.0f} s)",
                    "One training runs at a time; wait for it or cancel it.",
                )
            job = self._jobs[root] = Job(title)
            job._thread = threading.Thread(target=_run, args=(job, work), name="training", daemon=True)
            job._thread.start()
            return job


@cache
def job_board() -> JobBoard:
    """The board of this process."""
    return JobBoard()


def start_training(workspace: Any, title: str, session: str = "", **arguments: Any) -> Job:
    """``workspace.train(**arguments)`` in the background; the job's result is the list of runs.

    ``session`` is the id of the visitor's session, for the log.
    """

    def work(on_event: OnEvent, cancel: threading.Event) -> Any:
        with action(Kind.TRAINING, session) as done:
            runs = workspace.train(**arguments, on_event=on_event, cancel=cancel)
            done.note(runs=len(runs))
            return runs

    return job_board().start(workspace.root, title, work)


def _run(job: Job, work: Callable[[OnEvent, threading.Event], Any]) -> None:
    status: Status = "failed"
    try:
        job.result = work(job._events.append, job._cancel)
        status = "done"
    except Cancelled as error:
        job.error, status = error, "cancelled"
    except HubError as error:
        job.error = error
    except Exception as error:  # noqa: BLE001 - a thread has nobody else to tell; the page shows it
        get_logger(__name__).exception("training.failed", error=type(error).__name__)
        job.error = HubError(f"Training stopped: {type(error).__name__}: {error}", "The log has the details.")
    job.finished = time.monotonic()
    job.status = status
    return_memory_soon()
