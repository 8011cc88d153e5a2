"""A parser of `text/event-stream` (WHATWG HTML, "Server-sent events"), fed with chunks as they come.

Lines end with LF, CR or CRLF only: the other line breaks that Python knows are data.
"""

from __future__ import annotations

from dataclasses import dataclass

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ServerSentEvent:
    """One message of a stream. `id` is the last id that the stream named, here or before."""

    name: str
    data: str
    id: str


class EventStreamParser:
    """Makes messages of chunks. `retry_seconds` is the pause that the server last asked for.

    `last_id` is the last id that the stream named, which may come without a message.
    """

    def __init__(self) -> None:
        self.retry_seconds: float | None = None
        self._buffer = b""
        self._started = False
        self._name = ""
        self._data: list[str] = []
        self.last_id = ""
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The messages that `chunk` completes."""
        self._buffer += chunk
        if not self._started and len(self._buffer) >= len(_BYTE_ORDER_MARK):
            self._buffer = self._buffer.removeprefix(_BYTE_ORDER_MARK)
            self._started = True
        events = (self._take(line.decode(errors="replace")) for line in self._whole_lines())
        return [event for event in events if event is not None]

    def _whole_lines(self) -> list[bytes]:
        # A CR at the end may be the first half of a CRLF, so it waits for what follows.
        held = b"\r" if self._buffer.endswith(b"\r") else b""
        text = self._buffer.removesuffix(b"\r") if held else self._buffer
        *lines, rest = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._buffer = rest + held
        return lines

    def _take(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._finish()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "event":
                self._name = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry_seconds = int(value) / 1000
            case _:  # a comment, or a field of a later version
                pass
        return None

    def _finish(self) -> ServerSentEvent | None:
        name, data, self.last_id = self._name, self._data, self._id
        self._name, self._data = "", []
        return ServerSentEvent(name=name or "message", data="\n".join(data), id=self._id) if data else None
