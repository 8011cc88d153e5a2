"""Events of the notification service."""

from __future__ import annotations

from typing import ClassVar

from services_stub.contracts import topics
from services_stub.contracts.base import Event, Id


class NotificationSent(Event, frozen=True, kw_only=True):
    """A message to a user was written. `about` is the id of what it speaks of.

    `channel` is email or sms; or inbox, for an entry there of which no e-mail is sent.
    """

    topic: ClassVar[str] = topics.NOTIFICATION_SENT
    key: ClassVar[str] = "user_id"

    notification_id: Id
    user_id: Id
    channel: str
    template: str
    about: str
    subject_line: str = ""
