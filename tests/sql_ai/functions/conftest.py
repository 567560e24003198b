from collections.abc import Callable

import pytest

from tests.support.llm_server import LlmServer


@pytest.fixture
def endpoint(llm_server: LlmServer, set_settings: Callable[..., None]) -> LlmServer:
    """The settings name a running endpoint."""
    set_settings(LLM_BASE_URL=llm_server.base_url, LLM_MODEL="served")
    return llm_server
