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
from core.mlops.service_client import ServiceClient
from core.mlops.service_process import ManagedService
from core.telemetry import Kind
from core.ui.actions import refusal
from core.ui.address import PageAddress, rewrite
from core.ui.errors import guarded, show_error
from core.ui.mlops.labels import progress

KEY = "experiment_browser"
ADDRESS = (
    *("view", "filter", "columns", "measure", "order", "page", "compare", "comparison", "detail"),
    *("version", "sample", "records", "shift", "data"),
)


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
            seed(workspace, on_event=lambda event: self.steps.append(progress(event)))
        workspace.authorize = lambda change: require_admin()  # whatever button or callback leads there
        return workspace


@st.cache_resource(show_spinner=False, max_entries=4)
def opening(root: str) -> Opening:
    """The opening of one folder, shared by all visitors of this process."""
    return Opening(Path(root)).start()


@st.cache_resource(show_spinner=False, max_entries=4, on_release=lambda service: service.stop())
def service(root: str) -> ManagedService:
    """The local scoring service of one folder, shared by all visitors of this process."""
    return ManagedService(Path(root))


def client(url: str) -> ServiceClient:
    """A client of the local service, with its API key when one is set."""
    key = settings().mlops.serving.api_key
    return ServiceClient(url, key.get_secret_value() if key else None)


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
    for name in ADDRESS:
        st.query_params.pop(name, None)


PAGE = PageAddress(KEY)
linked, linked_tabs = PAGE.linked, PAGE.linked_tabs
pull, push = PAGE.pull, PAGE.push


def link(view: str, **parameters: str) -> None:
    """Go to another view of this page (for callbacks); an empty parameter is taken out of the address."""
    rewrite({"view": view, **parameters})


def say_no_production() -> None:
    """What a view shows that needs a version in Production while there is none, with the way to get one."""
    st.info("No version is in Production. Promote one in the **Registry**.", icon=":material/deployed_code:")
    st.button("Open the registry", key=f"{KEY}_open_registry", on_click=link, args=("registry",))


def needs_token() -> bool:
    """Whether changes need the admin token and this visitor has not given it."""
    expected = settings().hub_admin_token
    return expected is not None and get("unlocked") != expected.get_secret_value()


def check_token(given: str) -> None:
    """Unlock changes for this visitor; raises BadInput unless the admin token is right or none is set."""
    expected = settings().hub_admin_token
    if expected and (error := refusal(Kind.DECISION)):  # guessing takes long
        raise error
    if expected and not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise BadInput(
            "The admin token is not right", "Ask the person who runs this hub; it is HUB_ADMIN_TOKEN."
        )
    put("unlocked", given)


def require_admin() -> None:
    """Raise BadInput when changes are locked for this visitor; every state-changing action calls it."""
    if needs_token():
        raise BadInput(
            "Changes are locked on this hub", "Unlock them with the admin token at the top of this page."
        )


def admin_control() -> None:
    """The box that takes the admin token; nothing when no token is set."""
    if settings().hub_admin_token is None:
        return
    if not needs_token():
        st.badge("Changes unlocked", icon=":material/lock_open:", color="green")
        return
    with st.popover("Changes are locked", icon=":material/lock:"):
        token = st.text_input("Admin token", type="password", key=f"{KEY}_token")
        if st.button("Unlock", type="primary", key=f"{KEY}_unlock"):
            with guarded():
                check_token(token)
                st.rerun()


def wait_or_show(current: Opening) -> Any:
    """The workspace, or None while the page shows how far its opening is."""
    if not current.ended.wait(0.2):
        _preparing()
        return None
    if current.error is not None:
        _failed(current.error)
        return None
    return current.workspace


@st.fragment(run_every=1.0)
def _preparing() -> None:
    current = opening(root())
    if current.ended.is_set():
        st.rerun()
    with st.container(border=True, key=f"{KEY}_preparing"):
        st.markdown("**Preparing the model workspace**")
        step = current.steps[-1] if current.steps else "Starting"
        st.progress(current.share, text=step)
        st.caption(
            "The first start creates the tracking store, trains a few models on generated customers and promotes "
            "one. It runs in the background and takes about a minute; later starts take a second."
        )


def live_figures() -> None:
    """What the workspace holds right now, in numbers; nothing while it is not open yet."""
    workspace = opening(root()).workspace
    if workspace is None:
        return
    stages, audit = workspace.stages(), workspace.audit_status()
    st.markdown("**On this hub right now**")
    with st.grid(min_column_width=130, gap="small"):
        st.metric("Runs", f"{len(workspace.runs()):,}")
        st.metric("Versions", len(stages))
        st.metric("In Production", f"version {stages['Production']}" if stages["Production"] else "none")
        st.metric("Decisions on record", len(workspace.history()))
        st.metric("Audit chain", "intact" if audit.intact else "damaged")


def _failed(error: Exception) -> None:
    show_error(error)
    if st.button("Try again", key=f"{KEY}_retry", icon=":material/refresh:"):
        opening.clear()
        st.rerun()
