"""Callers by their access tokens, verified with the key set that the auth service publishes.

Verifying an Ed25519 signature costs far more than a request may, so a verified token is remembered until it expires: by
its digest, which is a tenth of it.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from typing import Annotated

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jwt.types import Options

from services_stub.contracts.http.auth import KeySet
from services_stub.runtime import clock
from services_stub.runtime.errors import Refused

LARGEST_TOKEN = 4096
_REMEMBERED = 20_000
_ISSUER = "marketplace"
_CLAIMS = ["iss", "sub", "iat", "exp", "jti", "sid", "userId", "role", "email"]
_FORGET_EVERY = 60
"""Seconds after which those that have expired are forgotten."""
_KEYS_EVERY = 1.0
_LATEST = 2**53
# Expiry is looked at with each use. A token that was issued in the future is sound: clocks differ.
_OPTIONS = Options(require=_CLAIMS, verify_exp=False, verify_iat=False)
_NAMES = {"user_id": "userId", "expires_at": "exp", "issued_at": "iat", "session_id": "sid"}


class Caller(msgspec.Struct, frozen=True, rename=_NAMES):
    """The caller that a token names by its claims, and the session. Both times are Unix time in seconds."""

    user_id: str
    role: str
    email: str
    expires_at: int
    issued_at: Annotated[float, msgspec.Meta(ge=0, le=_LATEST)] = 0.0
    session_id: str = ""


def unauthorized(code: str, detail: str) -> Refused:
    """The refusal of a request without a valid token."""
    return Refused(401, code, detail)


def bearer(authorization: str) -> str:
    """The token of an `Authorization` header.

    Raises:
        Refused: there is none, or it is of another scheme.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > LARGEST_TOKEN:
        raise unauthorized("token-missing", "send `Authorization: Bearer <access token>`")
    return token


class Verifier:
    """Verifies tokens; `fetch_keys` asks the auth service for its key set when a token names an unknown key."""

    def __init__(self, fetch_keys: Callable[[], Awaitable[KeySet]]) -> None:
        self._fetch_keys = fetch_keys
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._verified: dict[bytes, Caller] = {}
        self._forget_at = 0.0
        self._fetched_at = -_KEYS_EVERY
        self._fetching = asyncio.Lock()

    async def caller(self, authorization: str) -> Caller:
        """The caller that an `Authorization` header names.

        Raises:
            Refused: the token is missing, forged, malformed or expired.
            Unavailable: the auth service does not answer and its keys are not known yet.
        """
        token = bearer(authorization)
        known = self._verified.get(_digest(token))
        if known is None:
            known = self._verify(token, await self._key(_key_id_of(token)))
        return _unexpired(known)

    def recognized(self, authorization: str) -> Caller | None:
        """The caller that an `Authorization` header names, without asking for keys; None where that would be needed.

        Raises:
            Refused: the token is missing, forged, malformed or expired.
        """
        token = bearer(authorization)
        known = self._verified.get(_digest(token))
        if known is None:
            key = self._keys.get(_key_id_of(token))
            if key is None:
                return None
            known = self._verify(token, key)
        return _unexpired(known)

    def _verify(self, token: str, key: Ed25519PublicKey) -> Caller:
        try:
            caller = msgspec.convert(jwt.decode(token, key, ["EdDSA"], issuer=_ISSUER, options=_OPTIONS), Caller)
        except MemoryError:
            raise
        except Exception as error:
            raise _invalid() from error
        now = clock.seconds()
        if now >= self._forget_at or len(self._verified) >= _REMEMBERED:
            self._forget_at = now + _FORGET_EVERY
            self._verified = {key: known for key, known in self._verified.items() if known.expires_at > now}
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[_digest(token)] = caller
        return caller

    async def _key(self, key_id: str) -> Ed25519PublicKey:
        if key_id not in self._keys:
            # One asks and the others wait for the answer, because after a restart all callers come at once.
            async with self._fetching:
                if key_id not in self._keys and time.monotonic() - self._fetched_at >= _KEYS_EVERY:
                    await self._learn_keys()
        if key_id not in self._keys:
            raise unauthorized("token-invalid", "the access token is signed with an unknown key")
        return self._keys[key_id]

    async def _learn_keys(self) -> None:
        published = await self._fetch_keys()
        # At most once a second: a forged key id must not become load on the auth service.
        self._fetched_at = time.monotonic()
        for key in published.keys:
            public = jwt.PyJWK({"kty": key.kty, "crv": key.crv, "x": key.x, "alg": key.alg}).key
            if isinstance(public, Ed25519PublicKey):
                self._keys[key.kid] = public


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _key_id_of(token: str) -> str:
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except MemoryError:
        raise
    except Exception as error:
        raise _invalid() from error


def _unexpired(caller: Caller) -> Caller:
    if caller.expires_at <= clock.seconds():
        raise unauthorized("token-expired", "the access token has expired: refresh it or log in again")
    return caller


def _invalid() -> Refused:
    return unauthorized("token-invalid", "the access token is not valid")
