"""What a rerun draws again is not computed again."""

import pytest

from core.ui.sql_ai import result_view, state
from core.ui.sql_ai.frames import Grid


@pytest.fixture
def store(monkeypatch):
    held = {}
    monkeypatch.setattr(result_view.st, "session_state", held)
    return held


def test_the_same_parts_are_made_once_and_others_anew(store):
    made = []
    grid, narrowed = Grid.of(["A"], [(1,), (2,)]), Grid.of(["A"], [(1,)])
    for parts in ((grid, "light"), (grid, "light"), (grid, "dark"), (narrowed, "dark")):
        result_view.kept("figure_1", parts, lambda: made.append(1) or len(made))
    assert len(made) == 3
    assert result_view.kept("figure_1", (narrowed, "dark"), lambda: pytest.fail("made again")) == 3


def test_nothing_made_of_none_is_remembered_as_nothing(store):
    assert result_view.kept("plan_1", (1,), lambda: None) is None
    assert result_view.kept("plan_1", (1,), lambda: pytest.fail("made again")) is None


def test_only_the_latest_are_kept(store):
    for number in range(200):
        result_view.kept(f"grid_{number}", (number,), lambda: "grid")
    assert len(store[state.KEPT]) == result_view._MOST_KEPT
    assert "grid_199" in store[state.KEPT]
    assert "grid_0" not in store[state.KEPT]
