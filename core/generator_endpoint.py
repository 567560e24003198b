"""Any OpenAI-compatible chat endpoint, through requests."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests
import urllib3

from core.config import settings
from core.errors import BadInput, NotAvailable
from core.generator import Completion, Message
from core.log import get_logger

_BUSY = {408, 409, 429, 500, 502, 503, 504}
_LONGEST_PAUSE_S = 8.0
_CONNECT_TIMEOUT_S = 5.0
_MOST_ERROR_CHARACTERS = 300
_MOST_LINE_BYTES = 1_000_000
_READ_BYTES = 65_536
_REASONING_TOKENS = 2_048  # room for what a reasoning model thinks before it answers; it counts as output
_CHARACTERS_PER_TOKEN = 4  # the usual estimate for English, where the endpoint reports no usage


@dataclass(frozen=True)
class Endpoint:
    """Address and habits of one endpoint; only settings may fill it, never a visitor."""

    base_url: str
    model: str
    api_key: str | None = None
    api_version: str | None = None
    timeout_s: float = 30.0
    retries: int = 2

    @property
    def url(self) -> str:
        """The chat completions address; Azure's form when an api-version is set."""
        base = self.base_url.rstrip("/")
        if self.api_version:
            return f"{base}/openai/deployments/{self.model}/chat/completions?api-version={self.api_version}"
        return f"{base}/chat/completions"

    @property
    def headers(self) -> dict[str, str]:
        """Authorisation as the endpoint wants it."""
        if not self.api_key:
            return {}
        return {"api-key": self.api_key} if self.api_version else {"Authorization": f"Bearer {self.api_key}"}


class EndpointGenerator:
    """Sends messages to an OpenAI-compatible server: OpenAI, Azure OpenAI, vLLM, Ollama, llama.cpp."""

    name = "endpoint"

    def __init__(self, endpoint: Endpoint, reasons: bool = False) -> None:
        self.endpoint = endpoint
        self.model_id = endpoint.model
        # A reasoning model; learnt from its first refusal, as no deployment's name tells.
        self._reasons = reasons

    @classmethod
    def from_settings(cls) -> "EndpointGenerator":
        """The endpoint of the settings; NotAvailable names what is missing."""
        s = settings()
        if not s.llm_base_url or not s.llm_model:
            missing = "LLM_BASE_URL" if not s.llm_base_url else "LLM_MODEL"
            raise NotAvailable(
                f"No endpoint is configured: {missing} is missing",
                f"Set {missing} on the server, or let another model answer.",
            )
        key = s.llm_api_key.get_secret_value() if s.llm_api_key else None
        return cls(
            Endpoint(s.llm_base_url, s.llm_model, key, s.llm_api_version, s.llm_timeout_s, s.llm_retries)
        )

    def hurried(self, timeout_s: float) -> "EndpointGenerator":
        """The same endpoint for a side job that has a fallback: one try, at most `timeout_s` between bytes."""
        timeout = min(timeout_s, self.endpoint.timeout_s)
        return EndpointGenerator(replace(self.endpoint, timeout_s=timeout, retries=0), self._reasons)

    def complete(
        self, messages: Sequence[Message], max_new_tokens: int = 64, temperature: float = 0.0
    ) -> Completion:
        """The whole answer with the usage the server reports, or an estimate where it reports none."""
        started = time.perf_counter()
        with self._post(messages, max_new_tokens, temperature, stream=False) as response:
            answer = _as_object(response.content, self.endpoint)
        text = _message_text(answer, self.endpoint)
        usage = answer.get("usage") or {}
        return Completion(
            text=text.strip(),
            prompt_tokens=int(usage.get("prompt_tokens") or self.count_tokens(self.render(messages))),
            completion_tokens=int(usage.get("completion_tokens") or self.count_tokens(text)),
            model=str(answer.get("model") or self.endpoint.model),
            elapsed_ms=(time.perf_counter() - started) * 1000,
        )

    def stream(
        self,
        messages: Sequence[Message],
        max_new_tokens: int = 64,
        temperature: float = 0.0,
        cancel: threading.Event | None = None,
    ) -> Iterator[str]:
        """Pieces of the answer from the server's event stream; ``cancel`` closes the connection."""
        with self._post(messages, max_new_tokens, temperature, stream=True) as response:
            for event in _events(response, self.endpoint):
                if cancel is not None and cancel.is_set():
                    return
                piece = _delta_text(event, self.endpoint)
                if piece:
                    yield piece

    def render(self, messages: Sequence[Message]) -> str:
        """The messages as they are sent; the server applies its own template."""
        return json.dumps(list(messages), ensure_ascii=False, indent=2)

    def count_tokens(self, text: str) -> int:
        """An estimate: one token for four characters."""
        return -(-len(text) // _CHARACTERS_PER_TOKEN)

    def _post(
        self, messages: Sequence[Message], max_new_tokens: int, temperature: float, *, stream: bool
    ) -> requests.Response:
        payload = {"model": self.endpoint.model, "messages": list(messages), "stream": stream}
        for attempt in range(self.endpoint.retries + 1):
            last = attempt == self.endpoint.retries
            limits = self._limits(max_new_tokens, temperature)
            response = self._try_post(payload | limits, stream=stream, last=last)
            if response is not None and not self._reasons and _is_of_reasoning_model(response):
                response.close()
                self._reasons = True
                return self._post(messages, max_new_tokens, temperature, stream=stream)
            if response is not None and (response.status_code not in _BUSY or last):
                return _checked(response, self.endpoint)
            pause = _pause(response, attempt)
            get_logger(__name__).warning("endpoint_retry", attempt=attempt + 1, pause_s=round(pause, 1))
            time.sleep(pause)
        raise AssertionError("the loop returns or raises on its last try")

    def _limits(self, max_new_tokens: int, temperature: float) -> dict[str, Any]:
        """Length and randomness in the words of the model; reasoning models take no temperature."""
        if self._reasons:
            return {"max_completion_tokens": max_new_tokens + _REASONING_TOKENS}
        return {"max_tokens": max_new_tokens, "temperature": temperature}

    def _try_post(self, payload: Mapping[str, Any], *, stream: bool, last: bool) -> requests.Response | None:
        try:
            return requests.post(
                self.endpoint.url,
                json=payload,
                headers=self.endpoint.headers,
                timeout=(_CONNECT_TIMEOUT_S, self.endpoint.timeout_s),
                stream=stream,
                allow_redirects=False,
            )
        except requests.Timeout:
            problem = f"did not answer within {self.endpoint.timeout_s:g} seconds"
        except requests.RequestException as error:
            problem = f"could not be reached ({type(error).__name__})"
        if last:
            raise NotAvailable(f"The endpoint {self.endpoint.base_url} {problem}", "Check LLM_BASE_URL.")
        return None


def _is_of_reasoning_model(response: requests.Response) -> bool:
    """Whether the answer is the refusal of OpenAI's reasoning models, which names the parameter to send instead.

    https://github.com/BerriAI/litellm/issues/13432
    """
    return response.status_code == requests.codes.bad_request and b"max_completion_tokens" in response.content


def _pause(response: requests.Response | None, attempt: int) -> float:
    """Seconds before the next try: what the server asks for, else doubling from a half, bounded."""
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    if response is not None:
        response.close()
    seconds = float(asked) if asked.isdigit() else 0.5 * 2**attempt
    return min(seconds, _LONGEST_PAUSE_S)


def _checked(response: requests.Response, endpoint: Endpoint) -> requests.Response:
    """``response`` if it is an answer; otherwise an error that says what to change."""
    if response.status_code == requests.codes.ok:
        return response
    detail = response.content[: _MOST_ERROR_CHARACTERS * 4].decode("utf-8", "replace")[
        :_MOST_ERROR_CHARACTERS
    ]
    response.close()
    message = f"The endpoint {endpoint.base_url} answered {response.status_code}: {detail}"
    if response.status_code in (401, 403):
        raise NotAvailable(message, "Check LLM_API_KEY.")
    if response.status_code == requests.codes.not_found:
        raise NotAvailable(message, "Check LLM_BASE_URL (it usually ends in /v1) and LLM_MODEL.")
    if response.status_code in _BUSY:
        raise NotAvailable(message, "The endpoint is busy; try again in a moment.")
    raise BadInput(message, "Check LLM_MODEL and the length of the prompt.")


def _as_object(content: bytes, endpoint: Endpoint) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except ValueError:
        raise _nonsense(endpoint) from None
    if not isinstance(answer, dict):
        raise _nonsense(endpoint)
    if "error" in answer:
        raise NotAvailable(f"The endpoint {endpoint.base_url} reports: {answer['error']}", "See its logs.")
    return answer


def _message_text(answer: Mapping[str, Any], endpoint: Endpoint) -> str:
    try:
        content = answer["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise _nonsense(endpoint) from None
    return content if isinstance(content, str) else ""


def _events(response: requests.Response, endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    """The JSON objects of a server-sent event stream, up to ``[DONE]``."""
    for line in _lines(response, endpoint):
        if not line.startswith(b"data:"):
            continue
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            return
        yield _as_object(data, endpoint)


def _lines(response: requests.Response, endpoint: Endpoint) -> Iterator[bytes]:
    """Lines as soon as they arrive; ``iter_lines`` would wait for the end of an answer without chunks."""
    rest = b""
    try:
        while block := response.raw.read1(_READ_BYTES, decode_content=True):
            *lines, rest = (rest + block).split(b"\n")
            yield from lines
            if len(rest) > _MOST_LINE_BYTES:
                raise _nonsense(endpoint)
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise NotAvailable(
            f"The endpoint {endpoint.base_url} broke off its answer ({type(error).__name__})", "Try again."
        ) from None
    yield rest


def _delta_text(event: Mapping[str, Any], endpoint: Endpoint) -> str:
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise _nonsense(endpoint)
    if not choices:  # Azure sends a first event without choices, and usage comes in a last one
        return ""
    delta = choices[0].get("delta") if isinstance(choices[0], dict) else None
    content = delta.get("content") if isinstance(delta, dict) else None
    return content if isinstance(content, str) else ""


def _nonsense(endpoint: Endpoint) -> NotAvailable:
    return NotAvailable(
        f"The endpoint {endpoint.base_url} does not speak the chat completions protocol",
        "Check that LLM_BASE_URL is the API's base address, usually ending in /v1.",
    )
