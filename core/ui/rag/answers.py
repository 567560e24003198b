"""An answer as the page shows it: sentences with citations that open, support, reasons, and its proof."""

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from core.ui.badges import latency_badge, text_badge
from core.ui.rag.passages import Marks, bar, excerpt, place, warnings_in
from core.ui.rag.state import Turn

if TYPE_CHECKING:
    from core.rag import Passage
    from core.rag.events import Answer, AnswerSentence


def plain(text: str, css: str = "rag-text") -> None:
    """Somebody else's text, shown character for character: no Markdown, no links, no images."""
    st.html(f'<p class="{css}">{html.escape(text)}</p>')


def question(text: str) -> None:
    """A question, character for character; its room does not change while the page loads, as that of HTML does."""
    st.text(text)


def show_answer(answer: "Answer") -> None:
    """The sentences with their citations and what they leave open, or the refusal with its reason."""
    if answer.kind == "overview":
        st.html(_overview(answer))
        return
    reason = _reason(answer)
    if not answer.refused:
        st.html(prose(answer.sentences, answer.passages) + reason)
        return
    gate = (
        f"The confidence that these passages answer it is {answer.confidence:.2f}; "
        f"answers are given from {answer.threshold:.2f}. The nearest passages are shown, so that you can judge."
    )
    if not answer.passages:
        gate = "There is no passage to show. A filter in the settings may leave no document to search."
    st.html(
        f'<div class="rag-refusal"><p class="hub-answer">{html.escape(answer.text)}</p>{reason}'
        f'<p class="rag-reason">{gate}</p></div>'
    )


def show_facts(turn: Turn) -> None:
    """Badges: time, confidence against threshold, settings, and what deserves a warning."""
    answer = turn.answer
    if answer is None:
        return
    from core.rag.events import MODEL_FAILED

    with st.container(horizontal=True, gap="small"):
        latency_badge(turn.elapsed_ms, "kept, first took" if turn.kept else "")
        if answer.kind == "overview":
            st.badge("whole document, no threshold", color="gray")
            text_badge(turn.settings.overview_label, color="gray")
        else:
            st.badge(f"confidence {answer.confidence:.2f}, threshold {answer.threshold:.2f}", color="gray")
            text_badge(turn.settings.label, color="gray")
        if any(thought.title == MODEL_FAILED for thought in answer.thoughts):
            st.badge("the endpoint failed: quoted instead", icon=":material/cloud_off:", color="orange")
        if any(warnings_in(passage.text) for passage in answer.passages):
            st.badge("instructions in a passage: treated as data", icon=":material/warning:", color="orange")


def how_completed(answer: "Answer") -> list[str]:
    """How a follow-up was made self-contained, and which rewriting of a model was not used and why."""
    from core.rag.answering import SELF_CONTAINED

    props = next((thought.props for thought in answer.thoughts if thought.title == SELF_CONTAINED), {})
    lines = [f"Because {change}." for change in props.get("changes", ())]
    return [*lines, *([f"Not used: {props['not_used']}."] if props.get("not_used") else [])]


def _reason(answer: "Answer") -> str:
    return f'<p class="rag-reason">{html.escape(answer.reason)}</p>' if answer.reason else ""


def _overview(answer: "Answer") -> str:
    """The overview of a document as a list, each part under its heading; or why there is none."""
    if answer.refused:
        text = html.escape(answer.text)
        return f'<div class="rag-refusal"><p class="hub-answer">{text}</p>{_reason(answer)}</div>'
    items = "".join(f"<li>{_part(sentence, answer)}</li>" for sentence in answer.sentences)
    note = f'<p class="rag-place">{html.escape(answer.about)}, part by part. {html.escape(answer.reason)}</p>'
    return f'<div class="hub-answer">{note}<ul class="rag-overview">{items}</ul></div>'


def _part(sentence: "AnswerSentence", answer: "Answer") -> str:
    passage = answer.passages[sentence.citations[0] - 1]
    heading = passage.heading.rpartition(" › ")[2] or (f"Page {passage.page}" if passage.page else "")
    label = f"<b>{html.escape(heading)}</b> " if heading else ""
    return label + _sentence(sentence, answer.passages)


def prose(sentences: "Sequence[AnswerSentence]", passages: "Sequence[Passage]") -> str:
    """The sentences as safe HTML; each citation mark opens its passage in place, support words marked."""
    return f'<div class="hub-answer">{" ".join(_sentence(s, passages) for s in sentences)}</div>'


def marks_of(answer: "Answer") -> Marks:
    """The stretches that support the answer, by passage number."""
    marks: dict[int, list[tuple[int, int]]] = {}
    for sentence in answer.sentences:
        for quote in sentence.quotes:
            marks.setdefault(quote.passage, []).append((quote.start, quote.end))
    return marks


def show_proof(answer: "Answer") -> None:
    """Support of every sentence, what was not shown, the steps, timings, tokens and the exact prompt."""
    _show_support(answer)
    st.markdown("**Steps**")
    for thought in answer.thoughts:
        plain(f"{thought.title}: {thought.description}")
        if thought.props:
            st.json(dict(thought.props), expanded=False)
    _show_costs(answer)
    st.markdown("**The exact prompt**")
    if answer.prompt:
        st.code(answer.prompt, language=None, wrap_lines=True)
    else:
        st.caption(
            "No model was asked to answer: the answer is quoted, or it was refused before a model could speak."
        )


def _sentence(sentence: "AnswerSentence", passages: "Sequence[Passage]") -> str:
    text = html.escape(sentence.text)
    shown = f"<q>{text}</q>" if sentence.origin == "quotation" else f"<span>{text}</span>"
    return shown + "".join(_citation(n, sentence, passages[n - 1]) for n in sentence.citations)


def _citation(number: int, sentence: "AnswerSentence", passage: "Passage") -> str:
    """A native disclosure: works by keyboard and on touch, and opening it costs no rerun."""
    stretches = [(q.start, q.end) for q in sentence.quotes if q.passage == number]
    where = html.escape(" · ".join(part for part in (passage.document, place(passage)) if part))
    label = f"Open citation {number}, {passage.document}, support {sentence.support:.2f}"
    own = '<span class="rag-chip rag-own">added by you</span>' if passage.origin == "upload" else ""
    kind = "quoted word for word" if sentence.origin == "quotation" else "generated, checked"
    return (
        f'{own}<details class="hub-cite"><summary aria-label="{html.escape(label)}">[{number}]</summary>'
        f'<span class="rag-cited"><span class="rag-place">{where}</span>'
        f'<span class="hub-passage">{excerpt(passage, stretches)}</span>'
        f'<span class="rag-place">Support {sentence.support:.2f}, {kind}</span></span></details>'
    )


def _show_support(answer: "Answer") -> None:
    if not answer.sentences and not answer.rejected:
        return
    st.markdown("**Support of each sentence**")
    rows: list[tuple[float, str, str]] = [
        (s.support, f"{s.text} {''.join(f'[{n}]' for n in s.citations)}", s.origin) for s in answer.sentences
    ]
    rows += [(r.support, r.text, f"not shown: {', '.join(r.reasons)}") for r in answer.rejected]
    st.html(
        '<ul class="rag-support">'
        + "".join(
            f"<li><b>{support:.2f}</b>{bar(support, 'support')}<span>{html.escape(text)}</span>"
            f"<em>{html.escape(note)}</em></li>"
            for support, text, note in rows
        )
        + "</ul>"
    )


def _show_costs(answer: "Answer") -> None:
    st.markdown("**Timings and tokens**")
    cells = [(name.replace("_", " "), f"{value:,.1f} ms") for name, value in answer.timings.items()]
    cells += [(f"{name} tokens", f"{count:,}") for name, count in answer.tokens.items()]
    rows = "".join(f"<div><dt>{html.escape(name)}</dt><dd>{value}</dd></div>" for name, value in cells)
    st.html(f'<dl class="rag-costs">{rows}</dl>')
