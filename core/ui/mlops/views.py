"""The views of the Experiment Browser, by their name in the address: label and what draws them."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from core.ui.mlops import predict, registry, runs, serve, state, train, watch

VIEWS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "train": ("Train", train.show),
    "runs": ("Runs", runs.show),
    "registry": ("Registry", registry.show),
    "predict": ("Predict", predict.show),
    "serve": ("Serve", serve.show),
    "watch": ("Watch", watch.show),
}
_OPENS = "runs"
_ALIASES = {"gates": "registry", "drift": "watch"}


def choose() -> str:
    """The view that was clicked, or that a link (or the Back button) asks for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        view = state.linked(
            "view",
            _OPENS,
            lambda text: name if (name := _ALIASES.get(text, text)) in VIEWS else None,
            str,
            lambda key, start: str(
                st.segmented_control(
                    "View",
                    list(VIEWS),
                    default=start,
                    required=True,
                    format_func=lambda name: VIEWS[name][0],
                    key=key,
                    label_visibility="collapsed",
                    wrap=False,  # one line: what is below must not move when the style rules make it fit a phone
                )
            ),
        )
        state.admin_control()
    return view
