"""Events of which a sample is published, such as reads: there is no transaction that they could be part of.

They go to the producer at once, without an outbox, so one may be lost. They never hold up or fail what they tell of.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

import structlog

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.contracts.envelope import Cause, envelope_for
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id
from services_stub.runtime.settings import Settings

MOST_WAITING = 250
"""As many records wait for the broker only when it is away or too slow: then the sample has to give way. It is half of
what the producer takes, so that the outbox has the other half."""


class SampleSender(Protocol):
    """The part of a producer that a sample needs."""

    def send(self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> bool:
        """Queue a record that may be lost; False where the queue is full."""

    def waiting(self) -> int:
        """How many records the broker has not acknowledged."""


class Sampling:
    """Publishes a share of the events that it is told of: the setting `event_sampling`, from 0 (none) to 1 (all).

    `dropped` counts those that were chosen and not sent. For the event loop's thread.
    """

    def __init__(self, settings: Settings, sender: SampleSender) -> None:
        self._source, self._rate, self._sender = settings.service, settings.event_sampling, sender
        self._chance = random.Random()
        self.dropped = 0

    def publish(self, cause: Cause, build: Callable[[float], Event]) -> None:
        """Perhaps publish `build(weight)`, where `weight` is how many events this one stands for."""
        if self._chance.random() >= self._rate:
            return
        try:
            sent = self._sender.waiting() < MOST_WAITING and self._send(cause, build(1 / self._rate))
        except Exception:  # noqa: BLE001 - what the event tells of has happened and must not fail by it
            structlog.get_logger().exception("an event of a sample is not sent")
            sent = False
        self.dropped += not sent

    def _send(self, cause: Cause, event: Event) -> bool:
        envelope = envelope_for(event, event_id=new_id(), source=self._source, now=clock.now(), cause=cause)
        return self._sender.send(event.topic, event.subject.encode(), encode_json(event), envelope.headers())
