"""What an endpoint sends back, read with a limit on size and time: its answer, its event stream, its refusal.

Whatever it sends becomes an answer or an error that may be shown: without a key, and with a remedy.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3

from core.config import public_address
from core.errors import BadInput, HubError, NotAvailable

MOST_BYTES = 16_000_000  # of one answer, unpacked: some hundred times the longest one that is asked for
BUSY = {408, 409, 429, 500, 502, 503, 504}
_MOST_LINE_BYTES = 1_000_000
_MOST_REFUSAL_BYTES = 20_000
_MOST_TOLD = 300  # characters of the server's own words in a message
_READ_BYTES = 65_536
_LEAST_SECRET = 8  # characters: what is shorter, such as "ollama", may be a word of a message
_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Sender:
    """Who answers: the address as it may be shown, what must not be, and until when an answer is waited for."""

    address: str
    secrets: tuple[str, ...]
    seconds: float  # for a whole call, all its tries together
    deadline: float  # on the monotonic clock

    @classmethod
    def of(cls, base_url: str, api_key: str | None, seconds: float) -> "Sender":
        """The sender at an address, from now on."""
        secrets = tuple(secret for secret in (api_key, _password(base_url)) if secret)
        return cls(public_address(base_url), secrets, seconds, time.monotonic() + seconds)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline; none are left at 0 and below."""
        return self.deadline - time.monotonic()

    def problem(self, what: str, hint: str) -> NotAvailable:
        """An error about this endpoint."""
        return NotAvailable(f"The endpoint {self.address} {what}", hint)

    def late(self) -> NotAvailable:
        """The error for an answer that is not whole at the deadline."""
        return self.problem(f"took longer than {self.seconds:g} s", "Raise LLM_TIMEOUT_S, or ask for less.")

    def nonsense(self) -> NotAvailable:
        """The error for what is no answer."""
        return self.problem(
            "does not speak the chat completions protocol",
            "Check that LLM_BASE_URL is the API's base address, usually ending in /v1.",
        )

    def quoted(self, words: str) -> str:
        """The server's own words for a message: cut, and without a key that it repeats, as some do."""
        for secret in self.secrets:
            if len(secret) >= _LEAST_SECRET:
                for form in {secret, secret.replace("/", "\\/"), quote(secret), quote(secret, safe="")}:
                    words = words.replace(form, "[hidden]")
        return whole_characters(words[:_MOST_TOLD])


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is none: its status, its words as far as they arrived, and how long it asks to wait."""

    status: int
    text: str
    retry_after: str

    @property
    def wants_other_terms(self) -> bool:
        """Whether it is the refusal of OpenAI's reasoning models, which names the parameter to send instead.

        https://github.com/BerriAI/litellm/issues/13432
        """
        return self.status == _BAD_REQUEST and "max_completion_tokens" in self.text

    def error(self, sender: Sender) -> HubError:
        """What to tell, and what to change."""
        what = f"answered {self.status}: {sender.quoted(self.text)}"
        if self.status in (401, 403):
            return sender.problem(what, "Check LLM_API_KEY.")
        if self.status == 404:
            return sender.problem(what, "Check LLM_BASE_URL (it usually ends in /v1) and LLM_MODEL.")
        if self.status in BUSY:
            return sender.problem(what, "The endpoint is busy; try again in a moment.")
        if self.status // 100 in (2, 3):
            return sender.problem(what, "Set LLM_BASE_URL to the address that answers by itself.")
        return BadInput(
            f"The endpoint {sender.address} {what}", "Check LLM_MODEL and the length of the prompt."
        )


def refusal_of(response: urllib3.BaseHTTPResponse, sender: Sender) -> Refusal:
    """The refusal that a response is; its connection is closed."""
    text = b""
    try:
        for block in _blocks(response, sender):
            text += block
            if len(text) > _MOST_REFUSAL_BYTES:
                break
    except NotAvailable:
        pass  # the status is the news; the rest of its words is not
    finally:
        response.close()
    return Refusal(response.status, text.decode("utf-8", "replace"), response.headers.get("Retry-After", ""))


def whole_answer(response: urllib3.BaseHTTPResponse, sender: Sender) -> tuple[dict[str, Any], str]:
    """The answer as an object, and its text; raises NotAvailable or BadInput when it is none."""
    answer = _as_object(b"".join(_blocks(response, sender)), sender)
    try:
        choice = answer["choices"][0]
        content = choice["message"]["content"]
    except (KeyError, IndexError, TypeError):
        raise sender.nonsense() from None
    _require_unfiltered(choice)
    return answer, whole_characters(_text(content))


def pieces(response: urllib3.BaseHTTPResponse, sender: Sender, stopped: Callable[[], bool]) -> Iterator[str]:
    """The text of a server-sent event stream as it comes; ``stopped`` is asked at every block and ends it."""
    held, finished, heard = "", False, False
    for line in _lines(response, sender, stopped):
        if not line.startswith(b"data:"):
            continue
        data = line.removeprefix(b"data:").strip()
        if data == b"[DONE]":
            finished = True
            break
        heard = True
        text, ended = _delta(_as_object(data, sender), sender)
        finished = finished or ended
        text = held + text
        # Servers that count in UTF-16 send the halves of one character apart.
        held = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        if text := text.removesuffix(held):
            yield whole_characters(text)
    if held:
        yield whole_characters(held)
    if not finished and not stopped():
        raise sender.problem("broke off its answer", "Try again.") if heard else sender.nonsense()


def whole_characters(text: str) -> str:
    """The text with half characters joined where both are there, and replaced where they are not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count(usage: Any, name: str) -> int | None:
    """A count of tokens from an answer's usage; None where it holds none."""
    value = usage.get(name) if isinstance(usage, dict) else None
    return value if isinstance(value, int) and 0 < value < MOST_BYTES else None


def _blocks(
    response: urllib3.BaseHTTPResponse, sender: Sender, stopped: Callable[[], bool] = lambda: False
) -> Iterator[bytes]:
    """What arrives, as soon as it does; ``iter_lines`` would wait for the end of an answer without chunks."""
    size = 0
    try:
        while (block := response.read1(_READ_BYTES, decode_content=True)) and not stopped():
            size += len(block)
            if size > MOST_BYTES:
                raise sender.problem(f"sent more than {MOST_BYTES / 1e6:g} MB", "See its logs.")
            yield block
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if sender.seconds_left <= 0:
            raise sender.late() from None
        raise sender.problem(f"broke off its answer ({type(error).__name__})", "Try again.") from None


def _lines(
    response: urllib3.BaseHTTPResponse, sender: Sender, stopped: Callable[[], bool]
) -> Iterator[bytes]:
    rest = b""
    for block in _blocks(response, sender, stopped):
        *lines, rest = (rest + block).split(b"\n")
        yield from lines
        if len(rest) > _MOST_LINE_BYTES:
            raise sender.nonsense()
    yield rest


def _as_object(content: bytes, sender: Sender) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        raise sender.nonsense() from None
    if not isinstance(answer, dict):
        raise sender.nonsense()
    if answer.get("error"):
        raise sender.problem(f"reports: {sender.quoted(str(answer['error']))}", "See its logs.")
    return answer


def _delta(event: Mapping[str, Any], sender: Sender) -> tuple[str, bool]:
    """The text of one event, and whether it says that the answer is finished."""
    choices = event.get("choices")
    if not isinstance(choices, list):
        raise sender.nonsense()
    if not choices:  # Azure sends a first event without choices, and usage comes in a last one
        return "", False
    choice = choices[0] if isinstance(choices[0], dict) else {}
    _require_unfiltered(choice)
    delta = choice.get("delta")
    return _text(delta.get("content") if isinstance(delta, dict) else None), bool(choice.get("finish_reason"))


def _require_unfiltered(choice: Mapping[str, Any]) -> None:
    if choice.get("finish_reason") == "content_filter":
        raise BadInput("The endpoint's content filter cut its answer off", "Ask in other words.")


def _text(content: Any) -> str:
    """The text of a content: a string, or the text parts of a list; "" for calls of tools and the like."""
    if isinstance(content, str):
        return content
    parts: Sequence[Any] = content if isinstance(content, list) else ()
    texts = (part.get("text") for part in parts if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def _password(address: str) -> str | None:
    try:
        return urlsplit(address).password
    except ValueError:
        return None
