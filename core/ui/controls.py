"""Streamlit's controls with their value in the address, so that links share it and Back undoes it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from core.ui.address import SEPARATOR, PageAddress, Partly


def toggle(address: PageAddress, name: str, label: str, default: bool = False, **options: Any) -> bool:
    """A switch; the address says true or false where it differs from the default."""
    return address.linked(
        name,
        default,
        {"true": True, "false": False}.get,
        lambda value: str(value).lower(),
        lambda key, start: st.toggle(label, start, key=key, **options),
    )


def whole(
    address: PageAddress, name: str, label: str, bounds: tuple[int, int], default: int, **options: Any
) -> int:
    """A slider over whole numbers; a number outside the bounds counts as the default."""
    low, high = bounds
    return address.linked(
        name,
        default,
        lambda text: number if (number := _number(text, int)) is not None and low <= number <= high else None,
        str,
        lambda key, start: int(st.slider(label, low, high, start, key=key, **options)),
    )


def share(
    address: PageAddress,
    name: str,
    label: str,
    bounds: tuple[float, float],
    default: float,
    step: float,
    **options: Any,
) -> float:
    """A slider over decimal numbers; a number outside the bounds counts as the default."""
    low, high = bounds
    return address.linked(
        name,
        default,
        lambda text: (
            number if (number := _number(text, float)) is not None and low <= number <= high else None
        ),
        lambda value: f"{value:g}",
        lambda key, start: float(st.slider(label, low, high, start, step, key=key, **options)),
    )


def buttons(
    address: PageAddress, name: str, label: str, choices: Sequence[str], default: str, **options: Any
) -> str:
    """One of the choices, as buttons in a line."""
    return address.linked(
        name,
        default,
        _one_of(choices),
        str,
        lambda key, start: str(
            st.segmented_control(label, choices, default=start, required=True, key=key, **options)
        ),
    )


def pills(address: PageAddress, name: str, label: str, choices: Sequence[str], **options: Any) -> str | None:
    """One of the choices or none, as buttons that can be let go."""
    return address.linked(
        name,
        None,
        _one_of(choices),
        str,
        lambda key, start: st.pills(label, choices, default=start, key=key, **options),
    )


def choice(
    address: PageAddress, name: str, label: str, choices: Sequence[str], default: str, **options: Any
) -> str:
    """One of the choices, from a list that opens."""
    return address.linked(
        name,
        default,
        _one_of(choices),
        str,
        lambda key, start: str(st.selectbox(label, choices, choices.index(start), key=key, **options)),
    )


def several(
    address: PageAddress, name: str, label: str, choices: Sequence[str], **options: Any
) -> tuple[str, ...]:
    """Any of the choices; the address repeats the parameter. What is no choice any longer is let go."""

    def draw(key: str, start: tuple[str, ...]) -> tuple[str, ...]:
        kept = st.session_state.get(key)
        if kept and not set(kept) <= set(choices):
            st.session_state[key] = [value for value in kept if value in choices]
        there = [value for value in start if value in choices]
        return tuple(st.multiselect(label, choices, there, key=key, **options))

    def known(text: str) -> Partly[tuple[str, ...]]:
        asked = text.split(SEPARATOR)
        there = tuple(value for value in asked if value in choices)
        return Partly(there, [value for value in asked if value and value not in choices])

    nothing: tuple[str, ...] = ()
    return address.linked(
        name,
        nothing,
        known,
        SEPARATOR.join,
        draw,
    )


def words(address: PageAddress, name: str, label: str, default: str = "", **options: Any) -> str:
    """A line of text."""
    return address.linked(
        name,
        default,
        lambda text: text[: options.get("max_chars")],
        str,
        lambda key, start: st.text_input(label, start, key=key, **options) or "",
    )


def _one_of(choices: Sequence[str]) -> Callable[[str], str | None]:
    return lambda text: text if text in choices else None


def _number(text: str, kind: Callable[[str], Any]) -> Any:
    try:
        return kind(text)
    except ValueError:
        return None
