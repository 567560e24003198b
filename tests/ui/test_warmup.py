"""The warm-up records what happens; its thread is run here in the foreground."""

import errno
import gc
import weakref

import pytest

from core.errors import NotAvailable, StoreError
from core.ui import warmup
from core.ui.warmup import Progress, State, Step


@pytest.fixture(autouse=True)
def unfreeze(monkeypatch):
    monkeypatch.setattr(warmup, "_FIRST_PAINT_S", 0)
    yield
    gc.unfreeze()


def broken() -> None:
    raise OSError("the disk is gone")


def test_a_failing_step_is_recorded_and_the_next_still_runs(capsys):
    done: list[str] = []
    steps = [
        Step("one", lambda: done.append("one")),
        Step("two", broken),
        Step("three", lambda: done.append("three")),
    ]
    progress = Progress(steps, enabled=True)
    warmup._run(progress)
    assert done == ["one", "three"]
    assert [step.state for step in steps] == [State.READY, State.FAILED, State.READY]
    assert steps[1].problem == "The work of this step failed; the server's log has the details"
    assert not progress.running


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            OSError(errno.EROFS, "Read-only file system", "/srv/hub/sql_ai"),
            "What this step stores cannot be written: the place is read-only",
        ),
        (
            StoreError("The document folder 'rag' is damaged", "Move it."),
            "The document folder 'rag' is damaged",
        ),
        (RuntimeError("/srv/hub: no"), "The work of this step failed; the server's log has the details"),
    ],
)
def test_home_tells_why_a_step_failed_without_a_path_of_the_server(error, shown):
    assert warmup.told(error) == shown


def test_what_is_alive_is_taken_from_the_collector():
    before = gc.get_freeze_count()
    warmup.freeze()
    assert gc.get_freeze_count() > before + 1000


def test_switched_off_it_starts_no_thread(set_settings):
    import streamlit as st

    set_settings(HUB_WARMUP="0")
    st.cache_resource.clear()
    progress = warmup.start()
    assert not progress.running
    assert all(step.state is State.WAITING for step in progress.steps)


def test_each_step_has_a_name_of_its_own():
    names = [step.name for step in warmup._steps()]
    assert len(names) == len(set(names))


def test_an_optional_part_that_is_not_installed_is_no_failure():
    def missing() -> None:
        raise NotAvailable("The weights are not installed", "Install them.")

    progress = Progress([Step("one", missing)], enabled=True)
    warmup._run(progress)
    assert progress.steps[0].state is State.ABSENT
    assert progress.steps[0].problem == "The weights are not installed"
    assert not progress.running


def test_a_conversion_that_fails_is_told_in_its_own_words(set_settings):
    set_settings(LOCAL_LLM="/no/such/folder")
    with pytest.raises(StoreError, match="/no/such/folder"):
        warmup._language_model()


def test_the_language_model_is_not_loaded_ahead_when_the_warm_up_is_off(set_settings):
    set_settings(HUB_WARMUP="0")
    warmup.load_language_model.clear()
    assert not warmup.load_language_model().is_alive()


def test_what_was_frozen_while_in_use_is_collected_once_it_is_garbage():
    class Model:
        pass

    model = Model()
    model.itself = model
    gone = weakref.ref(model)
    warmup.freeze()
    del model
    warmup.freeze()
    assert gone() is None
