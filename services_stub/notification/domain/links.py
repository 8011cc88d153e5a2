"""Unsubscribe links (RFC 8058): each names a user and a kind of message, and is signed so that none can be made up.

A link works without a login, for as long as the key is kept, and gives no right but to end mail of that kind.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from services_stub.notification.domain.kinds import SWITCHABLE, Kind

PATH = "/notification-service/api/unsubscribe"
LONGEST_TOKEN = 1200


class UnsubscribeLinks:
    """The links below `base_url`, the address of the gateway, signed with `key`."""

    def __init__(self, base_url: str, key: bytes) -> None:
        self._prefix, self._key = f"{base_url}{PATH}/", key

    def url(self, user_id: str, kind: Kind) -> str:
        """The link of a user and a kind of message."""
        signature = _text(self._signature(kind, user_id))
        return f"{self._prefix}{kind}.{_text(user_id.encode())}.{signature}"

    def read(self, token: str) -> tuple[str, Kind] | None:
        """The user and the kind of a link that ends in `token`; None unless it was made with this key."""
        kind, _, rest = token.partition(".")
        user, _, signature = rest.partition(".")
        try:
            user_id = _bytes(user).decode()
            genuine = hmac.compare_digest(_bytes(signature), self._signature(kind, user_id))
        except ValueError:
            return None
        return (user_id, Kind(kind)) if genuine and kind in SWITCHABLE else None

    def _signature(self, kind: str, user_id: str) -> bytes:
        return hmac.digest(self._key, f"unsubscribe\0{kind}\0{user_id}".encode(), "sha256")


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
