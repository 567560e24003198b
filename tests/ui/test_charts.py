"""The palette in charts.py and in config.toml is one palette, and it can be told apart."""

import itertools
import tomllib

import numpy as np
import plotly.graph_objects as go
import pytest

from core.config import ROOT
from core.ui import charts
from tests.support.contrast import contrast

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.mark.parametrize(("mode", "colours"), [("light", charts.LIGHT), ("dark", charts.DARK)])
def test_the_theme_and_the_charts_share_one_palette(mode, colours):
    assert tuple(THEME[mode]["chartCategoricalColors"]) == colours


@pytest.mark.parametrize(("mode", "colours"), [("light", charts.LIGHT), ("dark", charts.DARK)])
def test_every_colour_stands_out_from_its_ground(mode, colours):
    ground = THEME[mode]["backgroundColor"]
    assert {c: round(contrast(c, ground), 2) for c in colours if contrast(c, ground) < 3} == {}


@pytest.mark.parametrize("colours", [charts.LIGHT, charts.DARK])
def test_the_first_colours_can_be_told_apart_with_deuteranopia(colours):
    # Machado et al. (2009), severity 1.0; distance in linear RGB, enough to catch red beside green.
    def seen(colour: str) -> tuple[float, ...]:
        r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return (
            0.367322 * r + 0.860646 * g - 0.227968 * b,
            0.280085 * r + 0.672501 * g + 0.047413 * b,
            -0.011820 * r + 0.042940 * g + 0.968881 * b,
        )

    for one, other in itertools.combinations(colours[:4], 2):
        distance = sum((x - y) ** 2 for x, y in zip(seen(one), seen(other), strict=True)) ** 0.5
        assert distance > 0.12, (one, other)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_and_links_are_readable(mode):
    theme = THEME[mode]
    for name in (
        "textColor",
        "linkColor",
        "codeTextColor",
        "greenTextColor",
        "redTextColor",
        "grayTextColor",
    ):
        assert contrast(theme[name], theme["backgroundColor"]) >= 4.5, name
        assert contrast(theme[name], theme["secondaryBackgroundColor"]) >= 4.5, name


def test_the_template_is_transparent():
    layout = charts.template().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert tuple(layout.colorway) == charts.LIGHT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<a href="http://e.example">x</a>', '&lt;a href="http://e.example">x&lt;/a>'),
        ("a<br>b < c", "a<br>b &lt; c"),
        ("R&D &nbsp; &#65;", "R&D &\u2060nbsp; &\u2060#65;"),
    ],
)
def test_markup_in_a_text_of_a_chart_is_shown_and_not_drawn(text, shown):
    assert charts.literal(text) == shown
    assert charts.literal(shown) == shown


def test_every_text_of_a_chart_is_shown_as_it_is(monkeypatch):
    link = '<a href="http://e.example">x</a>'
    drawn = []
    monkeypatch.setattr(charts.st, "plotly_chart", lambda figure, **_: drawn.append(figure.to_json()))
    bars = go.Figure(go.Bar(x=np.array([link, "b"], dtype=object), y=[link, link], name=link, text=[link, 1]))
    bars.add_annotation(text=link)
    bars.update_layout(
        title=link, xaxis_title=link, yaxis={"title": link, "tickvals": [0], "ticktext": [link]}
    )
    lines = go.Figure(
        go.Parcoords(
            line={"color": [1], "colorbar": {"title": {"text": link}}},
            dimensions=[{"label": link, "values": [1]}],
        )
    )
    for figure in (bars, lines, bars):
        charts.show(figure, alt="x", key="x")
    assert all("e.example" in figure and "<a" not in figure and "u003ca" not in figure for figure in drawn)
    assert drawn[0] == drawn[2]
