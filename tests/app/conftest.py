"""AppTest on the real pages, each test with empty Streamlit caches."""

from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core.config import ROOT


@pytest.fixture(autouse=True)
def empty_caches() -> Iterator[None]:
    """Caches outlive an AppTest in one process; every test here starts and ends without them."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture
def open_app() -> Callable[..., AppTest]:
    """``open_app("pages/RAG_Chat.py", question="x")``: the page after its first run, without exception."""

    def run(page_file: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / page_file), default_timeout=180)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return run
