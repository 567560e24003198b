"""What the page keeps: the shared workspace and service, and what belongs to one visitor."""

import hmac
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from core.config import settings
from core.errors import BadInput
from core.log import get_logger
from core.mlops.service_process import ManagedService

KEY = "experiment_browser"


@dataclass
class Opening:
    """The workspace being opened (and filled at its first start) in a thread of its own."""

    root: Path
    workspace: Any = None
    error: Exception | None = None
    steps: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> "Opening":
        """Begin; returns at once."""
        threading.Thread(target=self._run, name="open-workspace", daemon=True).start()
        return self

    @property
    def share(self) -> float:
        """A rough share of the work done, for a progress bar."""
        return min(0.95, 0.05 + 0.035 * len(self.steps))

    def _run(self) -> None:
        try:
            self.workspace = self._open()
        except Exception as error:  # noqa: BLE001 - shown on the page, whatever it is
            get_logger(__name__).error("workspace_failed", exc_info=error)
            self.error = error
        finally:
            self.ended.set()

    def _open(self) -> Any:
        from core.mlops import open_workspace

        self.steps.append("Opening the tracking store (the first start creates it)")
        workspace = open_workspace(self.root)
        from core.mlops.seeding import needs_seed, seed

        if needs_seed(workspace):
            self.steps.append("Inventing customers and freezing their hold-out")
            seed(workspace, on_event=lambda event: self.steps.append(_told(event)))
        return workspace


def _told(event: Any) -> str:
    name = event.algorithm.replace("_", " ")
    score = f", ROC-AUC {event.metric:.3f}" if event.metric is not None else ""
    return f"{name}: {event.step} {event.done} of {event.total}{score}"


@st.cache_resource(show_spinner=False, max_entries=4)
def opening(root: str) -> Opening:
    """The opening of one folder, shared by all visitors of this process."""
    return Opening(Path(root)).start()


@st.cache_resource(show_spinner=False, max_entries=4, on_release=lambda service: service.stop())
def service(root: str) -> ManagedService:
    """The local scoring service of one folder, shared by all visitors of this process."""
    return ManagedService(Path(root))


def root() -> str:
    """The workspace folder of the settings."""
    return str(settings().mlops_folder)


def get(name: str, default: Any = None) -> Any:
    """A value of this visitor."""
    return st.session_state.get(f"{KEY}_{name}", default)


def put(name: str, value: Any) -> None:
    """Keep a value for this visitor; Reset drops it."""
    st.session_state[f"{KEY}_{name}"] = value


def forget() -> None:
    """Drop this page's parameters from the address; the workspace, which all visitors share, stays."""
    for name in ("filter", "compare", "version", "sample", "shift"):
        st.query_params.pop(name, None)


def needs_token() -> bool:
    """Whether decisions need the admin token."""
    return settings().hub_admin_token is not None


def check_token(given: str) -> None:
    """Raise BadInput unless the admin token is right or none is set."""
    expected = settings().hub_admin_token
    if expected and not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise BadInput(
            "The admin token is not right.", "Ask the person who runs this hub; it is HUB_ADMIN_TOKEN."
        )


def wait_or_show(current: Opening) -> Any:
    """The workspace, or None while the page shows how far its opening is."""
    if not current.ended.wait(0.2):
        _progress()
        return None
    if current.error is not None:
        _failed(current.error)
        return None
    return current.workspace


@st.fragment(run_every=1.0)
def _progress() -> None:
    current = opening(root())
    if current.ended.is_set():
        st.rerun()
    with st.container(border=True):
        st.markdown("**Preparing the model workspace**")
        step = current.steps[-1] if current.steps else "Starting"
        st.progress(current.share, text=step)
        st.caption(
            "The first start creates the tracking store, trains a few models on generated customers and promotes "
            "one. It runs in the background and takes about a minute; later starts take a second."
        )


def _failed(error: Exception) -> None:
    from core.ui.errors import show_error

    show_error(error)
    if st.button("Try again", key=f"{KEY}_retry", icon=":material/refresh:"):
        opening.clear()
        st.rerun()
