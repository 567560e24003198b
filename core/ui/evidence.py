"""Draws the evidence behind an answer: source and results in place, links into pages, settings, benchmarks, tests."""

from collections.abc import Iterable

import streamlit as st

from core import demos
from core.guide import Reference
from core.guide.evidence import bench_command, find_section, find_setting, pytest_command
from core.markdown import escape
from core.ui import nav
from core.ui.code_panel import find_source, show_source
from core.ui.errors import guarded


def show_me(references: Iterable[Reference], carried: dict[str, str]) -> None:
    """Draw each piece of evidence; one that cannot be found says so in its place."""
    for reference in references:
        with guarded():
            _DRAW[reference.kind](reference, carried)


def _page(reference: Reference, carried: dict[str, str]) -> None:
    title = demos.get(reference.target).title
    nav.page_link(
        reference.target, reference.label or f"Open in the {title}", query=carried | dict(reference.query)
    )


def _code(reference: Reference, _carried: dict[str, str]) -> None:
    source = find_source(reference.target)
    with st.expander(f"{reference.label or source.name}: `{source.location}`", icon=":material/code:"):
        show_source(reference.target)


def _setting(reference: Reference, _carried: dict[str, str]) -> None:
    found = find_setting(reference.target)
    st.markdown(f":material/tune: `{found.name}` = `{found.value}`. {escape(found.description)}.")


def _bench(reference: Reference, _carried: dict[str, str]) -> None:
    label = f"{escape(reference.label)}: " if reference.label else ""
    st.markdown(f":material/speed: {label}`{bench_command(reference.target)}`")


def _test(reference: Reference, _carried: dict[str, str]) -> None:
    label = f"{escape(reference.label)}: " if reference.label else ""
    st.markdown(f":material/rule: {label}`{pytest_command(reference.target)}`")


def _doc(reference: Reference, _carried: dict[str, str]) -> None:
    text = find_section(reference.target)
    with st.expander(
        f"{reference.label or reference.target}: `docs/{reference.target}`", icon=":material/table:"
    ):
        st.markdown(text)


_DRAW = {"page": _page, "code": _code, "setting": _setting, "bench": _bench, "doc": _doc, "test": _test}
