"""Widgets whose value stands in the address, each choice an entry of the browser's history: Back undoes it.

Streamlit's own ``bind="query-params"`` replaces the entry instead, so that Back leaves the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote_plus

import streamlit as st

from core import demos
from core.markdown import escape
from core.ui.errors import guarded

_NEVER = "\0never"
SEPARATOR = "\x1f"  # between the values of a parameter that is given more than once
_PLACES = ("tab", "part", "view", "section")  # parameters that name a part of a page, innermost first
_MOST_PLACES = 2
_MOST_ENCODED = 7_000  # bytes of a parameter; nginx takes 8 kB for a request's first line
_MOST_SAID = 60  # characters of an address that a message repeats
_IGNORED, _NOTICE = "frame_ignored", "frame_ignored_place"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Ignored:
    """What the address says, what is used instead, and why when it is not that there is no such thing."""

    asked: tuple[str, ...]
    instead: str
    why: str = ""

    def line(self, name: str) -> str:
        given = f"“{escape(', '.join(map(_shortened, self.asked)))}”"
        fault = f"{given} {self.why}" if self.why else f"there is no {given}"
        return f"- **{escape(name)}**: {fault}. Used instead: {escape(self.instead)}."


@dataclass(frozen=True, slots=True)
class Partly(Generic[T]):
    """What a page can use of a parameter that names several things, and the names it does not know."""

    value: T
    unknown: Sequence[str]


def browser_title(demo: demos.Demo) -> str:
    """What the browser's tab and history say: 'Code | RAG Chat | Demo Hub', the innermost place first.

    A place is named once the page has shown it: addresses are written by strangers.
    """
    shown = _shown(demo)
    asked = [place for name in _PLACES if (place := st.query_params.get(name)) and shown.get(name) == place]
    places = [f"{place[0].upper()}{place[1:]}" for place in asked]
    title = [] if demo.kind == "home" else [demo.title]
    return " | ".join([*places[:_MOST_PLACES], *title, demos.get("home").title])


def begin_notice() -> None:
    """Make the place for `note_ignored` and forget what the last run noted; the frame does so under the heading.

    A page whose parts read the address late does it again where they begin, below what does not wait for them: what
    was noted before stays where it was told.
    """
    st.session_state[_IGNORED] = {}
    st.session_state[_NOTICE] = st.empty()


def note_ignored(name: str, asked: Sequence[str], instead: str, why: str = "") -> None:
    """Tell the visitor on the page that it cannot use what the address says, and what it uses instead.

    Told at once: what is drawn later need not move when the notice takes its room.
    """
    noted = _Ignored(tuple(asked), instead, why)
    ignored: dict[str, _Ignored] = st.session_state.setdefault(_IGNORED, {})
    if ignored.get(name) != noted:
        ignored[name] = noted
        _tell(ignored)


def linkable(text: str) -> bool:
    """Whether a text is short enough for the address: servers and proxies refuse to load a page with a longer one."""
    return len(quote_plus(text, errors="replace")) <= _MOST_ENCODED


def rewrite(changes: Mapping[str, str]) -> None:
    """Change several parameters of the address in one step, which one Back undoes; "" takes one out."""
    before = {name: st.query_params.get_all(name) for name in st.query_params}
    after = {name: values for name, values in before.items() if name not in changes}
    after |= {name: [value] for name, value in changes.items() if value}
    if after != before:
        st.query_params.from_dict(after)


class PageAddress:
    """The parameters of one page; its session keys begin with the page's key, so that Reset drops them.

    ``part`` keeps those of a part of the page apart.
    """

    def __init__(self, page: str, part: str = "") -> None:
        self._demo = demos.get(page)
        self._page = f"{page}_{part}" if part else page

    def begin(self, always: str) -> None:
        """Note whether the visitor comes from another page, where the widget ``always`` was not drawn.

        Call it before any widget of this page.
        """
        self._put("arrived", self._widget_key(always) not in st.session_state)

    def linked(
        self,
        name: str,
        default: T,
        parse: Callable[[str], T | Partly[T] | None],
        text: Callable[[T], str],
        widget: Callable[[str, T], T],
    ) -> T:
        """A widget whose value is the address parameter ``name``; ``widget(key, start)`` draws it.

        Each change of the address gives it a new key and start value. Setting the value of a living widget
        through the session state instead gets lost when the first run is interrupted: the browser then shows
        another value than the page works with.
        """
        value, changed = self.pull(name, parse, default, text)
        if changed:
            st.session_state[self._drawn(name)] = st.session_state.get(self._drawn(name), 0) + 1
        if changed or self._widget_key(name) not in st.session_state:  # it was not drawn in the last run
            self._put(f"start_{name}", value)
        chosen = widget(self._widget_key(name), self._get(f"start_{name}", value))
        self.push(name, chosen, "" if chosen == default else text(chosen))
        if name in _PLACES:
            self._name_place(name, chosen, parse)
        return chosen

    def tabs(self, name: str, titles: Sequence[str]) -> dict[str, Any]:
        """Containers of tabs by title; the address parameter ``name`` opens one, and only that one is ``.open``."""
        drawn: dict[str, Any] = {}

        def draw(key: str, start: str) -> str:
            drawn.update(
                zip(titles, st.tabs(list(titles), default=start, key=key, on_change="rerun"), strict=True)
            )
            return next((title for title, tab in drawn.items() if tab.open), start)

        self.linked(name, titles[0], lambda text: text if text in titles else None, str, draw)
        return drawn

    def linked_tabs(self, name: str, views: Mapping[str, Callable[..., None]], *arguments: Any) -> None:
        """Tabs of which only the open one is drawn, by its function; the address parameter ``name`` opens one."""
        for title, tab in self.tabs(name, tuple(views)).items():
            if tab.open:
                with tab, guarded():
                    views[title](*arguments)

    def choice(self, name: str, options: Sequence[str], label: str) -> str:
        """One of the options, as buttons in one line (``st-key-<name>`` in style rules); the first is the default."""

        def draw(key: str, start: str) -> str:
            return str(
                st.segmented_control(
                    label,
                    options,
                    default=start,
                    required=True,
                    key=key,
                    label_visibility="collapsed",
                    wrap=False,  # what is below must not move when the style rules make it fit a phone
                )
            )

        with st.container(key=name):
            return self.linked(name, options[0], lambda text: text if text in options else None, str, draw)

    def pull(
        self,
        name: str,
        parse: Callable[[str], T | Partly[T] | None],
        default: T,
        text: Callable[[T], str] = str,
    ) -> tuple[T, bool]:
        """The value of an address parameter, and whether the address changed since this page last looked.

        The address wins when it changed: a link, the Back button, a reload. Otherwise the visitor's own last
        choice stands, also after a visit to another page. What ``parse`` cannot read counts as the default. The
        visitor is told so, with the value in the words of ``text``; not when another part of the page read it
        before, for a part need not know what another left in the address.
        """
        given = _read(name)
        is_new = given != st.session_state.get(self._last_read(name), _NEVER)
        st.session_state[self._last_read(name)] = given
        kept, seen = self._get(f"value_{name}", default), self._get(f"seen_{name}", _NEVER)
        if given == seen:
            self._note(name, self._get(f"unknown_{name}"))
            return kept, False
        self._put(f"seen_{name}", given)
        if given is None and self._get("arrived") and seen != _NEVER:
            self._put(f"value_{name}", default)  # so that `push` writes the choice back into the address
            return kept, True
        value, unknown = _understood(given, parse, default)
        self._put(f"value_{name}", value)
        self._put(f"unknown_{name}", (unknown, _in_words(value, text)) if unknown and is_new else None)
        self._note(name, self._get(f"unknown_{name}"))
        return value, True

    def look(self, name: str, parse: Callable[[str], T | None], default: T, text: Callable[[T], str]) -> T:
        """The value of a parameter that belongs to another view; that one still finds it changed."""
        value, unknown = _understood(_read(name), parse, default)
        if unknown:
            note_ignored(name, unknown, _in_words(value, text))
        return value

    def note_idle(self, name: str, why: str, instead: str) -> None:
        """Tell that a parameter has no effect, unless the visitor's own choice left it in the address."""
        given = _read(name)
        if given and given != self._get(f"seen_{name}", _NEVER):
            note_ignored(name, (given,), instead, why)

    def push(self, name: str, value: Any, text: str) -> None:
        """Write the visitor's choice into the address unless that already means it; "" takes it out.

        So does a text that is not `linkable`.

        Writing only differences keeps the Back button honest: an address that is rewritten on arrival would
        send the visitor forward again.
        """
        if value == self._get(f"value_{name}"):
            return
        self._put(f"value_{name}", value)
        self._put(f"unknown_{name}", None)
        _forget_ignored(name)
        text = text if linkable(text) else ""
        if text:
            st.query_params[name] = text.split(SEPARATOR) if SEPARATOR in text else text
        else:
            st.query_params.pop(name, None)
        self._put(f"seen_{name}", text or None)

    def now(self, name: str, default: T, parse: Callable[[str], T | None]) -> T:
        """What `linked` is going to return in this run, for what is drawn before its widget."""
        given = _read(name)
        kept = self._get(f"value_{name}", default)
        if given == self._get(f"seen_{name}", _NEVER):
            return st.session_state.get(self._widget_key(name), kept)
        return _understood(given, parse, default)[0]

    def forget(self, *names: str) -> None:
        """Take these parameters out of the address."""
        for name in names:
            st.query_params.pop(name, None)

    def _name_place(self, name: str, chosen: T, parse: Callable[[str], T | Partly[T] | None]) -> None:
        """Let the browser's title name this place, and none inside another that was shown before."""
        text, shown = _read(name), _shown(self._demo)
        place = text if text is not None and parse(text) == chosen else None
        if place == shown.get(name):
            return
        for inner in _PLACES[: _PLACES.index(name)]:
            shown.pop(inner, None)
        shown[name] = place
        st.set_page_config(page_title=browser_title(self._demo))  # the run began with that of the old address

    def _last_read(self, name: str) -> str:
        return f"{self._demo.key}_read_{name}"

    def _get(self, name: str, default: Any = None) -> Any:
        return st.session_state.get(f"{self._page}_{name}", default)

    def _put(self, name: str, value: Any) -> None:
        st.session_state[f"{self._page}_{name}"] = value

    def _note(self, name: str, ignored: tuple[Sequence[str], str] | None) -> None:
        if ignored:
            note_ignored(name, *ignored)

    def _drawn(self, name: str) -> str:
        return f"drawn_{self._page}_{name}"  # without the page's prefix, so that Reset does not bring old keys back

    def _widget_key(self, name: str) -> str:
        return f"{self._page}_{name}_{st.session_state.get(self._drawn(name), 0)}"


def _understood(
    given: str | None, parse: Callable[[str], T | Partly[T] | None], default: T
) -> tuple[T, Sequence[str]]:
    """The value that a parameter means, and what of it means nothing."""
    if given is None:
        return default, ()
    parsed = parse(given)
    if isinstance(parsed, Partly):
        return parsed.value, parsed.unknown
    if parsed is not None:
        return parsed, ()
    return default, (given,) if given else ()


def _in_words(value: T, text: Callable[[T], str]) -> str:
    return ("" if value is None else text(value)).replace(SEPARATOR, ", ") or "nothing"


def _forget_ignored(name: str) -> None:
    ignored: dict[str, _Ignored] = st.session_state.get(_IGNORED, {})
    if ignored.pop(name, None):
        _tell(ignored)


def _tell(ignored: Mapping[str, _Ignored]) -> None:
    place = st.session_state.get(_NOTICE)
    if place is None:
        return
    if not ignored:
        place.empty()
        return
    lines = "\n".join(noted.line(name) for name, noted in ignored.items())
    place.warning(
        f"**The address of this page asks for something that is not there**\n\n{lines}",
        icon=":material/link_off:",
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SAID else f"{text[: _MOST_SAID - 1]}…"


def _shown(demo: demos.Demo) -> dict[str, str | None]:
    """The places of a page that were drawn last, by the name and in the words of the address."""
    shown: dict[str, str | None] = st.session_state.setdefault(f"{demo.key}_places", {})
    return shown


def _read(name: str) -> str | None:
    """The parameter as one text, whose values are divided by `SEPARATOR`; None when it is not given."""
    values = st.query_params.get_all(name)
    return SEPARATOR.join(values) if values else None
