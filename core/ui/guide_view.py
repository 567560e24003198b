"""The parts of the Interview Guide page: pitch, architecture, script, questions, stories, practice."""

import time
from collections.abc import Iterable

import streamlit as st

from core import demos
from core.guide import Chapter, Guide, Question, Story, find_questions, load_guide, to_html, to_markdown
from core.guide.cards import Deck, shuffled
from core.guide.content import Topic
from core.ui import controls, diagrams, evidence, nav, presenter, widgets
from core.ui.address import PageAddress

ADDRESS = PageAddress("interview_guide")
_PITCH_SECONDS = 30
PRACTICE = "Practice"
_PARTS = ("Pitch", "Architecture", "Demo script", "Questions", "Stories")
_DECK = "interview_guide_deck"
_FIND = "find"
_QUESTION = "q"  # in the address: the question that is open
_OPENED = "interview_guide_opened"


def chapter(content: Chapter) -> None:
    """One project's chapter, its parts behind tabs; ``?part=Questions`` opens one."""
    draw = {
        "Pitch": _pitch,
        "Architecture": _architecture,
        "Demo script": _script,
        "Questions": _questions,
        "Stories": _stories,
    }
    with st.container(key="part"):
        # One for each chapter: it need not have the parts of another.
        address = PageAddress("interview_guide", content.key)
        address.linked_tabs("part", {name: draw[name] for name in parts(content)}, content)


def parts(content: Chapter) -> list[str]:
    """The parts that this chapter has."""
    return [name for name in _PARTS if _has(content, name)]


def find_box() -> str:
    """What to look for in all questions, "" for nothing; drawn on every visit."""
    return controls.words(
        ADDRESS,
        _FIND,
        "Find in all questions",
        placeholder="Find in all questions: cost, threshold, rollback",
        label_visibility="collapsed",
        max_chars=200,
        width=440,  # on a phone it takes the whole row and the buttons go below
    )


def search_results(guide: Guide, text: str) -> None:
    """Every question of the guide that holds the words."""
    hits = find_questions(guide.questions, text)
    st.caption(f"{len(hits)} of {len(guide.questions)} questions")
    if not hits:
        st.info("No question holds all of these words. Try fewer, or the beginning of a word.")
    _list(hits, with_project=True)


def practice(guide: Guide) -> None:
    """Flash cards, the checklist and the last tips."""
    cards, check = st.columns(2, gap="large")
    with cards:
        st.header("Flash cards", anchor=False)
        _flash_cards(guide)
    with check:
        st.header("Before the interview", anchor=False)
        widgets.checklist("interview", guide.checklist)
        st.header("In the interview", anchor=False)
        st.markdown("\n".join(f"- {tip}" for tip in guide.tips))


def export(guide: Guide) -> None:
    """Downloads: the guide as Markdown, and as a page made for printing."""
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Markdown",
            lambda: to_markdown(guide),
            file_name="interview_guide.md",
            mime="text/markdown",
            icon=":material/download:",
            on_click="ignore",
            key="frame_guide_markdown",
        )
        st.download_button(
            "Printable page",
            lambda: to_html(guide),
            file_name="interview_guide.html",
            mime="text/html",
            icon=":material/print:",
            on_click="ignore",
            key="frame_guide_html",
        )


def forget() -> None:
    """Close what was opened and take search, chapter and part out of the address; cards go with the page's keys."""
    for name in [str(name) for name in st.session_state]:
        if name.startswith("question_"):
            st.session_state[name] = False
    ADDRESS.forget("find", "section", "part", "topic", _QUESTION)


def _has(content: Chapter, part: str) -> bool:
    held = {
        "Pitch": content.pitch,
        "Architecture": content.diagram,
        "Demo script": content.script,
        "Questions": content.questions,
        "Stories": content.stories,
    }
    return bool(held[part])


def _pitch(content: Chapter) -> None:
    with st.container(key="hub_pitch"):
        st.markdown(content.pitch)
    words = len(content.pitch.split())
    st.caption(f"{words} words. Speak it against the clock.")
    widgets.timer(f"pitch_{content.key}", _PITCH_SECONDS, down=True)


def _architecture(content: Chapter) -> None:
    picture, words = st.columns([3, 2], gap="large")
    with picture:
        diagrams.draw(content.diagram, content.diagram_alt or f"Architecture of {content.title}")
    with words:
        st.subheader("Say while you draw", anchor=False)
        st.markdown(content.walk)


def _script(content: Chapter) -> None:
    script = content.script
    assert script is not None
    st.markdown(
        f"{len(script.steps)} steps, about {round(script.seconds / 60)} minutes. Each link opens the page "
        "in the state the step needs, with the speaker notes on it."
    )
    for number, step in enumerate(script.steps, 1):
        place = presenter.Place(script, number)
        with st.container(border=True, gap="small"):
            st.markdown(f"**{number}. {step.title}** ({step.seconds}\N{NO-BREAK SPACE}s)")
            st.markdown(f"Say: {step.say}")
            st.markdown(f"Expect: {step.expect}")
            nav.page_link(step.page, f"Open step {number}", query=presenter.address_of(place))


def _questions(content: Chapter) -> None:
    topics = [topic for topic in Topic if any(question.topic == topic for question in content.questions)]
    chosen = controls.pills(
        PageAddress("interview_guide", content.key),
        "topic",
        "Topic",
        topics,
        format_func=str.capitalize,
        label_visibility="collapsed",
    )
    _list([question for question in content.questions if chosen in (None, question.topic)])


def _list(questions: Iterable[Question], with_project: bool = False) -> None:
    _follow_address()
    for question in questions:
        title = f"{demos_title(question.project)}: {question.ask}" if with_project else question.ask
        panel = st.expander(
            title,
            key=f"question_{question.key}",
            on_change=_point_at,
            args=(question.key,),
        )
        if panel.open:
            with panel:
                st.markdown(question.answer)
                evidence.show_me(question.show, presenter.carried())


def _point_at(key: str) -> None:
    """Write the question that was opened into the address, so that the link can be copied."""
    if st.session_state[f"question_{key}"]:
        ADDRESS.push(_QUESTION, key, key)
    elif st.query_params.get(_QUESTION) == key:
        ADDRESS.push(_QUESTION, "", "")


def _follow_address() -> None:
    """Open the question that the address names now, and shut the one it named before."""
    before = st.session_state.get(_OPENED, "")
    known = {question.key for question in load_guide().questions}
    key, changed = ADDRESS.pull(_QUESTION, lambda text: text if text in known else None, "")
    if changed:
        for name, is_open in ((before, False), (key, True)):
            if name:
                st.session_state[f"question_{name}"] = is_open
    st.session_state[_OPENED] = key


def demos_title(project: str) -> str:
    """The title of a question's project, as a prefix in mixed lists."""
    return next((demo.title for demo in demos.DEMOS if demo.key == project), "All projects")


def _stories(content: Chapter) -> None:
    for story in content.stories:
        _story(story)


def _story(story: Story) -> None:
    with st.container(border=True, gap="small"):
        st.subheader(story.title, anchor=False)
        for name in ("situation", "action", "result", "lesson"):
            st.markdown(f"**{name.capitalize()}.** {getattr(story, name)}")
        evidence.show_me(story.show, presenter.carried())


def _flash_cards(guide: Guide) -> None:
    deck: Deck = st.session_state.setdefault(_DECK, _fresh_deck(guide))
    st.progress(len(deck.known) / deck.total, text=f"{len(deck.known)} of {deck.total} known")
    if deck.card is None:
        st.success("Every card is known.", icon=":material/check_circle:")
        st.button("Shuffle again", on_click=_put, args=(_fresh_deck(guide),), key="frame_card_shuffle")
        return
    question = next(item for item in guide.questions if item.key == deck.card)
    with st.container(border=True, gap="small"):
        st.caption(f"{demos_title(question.project)}, {question.topic}")
        st.markdown(f"**{question.ask}**")
        if deck.revealed:
            st.markdown(question.answer)
    with st.container(horizontal=True, gap="small"):
        if not deck.revealed:
            st.button(
                "Show the answer",
                type="primary",
                on_click=_put,
                args=(deck.reveal(),),
                key="frame_card_reveal",
                shortcut="S",
            )
        else:
            st.button(
                "Knew it",
                type="primary",
                on_click=_put,
                args=(deck.knew(),),
                key="frame_card_knew",
                shortcut="K",
            )
            st.button(
                "Ask me again", on_click=_put, args=(deck.again(),), key="frame_card_again", shortcut="A"
            )


def _fresh_deck(guide: Guide) -> Deck:
    return shuffled([question.key for question in guide.questions], seed=time.time_ns())


def _put(deck: Deck) -> None:
    st.session_state[_DECK] = deck
