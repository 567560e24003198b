"""One look for every chart: a colour-blind-safe palette, transparent grounds, an alt text each."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui import theme

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Okabe and Ito (2008), adjusted to reach 3:1 on white and on the dark ground; same order as in config.toml.
LIGHT = ("#0072B2", "#D55E00", "#009E73", "#B5569B", "#A67C00", "#3A9BD9", "#5B6475")
DARK = ("#56B4E9", "#FF8F4D", "#2CC295", "#E08CC4", "#E6C34A", "#9CC9F0", "#A8B2C4")

_FONT = '"Source Sans", "Source Sans Pro", system-ui, sans-serif'
_MARKUP = re.compile(r"<(?!br>)")  # line breaks are ours
_ENTITY = re.compile(r"&(?=#?\w+;)(?!lt;)")
_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"]}


def palette() -> tuple[str, ...]:
    """Seven colours for the theme the visitor sees."""
    return DARK if theme.is_dark() else LIGHT


def template() -> "go.layout.Template":
    """The hub's plotly template for the visitor's theme."""
    return _template(theme.is_dark())


@cache
def _template(is_dark: bool) -> "go.layout.Template":
    import plotly.graph_objects as go

    colours = DARK if is_dark else LIGHT
    text, grid = ("#F0F3F9", "#2C3646") if is_dark else ("#0B1220", "#E4E8F0")
    axis = {
        "gridcolor": grid,
        "zerolinecolor": grid,
        "linecolor": grid,
        "automargin": True,
        "ticklabelstandoff": 4,
        "title": {"font": {"size": 13}, "standoff": 8},
    }
    return go.layout.Template(
        layout={
            "colorway": colours,
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": text, "size": 13, "family": _FONT},
            "margin": {"l": 8, "r": 8, "t": 40, "b": 8},
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
            "hoverlabel": {"font": {"size": 13}},
            "shapedefaults": {"line": {"color": colours[6]}},
            "xaxis": axis,
            "yaxis": axis,
        }
    )


def show(figure: "go.Figure", *, alt: str, key: str, **options: Any) -> Any:
    """Draw the figure in the hub's look; ``options`` go to st.plotly_chart, whose answer is returned."""
    return draw(dressed(figure), alt=alt, key=key, **options)


def dressed(figure: "go.Figure") -> "go.Figure":
    """The same figure in the hub's look, for ``draw``; worth keeping, it takes longer than drawing.

    Texts in it are shown as they are: names of columns and values are a visitor's, and plotly would make links of
    the HTML in them.
    """
    figure.update_layout(template=template())
    _take_markup_out(figure)
    return figure


def draw(figure: "go.Figure", *, alt: str, key: str, **options: Any) -> Any:
    """Draw a dressed figure, without Streamlit's own theme, whose greys are too faint on axes."""
    return st.plotly_chart(figure, alt=alt, key=key, config=_CONFIG, theme=None, **options)


def literal(text: str) -> str:
    """The text as plotly shows it character for character; applied twice it does no more than once."""
    return _MARKUP.sub("&lt;", _ENTITY.sub("&\u2060", text))


def _take_markup_out(figure: "go.Figure") -> None:
    for trace in figure.data:
        for name in ("x", "y", "text"):
            if name in trace and _has_markup(values := trace[name]):
                trace[name] = [literal(value) if isinstance(value, str) else value for value in values]
    for part, name in _titles(figure):
        if part[name] and part[name] != literal(part[name]):
            part[name] = literal(part[name])
    for axis in figure.select_yaxes():
        if axis.ticktext is not None:
            axis.ticktext = list(map(literal, axis.ticktext))


def _has_markup(values: Any) -> bool:
    if values is None or isinstance(values, str) or getattr(values, "dtype", "object") != "object":
        return False
    return any(isinstance(value, str) and value != literal(value) for value in values)


def _titles(figure: "go.Figure") -> Iterator[tuple[Any, str]]:
    """Every part of a figure that holds one text, and the name under which it does."""
    for trace in figure.data:
        yield trace, "name"
        if trace.type == "parcoords":
            yield trace.line.colorbar.title, "text"
            yield from ((dimension, "label") for dimension in trace.dimensions)
    for axis in (*figure.select_xaxes(), *figure.select_yaxes()):
        yield axis.title, "text"
    yield from ((annotation, "text") for annotation in figure.layout.annotations)
    yield figure.layout.title, "text"
