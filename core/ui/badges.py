"""The row of facts under a page's title: engine, model, latency."""

from dataclasses import dataclass, replace
from typing import Any, Literal

import streamlit as st

from core.markdown import escape

_STATE = "frame_badges"
_LATENCY_PX = 90  # reserved, so that the first figure wraps no row on a phone


@dataclass(frozen=True, slots=True)
class Badges:
    """What the row shows; None leaves a badge out."""

    engine: str | None = None
    model: str | None = None
    latency_ms: float | None = None
    latency_label: str = ""
    mirrors: str | None = None


def start(badges: Badges) -> None:
    """Reserve the row where it is called and show these badges in it."""
    with st.container(key="hub_badges"):  # the key stays outside the slot: a redraw would repeat it
        slot = st.empty()
    st.session_state[_STATE] = (slot, badges)
    _draw(slot, badges)


def set_badges(
    *,
    engine: str | None = None,
    model: str | None = None,
    latency_ms: float | None = None,
    latency_label: str = "",
) -> None:
    """Change the given badges of the page that is open; the others stay."""
    if _STATE not in st.session_state:
        return
    slot, badges = st.session_state[_STATE]
    given: dict[str, Any] = {"engine": engine, "model": model, "latency_ms": latency_ms}
    changes = {name: value for name, value in given.items() if value is not None}
    if latency_ms is not None:
        changes["latency_label"] = latency_label
    badges = replace(badges, **changes)
    st.session_state[_STATE] = (slot, badges)
    _draw(slot, badges)


def latency_badge(milliseconds: float, label: str = "") -> None:
    """A badge with a duration, in the unit that reads best, where it is called."""
    text = f"{label} {duration(milliseconds)}" if label else duration(milliseconds)
    st.badge(text.strip(), icon=":material/timer:", color="green")


def text_badge(text: str, *, color: Literal["red", "blue", "gray"], icon: str | None = None) -> None:
    """A badge with somebody else's text; `st.badge` escapes square brackets itself, and twice would undo it."""
    label = escape(text).replace(r"\[", "[").replace(r"\]", "]")
    st.badge(label, icon=icon, color=color)


def duration(milliseconds: float) -> str:
    """'0.4 ms', '12 ms', '1.3 s' or '2 min 5 s'."""
    if milliseconds < 1:
        return f"{milliseconds:.1f} ms"
    if milliseconds < 999.5:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _draw(slot: Any, badges: Badges) -> None:
    with slot.container(horizontal=True, gap="xsmall"):
        if badges.mirrors:
            st.badge(f"Mirrors {badges.mirrors}", color="violet")
        if badges.engine:
            st.badge(badges.engine, icon=":material/memory:", color="blue")
        if badges.model:
            st.badge(badges.model, icon=":material/neurology:", color="gray")
        if badges.latency_ms is None:
            st.markdown("&nbsp;", width=_LATENCY_PX)
        else:
            latency_badge(badges.latency_ms, badges.latency_label)
