"""Events of the gateway: what admins did with dead letters."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id


class DeadLetterAct(StrEnum):
    """An act of an admin on a dead letter."""

    SENT_AGAIN = "sent-again"
    DISCARDED = "discarded"


class DeadLetterClosed(Event, frozen=True, kw_only=True):
    """An admin sent a dead letter again to the group that had given it up, or discarded it.

    `dead_letter_id` is the place of its record, `topic[partition]@offset`, and `user_id` the admin. `event_id` is the
    `ce_id` that the record carries, empty where it carries none.
    """

    topic: ClassVar[str] = topics.DEAD_LETTER_CLOSED
    key: ClassVar[str] = "dead_letter_id"

    dead_letter_id: str
    act: DeadLetterAct
    group: str
    event_id: str
    user_id: Id
    reason: str
