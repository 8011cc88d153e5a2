"""An SMS sink: a URL that takes each message as JSON, over one connection that stays open.

Written on http.client because a transfer under way must be broken off from another thread when the service ends.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
from base64 import b64encode
from urllib.parse import unquote, urlsplit

import msgspec

from services_stub.notification.domain.delivery import Answer, http_answer
from services_stub.runtime.errors import Unavailable

TIMEOUT = 10.0
_LARGEST_ANSWER = 64 * 1024


class SmsSink(msgspec.Struct, frozen=True):
    """The settings in the URL of a sink. `authorization` is for the header of that name, or empty."""

    host: str
    port: int | None
    path: str
    tls: bool = False
    authorization: str = ""

    @classmethod
    def parse(cls, url: str) -> SmsSink:
        """Read `http://[user:password@]host[:port][/path][?query]` or `https://...`.

        Raises:
            ValueError: it is no such URL; the text names the fault.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("the URL of an SMS sink is http://host:port/path or https://...")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if not path.isascii() or not path.isprintable() or " " in path:
            raise ValueError("the URL of an SMS sink has its special characters percent-encoded")
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
        return cls(
            host=parts.hostname,
            port=parts.port,
            path=path,
            tls=parts.scheme == "https",
            authorization=f"Basic {b64encode(login.encode()).decode()}" if login else "",
        )


class SmsSession:
    """Connects when first used and again after a failure. `interrupt` may be called from another thread."""

    def __init__(self, sink: SmsSink, timeout: float = TIMEOUT) -> None:
        self._sink, self._timeout = sink, timeout
        self._connection: http.client.HTTPConnection | None = None
        self._interrupted = False

    def open(self) -> None:
        """Have a connection.

        Raises:
            Unavailable: the sink is away.
        """
        if self._connection is not None:
            return
        sink = self._sink
        kind = http.client.HTTPSConnection if sink.tls else http.client.HTTPConnection
        connection = kind(sink.host, sink.port, timeout=self._timeout)
        try:
            connection.connect()
        except OSError as error:
            raise _unavailable(error) from error
        self._connection = connection

    def send(self, recipient: str, message: str, message_id: str) -> Answer:
        """Give the sink one message; its answer.

        Raises:
            Unavailable: the sink hung up, is too slow, or speaks of us and not of the message. It may have it.
        """
        reused = self._connection is not None
        self.open()
        try:
            return self._post(recipient, message, message_id)
        except (http.client.RemoteDisconnected, ConnectionError) as error:
            self.close()
            if not reused or self._interrupted:
                raise _unavailable(error) from error
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise _unavailable(error) from error
        # The connection was closed while there was nothing to send. Should the sink have the message, it sees by the
        # key that it is the same.
        return self.send(recipient, message, message_id)

    def interrupt(self) -> None:
        """Make a transfer under way fail now."""
        self._interrupted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _post(self, recipient: str, message: str, message_id: str) -> Answer:
        connection = self._connection
        if connection is None:
            raise Unavailable("SMS sink: not connected")
        headers = {"Content-Type": "application/json", "Idempotency-Key": message_id}
        if self._sink.authorization:
            headers["Authorization"] = self._sink.authorization
        body = msgspec.json.encode({"id": message_id, "to": recipient, "text": message})
        connection.request("POST", self._sink.path, body, headers)
        response = connection.getresponse()
        said = response.read(_LARGEST_ANSWER + 1)
        answer = http_answer(response.status, said.decode("utf-8", "replace"))
        if answer is None or len(said) > _LARGEST_ANSWER or response.will_close:
            self.close()
        if answer is None:
            raise Unavailable(f"SMS sink: answered {response.status}")
        return answer


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"SMS sink: {error or type(error).__name__}")
