"""The same question answered again with other settings, side by side."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from core.config import settings
from core.errors import HubError
from core.telemetry import Kind
from core.ui import controls
from core.ui.actions import visitor_action
from core.ui.badges import latency_badge
from core.ui.errors import show_error
from core.ui.rag import answers, state
from core.ui.rag.state import ChatSettings, Turn

if TYPE_CHECKING:
    from core.rag import SessionKnowledgeBase
    from core.rag.events import Answer

_CHOICE = "compare"  # in the address
_RESULTS = f"{state.KEY}_compared"
_MOST_RESULTS = 8
PASSAGE_COUNTS = (1, 3, 8)
DIVERSITIES = (0.0, 0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Variant:
    """What one column shows: an answer, or a bare model's words, or what went wrong."""

    label: str
    elapsed_ms: float
    answer: "Answer | None" = None
    words: str = ""
    problem: HubError | None = None


def is_chosen() -> bool:
    """Whether something is being compared: then the answers want the whole width of the page."""
    return state.ADDRESS.now(_CHOICE, None, lambda text: text if text in SERIES else None) is not None


def show_comparison(turn: Turn) -> None:
    """Let the visitor choose what to vary, and show this turn's question answered with each value.

    Not for an overview: it reads its whole document, whatever is varied here.
    """
    if turn.answer is None or turn.answer.kind == "overview":
        return
    choice = controls.pills(state.ADDRESS, _CHOICE, "Answer again, side by side", tuple(SERIES))
    if not choice:
        return
    variants = _variants(turn, choice)
    for column, variant in zip(st.columns(len(variants), border=True), variants, strict=True):
        with column:
            _show(variant)


def _show(variant: Variant) -> None:
    st.markdown(f"**{variant.label}**")
    if variant.problem:
        show_error(variant.problem)
        return
    if variant.answer:
        answers.show_answer(variant.answer)
        with st.container(horizontal=True, gap="small"):
            latency_badge(variant.elapsed_ms)
            st.badge(f"confidence {variant.answer.confidence:.2f}", color="gray")
        answers.plain(_read(variant.answer), "rag-place")
        return
    answers.plain(variant.words or "(no words)")
    with st.container(horizontal=True, gap="small"):
        latency_badge(variant.elapsed_ms)
        st.badge("nothing to check against", icon=":material/warning:", color="orange")


def _read(answer: "Answer") -> str:
    """The passages an answer was made from, by document and number: often they differ where the answer does not."""
    found: dict[str, list[str]] = {}
    for passage in answer.passages:
        found.setdefault(passage.document, []).append(f"#{passage.index}")
    return "Read: " + "; ".join(f"{name} {', '.join(numbers)}" for name, numbers in found.items())


def _variants(turn: Turn, choice: str) -> list[Variant]:
    """The columns, computed once for a turn and a choice."""
    results: dict[tuple[str, str], list[Variant]] = st.session_state.setdefault(_RESULTS, {})
    if (turn.id, choice) not in results:
        with st.spinner("Answering again", show_time=True), visitor_action(Kind.QUESTION, how=choice):
            found = [_answered(turn, changed, label) for label, changed in SERIES[choice](turn.settings)]
        results[(turn.id, choice)] = found
        for oldest in list(results)[:-_MOST_RESULTS]:
            del results[oldest]
    return results[(turn.id, choice)]


def _answered(turn: Turn, changed: ChatSettings | None, label: str) -> Variant:
    assert turn.answer is not None
    begin = time.perf_counter()
    try:
        if changed is None:
            words = bare_answer(turn.answer.question)
            return Variant(label, _since(begin), words=words)
        base: SessionKnowledgeBase = state.knowledge_base()
        answer = base.ask(turn.answer.question, **changed.options())
        return Variant(label, _since(begin), answer)
    except HubError as error:
        return Variant(label, _since(begin), problem=error)


def bare_answer(question: str) -> str:
    """What the model says with no passage to read: nothing of it can be checked."""
    from core.generator import get_generator

    return get_generator("auto").complete([{"role": "user", "content": question}], max_new_tokens=64).text


def _since(begin: float) -> float:
    return (time.perf_counter() - begin) * 1000


def _passages(now: ChatSettings) -> Sequence[tuple[str, ChatSettings | None]]:
    return [(f"k = {k}", replace(now, k=k)) for k in PASSAGE_COUNTS]


def _modes(now: ChatSettings) -> Sequence[tuple[str, ChatSettings | None]]:
    return [(mode, replace(now, mode=mode, rerank=now.rerank and mode == "hybrid")) for mode in state.MODES]


def _diversities(now: ChatSettings) -> Sequence[tuple[str, ChatSettings | None]]:
    return [(f"diversity {value:.1f}", replace(now, diversity=value)) for value in DIVERSITIES]


def _generators(now: ChatSettings) -> Sequence[tuple[str, ChatSettings | None]]:
    names = ["extractive", "local", *(["endpoint"] if settings().llm_base_url else [])]
    return [(name, replace(now, generator=name)) for name in names]


def _retrieval(now: ChatSettings) -> Sequence[tuple[str, ChatSettings | None]]:
    return [("With retrieval", now), ("Model alone, no passages", None)]


SERIES: dict[str, Callable[[ChatSettings], Sequence[tuple[str, ChatSettings | None]]]] = {
    "Passages": _passages,
    "Search modes": _modes,
    "Diversity": _diversities,
    "Generators": _generators,
    "No retrieval": _retrieval,
}
