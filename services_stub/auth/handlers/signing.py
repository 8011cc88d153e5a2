"""Access tokens: signed with Ed25519, verified by every service with the published key."""

from __future__ import annotations

import base64
import hashlib

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services_stub.auth.domain import claims_of
from services_stub.contracts.http.auth import Key, KeySet, User
from services_stub.runtime import clock
from services_stub.runtime.identifiers import new_id


class Signer:
    """Signs access tokens with one key; they are verified with `keys`."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        self._private_key = private_key
        self.refresh_key = hashlib.sha256(b"refresh tokens" + private_key.private_bytes_raw()).digest()
        self.reset_key = hashlib.sha256(b"password resets" + private_key.private_bytes_raw()).digest()
        x = _base64(private_key.public_key().public_bytes_raw())
        self._headers = {"kid": _thumbprint(x)}
        self.keys = KeySet(keys=[Key(kid=self._headers["kid"], x=x)])

    def access_token(self, user: User, session_id: str) -> str:
        """A token that identifies `user` in a session."""
        now = clock.now()
        claims = claims_of(user.user_id, user.role, user.email, session_id=session_id, token_id=new_id(), now=now)
        return jwt.encode(claims, self._private_key, algorithm="EdDSA", headers=self._headers)


def _thumbprint(x: str) -> str:
    """The key's id: its JSON Web Key thumbprint (RFC 7638, RFC 8037 §2), the same on every start."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": x}
    return _base64(hashlib.sha256(msgspec.json.encode(members)).digest())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
