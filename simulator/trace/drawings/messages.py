"""The messages of a sequence diagram in their order: events, requests and their answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from simulator.trace.flow import Flow, FlowEvent, FlowRequest


class Message(msgspec.Struct, frozen=True):
    """An event with its index in the flow; or a request as it is sent, or as it is `answered`."""

    event: FlowEvent | None = None
    index: int = -1
    request: FlowRequest | None = None
    answered: bool = False


def messages_of(flow: Flow, most: int | None = None) -> list[Message]:
    """The messages of a flow; of a longer one those of the first `most` events."""
    found: list[Message] = []
    waiting = sorted(_of_requests(flow.requests), key=lambda pair: pair[0])
    place = reached = 0
    for index, event in enumerate(flow.events if most is None else flow.events[:most]):
        reached = max(reached, event.at)
        while place < len(waiting) and waiting[place][0][0] <= reached:
            found.append(waiting[place][1])
            place += 1
        found.append(Message(event, index))
    if most is None or len(flow.events) <= most:
        found += (message for _, message in waiting[place:])
    return found


def _of_requests(requests: Sequence[FlowRequest]) -> Iterator[tuple[tuple[int, bool, int], Message]]:
    """In an order in which no answer comes before its request, and none before those to the calls within it."""
    for number, request in enumerate(requests):
        yield (request.started_at, False, number), Message(request=request)
        yield (request.answered_at, True, -number), Message(request=request, answered=True)


def names_in(messages: Sequence[Message]) -> list[str]:
    """The services that publish, call or are called, in the order in which they are first seen."""
    names: dict[str, None] = {}
    for message in messages:
        if message.event is not None:
            names[message.event.publisher] = None
        elif message.request is not None:
            caller, callee = message.request.caller, message.request.callee
            names |= dict.fromkeys((caller, callee) if caller else (callee,))
    return list(names)
