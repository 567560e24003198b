"""Text generation for every demo: a small local model or any OpenAI-compatible endpoint."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypedDict

from core.config import settings
from core.errors import HubError, NotAvailable

GeneratorName = Literal["auto", "local", "endpoint"]


class Message(TypedDict):
    """One turn of a conversation, as OpenAI's chat format has it."""

    role: str
    content: str


@dataclass(frozen=True)
class Completion:
    """A finished answer with what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    model: str
    elapsed_ms: float


@dataclass(frozen=True)
class GeneratorStatus:
    """Whether a generator can answer, and with what, for badges and the status panel."""

    name: Literal["local", "endpoint"]
    available: bool
    model: str
    detail: str


class Generator(Protocol):
    """What every generator does. Prompts too long for the model raise LimitReached."""

    name: str

    def complete(
        self, messages: Sequence[Message], max_new_tokens: int = 64, temperature: float = 0.0
    ) -> Completion:
        """The whole answer."""

    def stream(
        self,
        messages: Sequence[Message],
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Pieces of the answer as they come; setting ``cancel`` ends it."""

    def render(self, messages: Sequence[Message]) -> str:
        """The exact prompt that is sent."""

    def count_tokens(self, text: str) -> int:
        """Tokens of ``text`` (about a quarter of its characters where the tokenizer is not at hand)."""


_lock = threading.Lock()
_generators: dict[str, Generator] = {}


def get_generator(name: GeneratorName = "auto") -> Generator:
    """The generator called ``name``; ``auto`` is the endpoint when one is configured, else the local model.

    Loaded once per process. Raises NotAvailable with the remedy.
    """
    chosen = ("endpoint" if settings().llm_base_url else "local") if name == "auto" else name
    with _lock:
        if chosen not in _generators:
            _generators[chosen] = _create(chosen)
        return _generators[chosen]


def is_loaded(name: Literal["local", "endpoint"]) -> bool:
    """Whether that generator is ready without further loading."""
    return name in _generators


def generator_status() -> tuple[GeneratorStatus, ...]:
    """Both generators, without loading either."""
    return _endpoint_status(), _local_status()


def _create(name: str) -> Generator:
    if name == "endpoint":
        from core.generator_endpoint import EndpointGenerator

        return EndpointGenerator.from_settings()
    if name == "local":
        from core.generator_local import LocalGenerator

        return LocalGenerator()
    raise NotAvailable(f"There is no generator called {name!r}", "Use auto, local or endpoint.")


def _endpoint_status() -> GeneratorStatus:
    url, model = settings().llm_base_url, settings().llm_model or ""
    if not url:
        return GeneratorStatus("endpoint", False, "", "not configured (LLM_BASE_URL)")
    if not model:
        return GeneratorStatus("endpoint", False, "", "LLM_MODEL is missing")
    return GeneratorStatus("endpoint", True, model, "configured")


def _local_status() -> GeneratorStatus:
    from core.generator_local import local_source

    try:
        source = local_source()
    except HubError as error:
        return GeneratorStatus("local", False, "", error.message)
    return GeneratorStatus("local", True, source.model_id, source.detail)
