"""The head of an answer and its body are sent together, in their order, and a head without a body is not kept back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from services_stub.http_server.joining import JoiningTransport

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Recorded:
    """A transport that keeps what each call sends, and that it was closed."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def sent_by(scenario: Callable[[JoiningTransport], None], *, goes_on: bool = False) -> list[bytes]:
    """All that a scenario sends, at once or by when the event loop has gone on."""

    async def run() -> list[bytes]:
        recorded = Recorded()
        scenario(JoiningTransport(recorded))  # type: ignore[arg-type] # the part of a transport that it needs
        if goes_on:
            await asyncio.sleep(0)
        return list(recorded.sent)

    return asyncio.run(run())


def test_a_head_goes_with_its_body() -> None:
    def answers(transport: JoiningTransport) -> None:
        for part in (HEAD, b"body", b" and more", HEAD, b"", b"HTTP/1.1 in a text", b"."):
            transport.write(part)

    assert sent_by(answers) == [HEAD + b"body", b" and more", HEAD, b"HTTP/1.1 in a text."]
    assert sent_by(answers, goes_on=True) == sent_by(answers)


def test_a_head_without_a_body_is_sent_when_the_event_loop_goes_on() -> None:
    assert sent_by(lambda transport: transport.write(HEAD)) == []
    assert sent_by(lambda transport: transport.write(HEAD), goes_on=True) == [HEAD]


def test_a_head_is_sent_before_the_connection_is_closed() -> None:
    def answers(transport: JoiningTransport) -> None:
        transport.write(HEAD)
        transport.close()
        assert transport.is_closing()

    assert sent_by(answers, goes_on=True) == [HEAD]


def test_nothing_is_sent_to_a_connection_that_ended_meanwhile() -> None:
    def answers(transport: JoiningTransport) -> None:
        transport.write(HEAD)
        transport.abort()

    assert sent_by(answers, goes_on=True) == []
