"""Every chart of the page with its text alternative; drawn by `draw`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.counts import counted
from core.ui import charts, theme
from core.ui.mlops import comparison
from core.ui.mlops.labels import algorithm, axis, label

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from core.mlops.drift import ColumnDrift

Points = Sequence[Mapping[str, float]]

_HEIGHT = 340


@dataclass(frozen=True)
class Drawing:
    """A figure and what it says in words."""

    figure: "go.Figure"
    alt: str


def draw(drawing: Drawing, key: str, title: str = "") -> Any:
    """Show the drawing under its title."""
    if title:
        st.markdown(f"**{title}**")
    return charts.show(drawing.figure, alt=drawing.alt, key=key)


def roc(curves: Mapping[str, Points]) -> Drawing:
    """Overlaid ROC curves with the diagonal of a coin."""
    figure = _lines(curves, "fpr", "tpr", "False positive rate", "True positive rate")
    _diagonal(figure, "coin")
    figure.update_layout(showlegend=len(curves) > 1)
    return Drawing(figure, f"ROC curves of {_names(curves)}; the dashed diagonal is a coin toss.")


def precision_recall(curves: Mapping[str, Points]) -> Drawing:
    """Overlaid precision-recall curves."""
    figure = _lines(curves, "recall", "precision", "Recall", "Precision")
    return Drawing(figure, f"Precision against recall of {_names(curves)}.")


def calibration(curves: Mapping[str, Points]) -> Drawing:
    """Observed rate against mean prediction per bin; the diagonal is perfect."""
    figure = _lines(curves, "predicted", "observed", "Mean prediction", "Observed rate", markers=True)
    _diagonal(figure, "perfect")
    figure.update_layout(showlegend=len(curves) > 1)
    return Drawing(
        figure, f"Calibration of {_names(curves)} in ten bins; the dashed diagonal is perfect calibration."
    )


def confusion(counts: Mapping[str, int], title: str, positive: str, negative: str) -> Drawing:
    """A confusion matrix with counts and shares of the actual class."""
    import plotly.graph_objects as go

    tn, fp = counts["true_negative"], counts["false_positive"]
    fn, tp = counts["false_negative"], counts["true_positive"]
    rows = [[tn, fp], [fn, tp]]
    shares = [[cell / max(sum(row), 1) for cell in row] for row in rows]
    names = [negative, positive]
    cells = [(row, column) for row in (0, 1) for column in (0, 1)]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            colorscale=[[0, _faintest()], [1, charts.palette()[0]]],
            zmin=0,
            zmax=1,
            showscale=False,
            hoverinfo="skip",
            xgap=3,
            ygap=3,
        )
    )
    figure.add_scatter(  # no annotations, whose colour follows the page's ground (assets/styles.css)
        x=[names[column] for _, column in cells],
        y=[names[row] for row, _ in cells],
        mode="text",
        text=[f"{rows[row][column]:,}<br>{shares[row][column]:.0%}" for row, column in cells],
        textfont_color=[_on_heat(shares[row][column]) for row, column in cells],
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_layout(title={"text": title, "font": {"size": 14}}, height=260, margin_t=40 if title else 8)
    figure.update_xaxes(title="Predicted", type="category", range=[-0.5, 1.5], showgrid=False)
    figure.update_yaxes(title="Actual", type="category", range=[1.5, -0.5], showgrid=False)
    told = f"{tp} of {tp + fn} '{positive}' found, {fp} of {tn + fp} '{negative}' wrongly flagged"
    return Drawing(figure, f"Confusion matrix{title and f' of {title}'}: {told}.")


def _faintest() -> str:
    """The colour of a share of 0: opaque, for the words on it do not change with the page's ground."""
    return "#0E1A25" if theme.is_dark() else "#F0F7FB"


def _on_heat(share: float) -> str:
    """Black or white, whichever has a contrast of 4.5 with the cell (WCAG 2.2)."""
    if theme.is_dark():
        return "#000000" if share > 0.63 else "#FFFFFF"
    return "#FFFFFF" if share > 0.92 else "#000000"


def importance(values: Mapping[str, Sequence[float]], top: int = 12) -> Drawing:
    """ROC-AUC lost when a column is shuffled: mean and spread, most important on top."""
    import plotly.graph_objects as go

    shown = list(values.items())[:top]
    names = [name for name, _ in shown]
    figure = go.Figure(
        go.Bar(
            x=[pair[0] for _, pair in shown],
            y=names,
            orientation="h",
            error_x={
                "type": "data",
                "array": [pair[1] for _, pair in shown],
                "thickness": 1.2,
                "color": _whisker(),
            },
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title="ROC-AUC lost when shuffled")
    figure.update_layout(height=max(220, 60 + 24 * len(shown)), margin_t=8)
    return Drawing(figure, f"Permutation importance on the hold-out; most important: {', '.join(names[:3])}.")


def _whisker() -> str:
    """A colour that shows on a bar and on the page beside it; plotly's own grey does not on a dark one."""
    return "#F0F3F9" if theme.is_dark() else "#0B1220"


def pareto(frame: "pd.DataFrame", first: str, second: str, name: str, colour: str) -> Drawing:
    """Runs by two values, one colour an algorithm, with the line of runs that nothing beats in both."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for group, part in frame.groupby(colour, sort=False):
        figure.add_scatter(
            x=part[first],
            y=part[second],
            text=part[name],
            name=algorithm(str(group)),
            mode="markers",
            marker={"size": 10, "opacity": 0.85},
            hovertemplate=f"%{{text}}<br>{label(first)}: %{{x:.4f}}<br>{label(second)}: %{{y:.4f}}<extra></extra>",
        )
    front = frame.iloc[comparison.pareto(frame, first, second)]
    figure.add_scatter(
        x=front[first],
        y=front[second],
        name="Pareto front",
        mode="lines",
        line={"dash": "dot", "color": charts.palette()[6]},
        hoverinfo="skip",
    )
    figure.update_xaxes(title=axis(first))
    figure.update_yaxes(title=axis(second))
    figure.update_layout(height=400)
    best = ", ".join(map(str, front[name].head(3)))
    return Drawing(
        figure, f"{len(frame)} runs by {label(first)} and {label(second)}; on the Pareto front: {best}."
    )


def parallel(frame: "pd.DataFrame", columns: Sequence[str], colour: str) -> Drawing:
    """One line a run across parameters and metrics, coloured by a metric."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Parcoords(
            line={
                "color": frame[colour].fillna(frame[colour].min()),
                "colorscale": [
                    [0, charts.palette()[0]],
                    [1, charts.palette()[1]],
                ],  # readable on both grounds
                "showscale": True,
                "colorbar": {"title": {"text": label(colour)}, "thickness": 12},
            },
            dimensions=[_dimension(frame, column) for column in columns],
            labelangle=-20 if len(columns) > 5 else 0,
        )
    )
    figure.update_layout(height=380, margin={"l": 110, "r": 30, "t": 80, "b": 30})
    return Drawing(
        figure, f"Parallel coordinates of {len(frame)} runs over {', '.join(map(label, columns))}."
    )


def effects(found: "Sequence[comparison.Effect]", metric: str, top: int = 12) -> Drawing:
    """Share of a metric's differences that goes with each parameter, largest on top."""
    import plotly.graph_objects as go

    shown = found[:top]
    figure = go.Figure(
        go.Bar(
            x=[effect.share for effect in shown],
            y=[label(effect.parameter) for effect in shown],
            orientation="h",
            text=[f"best: {algorithm(effect.best)}, {counted(effect.runs, 'run')}" for effect in shown],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.0%}, %{text}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(
        title=f"Share of the differences in {label(metric)}",
        tickformat=".0%",
        range=[0, 1.4],
        tickvals=[0, 0.25, 0.5, 0.75, 1],
    )
    figure.update_layout(height=max(220, 80 + 30 * len(shown)))
    told = ", ".join(f"{label(effect.parameter)} {effect.share:.0%}" for effect in shown[:3])
    return Drawing(figure, f"Parameters that go with {label(metric)}: {told}.")


def distributions(column: "ColumnDrift") -> Drawing:
    """Shares of the reference and of the current data in each cell of a column."""
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, shares in (("Reference", column.reference_shares), ("Current", column.current_shares)):
        figure.add_bar(x=column.cells, y=shares, name=name, hovertemplate="%{x}: %{y:.1%}<extra></extra>")
    figure.update_xaxes(type="category")
    figure.update_yaxes(tickformat=".0%", title="Share of rows")
    figure.update_layout(height=_HEIGHT, barmode="group", bargap=0.25)
    pairs = zip(column.cells, column.reference_shares, column.current_shares, strict=True)
    cell, before, now = max(pairs, key=lambda item: abs(item[2] - item[1]))
    return Drawing(figure, f"{column.name}: the share of '{cell}' went from {before:.0%} to {now:.0%}.")


def drift_overview(columns: Sequence["ColumnDrift"], warn: float, alert: float) -> Drawing:
    """PSI of each column against the warning and alert limits; outlined bars are beyond chance."""
    import plotly.graph_objects as go

    shown = sorted(columns, key=lambda column: column.psi or 0)[-12:]
    colours = charts.palette()
    figure = go.Figure(
        go.Bar(
            x=[column.psi for column in shown],
            y=[column.name for column in shown],
            orientation="h",
            marker={"color": [colours[1] if column.drifted else colours[0] for column in shown]},
            hovertemplate="%{y}: PSI %{x:.3f}<extra></extra>",
        )
    )
    for limit, text, side in ((warn, "warn", "right"), (alert, "alert", "left")):
        figure.add_vline(x=limit, line_dash="dot", line_color=charts.palette()[6])
        figure.add_annotation(
            x=limit, y=1, yref="paper", yanchor="bottom", xanchor=side, text=text, showarrow=False
        )
    figure.update_xaxes(title="Population stability index", rangemode="tozero")
    figure.update_layout(height=max(240, 70 + 24 * len(shown)))
    drifted = ", ".join(column.name for column in columns if column.drifted) or "none"
    return Drawing(figure, f"Population stability index by column; drifted: {drifted}.")


def contributions(items: Sequence[tuple[str, float]], unit: str, top: int = 12) -> Drawing:
    """What moved one prediction up or down, largest first."""
    import plotly.graph_objects as go

    shown = sorted(items, key=lambda item: -abs(item[1]))[:top]
    colours = charts.palette()
    figure = go.Figure(
        go.Bar(
            x=[value for _, value in shown],
            y=[name for name, _ in shown],
            orientation="h",
            marker={"color": [colours[1] if value > 0 else colours[0] for _, value in shown]},
            hovertemplate="%{y}: %{x:+.3f}<extra></extra>",
        )
    )
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title=unit)  # short: on a phone the labels leave it little room
    figure.update_layout(height=max(220, 60 + 24 * len(shown)))
    named = ", ".join(f"{name} {value:+.2f}" for name, value in shown[:3])
    return Drawing(figure, f"Largest contributions to this prediction: {named}.")


def what_if(
    xs: Sequence[Any], probabilities: Sequence[float], name: str, here: Any, numeric: bool
) -> Drawing:
    """The probability as one field changes and all others stay."""
    import plotly.graph_objects as go

    figure = go.Figure()
    if numeric:
        figure.add_scatter(x=list(xs), y=list(probabilities), mode="lines", name="probability")
        figure.add_vline(x=here, line_dash="dot", line_color=charts.palette()[6], annotation_text="now")
    else:
        figure.add_bar(x=list(xs), y=list(probabilities), name="probability")
        figure.update_xaxes(type="category")
    figure.update_xaxes(title=name)
    figure.update_yaxes(title="Probability", range=[0, 1], tickformat=".0%")
    figure.update_layout(height=300, showlegend=False)
    low, high = min(probabilities), max(probabilities)
    return Drawing(figure, f"Probability against {name}: from {low:.0%} to {high:.0%}.")


def shadow(pairs: Sequence[tuple[float, float]], champion: int, challenger: int) -> Drawing:
    """The challenger's answers against the champion's, request by request."""
    import plotly.graph_objects as go

    figure = go.Figure(
        go.Scatter(
            x=[p[0] for p in pairs],
            y=[p[1] for p in pairs],
            mode="markers",
            marker={"size": 6, "opacity": 0.6},
        )
    )
    _diagonal(figure, "agreement")
    figure.update_xaxes(title=f"Champion (version {champion})", range=[0, 1])
    figure.update_yaxes(title=f"Challenger (version {challenger})", range=[0, 1])
    figure.update_layout(height=_HEIGHT, showlegend=False)
    return Drawing(
        figure, f"{len(pairs)} answers of version {challenger} against those of version {champion}."
    )


def _lines(
    curves: Mapping[str, Points], x: str, y: str, x_title: str, y_title: str, markers: bool = False
) -> "go.Figure":
    import plotly.graph_objects as go

    figure = go.Figure()
    for name, points in curves.items():
        figure.add_scatter(
            x=[point[x] for point in points],
            y=[point[y] for point in points],
            name=name,
            mode="lines+markers" if markers else "lines",
        )
    figure.update_xaxes(title=x_title, range=[0, 1.01])
    figure.update_yaxes(title=y_title, range=[0, 1.02])
    figure.update_layout(height=_HEIGHT, **({} if len(curves) > 1 else {"margin_t": 8}))  # no legend
    return figure


def _diagonal(figure: "go.Figure", name: str) -> None:
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        name=name,
        mode="lines",
        line={"dash": "dot", "width": 1.5, "color": charts.palette()[6]},
        hoverinfo="skip",
        showlegend=False,
    )


def _dimension(frame: "pd.DataFrame", column: str) -> dict[str, Any]:
    import pandas as pd

    numbers = pd.to_numeric(frame[column], errors="coerce")
    if numbers.notna().all():
        return {"label": label(column), "values": numbers, "tickformat": ".4~g"}
    codes, names = pd.factorize(frame[column].astype("string").fillna("-"), sort=True)
    return {
        "label": label(column),
        "values": codes,
        "tickvals": list(range(len(names))),
        "ticktext": [algorithm(str(name))[:20] for name in names],
    }


def _names(curves: Mapping[str, Points]) -> str:
    return ", ".join(curves)
