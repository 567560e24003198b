"""A visitor without a browser: Streamlit's own websocket protocol, one connection a visitor."""

import asyncio
import time
from types import TracebackType
from typing import Any, Self

_DONE_WITHIN_S = 120.0
_LOOK_AGAIN_S = 0.2


class Visitor:
    """``async with Visitor(port) as v: ms = await v.run("RAG_Chat")`` runs a page and says how long it took."""

    def __init__(self, port: int) -> None:
        self._url = f"ws://127.0.0.1:{port}/_stcore/stream"
        self._socket: Any = None
        self.errors: list[str] = []  # what pages showed in red, and exceptions that Streamlit showed
        self._shown: list[tuple[float, bytes]] = []  # when, and what

    async def __aenter__(self) -> Self:
        from websockets.asyncio.client import connect

        self._socket = await connect(self._url, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._socket.close()

    async def run(self, page: str = "", query: str = "") -> float:
        """Milliseconds from asking for a run of ``page`` to its end, as the server does it."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        request = BackMsg()
        request.rerun_script.query_string = query
        request.rerun_script.page_name = page
        return await self._send(request)

    async def press(self, label: str, page: str, query: str = "", **texts: str) -> float:
        """As `run`, after filling text fields and pressing a button that the last run has shown, by their labels."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        request = BackMsg()
        request.rerun_script.query_string = query
        request.rerun_script.page_name = page
        widgets = request.rerun_script.widget_states.widgets
        for name, text in texts.items():
            widgets.add(id=self._widget(name), string_value=text)
        widgets.add(id=self._widget(label), trigger_value=True)
        return await self._send(request)

    async def _send(self, request: Any) -> float:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        self._shown.clear()
        started = time.perf_counter()
        await self._socket.send(request.SerializeToString())
        async with asyncio.timeout(_DONE_WITHIN_S):
            while True:
                message = ForwardMsg()
                received = await self._socket.recv()
                self._shown.append((time.perf_counter(), received))
                message.ParseFromString(received)
                self.errors += _errors_in(message)
                if message.WhichOneof("type") == "script_finished" and _is_whole_run(message):
                    return (time.perf_counter() - started) * 1000

    async def until(self, text: str, page: str = "", query: str = "") -> float:
        """Milliseconds until a run of ``page`` has shown ``text``, running it again while something is prepared."""
        started = time.perf_counter()
        async with asyncio.timeout(_DONE_WITHIN_S):
            while True:
                await self.run(page, query)
                if any(text.encode() in message for _, message in self._shown):
                    return (time.perf_counter() - started) * 1000
                await asyncio.sleep(_LOOK_AGAIN_S)

    async def upload_address(self) -> str:
        """Path of this session's uploads at the server, to which a file's own name is added."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        request = BackMsg()
        request.file_urls_request.request_id = "upload"
        request.file_urls_request.file_names.append("file")
        await self._socket.send(request.SerializeToString())
        async with asyncio.timeout(_DONE_WITHIN_S):
            while True:
                message = ForwardMsg.FromString(await self._socket.recv())
                if message.WhichOneof("type") == "file_urls_response":
                    url: str = message.file_urls_response.file_urls[0].upload_url
                    return url.rpartition("/")[0] + "/"

    def _widget(self, label: str) -> str:
        """Id of the button or text field of this label in the last run; LookupError when there is none."""
        for _, received in self._shown:
            found, identity = _labelled(received)
            if found == label:
                return identity
        raise LookupError(f"no button or text field {label!r} was shown")

    async def first_sight(self, text: str) -> float:
        """Milliseconds from opening Home until ``text`` arrives; the rest of the page is waited for and not counted."""
        started = time.perf_counter()
        await self.run()
        seen = next(at for at, message in self._shown if text.encode() in message)
        return (seen - started) * 1000


def _labelled(received: bytes) -> tuple[str, str]:
    """Label and id of the button or text field in a message; empty for anything else."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg.FromString(received)
    if message.WhichOneof("type") == "delta":
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind in ("button", "text_input", "text_area"):
            widget = getattr(element, kind)
            return widget.label, widget.id
    return "", ""


def _is_whole_run(message: Any) -> bool:
    """Whether the page's script came to its end (and not an early stop for a newer rerun)."""
    return message.script_finished == message.FINISHED_SUCCESSFULLY


def _errors_in(message: Any) -> list[str]:
    """The text of the error or exception in a message, if it holds one."""
    if message.WhichOneof("type") != "delta":
        return []
    element = message.delta.new_element
    kind = element.WhichOneof("type")
    if kind == "exception":
        return [element.exception.message]
    return [element.alert.body] if kind == "alert" and element.alert.format == element.alert.ERROR else []
