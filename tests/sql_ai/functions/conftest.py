from collections.abc import Callable, Iterator

import pytest

from core import generator
from tests.support.llm_server import LlmServer


@pytest.fixture
def endpoint(llm_server: LlmServer, set_settings: Callable[..., None]) -> Iterator[LlmServer]:
    """The settings name a running endpoint; the process forgets it afterwards."""
    set_settings(LLM_BASE_URL=llm_server.base_url, LLM_MODEL="served")
    generator._generators.pop("endpoint", None)
    yield llm_server
    generator._generators.pop("endpoint", None)
