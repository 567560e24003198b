"""Visitors are counted while their session lives."""

import gc

from streamlit.testing.v1 import AppTest

from core.ui import visitors


def page() -> None:
    from core.ui import visitors

    visitors.register()


def test_each_session_counts_once_and_no_longer_than_it_lives():
    gc.collect()  # sessions of earlier tests
    before = visitors.count()
    first, second = AppTest.from_function(page).run(), AppTest.from_function(page).run()
    first.run()
    assert visitors.count() == before + 2
    del first
    gc.collect()
    assert visitors.count() == before + 1
    assert not second.exception
