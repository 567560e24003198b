"""Any OpenAI-compatible chat endpoint, through requests."""

import itertools
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import requests
import urllib3

from core import endpoint_answers
from core.config import settings
from core.deadline import DeadlineAdapter
from core.endpoint_answers import Refusal, Sender
from core.errors import NotAvailable
from core.generator import Completion, Message
from core.log import get_logger

_LONGEST_PAUSE_S = 8.0
_CONNECT_TIMEOUT_S = 5.0
_WHOLE_ANSWER = 10  # times the longest silence: what never ends is given up then
_MOST_NAME_CHARACTERS = 200
_MOST_PER_TOKEN = 64  # characters of an answer for each token asked for: a server need not obey that limit
_REASONING_TOKENS = 2_048  # room for what a reasoning model thinks before it answers; it counts as output
_CHARACTERS_PER_TOKEN = 4  # the usual estimate for English, where the endpoint reports no usage


@dataclass(frozen=True)
class Endpoint:
    """Address and habits of one endpoint; only settings may fill it, never a visitor."""

    base_url: str
    model: str
    api_key: str | None = None
    api_version: str | None = None
    timeout_s: float = 30.0  # without a byte
    retries: int = 2
    answer_s: float | None = None  # for a whole answer; ten times `timeout_s` when None

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
        # A key from a file often brings the file's line break along.
        key = s.llm_api_key.get_secret_value().strip() if s.llm_api_key else None
        return cls(
            Endpoint(s.llm_base_url, s.llm_model, key, s.llm_api_version, s.llm_timeout_s, s.llm_retries)
        )

    def hurried(self, timeout_s: float) -> "EndpointGenerator":
        """The same endpoint for a side job that has a fallback: one try, at most `timeout_s` for a whole answer."""
        timeout = min(timeout_s, self.endpoint.timeout_s)
        hurried = replace(self.endpoint, timeout_s=timeout, retries=0, answer_s=timeout)
        return EndpointGenerator(hurried, self._reasons)

    def complete(
        self, messages: Sequence[Message], max_new_tokens: int = 64, temperature: float = 0.0
    ) -> Completion:
        """The whole answer with the usage the server reports, or an estimate where it reports none."""
        started = time.perf_counter()
        sender = self._sender()
        with self._post(messages, max_new_tokens, temperature, sender, stream=False) as response:
            answer, text = endpoint_answers.whole_answer(response, sender)
        usage, text = answer.get("usage"), text[: _MOST_PER_TOKEN * max_new_tokens]
        return Completion(
            text=text.strip(),
            prompt_tokens=endpoint_answers.count(usage, "prompt_tokens")
            or self.count_tokens(self.render(messages)),
            completion_tokens=endpoint_answers.count(usage, "completion_tokens") or self.count_tokens(text),
            model=str(answer.get("model") or self.endpoint.model)[:_MOST_NAME_CHARACTERS],
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
        stopped = cancel.is_set if cancel is not None else lambda: False
        room = _MOST_PER_TOKEN * max_new_tokens
        sender = self._sender()
        with self._post(messages, max_new_tokens, temperature, sender, stream=True) as response:
            for piece in endpoint_answers.pieces(response, sender, stopped):
                if stopped() or not room:
                    return
                yield piece[:room]
                room -= len(piece[:room])

    def render(self, messages: Sequence[Message]) -> str:
        """The messages as they are sent; the server applies its own template."""
        return json.dumps(list(messages), ensure_ascii=False, indent=2)

    def count_tokens(self, text: str) -> int:
        """An estimate: one token for four characters."""
        return -(-len(text) // _CHARACTERS_PER_TOKEN)

    def _sender(self) -> Sender:
        endpoint = self.endpoint
        seconds = endpoint.answer_s or _WHOLE_ANSWER * endpoint.timeout_s
        return Sender.of(endpoint.base_url, endpoint.api_key, seconds)

    def _post(
        self,
        messages: Sequence[Message],
        max_new_tokens: int,
        temperature: float,
        sender: Sender,
        *,
        stream: bool,
    ) -> urllib3.BaseHTTPResponse:
        """A response with status 200, its body unread; raises what `Refusal.error` says, or NotAvailable."""
        payload = {"model": self.endpoint.model, "messages": list(messages), "stream": stream}
        for attempt in itertools.count():
            outcome = self._try_post(payload | self._limits(max_new_tokens, temperature), sender)
            if isinstance(outcome, urllib3.BaseHTTPResponse):
                return outcome
            refusal = outcome if isinstance(outcome, Refusal) else None
            if refusal and not self._reasons and refusal.wants_other_terms:
                self._reasons = True
                return self._post(messages, max_new_tokens, temperature, sender, stream=stream)
            lasts = refusal is not None and refusal.status not in endpoint_answers.BUSY
            pause = _pause(refusal, attempt)
            if lasts or attempt == self.endpoint.retries or pause >= sender.seconds_left:
                raise outcome.error(sender) if isinstance(outcome, Refusal) else outcome
            get_logger(__name__).warning("endpoint_retry", attempt=attempt + 1, pause_s=round(pause, 1))
            time.sleep(pause)
        raise AssertionError("the loop returns or raises")

    def _limits(self, max_new_tokens: int, temperature: float) -> dict[str, Any]:
        """Length and randomness in the words of the model; reasoning models take no temperature."""
        if self._reasons:
            return {"max_completion_tokens": max_new_tokens + _REASONING_TOKENS}
        return {"max_tokens": max_new_tokens, "temperature": temperature}

    def _try_post(
        self, payload: Mapping[str, Any], sender: Sender
    ) -> urllib3.BaseHTTPResponse | Refusal | NotAvailable:
        """What one try brings; the error of a try that another may follow is returned."""
        try:
            response = self._send(payload, sender)
        except (UnicodeError, requests.exceptions.InvalidHeader):
            raise NotAvailable(
                "LLM_API_KEY cannot be sent: it holds a line break or a sign outside Latin-1",
                "Copy the key again, without quotation marks or dots in its place.",
            ) from None
        except requests.Timeout:
            waited = self.endpoint.timeout_s if sender.seconds_left > 0 else sender.seconds
            problem = f"did not answer within {waited:g} seconds"
        except requests.RequestException as error:
            problem = f"could not be reached ({type(error).__name__})"
        else:
            raw: urllib3.BaseHTTPResponse = response.raw
            ok = raw.status == requests.codes.ok
            return raw if ok else endpoint_answers.refusal_of(raw, sender)
        return sender.problem(problem, "Check LLM_BASE_URL.")

    def _send(self, payload: Mapping[str, Any], sender: Sender) -> requests.Response:
        """The response as soon as its headers are there; raises what requests does, NotAvailable when out of time."""
        left = sender.seconds_left
        if left <= 0:
            raise sender.late()
        with requests.Session() as session:
            for scheme in ("http://", "https://"):
                session.mount(scheme, DeadlineAdapter(sender.deadline))
            return session.post(
                self.endpoint.url,
                json=payload,
                headers=self.endpoint.headers,
                timeout=(min(_CONNECT_TIMEOUT_S, left), min(self.endpoint.timeout_s, left)),
                stream=True,  # the body is read with limits, also when it comes in one piece
                allow_redirects=False,
            )


def _pause(refusal: Refusal | None, attempt: int) -> float:
    """Seconds before the next try: what the server asks for, else doubling from a half, bounded."""
    asked = refusal.retry_after if refusal else ""
    seconds = float(asked) if asked.isascii() and asked.isdigit() else 0.5 * 2**attempt
    return min(seconds, _LONGEST_PAUSE_S)
