"""Presenter mode (``?notes=1``) and the guided tour (``?tour=1``): the script, on the page itself.

``?step=sql_ai-3`` says which step is being shown; both modes travel in the address, so that a reload,
the Back button and a second screen keep their place.
"""

from dataclasses import dataclass

import streamlit as st

from core.errors import HubError
from core.guide import Script, Step, load_guide
from core.ui import nav, widgets
from core.ui.address import note_ignored
from core.ui.errors import guarded

NOTES, STEP, TOUR = "notes", "step", "tour"
_SHOWN = "frame_place"


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a script: its number counts from 1, as in the address."""

    script: Script
    number: int

    @property
    def step(self) -> Step:
        """What is to be shown and said here."""
        return self.script.steps[self.number - 1]

    def moved(self, by: int) -> "Place | None":
        """The step that many further on, or None beyond either end."""
        number = self.number + by
        return Place(self.script, number) if 1 <= number <= len(self.script.steps) else None


def show(key: str) -> None:
    """Show the notes or the tour card of this page, when the address asks for one."""
    with guarded():
        if place := current_place():
            _write_address(place)
            _card(place)
            return
        _note_unknown_step()
        if presenting():
            _invitation(key)


def presenting() -> bool:
    """Whether presenter mode is on."""
    return st.query_params.get(NOTES) == "1"


def carried() -> dict[str, str]:
    """What the address keeps when the visitor moves to another page."""
    return {NOTES: "1"} if presenting() else {}


def current_place() -> Place | None:
    """The step that the address names; None when it names none or a wrong one."""
    text = st.query_params.get(TOUR)
    script, _, number = (f"{TOUR}-{text}" if text else st.query_params.get(STEP, "")).rpartition("-")
    found = load_guide().scripts.get(script)
    if not found or not number.isdecimal() or not 1 <= int(number) <= len(found.steps):
        return None
    return Place(found, int(number))


def _note_unknown_step() -> None:
    for name in (TOUR, STEP):
        if text := st.query_params.get(name):
            note_ignored(name, (text,), "no step")


def address_of(place: Place) -> dict[str, str]:
    """The query that opens the step's page in its state, in the mode it belongs to."""
    mode = {TOUR: str(place.number)} if place.script.key == TOUR else _notes(place)
    return dict(place.step.query) | mode


def controls(key: str) -> None:
    """Switches for both modes, in the side panel."""
    st.markdown("**Show mode**")
    st.session_state[f"frame_notes_{key}"] = presenting()  # the address is the truth, also after Leave
    st.toggle("Presenter notes", key=f"frame_notes_{key}", on_change=_switch, args=(key,))
    _open("Start the guided tour", Place(load_guide().tour, 1))


def _write_address(place: Place) -> None:
    """After a link within one page: Streamlit follows it without writing it into the browser's address."""
    before: Place | None = st.session_state.get(_SHOWN)
    st.session_state[_SHOWN] = place
    if before is not None and before != place and before.step.page == place.step.page:
        name = TOUR if place.script.key == TOUR else STEP
        st.query_params[name] = st.query_params[name]  # sends the whole address to the browser


def _notes(place: Place) -> dict[str, str]:
    return {NOTES: "1", STEP: f"{place.script.key}-{place.number}"}


def _switch(key: str) -> None:
    if st.session_state[f"frame_notes_{key}"]:
        st.query_params[NOTES] = "1"
    else:
        _leave()


def _leave() -> None:
    for name in (NOTES, STEP, TOUR):
        if name in st.query_params:
            del st.query_params[name]


def _card(place: Place) -> None:
    step, total = place.step, len(place.script.steps)
    with st.container(border=True, key="hub_notes", gap="small"):
        st.caption(f"{place.script.title}: step {place.number} of {total}")
        st.markdown(f"**{step.title}**")
        st.markdown(step.say)
        if place.script.key != TOUR:
            st.caption(f"Expect: {step.expect}")
        _buttons(place)


def _buttons(place: Place) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if back := place.moved(-1):
            _open("Back", back)
        if forward := place.moved(1):
            _open("Next step", forward)
        else:
            st.caption("The last step", width="content")
        st.button("Leave", key="frame_step_leave", type="tertiary", on_click=_leave)
        if place.script.key != TOUR:
            name = f"{place.script.key}_{place.number}"
            widgets.timer(name, place.step.seconds, autostart=True)


def _open(label: str, place: Place) -> None:
    """A link that opens the step's page in its state.

    Not a button with `st.switch_page`: that refuses parameters which a widget of the page being left is
    bound to, and `view` is bound on more than one page.
    """
    nav.page_link(place.step.page, label, query=address_of(place), icon=False)


def _invitation(key: str) -> None:
    try:
        script = load_guide().scripts.get(key)
    except HubError:
        return
    with st.container(border=True, key="hub_notes", horizontal=True, vertical_alignment="center"):
        if script is None:
            st.markdown("Presenter mode is on. Open a demo, or a step of its script in the Interview Guide.")
        else:
            _open(f"Start the script of this page ({len(script.steps)} steps)", Place(script, 1))
