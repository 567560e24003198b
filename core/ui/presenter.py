"""Presenter mode (``?notes=1``): what to say on the page that is open."""

import streamlit as st


def show(key: str) -> None:
    """Show the speaker notes of this page when presenter mode is on."""


def controls(key: str) -> None:
    """The switch for presenter mode, in the side panel."""
    st.toggle("Presenter notes", key="notes", bind="query-params")
