"""Three small widgets that live in the browser: a timer, a checklist and a copy-link button.

They are Streamlit components (v2) from the files in assets/widgets; visitors' text never enters them.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import streamlit as st

from core.config import ASSETS

_FILES = ASSETS / "widgets"


def timer(key: str, seconds: int, *, down: bool = False, autostart: bool = False) -> None:
    """A clock with start, pause and reset; counts down from ``seconds`` or up towards them."""
    data = {"id": key, "seconds": seconds, "down": down, "autostart": autostart}
    _component("timer")(key=f"frame_timer_{key}", data=data)


def checklist(key: str, items: Sequence[str]) -> None:
    """Boxes to tick; the ticks stay in the visitor's browser."""
    _component("checklist")(key=f"frame_checklist_{key}", data={"store": f"hub_{key}", "items": list(items)})


def copy_link(key: str) -> None:
    """A button that copies the address of the page with its state."""
    _component("copy_link")(key=f"frame_copy_{key}", data={}, width="content")


@cache
def _component(name: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"hub_{name}",
        html=(_FILES / f"{name}.html").read_text(encoding="utf-8"),
        css=(_FILES / "widgets.css").read_text(encoding="utf-8"),
        js=(_FILES / f"{name}.js").read_text(encoding="utf-8"),
    )
