"""Conversations and uploads that survive a reload: kept in this process, each for one tab of one browser.

The address of the page names the tab; a cookie that Streamlit gives each browser names the browser. Only the
two together open a conversation, so a link that is passed on opens nothing. A second tab with the same
address starts a conversation of its own: what one tab adds or asks, no other tab sees.
"""

import hashlib
import re
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.ui.address import rewrite

if TYPE_CHECKING:
    from core.rag import SessionKnowledgeBase
    from core.ui.rag.state import Flight, Turn

KEPT_MINUTES = 30
_MOST = 32
_LOOK_EVERY_S = 60.0
_COOKIE = "_streamlit_xsrf"
_XSRF = re.compile(r"2\|(?P<mask>(?:[0-9a-f]{2}){4})\|(?P<masked>(?:[0-9a-f]{2}){16,64})\|\d+")

Opened = Literal["taken", "open elsewhere", "unknown"]


@dataclass(slots=True)
class Conversation:
    """What a tab has: turns with their passages, uploads, the question of its address, an answer under way."""

    browser: str
    owner: str
    turns: "list[Turn]" = field(default_factory=list)
    base: "SessionKnowledgeBase | None" = None
    linked: str | None = None
    flight: "Flight | None" = None
    alive: float = 0.0


class Conversations:
    """A bounded, thread-safe store by tab; closed tabs are forgotten after half an hour, the oldest first.

    `is_live` tells whether a Streamlit session still has its browser at the other end.
    """

    def __init__(self, is_live: Callable[[str], bool], clock: Callable[[], float] = time.monotonic) -> None:
        self._is_live = is_live
        self._clock = clock
        self._kept: dict[str, Conversation] = {}
        self._lock = threading.Lock()

    def keep(self, tab: str, conversation: Conversation) -> None:
        """Store the present state of a tab."""
        conversation.alive = self._clock()
        with self._lock:
            self._kept.pop(tab, None)
            self._kept[tab] = conversation
        self.prune()

    def take(self, tab: str, browser: str, owner: str) -> tuple[Opened, Conversation | None]:
        """Hand a tab's conversation to the session that the tab has after a reload.

        "open elsewhere": the tab it belongs to is still there. "unknown": no such tab of that browser.
        """
        with self._lock:
            found = self._kept.get(tab)
            if found is None or found.browser != browser:
                return "unknown", None
            if found.owner != owner and self._is_live(found.owner):
                return "open elsewhere", None
            found.owner = owner
            found.alive = self._clock()
            return "taken", found

    def drop(self, tab: str) -> None:
        """Forget a tab."""
        with self._lock:
            self._kept.pop(tab, None)

    def prune(self) -> None:
        """Forget what belongs to tabs that were closed long ago, and the longest closed beyond the bound."""
        now = self._clock()
        with self._lock:
            closed = []
            for tab, conversation in self._kept.items():
                if self._is_live(conversation.owner):
                    conversation.alive = now
                else:
                    closed.append((conversation.alive, tab))
            closed.sort()
            surplus = max(0, len(closed) - _MOST)
            late = [tab for alive, tab in closed if now - alive > KEPT_MINUTES * 60]
            forgotten = [self._kept.pop(tab) for tab in {*late, *(tab for _, tab in closed[:surplus])}]
        for conversation in forgotten:
            if conversation.base is not None:
                conversation.base.close()

    def __len__(self) -> int:
        return len(self._kept)


def restore(put: Callable[[Conversation], None]) -> Opened | None:
    """Once a session: if the address names a conversation of this tab, hand it to `put`.

    None when the address names none. One that cannot be had is taken out of the address.
    """
    tab = st.query_params.get("chat")
    if not tab or st.session_state.get(_TAB) == tab:
        return None
    me, browser = _me(), _browser()
    how, found = _kept().take(tab, browser, me) if me and browser else ("unknown", None)
    if found is None:
        del st.query_params["chat"]
        return how
    st.session_state[_TAB] = tab
    put(found)
    return how


def save(fill: Callable[[Conversation], None], asked: Mapping[str, str]) -> None:
    """Keep what `fill` writes into a conversation for this tab; name the tab, and what was ``asked``, in the address.

    Keeps nothing for a browser without the cookie: then a reload starts anew.
    """
    me, browser = _me(), _browser()
    if not me or not browser:
        rewrite(asked)
        return
    tab: str = st.session_state.setdefault(_TAB, uuid.uuid4().hex[:16])
    conversation = Conversation(browser, me)
    fill(conversation)
    _kept().keep(tab, conversation)
    rewrite({"chat": tab, **asked})


def forget() -> None:
    """Drop this tab's conversation, here and in the address."""
    tab = st.session_state.pop(_TAB, None)
    if tab:
        _kept().drop(tab)
    if "chat" in st.query_params:
        del st.query_params["chat"]


_TAB = "rag_chat_tab"


@st.cache_resource(show_spinner=False)
def _kept() -> Conversations:
    kept = Conversations(_is_live)
    threading.Thread(target=_prune_for_ever, args=(kept,), name="rag-conversations", daemon=True).start()
    return kept


def _prune_for_ever(kept: Conversations) -> None:
    while True:
        time.sleep(_LOOK_EVERY_S)
        kept.prune()


def _is_live(session: str) -> bool:
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def _me() -> str | None:
    """This Streamlit session; None where no server runs, as in a test of the script."""
    context = get_script_run_ctx()
    return context.session_id if context and runtime.exists() else None


def _browser() -> str | None:
    """What tells this browser from others: a digest of its cookie's secret, which itself is kept nowhere."""
    cookie = st.context.cookies.get(_COOKIE)
    return browser_of(cookie) if isinstance(cookie, str) else None


def browser_of(cookie: str) -> str | None:
    """A digest of the secret in Streamlit's XSRF cookie, "2|mask|masked secret|time"; None for another form.

    The mask is another one at each page load, so the cookie as a whole would not know its browser again.
    """
    match = _XSRF.fullmatch(cookie.strip("\"'"))
    if match is None:
        return None
    mask, masked = bytes.fromhex(match["mask"]), bytes.fromhex(match["masked"])
    secret = bytes(byte ^ mask[place % len(mask)] for place, byte in enumerate(masked))
    return hashlib.sha256(secret).hexdigest()
