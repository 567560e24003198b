"""Errors as the visitor sees them: what went wrong, what to do, never a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import Cancelled, HubError, StoreError
from core.log import get_logger
from core.markdown import escape
from core.stores import fault_of, store_error


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
