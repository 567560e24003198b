"""Errors as the visitor sees them: what went wrong, what to do, never a traceback."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import HubError
from core.log import get_logger

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#$~|:])")


def show_error(error: BaseException) -> None:
    """Show message and hint of a HubError; anything else is logged and shown without its details."""
    if isinstance(error, HubError):
        hint = f"\n\n{escape(error.hint)}" if error.hint else ""
        st.error(f"**{escape(error.message)}**{hint}", icon=":material/error:")
        return
    get_logger(__name__).error("page.failed", exc_info=error)
    st.error(
        "**This part of the page failed.**\n\nThe other parts still work; the server's log has the details.",
        icon=":material/error:",
    )


@contextmanager
def guarded() -> Iterator[None]:
    """Run a part of a page so that its failure is shown in its place and the rest still renders."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  Streamlit's stop and rerun signals are BaseExceptions
        show_error(error)


def escape(text: str) -> str:
    """The text with Markdown, LaTeX and directive characters made literal."""
    return _MARKDOWN.sub(r"\\\1", text)
