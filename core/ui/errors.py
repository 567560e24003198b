"""Errors as the visitor sees them: what went wrong, what to do, never a traceback."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import Cancelled, HubError, StoreError
from core.log import get_logger
from core.stores import fault_of, store_error

_MARKDOWN = re.compile(r"([\\`*_\[\]<>#$~|:])")
# What Streamlit's renderer makes a link of although nothing marks it as one. It looks for these after the
# backslashes are gone, so only an invisible character inside stops it.
_LINKS = re.compile(r"(?i)https?(?=://)|www(?=\.)|(?<=[\w.+-])(?=@[\w-])")
_JOINER = "\u2060"  # no width, no line break


def show_error(error: BaseException) -> None:
    """Show message and hint of a HubError, calmly when the visitor stopped it.

    Anything else is logged and shown without its details.
    """
    if fault_of(error) is not None and not isinstance(error, HubError):
        get_logger(__name__).error("store.failed", exc_info=error)
        error = store_error("A store of the hub", error)
    elif isinstance(error, StoreError):
        get_logger(__name__).warning("store.broken", error=type(error).__name__, reason=error.message)
    if isinstance(error, HubError):
        hint = f"\n\n{escape(error.hint)}" if error.hint else ""
        told = f"**{escape(error.message)}**{hint}"
        if isinstance(error, Cancelled):
            st.info(told, icon=":material/cancel:")
        else:
            st.error(told, icon=":material/error:")
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
    """The text with Markdown, LaTeX and directive characters made literal, and addresses that are no links."""
    return _MARKDOWN.sub(r"\\\1", _LINKS.sub(rf"\g<0>{_JOINER}", text))
