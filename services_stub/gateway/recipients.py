"""Finds the connections that may see an event, by the users that it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from services_stub.contracts.base import Event
from services_stub.contracts.encoding import encode_json
from services_stub.gateway.visibility import concerned_by, visible_to
from services_stub.runtime.kafka.records import Record
from services_stub.runtime.sql.transaction import Received
from services_stub.runtime.tokens import Caller


class Recipient(Protocol):
    """Receives events for a caller."""

    caller: Caller


R = TypeVar("R", bound=Recipient)


class Recipients(Generic[R]):
    """Recipients by the user of their caller; admins, who see everything, apart."""

    def __init__(self, recipients: Iterable[R] = ()) -> None:
        self._of_user: dict[str, set[R]] = {}
        self._of_admins: set[R] = set()
        self._all: set[R] = set()
        for recipient in recipients:
            self.add(recipient)

    def __iter__(self) -> Iterator[R]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, recipient: R) -> None:
        """Let it have events from now on."""
        self._all.add(recipient)
        if recipient.caller.role == "admin":
            self._of_admins.add(recipient)
        else:
            self._of_user.setdefault(recipient.caller.user_id, set()).add(recipient)

    def discard(self, recipient: R) -> None:
        """Let it have no more."""
        self._all.discard(recipient)
        self._of_admins.discard(recipient)
        same_user = self._of_user.get(recipient.caller.user_id, set())
        same_user.discard(recipient)
        if not same_user:
            self._of_user.pop(recipient.caller.user_id, None)

    def of_user(self, user_id: str) -> list[R]:
        """The recipients of one user."""
        return [recipient for recipient in self._all if recipient.caller.user_id == user_id]

    def of_event(self, record: Record, received: Received[Event]) -> Iterator[tuple[R, bytes]]:
        """Each recipient that may see the event of `record`, with the value that it may see."""
        found = set(self._of_admins).union(*(self._of_user.get(user, ()) for user in concerned_by(received.event)))
        for recipient in found:
            seen = visible_to(recipient.caller, received.event)
            if seen is received.event:
                yield recipient, record.value or b""
            elif seen is not None:
                yield recipient, encode_json(seen)


def message_of(topic: str, message_id: bytes, value: bytes) -> bytes:
    """An event as a message of the stream: named after its topic, its value as it lies in the log."""
    # A line break can only be white space between two tokens, but it would end the message.
    value = value.replace(b"\r", b" ").replace(b"\n", b" ")
    return b"event: %s\nid: %s\ndata: %s\n\n" % (topic.encode(), message_id, value)
