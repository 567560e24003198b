"""What outlives a rerun: stored thumbs, kept answers, the opening of the documents."""

import sqlite3

import pytest
import streamlit as st

from core.errors import StoreError
from core.ui.rag import feedback, opening
from core.ui.rag.kept import Kept
from core.ui.rag.state import ChatSettings

SETTINGS = ChatSettings(4, "hybrid", "auto")


def stored():
    with sqlite3.connect(feedback.path()) as db:
        return db.execute("SELECT up, question, answer, settings FROM ratings").fetchall()


def test_a_thumb_is_stored_changed_and_taken_back(make_turn, data_dir):
    turn = make_turn()
    feedback.rate(turn, True)
    assert feedback.tally() == feedback.Tally(up=1, down=0)
    feedback.rate(turn, False)
    assert feedback.tally() == feedback.Tally(up=0, down=1)
    assert stored()[0][1:3] == ("How many days?", "Porto has 25 days. [1]")
    assert '"mode": "hybrid"' in stored()[0][3]
    feedback.rate(turn, None)
    assert feedback.tally() == feedback.Tally(up=0, down=0)


def test_of_an_answer_from_an_upload_only_the_thumb_and_the_settings_are_stored(make_turn, data_dir):
    feedback.rate(make_turn("My salary is 1.", origin="upload", question="What is my salary?"), True)
    assert "salary" not in str(stored())
    assert feedback.tally().up == 1


def test_a_rating_that_cannot_be_stored_says_so(make_turn, data_dir):
    feedback.path().parent.mkdir(parents=True)
    feedback.path().write_text("this is no database, and long enough to be noticed as such" * 20)
    with pytest.raises(StoreError, match="The file of ratings"):
        feedback.rate(make_turn(), True)


def test_kept_turns_are_told_apart_by_settings_and_corpus_and_are_bounded(make_turn):
    kept = Kept(most=3)
    turn = make_turn()
    kept.keep(("q", SETTINGS, "v1"), turn)
    assert kept.find(("q", SETTINGS, "v1")) is turn
    assert kept.find(("q", SETTINGS, "v2")) is None
    assert kept.find(("q", ChatSettings(8, "hybrid", "auto"), "v1")) is None
    for number in range(3):
        kept.keep((str(number), SETTINGS, "v1"), turn)
    assert kept.find(("q", SETTINGS, "v1")) is None


def test_an_opening_that_failed_is_tried_again(monkeypatch):
    st.cache_resource.clear()
    outcomes = [StoreError("The store is locked", "Wait."), "the documents"]

    def open_once(**_options):
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr("core.rag.open_shared_corpus", open_once, raising=False)
    with pytest.raises(StoreError, match="locked"):
        opening.shared_corpus()
    assert opening.shared_corpus() == "the documents"
    assert opening.shared_corpus() == "the documents", "an open corpus is not opened again"
    st.cache_resource.clear()


def test_progress_is_told_with_rate_and_remaining_time():
    from core.rag.documents import Progress

    share, text = opening.progress_bar(Progress(1, 2, 50, 200, 25.0, 6.0))
    assert share == 0.25
    assert text == "Indexing: 50 of 200 chunks, 25 a second, about 6 s left"
    assert opening.progress_bar(None)[0] == 0.0
