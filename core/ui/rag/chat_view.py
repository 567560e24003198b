"""The conversation: streamed, verified answers on the left, their passages with scores on the right."""

import html
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.ui.errors import escape, guarded
from core.ui.frame import latency_badge, set_badges
from core.ui.rag import state
from core.ui.rag.documents_view import FILE_TYPES, add_files
from core.ui.rag.passages import highlighted, show_passages
from core.ui.rag.state import ChatSettings, Turn

if TYPE_CHECKING:
    from core.rag.events import Answer, AnswerSentence

EXAMPLES = (
    "How many days of annual leave do I have in Porto?",
    "What does error code G4 mean on the Grain 64?",
    "How long was Corvane Link unavailable on 18 November 2025?",
    "How many Duo D2 machines are affected by the field notice FN-2026-03?",
    "Who won the football world cup in 1998?",
)
_ASKED = f"{state.KEY}_asked_from_link"
_PENDING = f"{state.KEY}_pending"


def show_chat() -> None:
    """Settings on top, conversation on the left, the passages of the latest answer on the right."""
    with st.expander("Settings", icon=":material/tune:"):
        chosen = state.choose_settings()
    chat, side = st.columns([3, 2], gap="large")
    with side:
        evidence = st.container()
    with chat:
        for number, turn in enumerate(state.turns()):
            _show_turn(number, turn)
        slot = st.container()
        question = _next_question()
    if question:
        with slot, guarded():
            _ask(question, chosen, evidence)
    elif state.turns():
        with evidence, guarded():
            _show_evidence(state.turns()[-1].answer)


def _next_question() -> str | None:
    """What to ask now: typed, clicked, or named in the address; attached files are added first."""
    entered: Any = st.chat_input(
        "Ask the documents, or attach a file and ask about it",
        key="rag_chat_input",
        max_chars=2000,
        accept_file="multiple",
        file_type=FILE_TYPES,
        submit_mode="stop",
    )
    if not state.turns():
        _offer_examples()
    if entered and entered.files:
        with guarded():
            add_files(state.knowledge_base(), [(file.name, file.getvalue()) for file in entered.files])
    typed = entered.text.strip() if entered else ""
    return typed or st.session_state.pop(_PENDING, None) or _from_address()


def _offer_examples() -> None:
    st.caption("Or start with one of these; the last one is not in the documents.")
    with st.container(horizontal=True, gap="small"):
        for number, example in enumerate(EXAMPLES):
            st.button(example, key=f"rag_chat_example_{number}", on_click=_choose, args=(example,))


def _choose(question: str) -> None:
    st.session_state[_PENDING] = question


def _from_address() -> str | None:
    """``?question=..&run=1`` asks once a session, so that a link of the guide needs no click."""
    question = st.query_params.get("question", "").strip()
    if not question or st.query_params.get("run") != "1" or st.session_state.get(_ASKED) == question:
        return None
    st.session_state[_ASKED] = question
    return question


def _ask(question: str, chosen: ChatSettings, evidence: Any) -> None:
    with st.chat_message("user"):
        st.markdown(escape(question))
    with st.chat_message("assistant"):
        begin = time.perf_counter()
        answer = _streamed(question, chosen, evidence)
    elapsed_ms = (time.perf_counter() - begin) * 1000
    state.remember(Turn(question, answer, chosen, elapsed_ms))
    st.rerun()  # from here on the turn is drawn from the session, like every other


def _streamed(question: str, chosen: ChatSettings, evidence: Any) -> "Answer":
    """Draw events as they come and return the finished answer."""
    from core.rag.events import Done, Retrieved, Token, Verified

    status, verified, draft = st.empty(), st.empty(), st.empty()
    status.caption("Searching")
    sentences: list[AnswerSentence] = []
    words = ""
    for event in _events(question, chosen):
        match event:
            case Retrieved():
                status.caption("Reading the passages")
                with evidence:
                    show_passages(event.passages)
            case Verified():
                sentences.append(event.sentence)
                words = ""
                verified.html(_prose(sentences))
                draft.empty()
            case Token():
                words += event.text
                draft.caption(f"Draft, being checked: {escape(words)}")
            case Done():
                return event.answer
    raise RuntimeError("the answer's stream ended without its last event")


def _events(question: str, chosen: ChatSettings) -> Iterator[Any]:
    base = state.knowledge_base()
    return base.stream(
        question,
        k=chosen.k,
        mode=chosen.mode,
        generator=chosen.generator,
        threshold=chosen.threshold,
        rerank=chosen.rerank,
        history=state.history(),
    )


def _show_turn(number: int, turn: Turn) -> None:
    with st.chat_message("user"):
        st.markdown(escape(turn.question))
    with st.chat_message("assistant"):
        answer = turn.answer
        if answer.refused:
            st.markdown(f"**{escape(answer.text)}**")
            if answer.reason:
                st.caption(escape(answer.reason))
        else:
            st.html(_prose(answer.sentences))
            _citations(answer)
        with st.container(horizontal=True, gap="small"):
            latency_badge(turn.elapsed_ms)
            st.badge(f"confidence {answer.confidence:.2f}, threshold {answer.threshold:.2f}", color="gray")
            st.badge(turn.settings.label, color="gray")
        _panels(number, answer)
    set_badges(model=answer.generator)


def _prose(sentences: "list[AnswerSentence] | tuple[AnswerSentence, ...]") -> str:
    """The sentences as safe HTML with their citation marks."""
    parts = []
    for sentence in sentences:
        marks = "".join(f'<sup class="hub-cite">[{n}]</sup>' for n in sentence.citations)
        text = html.escape(sentence.text)
        parts.append(f"<q>{text}</q>{marks}" if sentence.origin == "quotation" else text + marks)
    return f'<p class="hub-answer">{" ".join(parts)}</p>'


def _citations(answer: "Answer") -> None:
    """A button for each cited passage that opens it with the supporting words marked."""
    marks = _marks(answer)
    with st.container(horizontal=True, gap="small"):
        for number in sorted(marks):
            passage = answer.passages[number - 1]
            with st.popover(f"[{number}] {passage.document}", type="tertiary"):
                if passage.heading:
                    st.caption(passage.heading)
                st.html(f'<p class="hub-passage">{highlighted(passage.text, marks[number])}</p>')


def _marks(answer: "Answer") -> dict[int, list[tuple[int, int]]]:
    """Stretches that support the answer, by passage number."""
    marks: dict[int, list[tuple[int, int]]] = {}
    for sentence in answer.sentences:
        for number in sentence.citations:
            marks.setdefault(number, [])
        for quote in sentence.quotes:
            marks.setdefault(quote.passage, []).append((quote.start, quote.end))
    return marks


def _panels(number: int, answer: "Answer") -> None:
    with st.expander("How this answer came about", icon=":material/account_tree:", on_change="rerun",
                     key=f"rag_chat_how_{number}") as panel:  # fmt: skip
        if not panel.open:
            return
        for sentence in answer.sentences:
            st.progress(
                min(max(sentence.support, 0.0), 1.0), text=f"{sentence.support:.2f}  {escape(sentence.text)}"
            )
        for rejected in answer.rejected:
            st.caption(f"Not shown: {escape(rejected.text)} ({escape(', '.join(rejected.reasons))})")
        for thought in answer.thoughts:
            st.markdown(f"**{escape(thought.title)}**  \n{escape(thought.description)}")
            if thought.props:
                st.json(dict(thought.props), expanded=False)
        st.markdown("**Timings in milliseconds, and tokens**")
        st.json({**{k: round(v, 1) for k, v in answer.timings.items()}, **answer.tokens}, expanded=True)
        if answer.prompt:
            st.markdown("**The exact prompt**")
            st.code(answer.prompt, language=None, wrap_lines=True)


def _show_evidence(answer: "Answer") -> None:
    st.markdown("**Passages of the latest answer**" if not answer.refused else "**Nearest passages**")
    show_passages(answer.passages, _marks(answer))
