"""The conversation: streamed, verified answers on the left, the passages of the latest one on the right."""

import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from core.counts import counted
from core.errors import HubError
from core.markdown import escape
from core.rag.privacy import mask
from core.telemetry import Kind, count_lookups
from core.ui import presenter, warmup
from core.ui.actions import visitor_action
from core.ui.address import rewrite
from core.ui.errors import guarded, show_error
from core.ui.frame import set_badges
from core.ui.rag import answers, compare_view, export, feedback, state
from core.ui.rag.documents_view import add_files, show_outcomes, upload_megabytes
from core.ui.rag.kept import kept_turns
from core.ui.rag.passages import explain_scores, show_passages
from core.ui.rag.state import ChatSettings, Flight, Turn
from core.ui.rag.suggestions import follow_ups

if TYPE_CHECKING:
    from core.rag.events import Answer, AnswerSentence

EXAMPLES = (
    "How many days of annual leave do I have in Porto?",
    "What does error code G4 mean on the Grain 64?",
    "How long was Corvane Link unavailable on 18 November 2025?",
    "How many Duo D2 machines are affected by the field notice FN-2026-03?",
    "Give me an overview of the leave policy",
    "Who won the football world cup in 1998?",
)
_INTRODUCTION = """
The documents belong to **Corvane**, an invented maker of coffee machines: handbook, policies, manuals,
error codes, price lists, support articles and reports, some of them superseded by newer ones.

Every sentence of an answer carries a number that opens its passage. When the documents do not answer a
question, the page says so and shows what came nearest.
"""
_MOST_DRAWN = 8
_PENDING = f"{state.KEY}_pending"
_OUTCOMES = f"{state.KEY}_outcomes"
_FRESH = f"{state.KEY}_fresh"
_SCROLLED = f"{state.KEY}_scrolled"
_LATEST = "rag_latest"
_SETTLE = "rag_settle"
_SETTLE_SCRIPT = f"""<script>
(() => {{
  const app = document.querySelector("[data-test-script-state]");
  const ended = () => app.dataset.testScriptState === "notRunning";
  const press = () => ended() && document.querySelector(".st-key-{_SETTLE}_button button")?.click();
  const observer = new MutationObserver(() => {{
    if (!ended()) return;
    observer.disconnect();
    setTimeout(press, 150);  // what a finished run has not drawn again is taken away first
  }});
  if (app) observer.observe(app, {{attributes: true, attributeFilter: ["data-test-script-state"]}});
}})();
</script>"""
_SCROLL = f"""<script>
(() => {{
  const bring = () => {{
    const latest = document.querySelector(".st-key-{_LATEST}");
    const top = latest?.getBoundingClientRect().top ?? 0;
    if (top < 0 || top > innerHeight / 2) latest?.scrollIntoView({{block: "start"}});
  }};
  const watch = new AbortController();
  const until = {{signal: watch.signal, capture: true}};
  // The field is given the focus back at the end of a run, and the browser shows it in the middle of the window.
  addEventListener("focusin", () => requestAnimationFrame(bring), until);
  for (const moved of ["wheel", "touchmove", "keydown", "pointerdown"]) {{
    addEventListener(moved, () => watch.abort(), until);
  }}
  setTimeout(() => watch.abort(), 3000);
  bring();
}})();
</script>"""
_SCROLL_AGAIN = _SCROLL.replace("<script>", "<script>/* again */")
# More than is read: what is longer than this the field refuses without a word, what is longer than that is told.
_MOST_TYPED = 20_000
_AVATARS = {"user": ":material/person:", "assistant": ":material/menu_book:"}


@dataclass(frozen=True, slots=True)
class Ask:
    """What to ask now; a linked question stands alone, whatever was said before."""

    question: str
    linked: bool = False


def show_chat() -> None:
    """Settings on top, earlier turns, then the latest one with its passages beside it."""
    with st.expander("Settings", icon=":material/tune:"):
        chosen = state.choose_settings()
    if chosen.generator == "local":
        warmup.load_language_model()  # while the question is still being written
    earlier = st.container()
    left, right = _places()
    with left:
        latest, below = st.container(key=_LATEST), st.container()
    with below:
        ask = _next_ask(chosen)
    _settle_interrupted(ask)
    turns = state.turns()
    with earlier:
        _show_restored(turns)
        _show_earlier(turns if ask else turns[:-1], _before_this_step(turns, ask))
    if ask:
        with latest, guarded():
            _ask(ask, chosen, right)
        return
    if turns:
        with latest:
            _show_turn(turns[-1], latest=True)
        _bring_into_view()
        with right, guarded():
            _show_evidence(turns[-1])
    else:
        with right:
            st.markdown(_INTRODUCTION)


def _show_restored(turns: list[Turn]) -> None:
    """After a reload: what came back, or that another tab has what the address names."""
    match state.restored():
        case "taken":
            own = len(state.own_names())
            documents = f" and {own} {'document' if own == 1 else 'documents'} of yours" if own else ""
            questions = f"{len(turns)} {'question' if len(turns) == 1 else 'questions'}"
            st.caption(f"Brought back after the reload: {questions}{documents}.")
        case "open elsewhere":
            st.caption(
                "That conversation is open in another tab. This tab has its own, and its own documents."
            )
        case "unknown":
            st.caption(
                "The conversation of this address is not on this server: it was kept for another browser, or it "
                "has been forgotten. This tab begins a new one."
            )


def _show_earlier(turns: list[Turn], passed: int) -> None:
    """The turns before the latest one but the first ``passed``; only a few are drawn: each costs every rerun time."""
    hidden = max(passed, len(turns) - _MOST_DRAWN, 0)
    if hidden:
        are = "is" if hidden == 1 else "are"
        st.caption(f"{counted(hidden, 'earlier question')} {are} not drawn; the export has all of them.")
    for turn in turns[hidden:]:
        _show_turn(turn)


def _before_this_step(turns: list[Turn], ask: Ask | None) -> int:
    """How many turns belong to earlier steps of a demo script: this step's question stands right below its notes."""
    place = presenter.current_place()
    question = dict(place.step.query).get("question") if place else None
    if ask and ask.question == question:
        return len(turns)
    return next((at for at in reversed(range(len(turns))) if turns[at].question == question), 0)


def _places() -> tuple[Any, Any]:
    """Where the conversation and the passages go: beside each other, or below when answers are compared."""
    if compare_view.is_chosen():
        return st.container(), st.container()
    left, right = st.columns([3, 2], gap="large")
    return left, right


def _next_ask(chosen: ChatSettings) -> Ask | None:
    """What to ask now: typed, clicked, or named in the address; attached files are added first."""
    linked = _linked_question(chosen)
    # Beneath an answer that is to come, examples would be pushed down by it.
    is_new = not (linked or state.turns() or state.in_flight())
    if is_new:
        st.markdown("**Ask the documents**")
    entered: Any = st.chat_input(
        "Ask the documents, or attach a file",
        key="rag_chat_input",
        max_chars=_MOST_TYPED,
        accept_file="multiple",
        max_upload_size=upload_megabytes(),
        submit_mode="stop",
    )
    if is_new:
        _offer(EXAMPLES, "Or start with one of these; the last one is not in the documents.")
    if entered:  # outcomes stay until the next message: the run that adds ends in a rerun
        st.session_state[_OUTCOMES] = []
    if entered and entered.files:
        with guarded():
            files = [(file.name, file.getvalue()) for file in entered.files]
            st.session_state[_OUTCOMES] = add_files(state.knowledge_base(), files, mask=chosen.mask)
    show_outcomes(st.session_state.get(_OUTCOMES, []))
    typed = entered.text.strip() if entered else ""
    question = typed or st.session_state.pop(_PENDING, None)
    return Ask(question) if question else linked


def _offer(questions: tuple[str, ...], caption: str) -> None:
    st.caption(caption)
    # Places that do not depend on the labels, which come later.
    with st.grid(min_column_width=300, gap="small"):
        for number, question in enumerate(questions):
            st.button(
                escape(question),
                key=f"rag_chat_offer_{number}",
                width="stretch",
                wrap=True,
                on_click=_choose,
                args=(question,),
            )


def _choose(question: str) -> None:
    st.session_state[_PENDING] = question


def _linked_question(chosen: ChatSettings) -> Ask | None:
    """``?question=..&run=1`` is asked when the address begins to say so, and not again at each rerun.

    Going back to a question that was answered with these settings shows that answer again.
    """
    question = st.query_params.get("question", "").strip() if st.query_params.get("run") == "1" else ""
    if not question or state.linked() == question:
        return None
    if state.show_again(question, chosen):
        return None
    return Ask(question, linked=True)


def _bring_into_view() -> None:
    """Once behind a typed question's answer: the field has moved below it and may have taken the window along.

    Two scripts take turns: the browser does not run again what is drawn where the same was drawn before.
    """
    if not st.session_state.pop(_FRESH, False):
        return
    st.session_state[_SCROLLED] = not st.session_state.get(_SCROLLED, False)
    if st.session_state[_SCROLLED]:
        st.html(_SCROLL, unsafe_allow_javascript=True)
    else:
        st.html(_SCROLL_AGAIN, unsafe_allow_javascript=True)


def _settle_interrupted(ask: Ask | None) -> None:
    """A question whose run was stopped, or cut off by a click elsewhere, stays visible and can be repeated."""
    flight = state.end_flight()
    if flight and not (ask and ask.question == flight.question):
        state.remember(flight.stopped())


def _watch_for_stop() -> None:
    """Nothing can be drawn in a run that was stopped: have the browser ask for one that shows what there is.

    A hidden button is pressed as soon as no script runs and the button is still there, which it is only after
    a stop. (A fragment that looks again and again would bring old addresses back: its requests carry the
    address as it was when they were sent.)
    """
    with st.container(key=_SETTLE):
        st.button("Show what there is of the answer", key=f"{_SETTLE}_button")
    st.html(_SETTLE_SCRIPT, unsafe_allow_javascript=True)


def _ask(ask: Ask, chosen: ChatSettings, side: Any) -> None:
    if chosen.mask:
        ask = replace(ask, question=mask(ask.question))
    alone = ask.linked or not state.history()
    if alone:  # any other stands in the address when it has been answered: one that fails leaves the answer before it
        state.note_linked(ask.question)
    with st.chat_message("user", avatar=_AVATARS["user"]):
        answers.question(ask.question)
    _watch_for_stop()
    flight = state.start_flight(ask.question, chosen, stands_alone=alone)
    with st.chat_message("assistant", avatar=_AVATARS["assistant"]):
        try:
            with visitor_action(Kind.QUESTION, generator=chosen.generator) as done:
                turn = _answered(ask, flight, side)
                done.note(kept=turn.kept, refused=bool(turn.answer and turn.answer.refused))
        except HubError as error:
            turn = Turn(ask.question, chosen, problem=error)
    state.end_flight()
    st.session_state[_FRESH] = not ask.linked
    state.remember(turn)
    _put_in_address(turn, keep_comparison=ask.linked)
    st.rerun()  # from here on the turn is drawn from the session, like every other


def _answered(ask: Ask, flight: Flight, side: Any) -> Turn:
    base, chosen = state.knowledge_base(), flight.settings
    public = ask.linked and not state.has_uploads()
    key = (ask.question, chosen, base.corpus_version.partition("+")[0])
    kept = kept_turns().find(key) if public else None
    if public:
        count_lookups("Linked answers", hits=kept is not None, misses=kept is None)
    if kept:
        return replace(kept, kept=True, id=Turn(ask.question, chosen).id)
    begin = time.perf_counter()
    answer = _streamed(ask, flight, side)
    elapsed_ms = (time.perf_counter() - begin) * 1000
    asked = {turn.question for turn in state.turns()} | {ask.question}
    suggestions = (*answer.alternatives, *follow_ups(base, answer, asked))
    turn = Turn(ask.question, chosen, answer, elapsed_ms=elapsed_ms, suggestions=suggestions)
    if public:
        kept_turns().keep(key, turn)
    return turn


def _streamed(ask: Ask, flight: Flight, side: Any) -> "Answer":
    """Draw events as they come and return the finished answer; leaving early stops the generator."""
    from core.rag.events import Done, Retrieved, Token, Verified

    status, verified, draft = st.empty(), st.empty(), st.empty()
    status.caption("Searching")
    passages: tuple[Any, ...] = ()
    sentences: list[AnswerSentence] = []
    cancel = threading.Event()
    history = [] if ask.linked else state.history()
    try:
        for event in state.knowledge_base().stream(
            ask.question, **flight.settings.options(), history=history, cancel=cancel
        ):
            match event:
                case Retrieved():
                    status.caption("Reading the passages")
                    passages = flight.found = event.passages
                    with side:
                        show_passages(passages)
                case Token():
                    status.caption("Draft of the model, not checked yet")
                    flight.draft += event.text
                    with draft:
                        answers.plain(flight.draft, "rag-draft")
                case Verified():
                    sentences.append(event.sentence)
                    status.empty()
                    draft.empty()
                    verified.html(answers.prose(sentences, passages))
                case Done():
                    return event.answer
    finally:
        cancel.set()  # Stop raises here: without this the model would go on writing for nobody
    raise HubError("The answer broke off", "Ask again.")


def _put_in_address(turn: Turn, keep_comparison: bool) -> None:
    """The address of the page is a link to its latest question, made self-contained; one step for Back.

    A comparison is not kept for a question that was typed or clicked: it costs an answer for each column.
    """
    changes = {} if keep_comparison else {"compare": ""}
    if turn.answer is not None:
        state.note_linked(turn.answer.question)
        changes |= state.link_to(turn.answer.question)
    rewrite(changes)


def _show_turn(turn: Turn, latest: bool = False) -> None:
    with st.chat_message("user", avatar=_AVATARS["user"]):
        answers.question(turn.question)
    with st.chat_message("assistant", avatar=_AVATARS["assistant"]), guarded():
        if turn.answer is None:
            _show_unanswered(turn)
        else:
            _show_searched(turn)
            answers.show_answer(turn.answer)
            answers.show_facts(turn)
            _show_panels(turn, latest)
        _show_actions(turn, latest)
    if latest and turn.answer:
        set_badges(model=turn.answer.generator)


def _show_searched(turn: Turn) -> None:
    """A follow-up was completed from the turns before it: say what was really searched, and how it was made."""
    assert turn.answer is not None
    if turn.answer.question != turn.question:
        answers.plain(f"Searched as: {turn.answer.question}", "rag-place")
    for line in answers.how_completed(turn.answer):
        answers.plain(line, "rag-place")


def _show_unanswered(turn: Turn) -> None:
    if turn.problem:
        show_error(turn.problem)
    elif turn.draft:
        answers.plain(turn.draft, "rag-draft")
        st.badge("stopped: an unchecked draft", icon=":material/stop_circle:", color="orange")
    else:
        st.badge("stopped before it was answered", icon=":material/stop_circle:", color="orange")


def _show_panels(turn: Turn, latest: bool) -> None:
    """Bodies of closed panels cost nothing: they are drawn when they are opened."""
    assert turn.answer is not None
    if not latest:
        label = counted(len(turn.answer.passages), "passage")
        with st.expander(label, icon=":material/article:", on_change="rerun",
                         key=f"rag_chat_passages_{turn.id}") as panel:  # fmt: skip
            if panel.open:
                show_passages(turn.answer.passages, answers.marks_of(turn.answer))
    with st.expander("How this answer came about", icon=":material/account_tree:", on_change="rerun",
                     key=f"rag_chat_how_{turn.id}") as panel:  # fmt: skip
        if panel.open:
            answers.show_proof(turn.answer)


def _show_actions(turn: Turn, latest: bool) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if turn.answer:
            key = f"rag_chat_thumb_{turn.id}"
            st.feedback("thumbs", key=key, on_change=_rate, args=(turn, key))
        if latest or turn.answer is None:
            st.button(
                "Ask again",
                key=f"rag_chat_again_{turn.id}",
                icon=":material/refresh:",
                type="tertiary",
                help="With the settings as they are now.",
                on_click=_choose,
                args=(turn.question,),
            )
        if latest:
            _export_buttons()
    if latest and turn.answer:
        compare_view.show_comparison(turn)
        if turn.suggestions:
            open_choice = turn.answer.refused and turn.answer.alternatives
            _offer(turn.suggestions, "You may mean:" if open_choice else "Ask next, from the same documents:")


def _rate(turn: Turn, key: str) -> None:
    value = st.session_state.get(key)
    try:
        feedback.rate(turn, None if value is None else bool(value))
    except HubError as error:
        st.toast(f"The rating was not stored. {error.message}. {error.hint}")
        return
    st.toast("Rating removed." if value is None else "Rating stored.")


def _export_buttons() -> None:
    with st.popover("Export", icon=":material/download:", type="tertiary"):
        st.caption("The whole conversation, with passages and scores.")
        for label, make, name, mime in (
            ("Markdown", export.as_markdown, "conversation.md", "text/markdown"),
            ("JSON", export.as_json, "conversation.json", "application/json"),
        ):
            st.download_button(
                label,
                partial(make, state.turns()),  # made when it is asked for
                file_name=name,
                mime=mime,
                key=f"rag_chat_export_{label}",
                on_click="ignore",
                width="stretch",
            )


def _show_evidence(turn: Turn) -> None:
    if turn.answer is None:
        if turn.found:
            st.markdown("**Passages found before it was stopped**")
            show_passages(turn.found)
        return
    if not turn.answer.passages:
        return
    st.markdown("**Passages of this answer**" if not turn.answer.refused else "**Nearest passages**")
    explain_scores()  # above: the cards take their room when the browser has them ready
    show_passages(turn.answer.passages, answers.marks_of(turn.answer))
