"""SaslHandshake and SaslAuthenticate: a connection is let in by a name and a password (SASL/PLAIN, RFC 4616).

Before that, only these two and ApiVersions are carried out on it. As there is one mechanism, the handshake is not
remembered: a client that authenticates without one is judged by its password alone. Tokens come in requests (KIP-152);
those without a header, which older clients send after a handshake of version 0, are malformed.
"""

from __future__ import annotations

import hmac

from services_stub.infra.kafka.broker import errors
from services_stub.infra.kafka.broker.context import Context, Handler, Message

HANDSHAKE, AUTHENTICATE = 17, 36
USER = "marketplace"
_MECHANISM = "PLAIN"


class SaslRequests:
    """Lets those in who have the password of the user `marketplace`."""

    def __init__(self, password: str) -> None:
        self.handlers: dict[int, Handler] = {HANDSHAKE: self._handshake, AUTHENTICATE: self._authenticate}
        self._token = f"{USER}\0{password}".encode()

    def _handshake(self, request: Message, _: Context) -> Message:
        error = errors.NONE if request["mechanism"] == _MECHANISM else errors.UNSUPPORTED_SASL_MECHANISM
        return {"error_code": error, "mechanisms": [_MECHANISM]}

    def _authenticate(self, request: Message, context: Context) -> Message | None:
        """The token is an identity to act for, which may be left out or be the user's own, the name, the password."""
        identity, _, token = bytes(request["auth_bytes"]).partition(b"\0")
        if identity in (b"", USER.encode()) and hmac.compare_digest(token, self._token):
            context.connection.let_in()
            return {}
        text = "The name or the password is wrong."
        context.answer({"error_code": errors.SASL_AUTHENTICATION_FAILED, "error_message": text})
        context.connection.close()
        return None
