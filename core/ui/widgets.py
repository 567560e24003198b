"""Three small widgets that live in the browser: a timer, a checklist and a copy-link button.

They are Streamlit components (v2) from the files in assets/widgets; visitors' text never enters them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

from core.config import ASSETS

NO_VALUE = "–"  # what a table shows where there is nothing to show; Streamlit writes None
_FILES = ASSETS / "widgets"
# They are drawn after their row: with a width of their own the row wraps from the start as it will in the end.
_TIMER_PX, _COPY_LINK_PX = 292, 88


def timer(key: str, seconds: int, *, down: bool = False, autostart: bool = False) -> None:
    """A clock with start, pause and reset; counts down from ``seconds`` or up towards them."""
    data = {"id": key, "seconds": seconds, "down": down, "autostart": autostart}
    _component("timer")(key=f"frame_timer_{key}", data=data, width=_TIMER_PX)


def checklist(key: str, items: Sequence[str]) -> None:
    """Boxes to tick; the ticks stay in the visitor's browser."""
    _component("checklist")(key=f"frame_checklist_{key}", data={"store": f"hub_{key}", "items": list(items)})


def copy_link(key: str) -> None:
    """A button that copies the address of the page with its state."""
    _component("copy_link")(key=f"frame_copy_{key}", data={}, width=_COPY_LINK_PX)


@cache
def _component(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"hub_{name}",
        html=(_FILES / f"{name}.html").read_text(encoding="utf-8"),
        css=(_FILES / "widgets.css").read_text(encoding="utf-8"),
        js=(_FILES / f"{name}.js").read_text(encoding="utf-8"),
    )
