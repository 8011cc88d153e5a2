"""The live stream: events of the marketplace as they happen, over one connection that is renewed when it breaks."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import msgspec

from services_stub.client.errors import (
    ContractBroken,
    OutcomeUnknown,
    RateLimited,
    ServerFault,
    Unreachable,
)
from services_stub.client.sse import EventStreamParser, ServerSentEvent
from services_stub.client.transport import Transport
from services_stub.contracts.events import EVENT_BY_TOPIC, Event

_PATH = "/api/stream"
_LONGEST_SILENCE = 40.0
"""The gateway sends a heartbeat every 15 seconds: after two missed ones the connection is taken for dead."""

_REMEMBERED = 1000
"""How many events are known again: a repetition follows its original closely."""

_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 5.0


@dataclass(frozen=True)
class LiveEvent:
    """An event that concerns the signed-in account. `id` is its `ce_id`."""

    id: str
    event: Event


@dataclass(frozen=True)
class Gap:
    """Events may have been missed here: read again the state that is shown."""


async def live_events(transport: Transport) -> AsyncGenerator[LiveEvent | Gap, None]:
    """Follow the stream until the caller stops or is refused. A lost connection is renewed, and goes on where it broke.

    A `Gap` comes where the marketplace does not have the events in between any more. An event that was published twice,
    as after a crash of its service, comes once.

    Raises:
        RequestRefused: no account is signed in, or the session is over.

    """
    last_id = ""
    pause = _FIRST_PAUSE
    connected_before = False
    told: OrderedDict[str, None] = OrderedDict()
    while True:
        parser = EventStreamParser()
        headers = {"accept": "text/event-stream", "cache-control": "no-store"}
        if last_id:
            headers["last-event-id"] = last_id
        try:
            async with transport.stream(_PATH, headers=headers, silence=_LONGEST_SILENCE) as chunks:
                if connected_before and not last_id:
                    yield Gap()
                connected_before = True
                pause = _FIRST_PAUSE
                async for chunk in chunks:
                    for message in parser.feed(chunk):
                        last_id = message.id or last_id
                        known = _known(message)
                        if known is not None and not _is_repeated(known, told):
                            yield known
                    last_id = parser.last_id or last_id
        except RateLimited as error:
            pause = max(pause, min(error.retry_after, _LONGEST_PAUSE))
        except (Unreachable, OutcomeUnknown, ServerFault):
            pass  # away, or away again: connect anew
        asked = parser.retry_seconds
        await asyncio.sleep((asked if asked is not None else pause) * random.uniform(0.75, 1.25))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _is_repeated(item: LiveEvent | Gap, told: OrderedDict[str, None]) -> bool:
    """Whether an event is among those that were told last; it is from now on."""
    if isinstance(item, Gap) or not item.id:
        return False
    if item.id in told:
        return True
    told[item.id] = None
    if len(told) > _REMEMBERED:
        told.popitem(last=False)
    return False


def _known(message: ServerSentEvent) -> LiveEvent | Gap | None:
    """The message in this client's words; None for a message of a later version."""
    if message.name == "gap":
        return Gap()
    kind = EVENT_BY_TOPIC.get(message.name)
    if kind is None:
        return None
    try:
        return LiveEvent(id=message.id.partition(".")[2], event=msgspec.json.decode(message.data, type=kind))
    except msgspec.MsgspecError as error:
        raise ContractBroken(f"{message.name} on the live stream: {error}") from error
