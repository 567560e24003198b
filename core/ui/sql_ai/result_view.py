"""One result on the page: meter, facets, chart, table, downloads."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from core.config import settings
from core.counts import counted
from core.markdown import code_span, escape
from core.ui import charts
from core.ui.badges import duration
from core.ui.frame import guarded, show_error
from core.ui.sql_ai import figures, state
from core.ui.sql_ai.downloads import to_csv, to_json, to_parquet
from core.ui.sql_ai.figures import Plan, Shape
from core.ui.sql_ai.frames import Grid, Role, column_config, frame_of

if TYPE_CHECKING:
    from core.sql_ai.results import Meter, Result

_Made = TypeVar("_Made")
_MOST_KEPT = 40  # five for each result in view; a script shows one a statement
_ROWS_WORTH_FACETS = 6
_MAX_TABLE_HEIGHT = 458  # twelve rows
_ROW_HEIGHT = 35
_TWO_LINES, _THREE_LINES = 56, 77
_MOST_TALL_ROWS = 20
_LINE = 60  # letters of a text that fit one line
_METER_HELP = {
    "Model inputs": "Distinct texts sent to a model; answers about the sample tables serve every visitor",
    "Calls": "Evaluations of AI functions in the pass that produced the rows",
    "Rounds": "Passes over the query until nothing was unknown",
    "Cache hits": "Calls that needed no model: repeats, and answers of earlier statements",
    "Tokens": "Estimate, about four characters a token",
    "Cost": "Tokens at the price in the settings",
}


def show_outcome(outcome: state.Outcome) -> None:
    """Every statement's result or error; the last one in full, earlier ones folded."""
    *earlier, last = outcome.results
    for number, result in enumerate(earlier, 1):
        with st.expander(_headline(number, result), expanded=result.error is not None):
            show_result(result, f"{outcome.number}_{number}")
    if earlier:
        st.markdown(f"**{_headline(len(outcome.results), last)}**")
    show_result(last, f"{outcome.number}_{len(outcome.results)}")


def show_result(result: "Result", key: str) -> None:
    """One statement's result, or its error."""
    if result.error:
        show_error(result.error)
        return
    with guarded():
        _result(result, key)


@st.fragment
def _result(result: "Result", key: str) -> None:
    show_meter(result.meter, len(result.rows))
    _rows_of(result, key)
    show_failures(result)


def show_failures(result: "Result") -> None:
    """What made values NULL although nothing was wrong with the query: a line for each function that failed."""
    for failed in result.failures:
        st.info(f"{escape(failed.message)} {escape(failed.hint)}".rstrip(), icon=":material/block:")


def _rows_of(result: "Result", key: str) -> None:
    whole = kept(f"grid_{key}", (result,), lambda: Grid.of(result.columns, result.rows))
    if not whole.columns:
        return
    if result.truncated:
        st.warning(f"Cut at the limit of {settings().sql.max_rows:,} rows.", icon=":material/content_cut:")
    if not whole.rows:
        names = ", ".join(map(escape, whole.columns))
        st.info(f"The statement gave no rows. Its columns are {names}.", icon=":material/table_rows:")
        return
    grid = _facets(whole, key)
    _chart(grid, key)
    _table(grid, key)
    _downloads(grid, key, filtered=len(grid.rows) < len(whole.rows))


def kept(name: str, made_of: tuple[Any, ...], make: Callable[[], _Made]) -> _Made:
    """What ``make`` gave when it was last called for the same name and parts: reruns draw, they do not compute."""
    store: dict[str, tuple[tuple[Any, ...], Any]] = st.session_state.setdefault(state.KEPT, {})
    found = store.get(name)
    if found is None or found[0] != made_of:
        store.pop(name, None)
        store[name] = found = (made_of, make())
        while len(store) > _MOST_KEPT:
            store.pop(next(iter(store)))
    made: _Made = found[1]
    return made


def show_meter(meter: "Meter", rows: int) -> None:
    """What the statement cost; one line when no model was asked."""
    count = counted(rows, "row")
    if not meter.calls and not meter.model_inputs:
        st.caption(f"{count} in {duration(meter.elapsed_ms)}. No AI function was called.")
        return
    facts = {
        "Model inputs": f"{meter.model_inputs:,}",
        "Calls": f"{meter.calls:,}",
        "Rounds": f"{meter.rounds:,}",
        "Cache hits": f"{meter.cache_hits:,}",
        "Tokens": f"{meter.tokens:,}",
        "Time": duration(meter.elapsed_ms),
    }
    if meter.cost is not None:
        facts["Cost"] = f"{meter.cost:.4f}"
    with st.grid(min_column_width=100, gap="small"):
        for name, value in facts.items():
            st.metric(name, value, help=_METER_HELP.get(name))
    if not meter.model_inputs:
        st.caption(f"{count}. No model was asked: every call was a cache hit.")
        return
    by_function = ", ".join(f"{name} {count:,}" for name, count in meter.inputs_by_function.items())
    kept = f" {_kept(meter)}" if meter.kept else ""
    st.caption(
        f"{count}. {duration(meter.model_ms)} of the time was spent in models. Model inputs: {by_function}.{kept}"
    )


def _kept(meter: "Meter") -> str:
    return f"{meter.kept:,} of them had been asked before; answers about the sample tables are kept for all visitors."


def facet_columns(grid: Grid) -> list[str]:
    """The columns worth narrowing the rows by; none when all rows are in view anyway."""
    return grid.facets() if len(grid.rows) >= _ROWS_WORTH_FACETS else []


def _facets(grid: Grid, key: str) -> Grid:
    columns = kept(f"facets_{key}", (grid,), lambda: facet_columns(grid))
    if not columns:
        return grid
    chosen = st.pills(
        "Facets", columns, selection_mode="multi", format_func=escape, key=f"sql_ai_facets_{key}"
    )
    wanted = {column: _facet(grid, column, f"sql_ai_facet_{key}_{column}") for column in chosen}
    return grid.where(wanted) if any(wanted.values()) else grid


def _facet(grid: Grid, column: str, key: str) -> list[str]:
    """The values chosen in one column; each shows how many rows have it."""
    counts = grid.counts(column)
    return st.pills(
        escape(column),
        list(counts),
        selection_mode="multi",
        format_func=lambda label: f"{escape(label[:40])} · {counts[label]:,}",
        key=key,
    )


def _chart(grid: Grid, key: str) -> None:
    suggested = kept(f"plan_{key}", (grid,), lambda: figures.suggest(grid))
    plan = _chosen_plan(grid, suggested, key) if suggested else None
    if plan is None:
        return
    parts = (grid, plan, charts.palette())
    figure = kept(f"figure_{key}", parts, lambda: charts.dressed(figures.figure(grid, plan)))
    charts.draw(figure, alt=figures.alt(grid, plan), key=f"sql_ai_chart_{key}")
    if left_out := figures.shown(grid, plan):
        st.caption(left_out)


def _chosen_plan(grid: Grid, suggested: Plan, key: str) -> Plan | None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{escape(suggested.title)}**", width="stretch")
        with st.popover("Chart", icon=":material/bar_chart:", type="tertiary"):
            return _chart_options(grid, suggested, key)


def _chart_options(grid: Grid, suggested: Plan, key: str) -> Plan | None:
    known = figures.shapes(grid)
    shape_name = st.selectbox(
        "Shape", [*map(str, known), "None"], known.index(suggested.shape), key=f"sql_ai_shape_{key}"
    )
    if shape_name == "None":
        return None
    shape = Shape(shape_name)
    numbers = figures.measures(grid)
    x = _select("X", list(grid.columns), suggested.x, f"sql_ai_x_{key}")
    y = _select("Y", numbers, suggested.y, f"sql_ai_y_{key}") if shape is not Shape.HISTOGRAM else "ROWS"
    colours = ["None", *grid.categories()]
    colour = _select("Colour", colours, suggested.colour or "None", f"sql_ai_colour_{key}")
    if shape is Shape.HISTOGRAM and grid.roles[x] is not Role.NUMBER:
        x = numbers[0]
    return figures.plan_for(grid, shape, x, y, None if colour == "None" else colour)


def _select(label: str, options: list[str], first: str, key: str) -> str:
    index = options.index(first) if first in options else 0
    return str(st.selectbox(label, options, index, key=key))


def _table(grid: Grid, key: str) -> None:
    row_height = _row_height(grid)
    height = min(_MAX_TABLE_HEIGHT, row_height * len(grid.rows) + _ROW_HEIGHT + 3)
    alt = f"Result table: {counted(len(grid.rows), 'row')}, columns {', '.join(grid.columns)}"
    frame, columns = kept(f"frame_{key}", (grid,), lambda: (frame_of(grid), column_config(grid)))
    st.dataframe(
        frame,
        hide_index=True,
        height=height,
        row_height=row_height,  # in higher rows the cells wrap
        column_config=columns,
        placeholder="NULL",
        alt=alt,
    )


def _row_height(grid: Grid) -> int:
    """Room for up to three lines of the longest text, where there are few rows."""
    texts = [value for row in grid.rows[: _MOST_TALL_ROWS + 1] for value in row if isinstance(value, str)]
    longest = max(map(len, texts), default=0)
    if longest <= _LINE or len(grid.rows) > _MOST_TALL_ROWS:
        return _ROW_HEIGHT
    return _TWO_LINES if longest <= 2 * _LINE else _THREE_LINES


def _downloads(grid: Grid, key: str, filtered: bool) -> None:
    writers = {
        "CSV": (to_csv, "text/csv"),
        "JSON": (to_json, "application/json"),
        "Parquet": (to_parquet, "application/vnd.apache.parquet"),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, (write, mime) in writers.items():
            st.download_button(
                name,
                partial(write, grid.columns, grid.rows),
                file_name=f"result.{name.lower()}",
                mime=mime,
                key=f"sql_ai_save_{name}_{key}",
                icon=":material/download:",
                type="tertiary",
                on_click="ignore",
            )
        note = f"The {counted(len(grid.rows), 'row')} the facets leave. " if filtered else ""
        st.caption(f"{note}In CSV, text that a spreadsheet would run as a formula starts with an apostrophe.")


def _headline(number: int, result: "Result") -> str:
    first = " ".join(result.sql.split())
    short = first if len(first) <= 70 else first[:68] + "…"
    end = (
        "failed"
        if result.error
        else f"{counted(len(result.rows), 'row')}, {duration(result.meter.elapsed_ms)}"
    )
    return f"{number}. {code_span(short)} {end}"
