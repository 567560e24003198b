"""Which conversation a reload brings back, and which tab or browser gets nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from core.ui.rag.conversations import _MOST, KEPT_MINUTES, Conversation, Conversations, browser_of


class Base:
    """Stands for a visitor's documents; notes that it was closed."""

    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def world():
    """A store whose live sessions and clock the test sets."""
    live, now = set(), [0.0]
    kept = Conversations(live.__contains__, lambda: now[0])
    return kept, live, now


def test_after_a_reload_the_same_tab_gets_everything_back(world):
    kept, live, _ = world
    live.add("before")
    kept.keep("tab", Conversation("me", "before", turns=["a turn"], linked="q"))
    live.remove("before")
    live.add("after")
    how, found = kept.take("tab", "me", "after")
    assert (how, found.turns, found.linked, found.owner) == ("taken", ["a turn"], "q", "after")


def test_a_second_tab_of_the_same_browser_gets_nothing_while_the_first_is_open(world):
    kept, live, _ = world
    live.update(["first", "second"])
    kept.keep("tab", Conversation("me", "first", turns=["a turn"]))
    assert kept.take("tab", "me", "second") == ("open elsewhere", None)
    assert kept.take("tab", "me", "first")[0] == "taken"


def test_another_browser_gets_nothing_even_with_the_address(world):
    kept, _, _ = world
    kept.keep("tab", Conversation("me", "gone", turns=["a turn"]))
    assert kept.take("tab", "somebody else", "theirs") == ("unknown", None)
    assert kept.take("another tab", "me", "mine") == ("unknown", None)


def test_a_closed_tab_is_forgotten_after_half_an_hour_with_its_documents_and_an_open_one_is_not(world):
    kept, live, now = world
    live.add("open")
    closed, still_open = Base(), Base()
    kept.keep("one", Conversation("me", "closed", base=closed))
    kept.keep("two", Conversation("me", "open", base=still_open))
    now[0] = KEPT_MINUTES * 60 + 1.0
    kept.prune()
    assert (len(kept), closed.closed, still_open.closed) == (1, True, False)
    live.remove("open")  # closed only now: its half hour begins
    now[0] += 60.0
    kept.prune()
    assert kept.take("two", "me", "later")[0] == "taken"


def test_beyond_the_bound_the_longest_closed_goes_first_and_open_tabs_do_not_count(world):
    kept, live, now = world
    live.add("open")
    kept.keep("open", Conversation("me", "open"))
    for number in range(_MOST + 2):
        now[0] += 1.0
        kept.keep(f"tab {number}", Conversation("me", f"session {number}"))
    assert len(kept) == _MOST + 1
    assert kept.take("tab 0", "me", "x")[0] == "unknown"
    assert kept.take(f"tab {_MOST + 1}", "me", "x")[0] == "taken"
    assert kept.take("open", "me", "open")[0] == "taken"


def test_what_is_dropped_cannot_be_had_again(world):
    kept, _, _ = world
    kept.keep("tab", Conversation("me", "s"))
    kept.drop("tab")
    assert kept.take("tab", "me", "s") == ("unknown", None)


@given(st.binary(min_size=16, max_size=16), st.integers(min_value=0, max_value=2**31))
def test_a_browser_is_known_again_whatever_mask_its_cookie_has(secret, time):
    first, second = (generate_xsrf_token_string(secret, time) for _ in range(2))
    assert browser_of(first) == browser_of(second) != browser_of(generate_xsrf_token_string(None, time))
    assert secret.hex() not in browser_of(first)


@pytest.mark.parametrize(
    "cookie", ["", "2|zz|00|1", "1|00000000|" + "00" * 16 + "|1", "deadbeef", "2|00000000||5"]
)
def test_a_cookie_of_another_form_opens_nothing(cookie):
    assert browser_of(cookie) is None
