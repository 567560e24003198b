"""The chart that suits a result, chosen from its columns, with a text alternative made from its values."""

import math
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.ui import charts
from core.ui.sql_ai.frames import Grid, Role, label_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MAX_BARS = 30
_MAX_POINTS = 5_000
_MAX_COLOURS = 7
_LONG_LABEL = 14
_LINE_LABEL = 22  # letters of a name beside a bar
_LINE_TITLE = 40  # .. and of one along an axis, which is as long as a phone is wide
_VALUES_WORTH_A_DISTRIBUTION = 20
_BAND = ("LOWER_BOUND", "UPPER_BOUND")
_IDENTIFIER = ("ID", "_KEY", "TICKET", "NUMBER")


class Shape(StrEnum):
    """The kinds of chart the page draws."""

    BAR = "Bar"
    LINE = "Line"
    FORECAST = "Forecast"
    SCATTER = "Scatter"
    HISTOGRAM = "Histogram"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw: columns by their place in the chart."""

    shape: Shape
    x: str
    y: str
    colour: str | None = None

    @property
    def title(self) -> str:
        """'AVG_SCORE by PRODUCT'."""
        if self.shape is Shape.HISTOGRAM:
            return f"Distribution of {self.x}"
        by = f"{self.y} by {self.x}"
        return f"{by} and {self.colour}" if self.colour else by


def suggest(grid: Grid) -> Plan | None:
    """The plan that suits the columns, or None when a table says it best."""
    numbers, times = _told(grid), grid.having(Role.TIME)
    if len(grid.rows) < 2 or not numbers:
        return None
    categories = grid.categories()
    if times and is_forecast(grid):
        return Plan(
            Shape.FORECAST, times[0], "FORECAST", _colour(grid, [c for c in categories if c == "SERIES"])
        )
    if times and _repeats_little(grid, times[0], categories):
        return Plan(Shape.LINE, times[0], _main(grid, numbers), _colour(grid, categories))
    return _bars(grid, numbers, categories) or _cloud(grid, numbers, categories)


def _bars(grid: Grid, numbers: list[str], categories: list[str]) -> Plan | None:
    """Bars when a label, or a label and a colour, names each row: adding up scores would mean nothing."""
    for label in _labels(grid):
        others = [column for column in numbers if column != label]
        colour = _second(grid, label, categories)
        if others and len(set(_keys(grid, label, colour))) == len(grid.rows):
            return Plan(Shape.BAR, label, _main(grid, others), colour)
    return None


def _cloud(grid: Grid, numbers: list[str], categories: list[str]) -> Plan | None:
    if len(numbers) >= 2:
        return Plan(Shape.SCATTER, numbers[0], numbers[1], _colour(grid, categories))
    if len(set(grid.values(numbers[0]))) >= _VALUES_WORTH_A_DISTRIBUTION:
        return Plan(Shape.HISTOGRAM, numbers[0], "ROWS")
    return None


def _main(grid: Grid, numbers: list[str]) -> str:
    """The measure the rows are sorted by, else the first with fractions, else the first."""
    sorted_by = [column for column in numbers if _is_sorted(grid.values(column))]
    fractions = [column for column in numbers if any(isinstance(v, float) for v in grid.values(column))]
    return [*sorted_by, *fractions, *numbers][0]


def _is_sorted(values: list[Any]) -> bool:
    known = [value for value in values if _finite(value)]
    return len(set(known)) > 1 and known in (sorted(known), sorted(known, reverse=True))


def _told(grid: Grid) -> list[str]:
    """The number columns that measure something."""
    return [column for column in grid.having(Role.NUMBER) if not _is_identifier(grid, column)]


def plan_for(grid: Grid, shape: Shape, x: str, y: str, colour: str | None) -> Plan:
    """The plan a visitor asked for; a forecast band is only drawn where its columns are."""
    if shape is Shape.FORECAST and not is_forecast(grid):
        shape = Shape.LINE
    return Plan(shape, x, y, colour if colour in grid.columns and colour not in (x, y) else None)


def shapes(grid: Grid) -> list[Shape]:
    """The shapes this result can be drawn in."""
    known = []
    if is_forecast(grid) and grid.having(Role.TIME):
        known.append(Shape.FORECAST)
    if measures(grid):
        known += [Shape.BAR, Shape.LINE, Shape.SCATTER, Shape.HISTOGRAM]
    return known


def measures(grid: Grid) -> list[str]:
    """The number columns worth an axis; identifiers only when there is nothing else."""
    return _told(grid) or grid.having(Role.NUMBER)


def is_forecast(grid: Grid) -> bool:
    """Whether the columns are those of FORECAST or DETECT_ANOMALIES."""
    return {"FORECAST", *_BAND} <= set(grid.columns) and grid.roles["FORECAST"] is Role.NUMBER


def figure(grid: Grid, plan: Plan) -> "go.Figure":
    """The plotly figure of a plan."""
    import plotly.graph_objects as go

    draw = {
        Shape.BAR: _bar,
        Shape.LINE: _line,
        Shape.FORECAST: _forecast,
        Shape.SCATTER: _scatter,
        Shape.HISTOGRAM: _histogram,
    }[plan.shape]
    made = go.Figure()
    made.update_layout(height=360, xaxis_title=None if plan.shape is Shape.FORECAST else plan.x)
    draw(made, grid, plan)
    for axis in (made.layout.xaxis, made.layout.yaxis):
        axis.title.text = axis.title.text and _in_lines(axis.title.text, _LINE_TITLE)
    legend = len([trace for trace in made.data if trace.showlegend is not False]) > 1
    made.update_layout(showlegend=legend, margin_t=40 if legend else 8)
    return made


def alt(grid: Grid, plan: Plan) -> str:
    """The chart in words: shape, columns, count, lowest and highest value."""
    measure = plan.x if plan.shape is Shape.HISTOGRAM else plan.y
    pairs = [
        (value, label)
        for value, label in zip(grid.values(measure), grid.values(plan.x), strict=True)
        if _finite(value)
    ]
    head = f"{plan.shape} chart: {plan.title}, {len(pairs):,} values."
    if not pairs or grid.roles[measure] is not Role.NUMBER:
        return head
    low, high = min(pairs, key=lambda p: p[0]), max(pairs, key=lambda p: p[0])
    if plan.shape is Shape.HISTOGRAM:
        return f"{head} From {low[0]:.4g} to {high[0]:.4g}."
    return f"{head} Lowest {low[0]:.4g} at {_short(low[1])}, highest {high[0]:.4g} at {_short(high[1])}."


def shown(grid: Grid, plan: Plan) -> str | None:
    """What the chart leaves out, as a caption."""
    if plan.shape is Shape.BAR:
        labels = set(map(_short, grid.values(plan.x)))
        means = len(set(_keys(grid, plan.x, plan.colour))) < len(grid.rows)
        first = f"The first {_MAX_BARS} of {len(labels)} bars. " if len(labels) > _MAX_BARS else ""
        return f"{first}{'Each bar is the mean of its rows.' if means else ''}".strip() or None
    if len(grid.rows) > _MAX_POINTS:
        return f"The first {_MAX_POINTS:,} of {len(grid.rows):,} points"
    return None


def _bar(made: "go.Figure", grid: Grid, plan: Plan) -> None:
    labels = list(dict.fromkeys(map(_short, grid.values(plan.x))))[:_MAX_BARS]
    lying = len(labels) > 8 or max(map(len, labels)) > _LONG_LABEL
    for name, part in _groups(grid, plan.colour):
        x, y = labels, _means(part, plan, labels)
        if lying:
            made.add_bar(x=y, y=x, name=name, orientation="h")
        else:
            made.add_bar(x=x, y=y, name=name)
    if lying:
        _name_lying_bars(made, labels)
    else:
        made.update_xaxes(type="category")  # or labels that look like numbers or dates become a scale
    made.update_layout(barmode="group", bargap=0.25)
    titles = {"xaxis_title": plan.y, "yaxis_title": None} if lying else {"yaxis_title": plan.y}
    made.update_layout(**titles)


def _name_lying_bars(made: "go.Figure", labels: list[str]) -> None:
    """Long names take several lines: on one they would leave a phone no room for the bars."""
    names = [_in_lines(label, _LINE_LABEL) for label in labels]
    lines = max(name.count("<br>") + 1 for name in names)
    made.update_layout(
        yaxis={
            "autorange": "reversed",
            "type": "category",
            "tickvals": list(range(len(labels))),
            "ticktext": names,
        },
        height=max(360, 60 + (10 + 17 * lines) * len(labels)),
    )


def _in_lines(name: str, letters: int) -> str:
    return "<br>".join(textwrap.wrap(name, letters) or [name])


def _means(part: Grid, plan: Plan, labels: list[str]) -> list[float | None]:
    """The mean value of each label; None where it has none."""
    found: dict[str, list[float]] = {label: [] for label in labels}
    for label, value in zip(part.values(plan.x), part.values(plan.y), strict=True):
        if _short(label) in found and _finite(value):
            found[_short(label)].append(value)
    return [sum(values) / len(values) if values else None for values in found.values()]


def _line(made: "go.Figure", grid: Grid, plan: Plan) -> None:
    for name, part in _groups(grid, plan.colour):
        x, y = _ordered(part, plan.x, plan.y)
        made.add_scatter(x=x, y=y, name=name, mode="lines+markers" if len(x) < 40 else "lines")
    made.update_layout(yaxis_title=plan.y)


def _scatter(made: "go.Figure", grid: Grid, plan: Plan) -> None:
    for name, part in _groups(grid, plan.colour):
        x, y = part.values(plan.x)[:_MAX_POINTS], part.values(plan.y)[:_MAX_POINTS]
        made.add_scatter(x=x, y=y, name=name, mode="markers", marker={"size": 8, "opacity": 0.75})
    made.update_layout(yaxis_title=plan.y)


def _histogram(made: "go.Figure", grid: Grid, plan: Plan) -> None:
    made.add_histogram(x=[v for v in grid.values(plan.x) if v is not None], nbinsx=30, showlegend=False)
    made.update_layout(yaxis_title="rows", bargap=0.05)


def _forecast(made: "go.Figure", grid: Grid, plan: Plan) -> None:
    palette = charts.palette()
    for index, (name, part) in enumerate(_groups(grid, plan.colour)):
        colour = palette[index % len(palette)]
        _band(made, part, plan.x, colour)
        x, y = _ordered(part, plan.x, plan.y)
        label = f"{name} forecast" if plan.colour else "forecast"
        made.add_scatter(x=x, y=y, name=label, mode="lines", line={"color": colour, "width": 2})
        _observed(made, part, plan.x, palette[-1], name if plan.colour else "")
    made.update_layout(yaxis_title=plan.y, hovermode="x unified")


def _band(made: "go.Figure", part: Grid, x: str, colour: str) -> None:
    times, low = _ordered(part, x, _BAND[0])
    _, high = _ordered(part, x, _BAND[1])
    made.add_scatter(
        x=[*times, *reversed(times)],
        y=[*high, *reversed(low)],
        fill="toself",
        fillcolor=_see_through(colour),
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        name="interval",
    )


def _observed(made: "go.Figure", part: Grid, x: str, colour: str, name: str) -> None:
    """The other measure (Y of DETECT_ANOMALIES, or actuals joined to a forecast), anomalies marked."""
    drawn = {"FORECAST", *_BAND, "PERCENTILE", "DISTANCE"}
    others = [column for column in part.having(Role.NUMBER) if column not in drawn]
    for column in others[:1]:
        times, values = _ordered(part, x, column)
        line = {"color": colour, "width": 1.5}
        made.add_scatter(x=times, y=values, name=f"{name} {column.lower()}".strip(), mode="lines", line=line)
        if "IS_ANOMALY" in part.columns:
            odd = part.where({"IS_ANOMALY": ["TRUE"]})
            times, values = _ordered(odd, x, column)
            marker = {"color": charts.palette()[1], "size": 11, "symbol": "x"}
            made.add_scatter(x=times, y=values, name="anomaly", mode="markers", marker=marker)


def _ordered(part: Grid, x: str, y: str) -> tuple[list[Any], list[Any]]:
    """Both columns sorted by x, without gaps, cut to what a browser draws well."""
    known = [
        p for p in zip(part.values(x), part.values(y), strict=True) if p[0] is not None and _finite(p[1])
    ]
    known.sort(key=lambda pair: _place(pair[0]))
    return [p[0] for p in known[:_MAX_POINTS]], [p[1] for p in known[:_MAX_POINTS]]


def _place(value: Any) -> tuple[int, float, str]:
    """A sort key for any axis: numbers by size, then times and texts as written."""
    return (0, float(value), "") if _finite(value) else (1, 0.0, str(value))


def _groups(grid: Grid, colour: str | None) -> list[tuple[str, Grid]]:
    if colour is None:
        return [("", grid)]
    return [
        (_cut(label), grid.where({colour: [label]}))
        for label in dict.fromkeys(map(label_of, grid.values(colour)))
    ]


def _labels(grid: Grid) -> list[str]:
    """Columns that can name bars: texts that group or name the rows, else times, else whole numbers."""
    grouping = grid.categories()
    unique_texts = [
        column
        for column in grid.having(Role.TEXT)
        if len(set(grid.values(column))) == len(grid.rows) <= _MAX_BARS * 2
        and max(len(label_of(value)) for value in grid.values(column)) <= 60
    ]
    named = [column for column in grid.columns if column in {*grouping, *unique_texts}]
    if named or len(grid.rows) > _MAX_BARS:
        return named
    return grid.having(Role.TIME) or [column for column in grid.having(Role.NUMBER) if _counts(grid, column)]


def _counts(grid: Grid, column: str) -> bool:
    """Whether a column numbers the rows: an identifier, or ordered whole numbers such as 1 to 5 stars."""
    values = grid.values(column)
    whole = all(isinstance(value, int) for value in values) and len(set(values)) == len(values)
    return whole and (_is_identifier(grid, column) or (column == grid.columns[0] and _is_sorted(values)))


def _is_identifier(grid: Grid, column: str) -> bool:
    values = grid.values(column)
    named = column.upper().endswith(_IDENTIFIER)
    return named and all(isinstance(value, int) for value in values) and len(set(values)) == len(values)


def _second(grid: Grid, first: str, categories: list[str]) -> str | None:
    """A colour for bars, when it tells apart the rows that share a label."""
    if len(set(grid.values(first))) == len(grid.rows):
        return None
    return _colour(grid, [column for column in categories if column != first])


def _colour(grid: Grid, categories: list[str]) -> str | None:
    few = [column for column in categories if len(set(grid.values(column))) <= _MAX_COLOURS]
    return few[0] if few else None


def _keys(grid: Grid, label: str, colour: str | None) -> list[tuple[str, str]]:
    """What names a bar, row by row."""
    seconds = grid.values(colour) if colour else [""] * len(grid.rows)
    return [(_short(one), label_of(two)) for one, two in zip(grid.values(label), seconds, strict=True)]


def _repeats_little(grid: Grid, time: str, categories: list[str]) -> bool:
    """Whether time, with at most one grouping column, names the rows: else lines would zigzag."""
    colour = _colour(grid, categories)
    keys = zip(grid.values(time), grid.values(colour) if colour else grid.values(time), strict=True)
    return len(set(keys)) >= 0.9 * len(grid.rows)


def _see_through(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _short(value: Any) -> str:
    return _cut(label_of(value))


def _cut(text: str) -> str:
    return text if len(text) <= 40 else text[:38] + "…"
