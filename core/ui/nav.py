"""Moving between pages: the bar on top, plain links, and links that carry a page's state.

This is the only module that knows the bar is streamlit-option-menu.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from core import demos

_NOT_ON_PHONES = "clamp(0px, (100vw - 560px) * 99, {})"
_BAR_STYLES: dict[str, Any] = {
    "container": {"padding": "0!important", "max-width": "100%", "background-color": "transparent"},
    "nav": {"flex-wrap": "nowrap"},
    "nav-link": {
        "font-size": "13px",
        "font-family": "'Source Sans', 'Source Sans Pro', system-ui, sans-serif",
        "white-space": "nowrap",
        "padding": "10px 3px",  # 40 px high: as high as the skeleton that holds its place
        "margin": "0",  # any other makes the row wider than its frame, which cuts the last label's corner
        "text-align": "center",
    },
    # The frame knows the theme's colours by name: white on the primary colour, or dark on its light twin.
    "nav-link-selected": {"font-weight": "600", "color": "var(--background-color)"},
    # vw is the width of the component's own frame: below 560 px the icons vanish, or labels are cut.
    "icon": {"font-size": _NOT_ON_PHONES.format("13px"), "margin-right": _NOT_ON_PHONES.format("6px")},
}


def bar(current: str, carried: Mapping[str, str] | None = None) -> None:
    """Show the navigation bar and leave for the page chosen in it, with the ``carried`` parameters."""
    # Imported here: the component registers itself with the running server when it is imported.
    from streamlit_option_menu import option_menu

    pages = demos.installed()
    labels = [page.menu for page in pages]
    here = next(index for index, page in enumerate(pages) if page.key == current)
    # One key per page: with a shared key the highlight and the Back button disagree (measured).
    choice = option_menu(
        None,
        labels,
        icons=[page.icon for page in pages],
        default_index=here,
        orientation="horizontal",
        styles=_BAR_STYLES,
        key=f"nav_{current}",
    )
    if choice in labels and choice != labels[here]:
        st.switch_page(pages[labels.index(choice)].page_file, query_params=dict(carried or {}))


def links(current: str, carried: Mapping[str, str] | None = None) -> None:
    """Plain links to every page: they work by keyboard, middle click and when the bar's frame fails."""
    for page in demos.installed():
        page_link(page.key, query=carried, disabled=page.key == current)


def page_link(
    key: str,
    label: str = "",
    query: Mapping[str, str] | None = None,
    help: str | None = None,
    icon: bool = True,
    disabled: bool = False,
) -> None:
    """A link to a page in the state its query parameters describe."""
    page = demos.get(key)
    try:
        st.page_link(
            page.page_file,
            label=label or page.title,
            icon=page.symbol if icon else None,
            query_params=dict(query or {}),
            help=help,
            disabled=disabled,
        )
    except StreamlitPageNotFoundError:  # a page script that runs by itself, without Home.py beside it
        st.markdown(f"[{label or page.title}]({address(key, query)})")


def address(key: str, query: Mapping[str, str] | None = None) -> str:
    """The same link as text: path and query, without the host."""
    url = demos.get(key).url
    return f"{url}?{urlencode(query)}" if query else url
