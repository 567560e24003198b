"""The frame every page shares: navigation, title, claim, badges, Reset and the four tabs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core import demos
from core.config import settings
from core.errors import HubError
from core.runtime import prepare
from core.ui import badges, nav, presenter, proof, theme, upload_room, visitors, warmup, widgets
from core.ui.address import PageAddress, begin_notice, browser_title
from core.ui.badges import latency_badge, set_badges
from core.ui.errors import guarded, show_error

__all__ = [
    "Timing",
    "confirm_reset",
    "guarded",
    "latency_badge",
    "open_page",
    "set_badges",
    "show_error",
    "tabs",
    "timed",
]

TABS = ("Demo", "How it works", "Code", "At scale")
_ON_RESET = "frame_on_reset"
_RESETS = "frame_resets"
_BAR_HEIGHT = 48  # pixels


@dataclass(slots=True)
class Timing:
    """How long a `timed` block took; ``ms`` is final when the block has ended."""

    label: str
    ms: float = 0.0


def open_page(key: str) -> None:
    """Start the page: browser title, navigation, heading, claim, badges, Reset, presenter notes."""
    demo = demos.get(key)
    st.set_page_config(
        page_title=browser_title(demo),
        page_icon=theme.FAVICON,
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    theme.apply_styles()
    _stop_if_settings_are_wrong()
    prepare()
    visitors.register()
    upload_room.bound()
    bar = st.container(key="hub_nav", height=_BAR_HEIGHT, border=False)  # an empty one would have no room
    _header(demo)
    begin_notice()
    _side_panel(demo)
    # After the heading: the component's first call imports pandas, which a first visitor would wait for.
    with bar:
        nav.bar(key, presenter.carried())
    presenter.show(key)
    warmup.start()


def tabs(key: str) -> tuple[Any, Any, Any, Any]:
    """Containers of the tabs Demo, How it works, Code, At scale; ``?tab=Code`` opens the third.

    How it works and At scale are filled from ``assets/pages/<key>.toml``; ``.open`` of a container
    says whether it is in view, so that a page can skip work for a hidden one.
    """
    address = PageAddress(key)
    address.begin("tab")
    with st.container(key="tab"):
        demo, how, code, scale = address.tabs("tab", TABS).values()
    if how.open:
        with how, guarded():
            proof.how_it_works(key)
    if scale.open:
        with scale, guarded():
            proof.at_scale(key)
    return demo, how, code, scale


@contextmanager
def timed(label: str = "") -> Iterator[Timing]:
    """Measure the block and show its duration in the page's latency badge."""
    timing = Timing(label)
    start = time.perf_counter()
    try:
        yield timing
    finally:
        timing.ms = (time.perf_counter() - start) * 1000
    set_badges(latency_ms=timing.ms, latency_label=label)


def confirm_reset(key: str, on_reset: Callable[[], object] | None = None) -> None:
    """Tell the frame's Reset button what to do besides clearing the session keys ``<key>_*``."""
    st.session_state[_ON_RESET] = {**st.session_state.get(_ON_RESET, {}), key: on_reset}


def reset_page(key: str) -> None:
    """Bring the page back to its seeded state: its session keys are dropped, its callback has run."""
    on_reset = st.session_state.get(_ON_RESET, {}).get(key)
    for name in [name for name in st.session_state if str(name).startswith(f"{key}_")]:
        del st.session_state[name]
    st.session_state["frame_notice"] = f"{demos.get(key).title} is back to its seeded state."
    st.session_state[_RESETS] = st.session_state.get(_RESETS, 0) + 1
    if on_reset:
        with guarded():
            on_reset()


def _stop_if_settings_are_wrong() -> None:
    """No part of a page works without them: say which ones, instead of Streamlit's message about a redacted error."""
    try:
        settings()
    except HubError as error:
        st.title("Demo Hub", anchor=False)
        show_error(error)
        st.stop()


def _header(demo: demos.Demo) -> None:
    # Under a long title the buttons have a line of their own: at the edge where they are beside a short one.
    with st.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", key="hub_header"
    ):
        st.title(demo.title, anchor=False, width="stretch")
        widgets.copy_link(demo.key)
        if demo.kind == "demo":  # Home has the button for the whole hub, the guide has its own at the end
            reset_button(demo.key)
    with st.container(key="hub_claim"):
        st.markdown(demo.claim)
    if demo.kind == "demo":
        badges.start(badges.Badges(engine=demo.engine or None, mirrors=demo.mirrors or None))
    if notice := st.session_state.pop("frame_notice", None):
        st.toast(notice, icon=":material/check:")


def reset_panel(label: str) -> Any:
    """A panel that asks before a reset; a new one after each, for Streamlit leaves the old one open."""
    number = st.session_state.get(_RESETS, 0)
    return st.popover(
        label, icon=":material/restart_alt:", type="tertiary", key=f"frame_reset_panel_{label}_{number}"
    )


def reset_button(key: str) -> None:
    """The page's Reset button, which asks first."""
    with reset_panel("Reset"):
        st.write("Bring this page back to its seeded state? Your inputs and results here are dropped.")
        st.button(
            "Reset this page",
            key=f"frame_reset_{key}",
            type="primary",
            on_click=reset_page,
            args=(key,),
        )


def _side_panel(demo: demos.Demo) -> None:
    with st.sidebar:
        st.markdown("**Pages**")
        nav.links(demo.key, presenter.carried())
        presenter.controls(demo.key)
