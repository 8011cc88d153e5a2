"""One request on its way through the broker: what a handler knows of it, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

Message: TypeAlias = dict[str, Any]
"""A request or response: the fields of Kafka's message definition in snake case. A uuid is 16 bytes, `records` are
bytes as they are in the log; a response may leave fields out, which then have their default."""

NO_RESPONSE: Message = {}
"""The answer to a produce request with `acks=0`, which the protocol leaves without one; it is told by identity."""


class Answering(Protocol):
    """The connection on which a request came. `node` is where its client reaches the node, as responses name it.

    `told` is when (seconds of the clock), and of which partitions and offsets, a fetch was last told that there is
    nothing.
    """

    node: Message
    told: tuple[int, set[Any]]

    def answered(self, context: Context, response: Message) -> None:
        """Send the response, and go on with the requests that came behind."""

    def let_in(self) -> None:
        """Take requests of every kind: the client has said who it is."""

    def cut(self) -> None:
        """Close the connection without an answer."""

    def close(self) -> None:
        """Close the connection once what was answered is sent."""


@dataclass(slots=True, eq=False)
class Context:
    """A request's kind, version and sender, and the way back to it.

    A handler that cannot answer yet returns None and calls `answer` later, once. `on_interrupt` is called at most once,
    when the next request has arrived on the connection or it was closed: a fetch that waits answers then with what
    there is. What is answered after the connection was closed is dropped.

    `delay` and `instead` are for faults: by how many seconds the answer is held back, and what is done and answered in
    its place; None answers nothing.
    """

    connection: Answering
    api_key: int
    version: int
    correlation_id: int
    client_id: str
    client_host: str
    on_interrupt: Callable[[], None] | None = None
    closed: bool = False
    delay: float = 0.0
    instead: Callable[[], Message | None] | None = None

    def carry_out(self, handler: Handler, request: Message) -> None:
        """Let a handler answer the request, now or later."""
        response = handler(request, self)
        if response is not None:
            self.answer(response)

    def answer(self, response: Message) -> None:
        """Answer the request; `NO_RESPONSE` ends it without an answer."""
        self.on_interrupt = None
        if self.instead and response is not NO_RESPONSE:
            response = self.instead() or NO_RESPONSE
        if not self.closed:
            self.connection.answered(self, response)

    def interrupt(self) -> None:
        """Another request has arrived, or the connection is closed."""
        on_interrupt, self.on_interrupt = self.on_interrupt, None
        if on_interrupt is not None:
            on_interrupt()


Handler: TypeAlias = Callable[[Message, Context], Message | None]
"""Carries out a request. The response, or None where `Context.answer` is called later."""


class Clock(Protocol):
    """The part of the event loop that calls back: handed in, so that a test need not wait."""

    def time(self) -> float:
        """The time in seconds, from any moment on."""

    def call_later(self, delay: float, callback: Callable[[], None], /) -> Cancellable:
        """Call back after so many seconds."""


class Cancellable(Protocol):
    """A call that is planned."""

    def cancel(self) -> None:
        """Do not call."""
